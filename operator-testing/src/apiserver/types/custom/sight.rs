//! What rules can see of an object.
//!
//! Source: `k8s.io/apiserver/pkg/cel/common/schemas.go`.

use serde_json::{Map, Value};

use crate::apiserver::types::members::text;

/// Whether the values of a schema have a type that rules know. A list and a map have one if what they hold has.
pub(super) fn is_declared(schema: &Map<String, Value>) -> bool {
    let holds_declared = |held: Option<&Value>| held.and_then(Value::as_object).is_some_and(is_declared);
    if schema.get("x-kubernetes-int-or-string") == Some(&Value::Bool(true)) {
        return true;
    }
    match text(schema, "type") {
        Some("array") => holds_declared(schema.get("items")),
        Some("object") => match schema.get("additionalProperties") {
            values @ Some(Value::Object(_)) => holds_declared(values),
            _ => true,
        },
        Some("string" | "boolean" | "number" | "integer") => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_has_no_type_takes_what_holds_it_along() {
        let open = json!({"x-kubernetes-preserve-unknown-fields": true});
        for (schema, expected) in [
            (open.clone(), false),
            (json!({"type": "nonsense"}), false),
            (json!({"type": "array"}), false),
            (
                json!({"type": "array", "items": {"type": "array", "items": open}}),
                false,
            ),
            (json!({"type": "object", "additionalProperties": open}), false),
            (json!({"type": "object", "additionalProperties": true}), true),
            (json!({"type": "object", "properties": {"a": open}}), true),
            (
                json!({"type": "array", "items": {"x-kubernetes-int-or-string": true}}),
                true,
            ),
        ] {
            assert_eq!(
                is_declared(schema.as_object().expect("an object")),
                expected,
                "{schema}"
            );
        }
    }
}
