//! Absurd sizes get the answers that a real server gives them, and leave the server as it was.

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use operator_testing::apiserver::{ApiServer, Client, Identity};
use serde_json::{Value, json};
use tower::ServiceExt as _;

const MAPS: &str = "/api/v1/namespaces/default/configmaps";
const BODY_LIMIT: usize = 3 * 1024 * 1024;

async fn send(client: &Client, method: &str, uri: &str, kind: &str, body: impl Into<Bytes>) -> (u16, Value) {
    let request = http::Request::builder()
        .method(method)
        .uri(uri)
        .header("content-type", kind)
        .body(Full::new(body.into()))
        .unwrap();
    let response = client.clone().oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    let body = serde_json::from_slice(&body).unwrap_or_else(|_| String::from_utf8_lossy(&body).into());
    (status, body)
}

async fn post(client: &Client, uri: &str, body: impl Into<Bytes>) -> (u16, Value) {
    send(client, "POST", uri, "application/json", body).await
}

async fn patch(client: &Client, kind: &str, body: impl Into<Bytes>) -> (u16, Value) {
    let uri = format!("{MAPS}/a?fieldManager=test&dryRun=All");
    send(client, "PATCH", &uri, &format!("application/{kind}"), body).await
}

async fn server_with_a_map() -> Client {
    let client = ApiServer::new().service(Identity::default());
    let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}});
    assert_eq!(post(&client, MAPS, map.to_string()).await.0, 201);
    client
}

/// A ConfigMap that takes so many bytes.
fn map_of(bytes: usize) -> String {
    let map = |value: &str| {
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"k": value}})
            .to_string()
    };
    let empty = map("").len();
    map(&"x".repeat(bytes - empty))
}

fn nested(depth: usize, open: &str, close: &str) -> String {
    format!("{}1{}", open.repeat(depth), close.repeat(depth))
}

#[tokio::test(start_paused = true)]
async fn a_body_may_have_three_mebibytes() {
    let client = server_with_a_map().await;
    let refusal = json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": "Request entity too large: limit is 3145728", "reason": "RequestEntityTooLarge", "code": 413,
    });
    let one = format!("{MAPS}/a?fieldManager=test");
    let reviews = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    for (method, uri, kind) in [
        ("POST", MAPS, "json"),
        ("PUT", one.as_str(), "json"),
        ("PATCH", &one, "json-patch+json"),
        ("PATCH", &one, "merge-patch+json"),
        ("PATCH", &one, "strategic-merge-patch+json"),
        ("PATCH", &one, "apply-patch+yaml"),
        ("DELETE", &one, "json"),
        ("POST", reviews, "json"),
    ] {
        let kind = format!("application/{kind}");
        let answer = send(&client, method, uri, &kind, map_of(BODY_LIMIT + 1)).await;
        assert_eq!(answer, (413, refusal.clone()), "{method} {uri} {kind}");
    }
    // what a read brings along is not read
    let (status, _) = send(&client, "GET", &one, "application/json", map_of(BODY_LIMIT + 1)).await;
    assert_eq!(status, 200);
    // the largest body is read, and is too much for its kind
    let (status, answer) = send(&client, "PUT", &one, "application/json", map_of(BODY_LIMIT)).await;
    assert_eq!(
        (status, &answer["message"]),
        (
            422,
            &json!("ConfigMap \"a\" is invalid: []: Too long: may not be more than 1048576 bytes")
        )
    );
}

#[tokio::test(start_paused = true)]
async fn annotations_may_have_a_quarter_of_a_mebibyte_together() {
    let client = server_with_a_map().await;
    for (size, expected) in [(256 * 1024, 201), (256 * 1024 + 1, 422)] {
        let metadata =
            json!({"name": "b", "annotations": {"one": "x".repeat(1000), "two": "x".repeat(size - 1006)}});
        let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata});
        let (status, answer) = post(&client, &format!("{MAPS}?dryRun=All"), map.to_string()).await;
        assert_eq!(status, expected);
        if expected == 422 {
            let why = "ConfigMap \"b\" is invalid: metadata.annotations: Too long: may not be more than 262144 bytes";
            assert_eq!(answer["message"], why);
        }
    }
}

