//! The work queue with real threads, and its waiting under paused time.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use operator_core::queue::{Finish, Priority, WorkQueue};
use tokio::time::Instant;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_key_is_worked_on_twice_at_once_and_none_is_lost() {
    const KEYS: usize = 16;
    const ROUNDS: u32 = 2_000;
    let queue: WorkQueue<usize> = WorkQueue::new();
    let busy: &'static [AtomicBool] = Box::leak((0..KEYS).map(|_| AtomicBool::new(false)).collect());
    // What was added last, and what a worker saw last.
    let wanted: &'static [AtomicU32] = Box::leak((0..KEYS).map(|_| AtomicU32::new(0)).collect());
    let seen: &'static [AtomicU32] = Box::leak((0..KEYS).map(|_| AtomicU32::new(0)).collect());
    let workers: Vec<_> = (0..6)
        .map(|_| {
            let queue = queue.clone();
            tokio::spawn(async move {
                while let Some(work) = queue.get().await {
                    let key = *work.key();
                    assert!(
                        !busy[key].swap(true, Ordering::SeqCst),
                        "key {key} is worked on twice at once"
                    );
                    seen[key].store(wanted[key].load(Ordering::SeqCst), Ordering::SeqCst);
                    tokio::task::yield_now().await;
                    busy[key].store(false, Ordering::SeqCst);
                    work.finish(Finish::Forget, 0);
                }
            })
        })
        .collect();
    let adders: Vec<_> = (0..3)
        .map(|adder| {
            let queue = queue.clone();
            tokio::spawn(async move {
                for round in 0..ROUNDS {
                    let key = (round as usize * 7 + adder) % KEYS;
                    wanted[key].fetch_add(1, Ordering::SeqCst);
                    queue.add(key);
                    if round % 64 == 0 {
                        tokio::task::yield_now().await;
                    }
                }
            })
        })
        .collect();
    for adder in adders {
        adder.await.unwrap();
    }
    loop {
        // At one moment: a key may go from one to the other.
        let stats = queue.stats();
        if stats.depth() + stats.processing == 0 {
            break;
        }
        tokio::task::yield_now().await;
    }
    for key in 0..KEYS {
        assert_eq!(
            seen[key].load(Ordering::SeqCst),
            wanted[key].load(Ordering::SeqCst),
            "an add of {key} was lost"
        );
    }
    queue.close();
    for worker in workers {
        worker.await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_sleeping_taker_wakes_for_an_earlier_delay() {
    let queue: WorkQueue<&str> = WorkQueue::new();
    let start = Instant::now();
    let taken: &'static Mutex<BTreeMap<&str, Duration>> = Box::leak(Box::default());
    let takers: Vec<_> = (0..2)
        .map(|_| {
            let queue = queue.clone();
            tokio::spawn(async move {
                while let Some(work) = queue.get().await {
                    taken.lock().unwrap().insert(work.key(), start.elapsed());
                }
            })
        })
        .collect();
    queue.add_after("late", Duration::from_secs(60), Priority::NORMAL, 0);
    tokio::time::sleep(Duration::from_secs(1)).await;
    queue.add_after("early", Duration::from_secs(5), Priority::NORMAL, 0);
    queue.add_after("earlier", Duration::from_secs(3), Priority::NORMAL, 0);
    tokio::time::sleep(Duration::from_secs(100)).await;
    queue.close();
    for taker in takers {
        taker.await.unwrap();
    }
    let expected =
        [("earlier", 4), ("early", 6), ("late", 60)].map(|(key, at)| (key, Duration::from_secs(at)));
    // Timers of tokio have a granularity of a millisecond.
    for (key, at) in expected {
        let late = taken.lock().unwrap()[key] - at;
        assert!(late <= Duration::from_millis(1), "{key} came {late:?} late");
    }
}

#[tokio::test(start_paused = true)]
async fn closing_gives_nothing_out_and_waits_for_what_runs() {
    let queue: WorkQueue<u8> = WorkQueue::new();
    queue.add(1);
    queue.add(2);
    let running = queue.get().await.unwrap();
    queue.close();
    queue.add(3);
    assert!(queue.get().await.is_none());
    let idle = tokio::spawn({
        let queue = queue.clone();
        async move { queue.idle().await }
    });
    tokio::task::yield_now().await;
    assert!(!idle.is_finished());
    running.finish(Finish::Retry, 0);
    idle.await.unwrap();
    assert_eq!(
        queue.stats().depth(),
        1,
        "the other key stays, and nobody gets it"
    );
}

#[tokio::test(start_paused = true)]
async fn all_retries_together_pass_the_bucket() {
    let queue: WorkQueue<u32> = WorkQueue::new();
    let mut delays: Vec<_> = (0..130).map(|key| queue.add_rate_limited(key)).collect();
    assert!(
        delays[..100]
            .iter()
            .all(|delay| *delay == Duration::from_millis(5))
    );
    assert_eq!(delays.pop(), Some(Duration::from_secs(3)));
}

#[tokio::test(start_paused = true)]
async fn replaced_delays_do_not_pile_up() {
    let queue: WorkQueue<u8> = WorkQueue::new();
    for _ in 0..10_000 {
        queue.add(1);
        let work = queue.get().await.unwrap();
        work.finish(Finish::After(Duration::from_secs(3600)), 0);
    }
    assert_eq!((queue.stats().depth(), queue.stats().delayed), (0, 1));
}
