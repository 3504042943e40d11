//! The main job: three databases from nothing to ready, with Pods that are ready at once.

use std::{io, path::Path, time::Duration};

use criterion::{Criterion, criterion_group, criterion_main};
use database_operator::{
    embedded::{Job, Screen, run},
    operator,
};
use operator_core::shutdown::Shutdown;

fn main_job(criterion: &mut Criterion) {
    let job = Job {
        manifests: Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/database-operator/manifests"),
        pod_ready_delay: Duration::ZERO,
        timeout: Duration::from_secs(30),
        serve: None,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("a runtime can be made");
    let mut group = criterion.benchmark_group("main job");
    group.sample_size(10);
    group.bench_function("three databases, ready Pods", |bencher| {
        bencher.to_async(&runtime).iter(|| async {
            let mut screen = Screen::plain(io::sink());
            let summary = run(&job, operator(), &Shutdown::new(), &mut screen)
                .await
                .expect("every database is ready");
            assert_eq!(summary.databases, 3);
        });
    });
    group.finish();
}

criterion_group!(benches, main_job);
criterion_main!(benches);
