//! Lists by key, sets, atomic lists and maps.

use serde_json::{Value, json};

use super::{Shelf, custom_kind, list_of, map_of, object, typed};
use crate::apiserver::types::{ListType, Schema, ValueType};

fn lists() -> Shelf {
    let text = || typed(ValueType::String);
    let zone = Schema {
        default: Some("a".into()),
        ..text()
    };
    let rule = object([
        ("name", text()),
        ("zone", zone),
        ("weight", typed(ValueType::Integer)),
    ]);
    let plain = object([("name", text()), ("v", typed(ValueType::Integer))]);
    Shelf::custom(custom_kind(object([
        ("rules", list_of(rule, ListType::Map, &["name", "zone"])),
        ("tags", list_of(text(), ListType::Set, &[])),
        ("args", list_of(text(), ListType::Atomic, &[])),
        ("plain", list_of(plain, ListType::Atomic, &[])),
        (
            "sel",
            Schema {
                atomic_map: true,
                ..map_of(text())
            },
        ),
        ("labels", map_of(text())),
        ("size", typed(ValueType::Integer)),
    ])))
}

#[test]
fn every_kind_of_list_is_owned_in_its_way() {
    let mut shelf = lists();
    shelf.applies(
        "alpha",
        json!({"spec": {
            "rules": [{"name": "r1", "weight": 1}], "tags": ["t1"], "args": ["x"], "plain": [{"name": "p", "v": 1}],
            "sel": {"a": "1"}, "labels": {"a": "1"},
        }}),
    );
    shelf.owned(&[(
        "alpha Apply",
        json!({"f:spec": {
            "f:args": {}, "f:labels": {"f:a": {}}, "f:plain": {},
            "f:rules": {"k:{\"name\":\"r1\",\"zone\":\"a\"}": {".": {}, "f:name": {}, "f:weight": {}}},
            "f:sel": {}, "f:tags": {"v:\"t1\"": {}},
        }}),
    )]);
    shelf.applies(
        "beta",
        json!({"spec": {
            "rules": [{"name": "r2", "weight": 2}, {"name": "r1", "zone": "b"}], "tags": ["t2", "t1"], "labels": {"b": "2"},
        }}),
    );
    assert_eq!(
        shelf.object()["spec"]["rules"],
        json!([{"name": "r1", "weight": 1}, {"name": "r2", "weight": 2}, {"name": "r1", "zone": "b"}])
    );
    assert_eq!(shelf.object()["spec"]["tags"], json!(["t2", "t1"]));
    shelf.conflicts(
        "gamma",
        json!({"spec": {"rules": [{"name": "r1", "weight": 5}]}}),
        r#"Apply failed with 1 conflict: conflict with "alpha": .spec.rules[name="r1",zone="a"].weight"#,
    );
    shelf.conflicts(
        "gamma",
        json!({"spec": {"args": ["y"], "sel": {"b": "2"}, "plain": [{"name": "q"}], "labels": {"a": "2"}}}),
        "Apply failed with 4 conflicts: conflicts with \"alpha\":\n- .spec.args\n- .spec.plain\n- .spec.sel\n- .spec.labels.a",
    );
    shelf.force(
        "gamma",
        json!({"spec": {"args": ["y"], "sel": {"b": "2"}, "labels": {"a": "2"}}}),
    );
    assert_eq!(shelf.object()["spec"]["sel"], json!({"b": "2"}));
    shelf.applies(
        "beta",
        json!({"spec": {"rules": [{"name": "r2", "weight": 2}], "tags": ["t2"]}}),
    );
    assert_eq!(shelf.object()["spec"]["tags"], json!(["t2", "t1"]));
    assert_eq!(
        shelf.object()["spec"]["rules"],
        json!([{"name": "r1", "weight": 1}, {"name": "r2", "weight": 2}])
    );
    assert_eq!(shelf.object()["spec"]["labels"], json!({"a": "2"}));
}

