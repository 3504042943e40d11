//! The fast answer for new objects against the general one.

use proptest::{prelude::*, sample::Index};
use serde_json::{Value, json};

use super::{builtin, custom_kind, list_of, map_of, object, typed};
use crate::apiserver::{
    patch::apply::{
        FieldSet, ManagerId, Managers, OneVersion, Request, created, empty_object, ownership, validate,
    },
    types::{ListType, Schema, ValueType},
};

/// The managers that the comparison with an empty object gives a new one.
fn compared(new: &Value, request: &Request<'_>) -> Option<Value> {
    let empty = empty_object(request);
    validate::validate(new, request.root(), true).ok()?;
    let writer = request.updater();
    let managers = ownership::after_update(&empty, new, Managers::default(), &writer, request).ok()?;
    let owner = ManagerId::updater("me", request.api_version, "");
    let entry = managers.get(&owner).cloned();
    Some(entry.map_or_else(
        || json!({}),
        |entry| super::super::fields_v1::encode(&entry.fields),
    ))
}

fn lists() -> Schema {
    let text = || typed(ValueType::String);
    let item = object([
        ("name", text()),
        ("port", typed(ValueType::Integer)),
        ("to", map_of(text())),
    ]);
    custom_kind(object([
        ("ports", list_of(item.clone(), ListType::Map, &["port", "name"])),
        ("named", list_of(item.clone(), ListType::Map, &["name"])),
        ("set", list_of(typed(ValueType::IntOrString), ListType::Set, &[])),
        ("whole", list_of(item, ListType::Atomic, &[])),
        (
            "atomic",
            Schema {
                atomic_map: true,
                ..map_of(text())
            },
        ),
        (
            "open",
            Schema {
                preserve_unknown: true,
                ..typed(ValueType::Object)
            },
        ),
        (
            "any",
            Schema {
                preserve_unknown: true,
                ..Schema::default()
            },
        ),
    ]))
}

fn samples() -> Vec<(&'static str, &'static str, Option<Schema>, Value)> {
    let pod = json!({"containers": [
        {"name": "a", "image": "i", "ports": [{"containerPort": 80}, {"containerPort": 81, "protocol": "UDP"}],
         "env": [{"name": "A", "value": "1"}, {"name": "B", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}]},
        {"name": "b", "args": ["x", "x"], "resources": {"limits": {"cpu": "1"}}}],
        "volumes": [{"name": "v", "emptyDir": {}}], "nodeSelector": {"a": "b"}});
    let metadata = json!({"name": "x", "namespace": "y", "uid": "z", "generateName": "x-", "labels": {"a": "b"},
        "annotations": {}, "finalizers": ["a/b", "c/d"], "ownerReferences": [{"uid": "1", "name": "o"}]});
    vec![
        (
            "v1",
            "ConfigMap",
            Some(builtin("io.k8s.api.core.v1.ConfigMap").clone()),
            json!({"metadata": metadata, "data": {"a": "1", "b": ""}, "immutable": false}),
        ),
        (
            "apps/v1",
            "Deployment",
            Some(builtin("io.k8s.api.apps.v1.Deployment").clone()),
            json!({"metadata": metadata, "spec": {"replicas": 0, "selector": {"matchLabels": {"a": "b"}}, "strategy": {},
            "template": {"metadata": {"labels": {"a": "b"}}, "spec": pod}},
            "status": {"replicas": 1, "conditions": [{"type": "A", "status": "True"}]}}),
        ),
        (
            "v1",
            "Service",
            Some(builtin("io.k8s.api.core.v1.Service").clone()),
            json!({"metadata": metadata, "spec": {"ports": [{"port": 80, "protocol": "TCP"}, {"port": 80, "protocol": "UDP"}],
            "selector": {"a": "b"}, "externalIPs": ["1", "2"]}, "status": {"loadBalancer": {}}}),
        ),
        (
            "example.com/v1",
            "Lists",
            Some(lists()),
            json!({"metadata": metadata, "spec": {"ports": [{"port": 1, "name": "a"}, {"port": 2}], "named": [{"name": "n", "to": {"x": "y"}}],
            "set": [1, "1", 2], "whole": [{"port": 1}, {"port": 1}], "atomic": {"a": "b"},
            "open": {"l": [1], "m": {"n": null}}, "any": {"x": {"y": 1}}}}),
        ),
        (
            "example.com/v1",
            "Lists",
            None,
            json!({"metadata": metadata, "spec": {"l": [{}], "m": {"a": [1], "b": {}}}}),
        ),
    ]
}

fn request<'a>(
    api_version: &'a str,
    kind: &'a str,
    schema: Option<&'a Schema>,
    reset: &'a FieldSet,
) -> Request<'a> {
    Request {
        manager: "me",
        subresource: "",
        api_version,
        kind,
        schema,
        reset,
        reflected: None,
        versions: &OneVersion,
        now: jiff::Timestamp::UNIX_EPOCH,
    }
}

/// The places of all values in a value, as JSON pointers.
fn places(value: &Value, here: &str, found: &mut Vec<String>) {
    found.push(here.to_owned());
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let name = name.replace('~', "~0").replace('/', "~1");
                places(member, &format!("{here}/{name}"), found);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                places(item, &format!("{here}/{index}"), found);
            }
        }
        _ => {}
    }
}

/// What a value somewhere in an object may be replaced with; `None` copies another part of the object.
fn replacement() -> impl Strategy<Value = Option<Value>> {
    prop_oneof![
        Just(None),
        Just(Some(Value::Null)),
        Just(Some(json!({}))),
        Just(Some(json!([]))),
        Just(Some(json!(0))),
        Just(Some(json!(1.5))),
        Just(Some(json!(""))),
        Just(Some(json!([{}, {}]))),
        Just(Some(json!({"extra": {"name": "x"}}))),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]
    #[test]
    fn new_objects_are_owned_as_the_comparison_says(
        sample in any::<Index>(),
        changes in prop::collection::vec((any::<Index>(), any::<Index>(), replacement()), 0..4),
        resets in any::<bool>(),
    ) {
        let samples = samples();
        let (api_version, kind, schema, mut new) = samples[sample.index(samples.len())].clone();
        new["apiVersion"] = api_version.into();
        new["kind"] = kind.into();
        for (place, source, replacement) in changes {
            let mut found = Vec::new();
            places(&new, "", &mut found);
            let source = new.pointer(&found[source.index(found.len())]).cloned().unwrap_or_default();
            // the object itself stays one
            if found.len() > 1
                && let Some(value) = new.pointer_mut(&found[1 + place.index(found.len() - 1)])
            {
                *value = replacement.unwrap_or(source);
            }
        }
        let reset: &[&[&str]] = if resets { &[&["status"], &["spec", "selector"]] } else { &[] };
        let reset = FieldSet::of_fields(reset);
        let request = request(api_version, kind, schema.as_ref(), &reset);
        if let Some(fields) = created::fields(&empty_object(&request), &new, &request) {
            prop_assert_eq!(Some(Value::Object(fields)), compared(&new, &request), "{}", new);
        }
    }
}

#[test]
fn ordinary_objects_get_the_fast_answer() {
    let reset = FieldSet::of_fields(&[&["status"]]);
    for (api_version, kind, schema, new) in samples() {
        let request = request(api_version, kind, schema.as_ref(), &reset);
        let fields = created::fields(&empty_object(&request), &new, &request);
        assert!(fields.is_some_and(|fields| !fields.is_empty()), "{new}");
    }
}
