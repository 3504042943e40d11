//! How deep documents and objects may nest.

use serde_json::Value;

/// How many lists and objects may stand within one another.
///
/// A real server takes 10,000. Here objects are walked on the stack of a thread, and what reads JSON in Rust mostly stops at 128:
/// lists around an object and the fields of its managers need their share of that.
pub(crate) const MAX_DEPTH: usize = 110;

/// Whether more than `limit` lists and objects stand within one another.
pub(crate) fn nests_deeper(value: &Value, limit: usize) -> bool {
    let is_too_deep = |inner| nests_deeper(inner, limit - 1);
    match value {
        Value::Array(items) => limit == 0 || items.iter().any(is_too_deep),
        Value::Object(members) => limit == 0 || members.values().any(is_too_deep),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lists_and_objects_count() {
        for (value, depth) in [
            (json!(1), 0),
            (json!([]), 1),
            (json!({"a": 1, "b": [{}], "c": "x"}), 3),
        ] {
            assert!(!nests_deeper(&value, depth), "{value}");
            assert!(depth == 0 || nests_deeper(&value, depth - 1), "{value}");
        }
    }
}