/// A real server takes 10,000 levels, this one 110; both say the same of more.
#[tokio::test(start_paused = true)]
async fn documents_nest_so_deep_and_no_deeper() {
    let client = server_with_a_map().await;
    let map = |inner: &str| {
        format!(r#"{{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {{"name": "a"}}, "x": {inner}}}"#)
    };
    let dry = format!("{MAPS}?dryRun=All&pretty=false");
    let unreadable = "the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse \
                      error: invalid character '[' exceeded max depth ({\"apiVersion\": \"v1\", \"kind\": \" ...)";
    for depth in [110, 127, 128, 10_000, 100_000] {
        let deep = map(&nested(depth, "[", "]"));
        assert_eq!(
            post(&client, &dry, deep.clone()).await.1["message"],
            unreadable,
            "{depth}"
        );
        let (status, answer) = patch(&client, "merge-patch+json", deep.clone()).await;
        let why = "error decoding patch: invalid character '[' exceeded max depth";
        assert_eq!((status, &answer["message"]), (400, &json!(why)), "{depth}");
        let (status, answer) = patch(&client, "apply-patch+yaml", deep).await;
        let why = "error decoding YAML: error converting YAML to JSON: yaml: exceeded max depth of 10000";
        assert_eq!((status, &answer["message"]), (400, &json!(why)), "{depth}");
    }
    assert_eq!(post(&client, MAPS, "[".repeat(100_000)).await.0, 400);
    let fits = map(&nested(109, "{\"a\":", "}")).replace("\"name\": \"a\"", "\"name\": \"b\"");
    assert_eq!(post(&client, &dry, fits).await.0, 201);
    // an alias nests as deep as what it stands for
    let aliases: String = (1..200)
        .map(|line| format!("x{line}: &x{line} [*x{}]\n", line - 1))
        .collect();
    let (status, _) = patch(&client, "apply-patch+yaml", format!("x0: &x0 []\n{aliases}")).await;
    assert_eq!(status, 400);
}

#[tokio::test(start_paused = true)]
async fn patches_cannot_nest_deeper_than_documents() {
    let client = server_with_a_map().await;
    let mut doubling = vec![json!({"op": "add", "path": "/x", "value": {"a": {}}})];
    for step in 0..17 {
        let path = format!("/x{}", "/a".repeat(1 << step));
        doubling.push(json!({"op": "copy", "from": "/x", "path": path}));
    }
    let twice = json!([
        {"op": "add", "path": "/x", "value": serde_json::from_str::<Value>(&nested(60, "{\"a\":", "}")).unwrap()},
        {"op": "replace", "path": format!("/x{}", "/a".repeat(60)),
         "value": serde_json::from_str::<Value>(&nested(60, "[", "]")).unwrap()},
    ]);
    for operations in [Value::from(doubling), twice] {
        let (status, answer) = patch(&client, "json-patch+json", operations.to_string()).await;
        let why = "the server rejected our request due to an error in our request";
        assert_eq!((status, &answer["message"]), (422, &json!(why)));
    }
}

/// Everything that is done to an object works for the deepest one, whose managers are deeper than itself.
#[tokio::test(start_paused = true)]
async fn the_deepest_object_is_one_like_others() {
    let client = ApiServer::new().service(Identity::default());
    let definition = json!({"metadata": {"name": "foos.example.com"}, "spec": {
        "group": "example.com", "scope": "Namespaced", "names": {"plural": "foos", "kind": "Foo", "singular": "foo"},
        "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {
            "type": "object", "properties": {"spec": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}}}}]}});
    let definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    assert_eq!(post(&client, definitions, definition.to_string()).await.0, 201);
    let foos = "/apis/example.com/v1/namespaces/default/foos";
    let foo = format!(
        r#"{{"apiVersion": "example.com/v1", "kind": "Foo", "metadata": {{"name": "deep"}}, "spec": {}}}"#,
        nested(109, "{\"a\":", "}")
    );
    assert_eq!(post(&client, foos, foo.clone()).await.0, 201);
    let one = format!("{foos}/deep?fieldManager=test");
    for (kind, body) in [
        ("apply-patch+yaml", foo.clone()),
        ("apply-patch+yaml", foo.clone()),
        (
            "merge-patch+json",
            r#"{"metadata": {"labels": {"a": "b"}}}"#.to_owned(),
        ),
        (
            "json-patch+json",
            r#"[{"op": "remove", "path": "/metadata/labels"}]"#.to_owned(),
        ),
    ] {
        let (status, answer) = send(&client, "PATCH", &one, &format!("application/{kind}"), body).await;
        assert_eq!(status, 200, "{kind}: {answer}");
    }
    let (status, list) = send(&client, "GET", foos, "application/json", "").await;
    assert_eq!(
        (status, &list["items"][0]["metadata"]["name"]),
        (200, &json!("deep"))
    );
    assert_eq!(send(&client, "DELETE", &one, "application/json", "").await.0, 200);
}

