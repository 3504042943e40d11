//! Configurations that are refused, with the words of the real server.

use serde_json::{Value, json};

use super::Shelf;

#[expect(clippy::needless_pass_by_value, reason = "reads better where it is called")]
fn containers(list: Value) -> Value {
    json!({"spec": {"template": {"spec": {"containers": list}}}})
}

#[test]
fn duplicate_keys() {
    let mut shelf = Shelf::deployment();
    let prefix = "failed to create typed patch object (/a; apps/v1, Kind=Deployment): ";
    for (config, message) in [
        (
            containers(json!([{"name": "a"}, {"name": "a"}])),
            r#".spec.template.spec.containers: duplicate entries for key [name="a"]"#,
        ),
        (
            containers(json!([{"name": "a", "env": [{"name": "A"}, {"name": "A"}]}])),
            r#".spec.template.spec.containers[name="a"].env: duplicate entries for key [name="A"]"#,
        ),
        (
            containers(
                json!([{"name": "a", "ports": [{"containerPort": 80}, {"containerPort": 80, "protocol": "TCP"}]}]),
            ),
            r#".spec.template.spec.containers[name="a"].ports: duplicate entries for key [containerPort=80,protocol="TCP"]"#,
        ),
        (
            json!({"metadata": {"finalizers": ["x/a", "x/a"]}}),
            r#".metadata.finalizers: duplicate entries for key [="x/a"]"#,
        ),
    ] {
        shelf.refuses("alpha", config, &format!("{prefix}{message}"));
    }
    // A key that is missing has the zero value of its type.
    shelf.applies("alpha", containers(json!([{"image": "x"}])));
}

#[test]
fn wrong_types_and_unknown_fields() {
    let mut shelf = Shelf::deployment();
    for (config, message) in [
        (
            json!({"spec": {"replica": 3}}),
            ".spec.replica: field not declared in schema",
        ),
        (
            json!({"spec": {"replicas": "three"}}),
            ".spec.replicas: expected numeric (int or float), got string",
        ),
        (json!({"extra": 1}), ".extra: field not declared in schema"),
        (
            containers(json!([{"name": "main", "imag": "x"}])),
            r#".spec.template.spec.containers[name="main"].imag: field not declared in schema"#,
        ),
        (
            containers(json!([{"name": "a", "ports": [{"containerPort": "http"}]}])),
            r#".spec.template.spec.containers[name="a"].ports[containerPort="http",protocol="TCP"].containerPort: expected numeric (int or float), got string"#,
        ),
        (
            json!({"metadata": {"labels": {"l": 1}}}),
            ".metadata.labels.l: expected string, got &value.valueUnstructured{Value:1}",
        ),
        (
            json!({"spec": {"paused": "yes", "replicas": true}}),
            "errors:\n  .spec.paused: expected boolean, got &{yes}\n  .spec.replicas: expected numeric (int or float), got bool",
        ),
        (json!({"spec": "text"}), ".spec: expected map, got &{text}"),
        (
            containers(json!({"name": "x"})),
            ".spec.template.spec.containers: expected list, got &{map[name:x]}",
        ),
    ] {
        let message =
            format!("failed to create typed patch object (/a; apps/v1, Kind=Deployment): {message}");
        shelf.refuses("alpha", config, &message);
    }
}

#[test]
fn the_wrong_kind_and_managers_in_the_configuration() {
    let mut shelf = Shelf::config_map();
    let error = shelf
        .apply("alpha", json!({"metadata": {"managedFields": []}}))
        .expect_err("managers are not applied");
    assert_eq!(
        (error.code, error.message.as_str()),
        (400, "metadata.managedFields must be nil")
    );
    for (config, message) in [
        (
            json!({"apiVersion": "v1", "kind": "Secret"}),
            "invalid object type: /v1, Kind=Secret",
        ),
        (
            json!({"apiVersion": "apps/v1", "kind": "ConfigMap"}),
            "invalid object type: apps/v1, Kind=ConfigMap",
        ),
        (json!({}), "invalid object type: /, Kind="),
    ] {
        let error = super::apply(None, &config, false, &shelf.request("alpha")).expect_err("another kind");
        assert_eq!((error.code, error.message.as_str()), (400, message));
    }
}

#[test]
fn nulls_are_values() {
    let mut shelf = Shelf::config_map();
    shelf.update(
        "writer",
        json!({"metadata": {"labels": {"l": "1"}}, "data": {"k": "v", "k2": "v2"}}),
    );
    shelf.conflicts(
        "alpha",
        json!({"data": {"k": null}}),
        r#"Apply failed with 1 conflict: conflict with "writer" using v1: .data.k"#,
    );
    shelf.applies("alpha", json!({"metadata": {"labels": null}}));
    assert_eq!(shelf.managers()[0].1, json!({"f:metadata": {"f:labels": {}}}));
    assert_eq!(shelf.object()["metadata"]["labels"], json!({"l": "1"}));
    shelf.force("alpha", json!({"data": {"k": "", "e": ""}}));
    shelf.applies("alpha", json!({"data": {}}));
    assert_eq!(shelf.object()["data"], json!({"k2": "v2"}));
    shelf.owned(&[
        ("alpha Apply", json!({"f:data": {}})),
        (
            "writer Update",
            json!({"f:data": {".": {}, "f:k2": {}}, "f:metadata": {"f:labels": {".": {}, "f:l": {}}}}),
        ),
    ]);
}
