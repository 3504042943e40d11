//! The parts of a value that are owned as a whole.
//!
//! Source: `k8s.io/apiserver/pkg/admission/plugin/policy/mutating/patch/smd.go`.

use serde_json::Value;

use super::shape::{Shape, Type};

/// The paths of all lists, maps and structs in `value` that are owned as a whole.
pub(super) fn parts(value: &Value, kind: Type<'_>) -> Vec<String> {
    let mut found = Vec::new();
    walk(value, kind, "", &mut found);
    found
}

fn walk(value: &Value, kind: Type<'_>, path: &str, found: &mut Vec<String>) {
    match (value, kind.shape(Some(value))) {
        (Value::Object(members), Shape::Map(fields)) => {
            if fields.atomic {
                found.push(path.to_owned());
            }
            for (name, member) in members {
                walk(member, fields.type_of(name), &format!("{path}.{name}"), found);
            }
        }
        (Value::Array(items), Shape::List(list)) => {
            if list.is_atomic() {
                found.push(path.to_owned());
            }
            for (index, item) in items.iter().enumerate() {
                walk(item, list.items, &format!("{path}[{index}]"), found);
            }
        }
        _ => {}
    }
}