#[test]
fn sets_keep_the_order_of_the_last_configuration() {
    let mut shelf = Shelf::config_map();
    let finalizers = |list: Value| json!({"metadata": {"finalizers": list}});
    shelf.applies("alpha", finalizers(json!(["x/a"])));
    shelf.applies("beta", finalizers(json!(["x/b", "x/c"])));
    shelf.applies("gamma", finalizers(json!(["x/c", "x/a"])));
    assert_eq!(
        shelf.object()["metadata"]["finalizers"],
        json!(["x/b", "x/c", "x/a"])
    );
    shelf.applies("beta", finalizers(json!(["x/c"])));
    shelf.applies("gamma", json!({}));
    assert_eq!(shelf.object()["metadata"]["finalizers"], json!(["x/c", "x/a"]));
    shelf.applies("beta", json!({}));
    assert_eq!(shelf.object()["metadata"]["finalizers"], json!(["x/a"]));
    shelf.owned(&[(
        "alpha Apply",
        json!({"f:metadata": {"f:finalizers": {"v:\"x/a\"": {}}}}),
    )]);
}

#[test]
fn owner_references_are_whole() {
    let mut shelf = Shelf::config_map();
    let owners = |list: Value| json!({"metadata": {"ownerReferences": list}});
    shelf.applies(
        "alpha",
        owners(json!([{"uid": "1", "name": "o1", "controller": true}])),
    );
    shelf.applies("beta", owners(json!([{"uid": "2", "name": "o2"}])));
    shelf.conflicts(
        "gamma",
        owners(json!([{"uid": "1", "name": "o1", "controller": false}])),
        r#"Apply failed with 1 conflict: conflict with "alpha": .metadata.ownerReferences[uid="1"]"#,
    );
    shelf.applies("alpha", json!({}));
    assert_eq!(
        shelf.object()["metadata"]["ownerReferences"],
        json!([{"uid": "2", "name": "o2"}])
    );
}

#[test]
fn duplicates_of_the_live_list_stay() {
    let mut shelf = Shelf::deployment();
    let env =
        |env: Value| json!({"spec": {"template": {"spec": {"containers": [{"name": "a", "env": env}]}}}});
    shelf.update(
        "writer",
        env(json!([{"name": "A", "value": "1"}, {"name": "A", "value": "2"}])),
    );
    shelf.applies("alpha", env(json!([{"name": "B", "value": "1"}])));
    assert_eq!(
        shelf.object()["spec"]["template"]["spec"]["containers"][0]["env"],
        json!([{"name": "A", "value": "1"}, {"name": "A", "value": "2"}, {"name": "B", "value": "1"}])
    );
}

#[test]
fn what_has_no_schema_is_deduced() {
    let open = Schema {
        preserve_unknown: true,
        ..typed(ValueType::Object)
    };
    let mut shelf = Shelf::custom(custom_kind(open));
    shelf.applies(
        "alpha",
        json!({"spec": {"a": {"b": 1, "l": [{"name": "n"}]}, "s": "1"}}),
    );
    shelf.applies("beta", json!({"spec": {"a": {"c": 2}, "t": 1.5}}));
    shelf.owned(&[
        (
            "alpha Apply",
            json!({"f:spec": {"f:a": {".": {}, "f:b": {}, "f:l": {}}, "f:s": {}}}),
        ),
        (
            "beta Apply",
            json!({"f:spec": {"f:a": {".": {}, "f:c": {}}, "f:t": {}}}),
        ),
    ]);
    shelf.conflicts(
        "gamma",
        json!({"spec": {"a": {"l": [{"name": "m"}]}}}),
        r#"Apply failed with 1 conflict: conflict with "alpha": .spec.a.l"#,
    );
    shelf.applies("alpha", json!({"spec": {"a": {"b": 1}}}));
    assert_eq!(shelf.object()["spec"], json!({"a": {"b": 1, "c": 2}, "t": 1.5}));
}

#[test]
fn a_schema_that_became_atomic_owns_the_whole() {
    let text = || typed(ValueType::String);
    let granular = custom_kind(object([("sel", map_of(text()))]));
    let atomic = custom_kind(object([(
        "sel",
        Schema {
            atomic_map: true,
            ..map_of(text())
        },
    )]));
    let mut shelf = Shelf::custom(granular);
    shelf.applies("alpha", json!({"spec": {"sel": {"a": "1"}}}));
    let mut later = Shelf::custom(atomic);
    later.object = shelf.object;
    later.conflicts(
        "beta",
        json!({"spec": {"sel": {"b": "1"}}}),
        r#"Apply failed with 1 conflict: conflict with "alpha": .spec.sel"#,
    );
    later.applies("beta", json!({"spec": {"sel": {"a": "1"}}}));
    later.owned(&[
        // The second one changed nothing, so it has no time, and stands first.
        ("beta Apply", json!({"f:spec": {"f:sel": {}}})),
        ("alpha Apply", json!({"f:spec": {"f:sel": {}}})),
    ]);
}
