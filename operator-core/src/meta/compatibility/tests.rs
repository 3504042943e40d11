use super::{
    BreakKind::{self, *},
    *,
};
use serde_json::{Value, json};

/// A definition whose spec has the given schema, changed by `change`.
fn definition(spec: &Value, change: impl FnOnce(&mut Value)) -> CustomResourceDefinition {
    let mut definition = json!({
        "metadata": {"name": "databases.example.com"},
        "spec": {
            "group": "example.com",
            "scope": "Namespaced",
            "names": {"kind": "Database", "plural": "databases", "shortNames": ["db"], "categories": ["all"]},
            "versions": [{
                "name": "v1", "served": true, "storage": true,
                "subresources": {"status": {}, "scale": {
                    "specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas",
                }},
                "selectableFields": [{"jsonPath": ".spec.engine"}],
                "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": spec}}},
            }],
        },
    });
    change(&mut definition);
    serde_json::from_value(definition).unwrap()
}

fn schemas(old: &Value, new: &Value) -> Vec<(BreakKind, String)> {
    let found = breaks(&definition(old, |_| {}), &definition(new, |_| {}));
    found.into_iter().map(|one| (one.kind, one.path)).collect()
}

fn field(schema: &Value) -> Value {
    json!({"type": "object", "properties": {"f": schema}})
}

