//! The rules of `metadata`: what names, labels, annotations, owner references and finalizers may look like, and which
//! members belong to the server.

mod names;
mod system;
mod validate;

use serde_json::{Map, Value};

pub(super) use names::{label_key_problems, label_value_problems, name_problems};
pub(super) use system::{restore_system_fields, set_system_fields, wipe_system_fields};
pub(super) use validate::{validate_created, validate_embedded, validate_map, validate_updated};

/// An object's JSON members.
pub(super) type Object = Map<String, Value>;

/// The `metadata` of an object, which is added if it is missing or no object.
pub(super) fn metadata_mut(object: &mut Object) -> &mut Object {
    let metadata = object
        .entry("metadata")
        .or_insert_with(|| Value::Object(Object::new()));
    if !metadata.is_object() {
        *metadata = Value::Object(Object::new());
    }
    metadata
        .as_object_mut()
        .expect("metadata was made an object above")
}

/// The members of a value; none if it is no object.
pub(super) fn into_object(value: Value) -> Object {
    match value {
        Value::Object(object) => object,
        _ => Object::new(),
    }
}

/// The members of a stored object.
///
/// # Panics
/// If the value is no object, which what is stored always is.
pub(super) fn object_of(value: &Value) -> &Object {
    value.as_object().expect("what is stored is an object")
}

/// A text in `metadata`; empty if it is missing.
pub(super) fn text<'a>(object: &'a Object, field: &str) -> &'a str {
    member(object, field).and_then(Value::as_str).unwrap_or_default()
}

/// A member of `metadata`.
pub(super) fn member<'a>(object: &'a Object, field: &str) -> Option<&'a Value> {
    object.get("metadata")?.get(field)
}

/// The finalizers of an object.
pub(super) fn finalizers(object: &Object) -> Vec<&str> {
    member(object, "finalizers")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

/// Whether an object is being deleted.
pub(super) fn is_deleting(object: &Object) -> bool {
    member(object, "deletionTimestamp").is_some_and(|time| !time.is_null())
}
