//! How watches end, and what is left of them.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use operator_testing::apiserver::{ApiServer, Client, Identity};
use serde_json::{Value, json};
use tower::ServiceExt as _;

fn request(method: &str, uri: &str, body: &Value) -> http::Request<Full<Bytes>> {
    let body = if body.is_null() {
        Bytes::new()
    } else {
        body.to_string().into()
    };
    http::Request::builder()
        .method(method)
        .uri(uri)
        .header("content-type", "application/json")
        .body(Full::new(body))
        .unwrap()
}

async fn send(client: &Client, method: &str, uri: &str, body: Value) -> u16 {
    let response = client.clone().oneshot(request(method, uri, &body)).await.unwrap();
    let status = response.status().as_u16();
    response.into_body().collect().await.unwrap();
    status
}

#[tokio::test(start_paused = true)]
async fn a_watch_ends_with_the_definition_of_its_kind() {
    let client = ApiServer::new().service(Identity::default());
    let definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    let definition = json!({"metadata": {"name": "foos.example.com"}, "spec": {
        "group": "example.com", "scope": "Namespaced",
        "names": {"plural": "foos", "kind": "Foo", "singular": "foo"},
        "versions": [{"name": "v1", "served": true, "storage": true, "schema": {
            "openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}}]}});
    assert_eq!(send(&client, "POST", definitions, definition).await, 201);
    let foo = json!({"apiVersion": "example.com/v1", "kind": "Foo", "metadata": {"name": "x"}});
    let foos = "/apis/example.com/v1/namespaces/default/foos";
    assert_eq!(send(&client, "POST", foos, foo).await, 201);

    let watch = request("GET", "/apis/example.com/v1/foos?watch=true", &Value::Null);
    let watch = client.clone().oneshot(watch).await.unwrap().into_body();
    let one = format!("{definitions}/foos.example.com");
    assert_eq!(send(&client, "DELETE", &one, Value::Null).await, 200);

    let seen = tokio::time::timeout(Duration::from_secs(60), watch.collect()).await;
    let seen = seen.expect("the watch ends long before its time is over");
    let text = String::from_utf8(seen.unwrap().to_bytes().to_vec()).unwrap();
    let kinds: Vec<String> = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["type"].to_string())
        .collect();
    assert_eq!(kinds, ["\"ADDED\"", "\"DELETED\""]);
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_watches_that_are_dropped_leave_nothing() {
    const WATCHES: usize = 10_000;
    let server = ApiServer::new();
    let client = server.service(Identity::default());
    let maps = "/api/v1/namespaces/default/configmaps";
    let mut watches = Vec::with_capacity(WATCHES);
    for _ in 0..WATCHES {
        let watch = request("GET", &format!("{maps}?watch=true"), &Value::Null);
        watches.push(client.clone().oneshot(watch).await.unwrap().into_body());
    }
    assert_eq!(server.watchers("", "configmaps"), WATCHES);
    let map = json!({"metadata": {"name": "a"}});
    assert_eq!(send(&client, "POST", maps, map).await, 201);
    for watch in &mut watches {
        let frame = watch.frame().await.unwrap().unwrap();
        let text = frame.into_data().unwrap();
        assert!(text.starts_with(b"{\"type\":\"ADDED\""), "{text:?}");
    }
    // half of the clients go away in the middle, without a word
    watches.truncate(WATCHES / 2);
    assert_eq!(server.watchers("", "configmaps"), WATCHES / 2);
    let status = send(&client, "DELETE", &format!("{maps}/a"), Value::Null).await;
    assert_eq!(status, 200);
    let frame = watches[0].frame().await.unwrap().unwrap();
    assert!(frame.into_data().unwrap().starts_with(b"{\"type\":\"DELETED\""));
    drop(watches);
    assert_eq!(server.watchers("", "configmaps"), 0);
}
