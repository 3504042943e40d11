//! What the embedded API server costs: from nothing to the first answer, reads, writes, lists, watches.

use std::{hint::black_box, time::Instant};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use http_body_util::{BodyExt as _, Full};
use operator_testing::apiserver::{ApiServer, Client, Identity};
use tokio::runtime::Runtime;
use tower::ServiceExt as _;

const MAPS: &str = "/api/v1/namespaces/default/configmaps";

/// A ConfigMap of 1.6 KiB.
fn config_map(name: &str) -> Vec<u8> {
    let value = "x".repeat(1400);
    serde_json::json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": name, "labels": {"app": "bench"}}, "data": {"key": value},
    })
    .to_string()
    .into_bytes()
}

async fn call(client: &Client, method: &str, path: &str, body: Vec<u8>) -> bytes::Bytes {
    let request = http::Request::builder()
        .method(method)
        .uri(path)
        .header("content-type", "application/json")
        .body(Full::new(bytes::Bytes::from(body)))
        .expect("the request is well formed");
    let response = client
        .clone()
        .oneshot(request)
        .await
        .expect("the service cannot fail");
    assert!(
        response.status().is_success(),
        "{method} {path}: {}",
        response.status()
    );
    let body = response
        .into_body()
        .collect()
        .await
        .expect("the body cannot fail");
    body.to_bytes()
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime can be built")
}

fn start(c: &mut Criterion) {
    let runtime = runtime();
    c.bench_function("apiserver/first_answer", |b| {
        b.iter(|| {
            runtime.block_on(async {
                let server = ApiServer::new();
                black_box(
                    call(
                        &server.service(Identity::default()),
                        "GET",
                        "/api/v1/namespaces/default",
                        Vec::new(),
                    )
                    .await,
                )
            })
        });
    });
}

fn objects(c: &mut Criterion) {
    let runtime = runtime();
    let server = runtime.block_on(async { ApiServer::builder().audit_limit(0).build() });
    let client = server.service(Identity::default());
    let mut group = c.benchmark_group("apiserver");
    group.throughput(Throughput::Elements(1));
    let mut next = 0_u64;
    group.bench_function("create", |b| {
        b.iter_custom(|times| {
            let bodies: Vec<_> = (0..times)
                .map(|_| {
                    next += 1;
                    config_map(&format!("map-{next}"))
                })
                .collect();
            let start = Instant::now();
            runtime.block_on(async {
                for body in bodies {
                    black_box(call(&client, "POST", MAPS, body).await);
                }
            });
            start.elapsed()
        });
    });
    group.bench_function("get", |b| {
        let path = format!("{MAPS}/map-1");
        b.iter(|| runtime.block_on(async { black_box(call(&client, "GET", &path, Vec::new()).await) }));
    });
    group.finish();
}

fn list(c: &mut Criterion) {
    let runtime = runtime();
    let server = runtime.block_on(async { ApiServer::new() });
    let client = server.service(Identity::default());
    runtime.block_on(async {
        for index in 0..10_000 {
            call(&client, "POST", MAPS, config_map(&format!("map-{index:05}"))).await;
        }
    });
    let mut group = c.benchmark_group("apiserver");
    group.throughput(Throughput::Elements(10_000)).sample_size(20);
    group.bench_function("list_10000", |b| {
        b.iter(|| runtime.block_on(async { black_box(call(&client, "GET", MAPS, Vec::new()).await) }));
    });
    group.finish();
}

criterion_group!(benches, start, objects, list);
criterion_main!(benches);
