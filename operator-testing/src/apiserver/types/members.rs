//! Members of a schema as it is written in JSON, for both of its readers: published and custom.

use std::sync::Arc;

use serde_json::{Map, Value};

/// A string.
pub(super) fn text<'a>(json: &'a Map<String, Value>, key: &str) -> Option<&'a str> {
    json.get(key).and_then(Value::as_str)
}

/// A string to keep.
pub(super) fn string(json: &Map<String, Value>, key: &str) -> Option<Arc<str>> {
    text(json, key).map(Arc::from)
}

/// The strings of a list; what is no string is left out.
pub(super) fn strings(json: &Map<String, Value>, key: &str) -> Vec<Arc<str>> {
    let list = json.get(key).and_then(Value::as_array);
    list.into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(Arc::from)
        .collect()
}
