//! Why an operation of a JSON patch does not fit, in the words of the real server's library.
//!
//! A client that patches is told only that its patch was rejected; of patches made by webhooks and policies the server tells
//! more.
//!
//! Source: `gopkg.in/evanphx/json-patch.v4`.

use serde_json::Value;

/// Explains why an operation does not apply to a document.
pub(super) fn explain(document: &Value, op: &str, path: Option<&str>, from: Option<&str>) -> String {
    let (Some(path), source) = (path, from.or(path)) else {
        return format!("{op} operation failed to decode path: {MISSING}");
    };
    match op {
        "add" => match parent(document, path) {
            None => format!("add operation does not apply: doc is missing path: {path:?}: {MISSING}"),
            Some(_) => format!("error in add for path: '{path}': {}", invalid_index(path)),
        },
        "remove" => match parent(document, path) {
            None => format!("remove operation does not apply: doc is missing path: {path:?}: {MISSING}"),
            Some(parent) => format!("error in remove for path: '{path}': {}", gone(parent, path)),
        },
        "replace" => match parent(document, path) {
            None => format!("replace operation does not apply: doc is missing path: {path}: {MISSING}"),
            Some(_) => format!("replace operation does not apply: doc is missing key: {path}: {MISSING}"),
        },
        "test" => match parent(document, path) {
            None => format!("test operation does not apply: is missing path: {path}: {MISSING}"),
            Some(_) => format!("testing value {path} failed: {TEST_FAILED}"),
        },
        "move" | "copy" => {
            let from = source.unwrap_or_default();
            match (parent(document, from), parent(document, path)) {
                (None, _) => {
                    format!("{op} operation does not apply: doc is missing from path: {from}: {MISSING}")
                }
                (Some(parent), _) if op == "move" && !has(parent, from) => {
                    format!("error in move for path: '{}': {}", last(from), gone(parent, from))
                }
                (_, None) => {
                    format!(
                        "{op} operation does not apply: doc is missing destination path: {path}: {MISSING}"
                    )
                }
                (_, Some(_)) => format!("error in {op} for path: '{path}': {}", invalid_index(path)),
            }
        }
        other => format!("Unexpected kind: {other}"),
    }
}

const MISSING: &str = "missing value";

/// What a test that fails says at its end.
pub(super) const TEST_FAILED: &str = "test failed";

/// What holds the member that a path leads to, if there is such a thing.
fn parent<'a>(document: &'a Value, path: &str) -> Option<&'a Value> {
    let (parent, _) = path.rsplit_once('/')?;
    let found = document.pointer(parent)?;
    (found.is_object() || found.is_array()).then_some(found)
}

fn last(path: &str) -> String {
    let key = path.rsplit('/').next().unwrap_or_default();
    key.replace("~1", "/").replace("~0", "~")
}

fn has(parent: &Value, path: &str) -> bool {
    let key = last(path);
    match parent {
        Value::Object(members) => members.contains_key(&key),
        Value::Array(items) => key.parse().is_ok_and(|index: usize| index < items.len()),
        _ => false,
    }
}

fn gone(parent: &Value, path: &str) -> String {
    if parent.is_object() {
        return format!("Unable to remove nonexistent key: {}: {MISSING}", last(path));
    }
    invalid_index(path)
}

fn invalid_index(path: &str) -> String {
    let key = last(path);
    match key.parse::<i64>() {
        Ok(index) => format!("Unable to access invalid index: {index}: invalid index referenced"),
        Err(_) => {
            format!(
                "value was not a proper array index: '{key}': strconv.Atoi: parsing {key:?}: invalid syntax"
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn failures_are_explained() {
        let document = json!({"data": {"k": "v"}, "list": [1]});
        for (op, path, expected) in [
            (
                "remove",
                "/nope/x",
                "remove operation does not apply: doc is missing path: \"/nope/x\": missing value",
            ),
            (
                "remove",
                "/data/zz",
                "error in remove for path: '/data/zz': Unable to remove nonexistent key: zz: missing value",
            ),
            (
                "add",
                "/list/9",
                "error in add for path: '/list/9': Unable to access invalid index: 9: invalid index referenced",
            ),
            ("test", "/data/k", "testing value /data/k failed: test failed"),
            ("bogus", "/data/k", "Unexpected kind: bogus"),
        ] {
            assert_eq!(explain(&document, op, Some(path), None), expected);
        }
    }
}