#[test]
fn each_kind_of_break_in_a_field_is_found() {
    let table: Vec<(Value, Value, BreakKind)> = vec![
        (json!({"type": "string"}), json!({"type": "integer"}), TypeChanged),
        (json!({"type": "number"}), json!({"type": "integer"}), TypeChanged),
        (
            json!({"x-kubernetes-int-or-string": true}),
            json!({"type": "string"}),
            TypeChanged,
        ),
        (
            json!({"type": "string", "nullable": true}),
            json!({"type": "string"}),
            NoLongerNullable,
        ),
        (
            json!({"type": "string", "default": "a"}),
            json!({"type": "string", "default": "b"}),
            DefaultChanged,
        ),
        (
            json!({"type": "string", "default": "a"}),
            json!({"type": "string"}),
            DefaultChanged,
        ),
        (
            json!({"type": "string"}),
            json!({"type": "string", "enum": ["a"]}),
            RuleTightened,
        ),
        (
            json!({"type": "string", "enum": ["a", "b"]}),
            json!({"type": "string", "enum": ["a"]}),
            RuleTightened,
        ),
        (
            json!({"type": "string"}),
            json!({"type": "string", "pattern": "^a"}),
            RuleTightened,
        ),
        (
            json!({"type": "string", "pattern": "^a"}),
            json!({"type": "string", "pattern": "^b"}),
            RuleTightened,
        ),
        (
            json!({"type": "string"}),
            json!({"type": "string", "format": "date-time"}),
            RuleTightened,
        ),
        (
            json!({"type": "string"}),
            json!({"type": "string", "minLength": 1}),
            RuleTightened,
        ),
        (
            json!({"type": "string", "maxLength": 9}),
            json!({"type": "string", "maxLength": 8}),
            RuleTightened,
        ),
        (
            json!({"type": "integer"}),
            json!({"type": "integer", "minimum": 0}),
            RuleTightened,
        ),
        (
            json!({"type": "integer", "maximum": 5}),
            json!({"type": "integer", "maximum": 4}),
            RuleTightened,
        ),
        (
            json!({"type": "integer", "maximum": 5}),
            json!({"type": "integer", "maximum": 5, "exclusiveMaximum": true}),
            RuleTightened,
        ),
        (
            json!({"type": "integer", "minimum": 5}),
            json!({"type": "integer", "minimum": 5, "exclusiveMinimum": true}),
            RuleTightened,
        ),
        (
            json!({"type": "integer", "multipleOf": 3}),
            json!({"type": "integer", "multipleOf": 2}),
            RuleTightened,
        ),
        (
            json!({"type": "integer", "format": "int64"}),
            json!({"type": "integer", "format": "int32"}),
            RuleTightened,
        ),
        (
            json!({"type": "string"}),
            json!({"type": "string", "x-kubernetes-validations": [{"rule": "self != ''"}]}),
            RuleTightened,
        ),
        (
            json!({"type": "array", "items": {"type": "string"}}),
            json!({"type": "array", "items": {"type": "string"}, "maxItems": 3}),
            RuleTightened,
        ),
        (
            json!({"type": "array", "items": {"type": "string"}, "minItems": 1}),
            json!({"type": "array", "items": {"type": "string"}, "minItems": 2}),
            RuleTightened,
        ),
        (
            json!({"type": "object", "additionalProperties": {"type": "string"}, "maxProperties": 5}),
            json!({"type": "object", "additionalProperties": {"type": "string"}, "maxProperties": 4}),
            RuleTightened,
        ),
        (
            json!({"type": "integer", "minimum": 1}),
            json!({"type": "integer", "minimum": 2}),
            RuleTightened,
        ),
        (
            json!({"type": "string", "x-kubernetes-validations": [{"rule": "self != ''"}]}),
            json!({"type": "string", "x-kubernetes-validations": [{"rule": "self != 'x'"}]}),
            RuleTightened,
        ),
        (
            json!({"type": "string", "format": "date-time"}),
            json!({"type": "string", "format": "date"}),
            RuleTightened,
        ),
        (
            json!({"type": "object", "anyOf": [{"required": ["a"]}, {"required": ["b"]}]}),
            json!({"type": "object", "anyOf": [{"required": ["a"]}]}),
            RuleTightened,
        ),
        (
            json!({"type": "object", "allOf": [{"required": ["a"]}]}),
            json!({"type": "object", "allOf": [{"required": ["a"]}, {"required": ["b"]}]}),
            RuleTightened,
        ),
        (
            json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true}),
            json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true, "x-kubernetes-embedded-resource": true}),
            RuleTightened,
        ),
        (
            json!({"type": "object", "x-kubernetes-embedded-resource": true, "properties": {"a": {"type": "string"}}}),
            json!({"type": "object", "properties": {"a": {"type": "string"}}}),
            PruningStarted,
        ),
        (
            json!({"type": "object", "additionalProperties": true}),
            json!({"type": "object", "additionalProperties": {"type": "string"}}),
            RuleTightened,
        ),
        (
            json!({"x-kubernetes-preserve-unknown-fields": true}),
            json!({"type": "string"}),
            TypeChanged,
        ),
        (
            json!({"type": "array", "items": {"type": "string"}}),
            json!({"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "set"}),
            MergeChanged,
        ),
        (
            json!({"type": "array", "items": {"type": "object"}, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["a"]}),
            json!({"type": "array", "items": {"type": "object"}, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["b"]}),
            MergeChanged,
        ),
        (
            json!({"type": "object", "properties": {"a": {"type": "string"}}}),
            json!({"type": "object", "properties": {"a": {"type": "string"}}, "x-kubernetes-map-type": "atomic"}),
            MergeChanged,
        ),
        (
            json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true}),
            json!({"type": "object"}),
            PruningStarted,
        ),
        (
            json!({"type": "object", "additionalProperties": {"type": "string"}}),
            json!({"type": "object"}),
            FieldRemoved,
        ),
        (
            json!({"type": "object", "oneOf": [{"required": ["a"]}], "properties": {"a": {"type": "string"}}}),
            json!({"type": "object", "oneOf": [{"required": ["b"]}], "properties": {"a": {"type": "string"}}}),
            RuleTightened,
        ),
        (
            json!({"type": "string"}),
            json!({"type": "string", "not": {"enum": ["x"]}}),
            RuleTightened,
        ),
    ];
    for (old, new, kind) in table {
        let found = schemas(&field(&old), &field(&new));
        assert_eq!(found, [(kind, ".spec.f".into())], "{old} to {new}");
        assert_eq!(schemas(&field(&old), &field(&old)), [], "{old} to itself");
    }
}