#[tokio::test(start_paused = true)]
async fn json_patches_have_so_many_operations_and_copies() {
    let client = server_with_a_map().await;
    let labels = json!({"op": "add", "path": "/metadata/labels", "value": {}});
    for (count, expected) in [(10_000, 200), (10_001, 413)] {
        let mut operations = vec![labels.clone()];
        operations.resize(
            count,
            json!({"op": "add", "path": "/metadata/labels/a", "value": "b"}),
        );
        let (status, answer) = patch(&client, "json-patch+json", Value::from(operations).to_string()).await;
        assert_eq!(status, expected);
        if expected == 413 {
            let why = "Request entity too large: The allowed maximum operations in a JSON patch is 10000, got 10001";
            assert_eq!(answer["message"], why);
        }
    }
    for (copies, why) in [
        (
            40,
            "the server rejected our request due to an error in our request".to_owned(),
        ),
        (
            30,
            format!(
                "ConfigMap \"a\" is invalid: {0}: {1}",
                "metadata.annotations", "Too long: may not be more than 262144 bytes"
            ),
        ),
    ] {
        let mut operations = vec![
            json!({"op": "add", "path": "/metadata/annotations", "value": {"a": "x".repeat(100 * 1024)}}),
        ];
        operations.extend((0..copies).map(|copy| {
            json!({"op": "copy", "from": "/metadata/annotations/a", "path": format!("/metadata/annotations/b{copy}")})
        }));
        let (status, answer) = patch(&client, "json-patch+json", Value::from(operations).to_string()).await;
        let message = answer["message"].as_str().unwrap_or_default();
        assert_eq!(status, 422);
        assert!(message.contains(&why), "{message}");
    }
}

#[tokio::test(start_paused = true)]
async fn names_are_as_long_as_names_may_be() {
    let client = server_with_a_map().await;
    let dry = format!("{MAPS}?dryRun=All");
    let long = |length: usize| "n".repeat(length);
    for (metadata, size, what) in [
        (json!({"name": long(253)}), 0, ""),
        (
            json!({"name": long(254)}),
            254,
            "metadata.name: Invalid value: \"{}\": must be no more than 253 characters",
        ),
        (json!({"name": "b", "labels": {long(63): long(63)}}), 0, ""),
        (
            json!({"name": "b", "labels": {"a": long(64)}}),
            64,
            "metadata.labels: Invalid value: \"{}\": must be no more than 63 bytes",
        ),
        (
            json!({"name": "b", "annotations": {long(100_000): "a"}}),
            100_000,
            "metadata.annotations: Invalid value: \"{}\": name part must be no more than 63 bytes",
        ),
    ] {
        let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata});
        let (status, answer) = post(&client, &dry, map.to_string()).await;
        assert_eq!(status, if what.is_empty() { 201 } else { 422 }, "{size}");
        let message = answer["message"].as_str().unwrap_or_default();
        assert!(message.contains(&what.replace("{}", &long(size))), "{message}");
    }
}

#[tokio::test(start_paused = true)]
async fn queries_are_as_large_as_they_like() {
    let client = server_with_a_map().await;
    let many: Vec<_> = (0..2_000).map(|number| format!("k{number}%3Dv")).collect();
    for (query, status, why) in [
        ("limit=9223372036854775807".to_owned(), 200, ""),
        (
            "limit=9223372036854775808".to_owned(),
            400,
            "strconv.ParseInt: parsing \"9223372036854775808\": value out of range",
        ),
        (
            "resourceVersion=99999999999999999999".to_owned(),
            400,
            "invalid resource version: resourceVersion: Invalid value: \"99999999999999999999\": strconv.ParseUint: parsing \
             \"99999999999999999999\": value out of range",
        ),
        (format!("labelSelector={}", many.join("%2C")), 200, ""),
        (format!("x={}", "y".repeat(60 * 1024)), 200, ""),
        // what cannot be decoded is not there
        ("limit=%zz&labelSelector=%4&a=b;c".to_owned(), 200, ""),
    ] {
        let uri = format!("{MAPS}?{query}");
        let (found, answer) = send(&client, "GET", &uri, "application/json", "").await;
        let shown = query.get(..80).unwrap_or(&query);
        assert_eq!(
            (found, answer["message"].as_str().unwrap_or_default()),
            (status, why),
            "{shown}"
        );
    }
    let answer = send(&client, "GET", &format!("{MAPS}/%zz"), "application/json", "").await;
    assert_eq!(answer, (400, json!("400 Bad Request")));
}
