//! Reads and writes the places of a document that JSON pointers (RFC 6901) name, with the leniencies of the real server.
//!
//! Source: `gopkg.in/evanphx/json-patch.v4`.

use serde_json::Value;

use crate::apiserver::types::decode::{MAX_DEPTH, nests_deeper};

/// Splits a pointer into the container it leads to and the last key in it. What stands before the first slash is ignored.
fn container<'a>(document: &'a mut Value, path: &str) -> Option<(&'a mut Value, String)> {
    let mut parts = path.split('/').skip(1).map(unescape);
    let mut key = parts.next()?;
    let mut current = document;
    for next in parts {
        current = match current {
            Value::Object(fields) => fields.get_mut(&key)?,
            Value::Array(items) => {
                let index = index(&key, items.len())?;
                items.get_mut(index)?
            }
            _ => return None,
        };
        key = next;
    }
    matches!(current, Value::Object(_) | Value::Array(_)).then_some((current, key))
}

fn unescape(part: &str) -> String {
    part.replace("~1", "/").replace("~0", "~")
}

/// An index, counted from the end if it is negative; `None` if it lies before the beginning or is no number.
fn index(key: &str, len: usize) -> Option<usize> {
    let index: i64 = key.parse().ok()?;
    if index < 0 {
        len.checked_sub(usize::try_from(index.unsigned_abs()).ok()?)
    } else {
        usize::try_from(index).ok()
    }
}

/// The value at `path`: `None` if the path leads nowhere, `Some(None)` if only the last member is missing.
pub(super) fn get<'a>(document: &'a mut Value, path: &str) -> Option<Option<&'a Value>> {
    let (container, key) = container(document, path)?;
    match container {
        Value::Object(fields) => Some(fields.get(&key)),
        Value::Array(items) => {
            let index = index(&key, items.len())?;
            items.get(index).map(Some)
        }
        _ => None,
    }
}

/// Whether a document that holds the value at `path` nests deeper than a document may.
fn is_too_deep(path: &str, value: &Value) -> bool {
    let around = path.matches('/').count();
    around > MAX_DEPTH || nests_deeper(value, MAX_DEPTH - around)
}

/// Puts a value at `path`, before the element that is there; `None` if the path leads nowhere.
pub(super) fn add(document: &mut Value, path: &str, value: Value) -> Option<()> {
    if is_too_deep(path, &value) {
        return None;
    }
    let (container, key) = container(document, path)?;
    match container {
        Value::Object(fields) => {
            fields.insert(key, value);
        }
        Value::Array(items) if key == "-" => items.push(value),
        Value::Array(items) => {
            // Counted from the end, an index names the place behind the element.
            let index = index(&key, items.len() + 1)?;
            if index > items.len() {
                return None;
            }
            items.insert(index, value);
        }
        _ => return None,
    }
    Some(())
}

/// Takes away the value at `path`; `None` if there is none.
pub(super) fn remove(document: &mut Value, path: &str) -> Option<Value> {
    let (container, key) = container(document, path)?;
    match container {
        Value::Object(fields) => fields.remove(&key),
        Value::Array(items) => {
            let index = index(&key, items.len())?;
            (index < items.len()).then(|| items.remove(index))
        }
        _ => None,
    }
}

/// Puts a value in the place of the one at `path`, which may be a missing member; `None` if the path leads nowhere.
pub(super) fn replace(document: &mut Value, path: &str, value: &Value) -> Option<()> {
    if path.is_empty() {
        if !value.is_object() && !value.is_array() {
            return None;
        }
        *document = value.clone();
        return Some(());
    }
    if is_too_deep(path, value) {
        return None;
    }
    let (container, key) = container(document, path)?;
    match container {
        Value::Object(fields) => {
            fields.insert(key, value.clone());
        }
        Value::Array(items) => {
            let index = index(&key, items.len())?;
            *items.get_mut(index)? = value.clone();
        }
        _ => return None,
    }
    Some(())
}
