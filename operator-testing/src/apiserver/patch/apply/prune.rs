//! Takes fields out of an object.
//!
//! Source: `sigs.k8s.io/structured-merge-diff/v6/typed/remove.go`.

use serde_json::{Map, Value};

use super::{
    element::Element,
    set::FieldSet,
    shape::{Shape, Type},
};

/// The object without the fields of the set. A map or list from which everything was taken becomes `null`.
pub(super) fn without(value: &Value, gone: &FieldSet, kind: Type<'_>) -> Value {
    if gone.is_empty() {
        return value.clone();
    }
    match (kind.shape(Some(value)), value) {
        (Shape::Scalar(_), scalar) => scalar.clone(),
        (Shape::List(list), Value::Array(items)) if !list.is_atomic() => {
            let mut kept = Vec::with_capacity(items.len());
            for item in items {
                let Ok(element) = list.identify(item) else {
                    kept.push(item.clone());
                    continue;
                };
                if gone.has(&element) {
                    continue;
                }
                kept.push(match gone.below(&element) {
                    Some(below) => without(item, below, list.items),
                    None => item.clone(),
                });
            }
            if kept.is_empty() {
                Value::Null
            } else {
                Value::Array(kept)
            }
        }
        (Shape::Map(fields), Value::Object(members)) if !fields.atomic => {
            let mut kept = Map::new();
            for (name, member) in members {
                let element = Element::field(name);
                if gone.has(&element) {
                    continue;
                }
                let member = match gone.below(&element) {
                    Some(below) => without(member, below, fields.type_of(name)),
                    None => member.clone(),
                };
                kept.insert(name.clone(), member);
            }
            if kept.is_empty() {
                Value::Null
            } else {
                Value::Object(kept)
            }
        }
        // What is owned as a whole cannot lose a part.
        (Shape::List(_) | Shape::Map(_), _) => Value::Null,
    }
}
