//! What the embedded API server costs in process: from nothing to the first answer, reads, writes, lists, apply, custom resources.

use std::{hint::black_box, time::Instant};

use criterion::{Bencher, Criterion, Throughput, criterion_group, criterion_main};
use http_body_util::{BodyExt as _, Full};
use operator_benches::objects;
use operator_testing::apiserver::{ApiServer, Client, Identity};
use tokio::runtime::Runtime;
use tower::ServiceExt as _;

const MAPS: &str = "/api/v1/namespaces/default/configmaps";

/// A definition whose schema has two hundred lines and five rules, and an object of it.
const DEFINITION: &str = include_str!("../data/widgets.yaml");
const WIDGET: &str = include_str!("../data/widget.yaml");
const DEPLOYMENT: &str = include_str!("../data/deployment.yaml");

fn config_map(number: usize) -> Vec<u8> {
    objects::config_map(number).to_string().into_bytes()
}

async fn call(client: &Client, method: &str, path: &str, body: Vec<u8>) -> bytes::Bytes {
    send(client, method, path, "application/json", body).await
}

async fn send(client: &Client, method: &str, path: &str, kind: &str, body: Vec<u8>) -> bytes::Bytes {
    let request = http::Request::builder()
        .method(method)
        .uri(path)
        .header("content-type", kind)
        .body(Full::new(bytes::Bytes::from(body)))
        .expect("the request is well formed");
    let response = client
        .clone()
        .oneshot(request)
        .await
        .expect("the service cannot fail");
    let status = response.status();
    let body = response
        .into_body()
        .collect()
        .await
        .expect("the body cannot fail")
        .to_bytes();
    assert!(
        status.is_success(),
        "{method} {path}: {}",
        String::from_utf8_lossy(&body)
    );
    body
}

/// Measures requests whose bodies are made beforehand.
fn measure(
    bencher: &mut Bencher<'_>,
    runtime: &Runtime,
    client: &Client,
    path: &str,
    mut body: impl FnMut() -> Vec<u8>,
) {
    bencher.iter_custom(|times| {
        let bodies: Vec<_> = (0..times).map(|_| body()).collect();
        let start = Instant::now();
        runtime.block_on(async {
            for body in bodies {
                black_box(call(client, "POST", path, body).await);
            }
        });
        start.elapsed()
    });
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

fn maps(c: &mut Criterion) {
    let runtime = runtime();
    let server = runtime.block_on(async { ApiServer::builder().audit_limit(0).build() });
    let client = server.service(Identity::default());
    let mut group = c.benchmark_group("apiserver");
    group.throughput(Throughput::Elements(1));
    let mut next = 0;
    group.bench_function("create", |b| {
        measure(b, &runtime, &client, MAPS, || {
            next += 1;
            config_map(next)
        });
    });
    group.bench_function("get", |b| {
        let path = format!("{MAPS}/{}", objects::name(1));
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
            call(&client, "POST", MAPS, config_map(index)).await;
        }
    });
    let mut group = c.benchmark_group("apiserver");
    group.throughput(Throughput::Elements(10_000)).sample_size(20);
    group.bench_function("list_10000", |b| {
        b.iter(|| runtime.block_on(async { black_box(call(&client, "GET", MAPS, Vec::new()).await) }));
    });
    group.finish();
}

/// The most frequent request of an operator: the same configuration once more.
fn apply(c: &mut Criterion) {
    let runtime = runtime();
    let server = runtime.block_on(async { ApiServer::builder().audit_limit(0).build() });
    let client = server.service(Identity::default());
    let path = "/apis/apps/v1/namespaces/default/deployments/web?fieldManager=bench&force=true";
    let apply = || async {
        let body = DEPLOYMENT.as_bytes().to_vec();
        send(&client, "PATCH", path, "application/apply-patch+yaml", body).await
    };
    let first = runtime.block_on(apply());
    assert_eq!(
        first,
        runtime.block_on(apply()),
        "the second apply changes nothing"
    );
    let json: serde_json::Value = serde_saphyr::from_str(DEPLOYMENT).expect("the Deployment is YAML");
    let json = json.to_string().into_bytes();
    c.bench_function("apiserver/apply_again", |b| {
        b.iter(|| {
            let body = json.clone();
            runtime.block_on(async {
                black_box(send(&client, "PATCH", path, "application/apply-patch+yaml", body).await)
            })
        });
    });
    let mut replicas = 0;
    c.bench_function("apiserver/apply_change", |b| {
        b.iter(|| {
            replicas += 1;
            let body = DEPLOYMENT.replace("replicas: 3", &format!("replicas: {replicas}"));
            runtime.block_on(async {
                black_box(
                    send(
                        &client,
                        "PATCH",
                        path,
                        "application/apply-patch+yaml",
                        body.into_bytes(),
                    )
                    .await,
                )
            })
        });
    });
}

fn custom(c: &mut Criterion) {
    let runtime = runtime();
    let server = runtime.block_on(async { ApiServer::builder().audit_limit(0).build() });
    let client = server.service(Identity::default());
    runtime.block_on(send(
        &client,
        "POST",
        "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
        "application/yaml",
        DEFINITION.as_bytes().to_vec(),
    ));
    let widget: serde_json::Value = serde_saphyr::from_str(WIDGET).expect("the widget is YAML");
    let widget = widget.to_string();
    let mut next = 0;
    c.bench_function("apiserver/create_custom", |b| {
        let path = "/apis/bench.example.com/v1/namespaces/default/widgets";
        measure(b, &runtime, &client, path, || {
            next += 1;
            widget.replace("NAME", &format!("widget-{next}")).into_bytes()
        });
    });
}

criterion_group!(benches, start, maps, list, apply, custom);
criterion_main!(benches);