#[test]
fn breaks_below_lists_and_maps_have_their_path() {
    let (old, new) = (json!({"type": "string"}), json!({"type": "integer"}));
    let list = |items: &Value| field(&json!({"type": "array", "items": items}));
    assert_eq!(
        schemas(&list(&old), &list(&new)),
        [(TypeChanged, ".spec.f[*]".into())]
    );
    let map = |values: &Value| field(&json!({"type": "object", "additionalProperties": values}));
    assert_eq!(
        schemas(&map(&old), &map(&new)),
        [(TypeChanged, ".spec.f.*".into())]
    );
}

#[test]
fn what_is_wider_is_compatible() {
    let table = [
        (json!({"type": "integer"}), json!({"type": "number"})),
        (
            json!({"type": "integer", "format": "int32"}),
            json!({"type": "integer", "format": "int64"}),
        ),
        (
            json!({"type": "string"}),
            json!({"x-kubernetes-int-or-string": true}),
        ),
        (
            json!({"type": "string", "enum": ["a"]}),
            json!({"type": "string", "enum": ["a", "b"]}),
        ),
        (
            json!({"type": "string", "enum": ["a"]}),
            json!({"type": "string"}),
        ),
        (
            json!({"type": "string", "pattern": "^a"}),
            json!({"type": "string"}),
        ),
        (
            json!({"type": "integer", "minimum": 1, "maximum": 3}),
            json!({"type": "integer", "minimum": 0, "maximum": 4}),
        ),
        (
            json!({"type": "string"}),
            json!({"type": "string", "nullable": true, "default": "x"}),
        ),
        (
            json!({"type": "integer", "multipleOf": 4}),
            json!({"type": "integer", "multipleOf": 2}),
        ),
        (
            json!({"type": "object", "oneOf": [{"required": ["a"]}]}),
            json!({"type": "object", "oneOf": [{"required": ["a"]}, {"required": ["b"]}]}),
        ),
        (
            json!({"type": "object", "properties": {"a": {"type": "string"}}}),
            json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true}),
        ),
    ];
    for (old, new) in table {
        assert_eq!(schemas(&field(&old), &field(&new)), [], "{old} to {new}");
    }
}

