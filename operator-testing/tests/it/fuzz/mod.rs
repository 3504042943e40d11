//! Random requests: nothing panics, nothing is answered with 500, and what is accepted stays what it is.
//!
//! A run is bounded; `PROPTEST_CASES=10000 cargo test -p operator-testing --test it fuzz` looks longer.

mod apply;
mod schema;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use operator_testing::apiserver::{ApiServer, Client, Identity};
use proptest::prelude::*;
use serde_json::{Map, Value};
use tower::ServiceExt as _;

/// Few cases, unless more are asked for.
fn bounded() -> ProptestConfig {
    const CASES: u32 = 48;
    let wanted = ProptestConfig::default();
    let cases = match std::env::var_os("PROPTEST_CASES") {
        Some(_) => wanted.cases,
        None => CASES,
    };
    ProptestConfig { cases, ..wanted }
}

/// A server without a socket, and the thread that it runs on.
struct Harness {
    runtime: tokio::runtime::Runtime,
    client: Client,
}

impl Harness {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .unwrap();
        let client = runtime.block_on(async { ApiServer::new().service(Identity::default()) });
        Self { runtime, client }
    }

    /// Sends a request; a server that fails at it fails the test.
    fn send(&self, method: &str, path: &str, content_type: &str, body: &Value) -> (u16, Value) {
        let request = http::Request::builder()
            .method(method)
            .uri(path)
            .header("Content-Type", content_type)
            .body(Full::<Bytes>::from(body.to_string()))
            .unwrap();
        let answer = self.runtime.block_on(async {
            let response = self.client.clone().oneshot(request).await.unwrap();
            let code = response.status().as_u16();
            let body = response.into_body().collect().await.unwrap().to_bytes();
            (code, serde_json::from_slice(&body).unwrap_or_default())
        });
        let (code, body): &(u16, Value) = &answer;
        if *code >= 400 {
            assert_eq!(body["kind"], "Status", "{body}");
            assert_eq!(body["code"], *code, "{body}");
        }
        answer
    }

    fn get(&self, path: &str) -> Value {
        self.send("GET", path, "application/json", &Value::Null).1
    }
}

/// Any JSON, with few and short names, so that some of it fits.
fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3..1_000_i64).prop_map(Value::from),
        prop::num::f64::NORMAL.prop_map(Value::from),
        "[a-c]{0,3}|\\PC{0,4}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-c]|name|items|f:a|\\PC?", inner, 0..4)
                .prop_map(|members| members.into_iter().collect::<Map<_, _>>().into()),
        ]
    })
}
