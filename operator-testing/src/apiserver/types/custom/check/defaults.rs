//! The defaults of a schema must be valid and hold nothing that would be pruned.
//!
//! Source: `k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting/validation.go`.

use serde_json::Value;

use super::{
    super::{metadata, prune, structural},
    declare::declare,
    prepare::refuse_misfits,
};
use crate::apiserver::{
    status::FieldError,
    types::{schema::Schema, validate},
};

/// What is wrong with the defaults in a schema.
pub(super) fn check(schema: &Value, path: &str) -> Vec<FieldError> {
    let mut errors = Vec::new();
    node(schema, path, true, &mut errors);
    errors
}

/// Drops what the metadata of the objects in defaults does not know.
pub(super) fn read(schema: &mut Value) {
    let parsed = structural::parse(schema);
    if !parsed.holds.embedded {
        return;
    }
    if let Some(default) = schema.get_mut("default") {
        // what cannot be read is found when the definition is checked
        let _ = metadata::read_default(&parsed, default, "");
    }
    for (_, child) in schema
        .get_mut("properties")
        .and_then(Value::as_object_mut)
        .into_iter()
        .flatten()
    {
        read(child);
    }
    if let Some(items) = schema.get_mut("items") {
        read(items);
    }
}

fn node(schema: &Value, path: &str, is_root: bool, errors: &mut Vec<FieldError>) {
    if let Some(default) = schema.get("default").filter(|default| !default.is_null()) {
        one(schema, default, &format!("{path}.default"), is_root, errors);
    }
    for (name, child) in schema["properties"].as_object().into_iter().flatten() {
        if is_root && matches!(name.as_str(), "metadata" | "kind" | "apiVersion") {
            continue;
        }
        node(child, &format!("{path}.properties[{name}]"), false, errors);
    }
    if schema["items"].is_object() {
        node(&schema["items"], &format!("{path}.items"), false, errors);
    }
}

/// What is wrong with one default. Only the first kind of mistake is told, but that it would be pruned is told in any case.
fn one(written: &Value, default: &Value, path: &str, is_root: bool, errors: &mut Vec<FieldError>) {
    let mut schema = structural::parse(written);
    if is_root {
        schema.embedded_resource = true;
        schema.holds.embedded = true;
    }
    if !prune::is_pruned(&schema, default) {
        errors.push(FieldError::invalid(path, default, "must not have unknown fields"));
    }
    if let Err(misfit) = metadata::read_default(&schema, &mut default.clone(), path) {
        return errors.push(misfit);
    }
    let found = validate::default_objects(&schema, default, path);
    let found = if found.is_empty() {
        validate::default_value(&structural::parse_for_defaults(written), default, path)
    } else {
        found
    };
    let found = if found.is_empty() {
        rules(written, &schema, default, path)
    } else {
        found
    };
    errors.extend(found);
}

