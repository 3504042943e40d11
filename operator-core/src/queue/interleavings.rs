//! The queue under schedules that a tester chooses: at each use of the lock another thread may go on.
//!
//! A failure prints the schedule that leads to it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use shuttle::future::block_on;
use shuttle::thread;

use super::{Finish, Priority, WorkQueue};

/// How many schedules are tried of each kind: those chosen by chance, and those with few and far switches.
const SCHEDULES: usize = 400;
const SWITCHES: usize = 3;

fn explore(test: fn()) {
    shuttle::check_random(test, SCHEDULES);
    shuttle::check_pct(test, SCHEDULES, SWITCHES);
}

/// What the threads of one schedule know of one key. Nothing here is a point where another thread may go on.
#[derive(Default)]
struct Key {
    added: AtomicU32,
    seen: AtomicU32,
    working: AtomicU32,
}

/// Works on keys until the queue is closed; every third piece of work fails.
fn work_on(queue: &WorkQueue<usize>, keys: &[Key]) {
    let mut done = 0;
    while let Some(work) = block_on(queue.get()) {
        let key = &keys[*work.key()];
        let at_once = key.working.fetch_add(1, Ordering::SeqCst);
        assert_eq!(at_once, 0, "a key is worked on twice at once");
        let added = key.added.load(Ordering::SeqCst);
        thread::yield_now();
        key.seen.store(added, Ordering::SeqCst);
        key.working.fetch_sub(1, Ordering::SeqCst);
        done += 1;
        if done % 3 == 0 {
            // As a panic or a cancelled reconcile ends it.
            drop(work);
        } else {
            work.finish(Finish::Forget, 0);
        }
    }
}

fn start(keys: usize, workers: usize) -> (WorkQueue<usize>, Arc<[Key]>, Vec<thread::JoinHandle<()>>) {
    let queue: WorkQueue<usize> = WorkQueue::<usize>::builder().bucket(None).build();
    let keys: Arc<[Key]> = (0..keys).map(|_| Key::default()).collect();
    let workers = (0..workers).map(|_| {
        let (queue, keys) = (queue.clone(), Arc::clone(&keys));
        thread::spawn(move || work_on(&queue, &keys))
    });
    let workers = workers.collect();
    (queue, keys, workers)
}

/// Whether anything is to be done or being done, at one moment.
fn is_busy(queue: &WorkQueue<usize>) -> bool {
    let stats = queue.stats();
    stats.depth() + stats.processing > 0
}

fn add(queue: &WorkQueue<usize>, keys: &[Key], key: usize, priority: Priority) {
    keys[key].added.fetch_add(1, Ordering::SeqCst);
    queue.add_with(key, priority, 0);
}

#[test]
fn no_add_is_lost_whoever_goes_first() {
    explore(|| {
        let (queue, keys, workers) = start(2, 2);
        let adders: Vec<_> = [Priority::LOW, Priority::HIGH]
            .map(|priority| {
                let (queue, keys) = (queue.clone(), Arc::clone(&keys));
                thread::spawn(move || {
                    for key in [0, 1, 0] {
                        add(&queue, &keys, key, priority);
                    }
                })
            })
            .into();
        for adder in adders {
            adder.join().unwrap();
        }
        // A worker that sleeps though something is ready makes this go on for ever, which fails.
        while is_busy(&queue) {
            thread::yield_now();
        }
        queue.close();
        for worker in workers {
            worker.join().unwrap();
        }
        for key in &*keys {
            assert_eq!(key.seen.load(Ordering::SeqCst), key.added.load(Ordering::SeqCst));
        }
    });
}

#[test]
fn closing_wakes_everyone_and_idle_waits_for_what_runs() {
    explore(|| {
        let (queue, keys, workers) = start(2, 3);
        let adder = {
            let (queue, keys) = (queue.clone(), Arc::clone(&keys));
            thread::spawn(move || {
                for key in [0, 1, 0, 1] {
                    add(&queue, &keys, key, Priority::NORMAL);
                }
            })
        };
        queue.close();
        block_on(queue.idle());
        assert_eq!(queue.stats().processing, 0, "nothing is handed out any more");
        adder.join().unwrap();
        for worker in workers {
            worker.join().unwrap();
        }
    });
}
