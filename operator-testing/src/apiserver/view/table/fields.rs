//! Reads fields of an object by JSON pointer; what is missing reads as empty, as it does in the typed objects of the real server.

use std::collections::BTreeMap;

use serde_json::Value;

/// The string there.
pub(super) fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    object
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// The string there, unless it is missing or empty.
pub(super) fn non_empty<'a>(object: &'a Value, pointer: &str) -> Option<&'a str> {
    Some(text(object, pointer)).filter(|text| !text.is_empty())
}

/// The whole number there.
pub(super) fn int(object: &Value, pointer: &str) -> i64 {
    object
        .pointer(pointer)
        .and_then(Value::as_i64)
        .unwrap_or_default()
}

/// The boolean there.
pub(super) fn truth(object: &Value, pointer: &str) -> bool {
    object
        .pointer(pointer)
        .and_then(Value::as_bool)
        .unwrap_or_default()
}

/// The elements of the list there.
pub(super) fn list<'a>(object: &'a Value, pointer: &str) -> &'a [Value] {
    object
        .pointer(pointer)
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default()
}

/// The strings of the list there.
pub(super) fn texts<'a>(object: &'a Value, pointer: &str) -> Vec<&'a str> {
    list(object, pointer).iter().filter_map(Value::as_str).collect()
}

/// The entries of the map of strings there, by key.
pub(super) fn map<'a>(object: &'a Value, pointer: &str) -> BTreeMap<&'a str, &'a str> {
    let fields = object.pointer(pointer).and_then(Value::as_object);
    fields
        .into_iter()
        .flatten()
        .map(|(key, value)| (key.as_str(), value.as_str().unwrap_or_default()))
        .collect()
}

/// How many entries the map there has.
pub(super) fn size(object: &Value, pointer: &str) -> usize {
    object
        .pointer(pointer)
        .and_then(Value::as_object)
        .map_or(0, serde_json::Map::len)
}

/// Whether something other than null is there.
pub(super) fn has(object: &Value, pointer: &str) -> bool {
    object.pointer(pointer).is_some_and(|value| !value.is_null())
}

/// A string or number there, as text: quantities and ports may be either.
pub(super) fn scalar(object: &Value, pointer: &str) -> Option<String> {
    match object.pointer(pointer)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The element of the list there whose `type` is the given one.
pub(super) fn condition<'a>(object: &'a Value, pointer: &str, condition_type: &str) -> Option<&'a Value> {
    list(object, pointer)
        .iter()
        .find(|condition| condition["type"] == condition_type)
}