fn rules(written: &Value, schema: &Schema, default: &Value, path: &str) -> Vec<FieldError> {
    if !schema.holds.rules {
        return Vec::new();
    }
    let value = declare(written, schema.embedded_resource);
    refuse_misfits(written, schema, value.as_ref());
    validate::default_rules(schema, default, path)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(schema: &Value) -> Vec<String> {
        let whole = json!({"type": "object", "properties": {"a": schema}});
        let errors = check(&whole, "s");
        let shown = errors.iter().map(ToString::to_string);
        shown.map(|error| error.replace("s.properties[a].", "")).collect()
    }

    #[test]
    fn rules_are_asked_before_anybody_has_looked_at_them() {
        let rules = |kind: &str, default: Value, rules: Value| {
            found(&json!({"type": kind, "default": default, "x-kubernetes-validations": rules}))
        };
        assert_eq!(
            rules(
                "integer",
                json!(0),
                json!([{"rule": "'x'"}, {"rule": " "}, {"rule": "self > 0", "fieldPath": ".nope"}])
            ),
            [
                r#"default: Invalid value: "integer": rule compile error: cel expression must evaluate to a bool"#,
                "default: Invalid value: 0: failed rule: self > 0",
            ]
        );
        assert_eq!(
            rules("nonsense", json!(null), json!([{"rule": "self"}])),
            [""; 0],
            "null is no default"
        );
        assert_eq!(
            rules(
                "boolean",
                json!(true),
                json!([{"rule": "oldSelf.hasValue()", "optionalOldSelf": true}])
            ),
            ["default: Invalid value: true: failed rule: oldSelf.hasValue()"]
        );
    }

    #[test]
    fn what_rules_cannot_see_has_none() {
        let ruled = json!({"type": "string", "x-kubernetes-validations": [{"rule": "false"}]});
        let open = json!({"x-kubernetes-preserve-unknown-fields": true, "properties": {"b": ruled}});
        let object = json!({"type": "object", "default": {"o": {"b": "x"}}, "properties": {"o": open}});
        assert_eq!(found(&object), [""; 0]);
        let list = json!({"type": "array", "default": [1], "items": {"x-kubernetes-preserve-unknown-fields": true},
            "x-kubernetes-validations": [{"rule": "false"}, {"rule": "false"}]});
        let why =
            "rule compiler initialization error: failed to convert to declType for CEL validation rules";
        assert_eq!(
            found(&list),
            [format!(r#"default: Invalid value: "array": {why}"#)]
        );
    }

    #[test]
    fn only_the_first_kind_of_mistake_is_told() {
        let embedded = |default: Value| {
            found(
                &json!({"type": "object", "x-kubernetes-embedded-resource": true, "x-kubernetes-preserve-unknown-fields": true,
                    "default": default}),
            )
        };
        assert_eq!(
            embedded(json!({"apiVersion": "a/b/c", "kind": 1})),
            ["default.kind: Invalid value: 1: must be a string"]
        );
        assert_eq!(
            embedded(json!({"apiVersion": "a/b/c", "kind": "K"})),
            [r#"default.apiVersion: Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c"#]
        );
    }

    #[test]
    fn unknown_metadata_does_not_stay() {
        let embedded = |metadata: Value| {
            json!({"properties": {"a": {"type": "object", "x-kubernetes-embedded-resource": true,
                "default": {"kind": "K", "metadata": metadata}}}})
        };
        let mut schema = embedded(json!({"name": "n", "nonsense": 1}));
        read(&mut schema);
        assert_eq!(schema, embedded(json!({"name": "n"})));
    }

    #[test]
    fn schemas_of_defaults_are_taken_as_they_are_written() {
        assert_eq!(
            found(&json!({"type": "string", "format": "ip", "default": true})),
            [r#"default: Invalid value: "":  in body must be of type ip: """#]
        );
        assert_eq!(
            found(&json!({"type": "nonsense", "default": 1})),
            [r#"default: Invalid value: "integer":  in body must be of type nonsense: "integer""#]
        );
        assert_eq!(
            found(&json!({"x-kubernetes-int-or-string": true, "default": 2.5})),
            [""; 0]
        );
        assert_eq!(
            found(&json!({"type": "object", "format": "isbn", "default": "#fff"})),
            [r##"default: Invalid value: "#fff":  in body must be of type isbn: "#fff""##]
        );
    }

    #[test]
    fn rules_cannot_look_at_lists_of_unknown_types() {
        let list = |rule: &str| {
            found(
                &json!({"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "nonsense", "default": ["x"],
                "x-kubernetes-validations": [{"rule": rule}]}),
            )
        };
        let why = "invalid x-kubernetes-list-type, expected 'map', 'set' or 'atomic' but got nonsense";
        assert_eq!(
            list("self.size() == 1"),
            [format!(
                r#"default: Invalid value: "array": {why} evaluating rule: self.size() == 1"#
            )]
        );
        assert_eq!(list("true"), [""; 0]);
    }

    #[test]
    fn rules_cannot_look_at_an_old_value_of_another_type_either() {
        let either = json!({"type": "boolean", "x-kubernetes-int-or-string": true, "default": true,
            "x-kubernetes-validations": [{"rule": "!self || oldSelf"}]});
        let why = "invalid data, expected XIntOrString value to be either a string or integer";
        assert_eq!(
            found(&either),
            [format!(
                r#"default: Invalid value: "boolean": {why} evaluating rule: !self || oldSelf"#
            )]
        );
    }

    #[test]
    fn rules_cannot_look_at_fields_of_other_types() {
        let either = json!({"type": "object", "x-kubernetes-int-or-string": true});
        let object = |rule: &str| {
            found(
                &json!({"type": "object", "properties": {"a": either}, "default": {"a": {}},
                "x-kubernetes-validations": [{"rule": rule}]}),
            )
        };
        let why = "invalid data, expected XIntOrString value to be either a string or integer";
        assert_eq!(
            object("has(self.a)"),
            [format!(
                r#"default: Invalid value: "object": {why} evaluating rule: has(self.a)"#
            )]
        );
        assert_eq!(object("true"), [""; 0]);
    }

    #[test]
    fn fields_that_are_not_declared_are_not_seen_beside_those_that_are() {
        let map = json!({"type": "object", "properties": {"a": {"type": "string"}}, "default": {"bad": "x"},
            "additionalProperties": {"type": "string"}, "x-kubernetes-validations": [{"rule": "!('bad' in self)"}]});
        assert_eq!(found(&map), [""; 0]);
    }
}
