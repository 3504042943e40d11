//! Whatever a client sends, it gets an answer: no panic, no hanging request, no answer that is none.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use operator_testing::apiserver::{ApiServer, Identity};
use proptest::prelude::*;
use tower::ServiceExt as _;

/// One request, as odd as it may be.
#[derive(Clone, Debug)]
struct Odd {
    method: &'static str,
    path: String,
    content_type: &'static str,
    accept: &'static str,
    body: Vec<u8>,
}

fn segment() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "api",
        "apis",
        "v1",
        "apps",
        "batch",
        "namespaces",
        "default",
        "configmaps",
        "secrets",
        "pods",
        "deployments",
        "status",
        "scale",
        "events",
        "watch",
        "a",
        "finalize",
        "customresourcedefinitions",
        "apiextensions.k8s.io",
        "%00",
        "%2F",
        "..",
        "",
    ]);
    prop_oneof![8 => known.prop_map(str::to_owned), 1 => "[a-zA-Z0-9._%-]{0,12}"]
}

fn path() -> impl Strategy<Value = String> {
    let close = prop::sample::select(vec![
        "/api/v1/namespaces/default/configmaps",
        "/api/v1/namespaces/default/configmaps/a",
        "/api/v1/namespaces/default/pods/a/status",
        "/apis/apps/v1/namespaces/default/deployments",
        "/apis/apps/v1/namespaces/default/deployments/a/scale",
        "/api/v1/namespaces/a",
        "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
    ]);
    let made_up = prop::collection::vec(segment(), 0..8).prop_map(|parts| format!("/{}", parts.join("/")));
    let name = prop::sample::select(vec![
        "watch",
        "limit",
        "continue",
        "resourceVersion",
        "resourceVersionMatch",
        "labelSelector",
        "fieldSelector",
        "dryRun",
        "fieldManager",
        "force",
        "fieldValidation",
        "timeoutSeconds",
        "sendInitialEvents",
        "allowWatchBookmarks",
        "propagationPolicy",
        "gracePeriodSeconds",
        "pretty",
        "includeObject",
    ]);
    let value = prop_oneof![
        prop::sample::select(vec![
            "true",
            "1",
            "0",
            "-1",
            "All",
            "Exact",
            "NotOlderThan",
            "a%3Db",
            "99999999999999999999"
        ])
        .prop_map(str::to_owned),
        "[a-zA-Z0-9=!,()._%-]{0,16}",
    ];
    let query = prop::collection::vec((name, value), 0..4);
    (prop_oneof![close.prop_map(str::to_owned), made_up], query).prop_map(|(path, query)| {
        let query: Vec<_> = query
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        if query.is_empty() {
            path
        } else {
            format!("{path}?{}", query.join("&"))
        }
    })
}

fn json(depth: u32) -> impl Strategy<Value = serde_json::Value> {
    let name = prop_oneof![
        8 => prop::sample::select(vec![
            "apiVersion", "kind", "metadata", "name", "namespace", "labels", "finalizers", "ownerReferences", "uid", "spec",
            "status", "data", "resourceVersion", "managedFields", "replicas", "op", "path", "value", "deletionTimestamp",
            "generateName",
        ]).prop_map(str::to_owned),
        1 => "\\PC{0,6}",
    ];
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        prop::sample::select(vec![
            "v1",
            "ConfigMap",
            "Pod",
            "Deployment",
            "apps/v1",
            "a",
            "default",
            "",
            "5",
            "add",
            "/data"
        ])
        .prop_map(Into::into),
        "\\PC{0,10}".prop_map(Into::into),
    ];
    leaf.prop_recursive(depth, 32, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
            prop::collection::btree_map(name.clone(), inner, 0..6)
                .prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
        ]
    })
}

fn odd() -> impl Strategy<Value = Odd> {
    let method = prop::sample::select(vec![
        "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE",
    ]);
    let content_type = prop::sample::select(vec![
        "application/json",
        "application/yaml",
        "application/json-patch+json",
        "application/merge-patch+json",
        "application/strategic-merge-patch+json",
        "application/apply-patch+yaml",
        "application/vnd.kubernetes.protobuf",
        "text/plain",
        "",
    ]);
    let accept = prop::sample::select(vec![
        "*/*",
        "application/json",
        "application/json;as=Table;v=v1;g=meta.k8s.io",
        "application/yaml",
        "text/html",
        "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io",
    ]);
    let body = prop_oneof![
        6 => json(4).prop_map(|value| value.to_string().into_bytes()),
        2 => prop::collection::vec(any::<u8>(), 0..40),
        1 => Just(Vec::new()),
    ];
    (method, path(), content_type, accept, body).prop_map(|(method, path, content_type, accept, body)| Odd {
        method,
        path,
        content_type,
        accept,
        body,
    })
}

async fn answer(server: &ApiServer, odd: Odd) {
    let request = http::Request::builder()
        .method(odd.method)
        .uri(&odd.path)
        .header("content-type", odd.content_type)
        .header("accept", odd.accept)
        .body(Full::new(Bytes::from(odd.body.clone())));
    // what is no URI never gets to a server
    let Ok(request) = request else { return };
    let response = server
        .service(Identity::default())
        .oneshot(request)
        .await
        .unwrap();
    let status = response.status().as_u16();
    let mut body = response.into_body();
    let first = tokio::time::timeout(Duration::from_secs(1), body.frame()).await;
    if status >= 400 && odd.accept == "application/json" {
        let bytes = first.unwrap().unwrap().unwrap().into_data().unwrap();
        let status: Option<serde_json::Value> = serde_json::from_slice(&bytes).ok();
        let text = String::from_utf8_lossy(&bytes);
        let plain = ["404 page not found", "400 Bad Request"];
        let is_plain = plain.iter().any(|plain| text.starts_with(plain));
        assert!(
            status.is_some_and(|status| status["kind"] == "Status") || is_plain,
            "{odd:?}: {text}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn every_request_is_answered(requests in prop::collection::vec(odd(), 1..12)) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(async {
            let server = ApiServer::new();
            let before = server.revision();
            for odd in requests {
                answer(&server, odd).await;
            }
            prop_assert!(server.revision() >= before);
            Ok(())
        })?;
    }
}
