use super::{
    Severity::{Refused, Useless},
    *,
};
use serde_json::{Value, json};

/// A definition that nothing can be said about, changed by `change`.
fn found(change: impl FnOnce(&mut Value)) -> Vec<(Severity, String)> {
    let mut definition = json!({
        "metadata": {"name": "databases.example.com"},
        "spec": {
            "group": "example.com", "scope": "Namespaced", "names": {"kind": "Database", "plural": "databases"},
            "versions": [{
                "name": "v1", "served": true, "storage": true,
                "subresources": {"status": {}, "scale": {
                    "specReplicasPath": ".spec.replicas",
                    "statusReplicasPath": ".status.replicas",
                    "labelSelectorPath": ".status.selector",
                }},
                "selectableFields": [{"jsonPath": ".spec.engine"}],
                "additionalPrinterColumns": [
                    {"name": "Engine", "type": "string", "jsonPath": ".spec.engine"},
                    {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"},
                ],
                "schema": {"openAPIV3Schema": {"type": "object", "properties": {
                    "spec": {"type": "object", "properties": {
                        "engine": {"type": "string", "default": "a", "enum": ["a", "b"]},
                        "replicas": {"type": "integer"},
                        "list": {"type": "array", "items": {
                            "type": "object",
                            "properties": {"name": {"type": "string"}, "port": {"type": "integer"}},
                            "required": ["name"],
                        }},
                        "any": {"x-kubernetes-preserve-unknown-fields": true},
                        "either": {"x-kubernetes-int-or-string": true, "anyOf": [{"type": "integer"}, {"type": "string"}]},
                    }},
                    "status": {"type": "object", "properties": {
                        "replicas": {"type": "integer"}, "selector": {"type": "string"},
                    }},
                }}},
            }],
        },
    });
    change(&mut definition);
    let findings = lint(&serde_json::from_value(definition).unwrap());
    findings
        .into_iter()
        .map(|one| (one.severity, one.place))
        .collect()
}

fn version(definition: &mut Value) -> &mut Value {
    &mut definition["spec"]["versions"][0]
}

fn spec(definition: &mut Value) -> &mut Value {
    &mut version(definition)["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]
}

#[test]
fn nothing_is_said_about_a_good_definition() {
    assert_eq!(found(|_| {}), []);
}

#[test]
fn each_rule_finds_what_breaks_it() {
    type Change = fn(&mut Value);
    let table: Vec<(Change, Severity, &str)> = vec![
        (
            |d| d["metadata"]["name"] = "database".into(),
            Refused,
            "metadata.name",
        ),
        (|d| d["spec"]["versions"] = json!([]), Refused, "spec.versions"),
        (
            |d| {
                d["spec"]["group"] = "apps.k8s.io".into();
                d["metadata"]["name"] = "databases.apps.k8s.io".into();
            },
            Refused,
            "spec.group",
        ),
        (
            |d| {
                let again = version(d).clone();
                d["spec"]["versions"].as_array_mut().unwrap().push(again);
            },
            Refused,
            "spec.versions",
        ),
        (|d| version(d)["schema"] = Value::Null, Refused, "schema"),
        (
            |d| version(d)["schema"]["openAPIV3Schema"]["type"] = "string".into(),
            Refused,
            ".",
        ),
        (|d| spec(d)["more"] = json!({}), Refused, ".spec.more"),
        (
            |d| spec(d)["more"] = json!({"type": "text"}),
            Refused,
            ".spec.more",
        ),
        (
            |d| spec(d)["more"] = json!({"type": "array"}),
            Refused,
            ".spec.more",
        ),
        (
            |d| spec(d)["more"] = json!({"type": "string", "default": 1}),
            Refused,
            ".spec.more",
        ),
        (
            |d| spec(d)["more"] = json!({"type": "string", "default": "c", "enum": ["a"]}),
            Refused,
            ".spec.more",
        ),
        (
            |d| spec(d)["more"] = json!({"type": "object", "default": {}, "required": ["a"], "properties": {"a": {"type": "string"}}}),
            Refused,
            ".spec.more",
        ),
        (
            |d| spec(d)["more"] = json!({"type": "object", "$ref": "#/x"}),
            Refused,
            ".spec.more",
        ),
        (
            |d| {
                spec(d)["more"] =
                    json!({"type": "object", "properties": {}, "additionalProperties": {"type": "string"}});
            },
            Refused,
            ".spec.more",
        ),
        (
            |d| spec(d)["more"] = json!({"type": "string", "anyOf": [{"type": "string"}]}),
            Refused,
            ".spec.more",
        ),
        (
            |d| spec(d)["more"] = json!({"type": "object", "oneOf": [{"properties": {"a": {"enum": [1]}}}]}),
            Useless,
            ".spec.more",
        ),
        (
            |d| spec(d)["list"]["x-kubernetes-list-type"] = "map".into(),
            Refused,
            ".spec.list",
        ),
        (
            |d| {
                spec(d)["list"]["x-kubernetes-list-type"] = "map".into();
                spec(d)["list"]["x-kubernetes-list-map-keys"] = json!(["port"]);
            },
            Refused,
            ".spec.list",
        ),
        (
            |d| spec(d)["list"]["x-kubernetes-list-type"] = "set".into(),
            Refused,
            ".spec.list",
        ),
        (
            |d| spec(d)["engine"]["x-kubernetes-list-type"] = "set".into(),
            Refused,
            ".spec.engine",
        ),
        (
            |d| spec(d)["engine"]["x-kubernetes-validations"] = json!([{"rule": " "}]),
            Refused,
            ".spec.engine",
        ),
        (
            |d| version(d)["additionalPrinterColumns"][0]["type"] = "int".into(),
            Refused,
            "column \"Engine\"",
        ),
        (
            |d| version(d)["additionalPrinterColumns"][0]["type"] = "integer".into(),
            Useless,
            "column \"Engine\"",
        ),
        (
            |d| version(d)["additionalPrinterColumns"][0]["jsonPath"] = ".spec.engin".into(),
            Useless,
            "column \"Engine\"",
        ),
        (
            |d| version(d)["selectableFields"][0]["jsonPath"] = ".spec.nothing".into(),
            Refused,
            "selectable field `.spec.nothing`",
        ),
        (
            |d| version(d)["selectableFields"][0]["jsonPath"] = ".spec.list".into(),
            Refused,
            "selectable field `.spec.list`",
        ),
        (
            |d| version(d)["selectableFields"][0]["jsonPath"] = ".metadata.name".into(),
            Refused,
            "selectable field `.metadata.name`",
        ),
        (
            |d| version(d)["subresources"]["status"] = Value::Null,
            Useless,
            "scale",
        ),
        (
            |d| version(d)["subresources"]["scale"]["specReplicasPath"] = ".replicas".into(),
            Refused,
            "scale.specReplicasPath",
        ),
        (
            |d| version(d)["subresources"]["scale"]["statusReplicasPath"] = ".status.selector".into(),
            Useless,
            "scale.statusReplicasPath",
        ),
    ];
    for (index, (change, severity, place)) in table.into_iter().enumerate() {
        assert_eq!(found(change), [(severity, place.to_owned())], "row {index}");
    }
}

#[test]
#[should_panic(expected = "an API server would object to the definition of x:\n  metadata.name: must be `.`")]
fn a_test_fails_with_everything() {
    let mut definition = CustomResourceDefinition::default();
    definition.metadata.name = Some("x".into());
    assert_accepted(&definition);
}
