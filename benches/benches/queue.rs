//! The work queue: what one key costs from add to done.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use operator_core::backoff::Backoff;
use operator_core::meta::ObjectKey;
use operator_core::queue::{Finish, Priority, WorkQueue};

/// How many distinct keys one measured round handles.
const KEYS: usize = 10_000;

fn keys() -> Vec<ObjectKey> {
    (0..KEYS)
        .map(|number| ObjectKey::namespaced("default", &format!("object-{number:05}")))
        .collect()
}

fn drain(queue: &WorkQueue<ObjectKey>) {
    while let Some(work) = queue.try_get() {
        work.finish(Finish::Forget, 0);
    }
}

fn add_get_done(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("queue");
    group.throughput(criterion::Throughput::Elements(KEYS as u64));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime");
    let _inside = runtime.enter();

    group.bench_function("add, get, done of distinct keys", |bencher| {
        bencher.iter_batched(
            || (WorkQueue::<ObjectKey>::new(), keys()),
            |(queue, keys)| {
                for key in keys {
                    queue.add(key);
                }
                drain(&queue);
                queue
            },
            BatchSize::LargeInput,
        );
    });

    group.bench_function("add, get, done of distinct keys, three priorities", |bencher| {
        bencher.iter_batched(
            || (WorkQueue::<ObjectKey>::new(), keys()),
            |(queue, keys)| {
                for (number, key) in keys.into_iter().enumerate() {
                    let priority = [Priority::LOW, Priority::NORMAL, Priority::HIGH][number % 3];
                    queue.add_with(key, priority, 0);
                }
                drain(&queue);
                queue
            },
            BatchSize::LargeInput,
        );
    });

    group.bench_function("add of a key that waits already", |bencher| {
        let queue = WorkQueue::<ObjectKey>::new();
        let keys = keys();
        for key in &keys {
            queue.add(key.clone());
        }
        bencher.iter(|| {
            for key in &keys {
                queue.add(black_box(key.clone()));
            }
        });
    });

    group.bench_function("rate-limited add at 1 ms, get, done", |bencher| {
        bencher.iter_custom(|rounds| {
            let mut total = Duration::ZERO;
            for _ in 0..rounds {
                let millisecond = Duration::from_millis(1);
                let backoff = Backoff::exponential(millisecond, Duration::from_secs(1000));
                let queue: WorkQueue<ObjectKey> = WorkQueue::<ObjectKey>::builder()
                    .backoff(backoff)
                    .bucket(None)
                    .build();
                let keys = keys();
                let began = std::time::Instant::now();
                for key in keys {
                    queue.add_rate_limited(key);
                }
                total += began.elapsed();
                // The wait is not ours.
                std::thread::sleep(millisecond * 2);
                let began = std::time::Instant::now();
                drain(&queue);
                total += began.elapsed();
                assert_eq!(queue.stats().delayed, 0);
            }
            total
        });
    });
    group.finish();
}

criterion_group!(benches, add_get_done);
criterion_main!(benches);
