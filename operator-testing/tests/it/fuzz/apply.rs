//! Applied configurations of every sort, right and wrong, by several managers.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Harness, bounded, json};

const PATH: &str = "/apis/apps/v1/namespaces/default/deployments/o";

/// A Deployment of which some part is anything at all.
fn deployment() -> impl Strategy<Value = Value> {
    let part = prop::sample::select(vec![
        "/metadata/labels",
        "/metadata/annotations",
        "/metadata/ownerReferences",
        "/metadata/finalizers",
        "/spec/replicas",
        "/spec/strategy",
        "/spec/template/spec/containers/0/env",
        "/spec/template/spec/containers/0/ports",
        "/spec/template/spec/containers",
        "/spec/template/spec/tolerations",
        "/spec/template/spec",
        "/status",
        "/spec",
        "/metadata/managedFields",
    ]);
    let some = prop_oneof![
        json(),
        Just(json!([{"name": "A", "value": "1"}, {"name": "B"}])),
        Just(json!({"a": "b"})),
    ];
    (prop::option::of((part, some)), 0..3_i64).prop_map(|(spoilt, replicas)| {
        let mut whole = json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "o"},
            "spec": {"replicas": replicas, "selector": {"matchLabels": {"a": "b"}}, "template": {
                "metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}},
        });
        if let Some((path, value)) = spoilt {
            let (parent, name) = path.rsplit_once('/').unwrap();
            let parent = whole.pointer_mut(parent).unwrap();
            if parent.is_object() {
                parent[name] = value;
            }
        }
        whole
    })
}

/// Who writes, whether by force, and what.
fn write() -> impl Strategy<Value = (&'static str, bool, bool, Value)> {
    let manager = prop::sample::select(vec!["ann", "bob"]);
    (manager, any::<bool>(), prop::bool::weighted(0.8), deployment())
}

proptest! {
    #![proptest_config(bounded())]

    #[test]
    fn applies_never_break_the_server(writes in prop::collection::vec(write(), 1..8)) {
        let harness = Harness::new();
        for (manager, force, apply, body) in &writes {
            let path = format!("{PATH}?fieldManager={manager}{}", if *force && *apply { "&force=true" } else { "" });
            let kind = if *apply { "application/apply-patch+yaml" } else { "application/merge-patch+json" };
            let before = harness.get(PATH);
            let (code, answer) = harness.send("PATCH", &path, kind, body);
            // a value that no schema fits is answered with 500, as the real server does, but never by force of a panic
            prop_assert!(code != 500 || answer["message"].as_str().is_some_and(|why| why.contains(": ")), "{answer}");
            if code < 300 {
                let (again, same) = harness.send("PATCH", &path, kind, body);
                prop_assert_eq!(again, 200);
                prop_assert_eq!(&same["metadata"]["resourceVersion"], &answer["metadata"]["resourceVersion"], "twice is once");
                prop_assert_eq!(&harness.get(PATH), &same);
            } else {
                prop_assert_eq!(&harness.get(PATH), &before, "a refusal changes nothing");
            }
        }
    }
}