#[test]
fn fields_may_come_but_not_go_and_not_be_demanded() {
    let one = json!({"type": "object", "properties": {"a": {"type": "string"}}});
    let two = json!({"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}}});
    assert_eq!(schemas(&one, &two), []);
    assert_eq!(schemas(&two, &one), [(FieldRemoved, ".spec.b".into())]);
    let mut demanded = two.clone();
    demanded["required"] = json!(["b"]);
    assert_eq!(schemas(&one, &demanded), [(NowRequired, ".spec.b".into())]);
    demanded["properties"]["b"]["default"] = json!("x");
    assert_eq!(schemas(&one, &demanded), []);
}

#[test]
fn each_kind_of_break_in_a_version_is_found() {
    let spec = json!({"type": "object"});
    let old = definition(&spec, |_| {});
    let added = |definition: &mut Value| {
        let mut second = definition["spec"]["versions"][0].clone();
        second["name"] = "v2".into();
        second["storage"] = false.into();
        definition["spec"]["versions"]
            .as_array_mut()
            .unwrap()
            .push(second);
    };
    type Change = fn(&mut Value);
    let table: [(Change, BreakKind); 14] = [
        (|d| d["spec"]["names"]["kind"] = "Db".into(), Identity),
        (|d| d["spec"]["names"]["singular"] = "db".into(), NameLost),
        (|d| d["spec"]["names"]["listKind"] = "Databases".into(), NameLost),
        (|d| d["spec"]["names"]["categories"] = json!([]), NameLost),
        (|d| d["spec"]["group"] = "example.org".into(), Identity),
        (|d| d["spec"]["scope"] = "Cluster".into(), Identity),
        (|d| d["spec"]["names"]["plural"] = "dbs".into(), Identity),
        (|d| d["spec"]["names"]["shortNames"] = json!([]), NameLost),
        (
            |d| d["spec"]["versions"][0]["name"] = "v2".into(),
            StoredVersionLost,
        ),
        (|d| d["spec"]["versions"][0]["served"] = false.into(), VersionLost),
        (
            |d| d["spec"]["versions"][0]["subresources"]["status"] = Value::Null,
            SubresourceLost,
        ),
        (
            |d| d["spec"]["versions"][0]["subresources"]["scale"] = Value::Null,
            SubresourceLost,
        ),
        (
            |d| {
                d["spec"]["versions"][0]["subresources"]["scale"]["specReplicasPath"] =
                    ".spec.members".into();
            },
            SubresourceLost,
        ),
        (
            |d| d["spec"]["versions"][0]["selectableFields"] = json!([]),
            SelectableLost,
        ),
    ];
    for (change, kind) in table {
        let found = breaks(&old, &definition(&spec, change));
        assert_eq!(
            found.iter().map(|one| one.kind).collect::<Vec<_>>(),
            [kind],
            "{found:?}"
        );
    }
    let two = definition(&spec, added);
    assert_eq!(breaks(&old, &two), []);
    assert_eq!(
        breaks(&two, &old).iter().map(|one| one.kind).collect::<Vec<_>>(),
        [VersionLost]
    );
}

/// A definition of v1 and v2, which is stored, changed by `change`.
fn two_versions(change: impl FnOnce(&mut Value)) -> CustomResourceDefinition {
    definition(&json!({"type": "object"}), |d| {
        let mut second = d["spec"]["versions"][0].clone();
        d["spec"]["versions"][0]["storage"] = false.into();
        second["name"] = "v2".into();
        d["spec"]["versions"].as_array_mut().unwrap().push(second);
        change(d);
    })
}

#[test]
fn a_version_that_the_server_still_stores_may_not_go() {
    let new = definition(&json!({"type": "object"}), |d| {
        d["spec"]["versions"][0]["name"] = "v2".into();
    });
    let status = |stored: Value| {
        move |d: &mut Value| {
            d["status"] = json!({"conditions": [], "acceptedNames": {"kind": "Database", "plural": "databases"},
                                 "storedVersions": stored});
        }
    };
    let kinds = |old: &CustomResourceDefinition| -> Vec<BreakKind> {
        breaks(old, &new).iter().map(|one| one.kind).collect()
    };
    assert_eq!(
        kinds(&two_versions(status(json!(["v1", "v2"])))),
        [StoredVersionLost]
    );
    assert_eq!(kinds(&two_versions(status(json!(["v2"])))), [VersionLost]);
    assert_eq!(kinds(&two_versions(|_| {})), [VersionLost]);
}

#[test]
fn a_conversion_may_come_but_not_go() {
    let webhook = |d: &mut Value| {
        d["spec"]["conversion"] =
            json!({"strategy": "Webhook", "webhook": {"conversionReviewVersions": ["v1"]}});
    };
    let (with, without) = (two_versions(webhook), two_versions(|_| {}));
    assert_eq!(breaks(&without, &with), []);
    assert_eq!(
        breaks(&with, &without)
            .iter()
            .map(|one| one.kind)
            .collect::<Vec<_>>(),
        [ConversionLost]
    );
}

#[test]
fn the_message_lists_every_break() {
    let old = definition(
        &json!({"type": "object", "properties": {"a": {"type": "string"}}}),
        |_| {},
    );
    let new = definition(&json!({"type": "object"}), |_| {});
    let yaml = serde_saphyr::to_string(&old).unwrap();
    assert!(check(&yaml, &old).is_ok());
    assert_eq!(
        check(&yaml, &new).unwrap_err().to_string(),
        "databases.example.com is not compatible with the previous release:\n  v1 .spec.a: is gone: its values are pruned\n    \
         keep it, marked as deprecated, or remove it in a new version with `#[version(removed = ...)]`"
    );
    assert!(matches!(
        check("kind: [", &new),
        Err(CompatibilityError::Unreadable(_))
    ));
}
