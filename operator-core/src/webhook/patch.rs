//! The JSON patch from one value to another.

use serde_json::{Map, Value, json};

/// The operations that turn `before` into `after`; a list that differs is replaced as a whole.
pub(super) fn between(before: &Value, after: &Value) -> Vec<Value> {
    let mut operations = Vec::new();
    walk(before, after, "", &mut operations);
    operations
}

fn walk(before: &Value, after: &Value, path: &str, operations: &mut Vec<Value>) {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => fields(before, after, path, operations),
        (before, after) if before == after => {}
        (_, after) => operations.push(json!({"op": "replace", "path": path, "value": after})),
    }
}

fn fields(before: &Map<String, Value>, after: &Map<String, Value>, path: &str, operations: &mut Vec<Value>) {
    for (name, old) in before {
        let path = format!("{path}/{}", escaped(name));
        match after.get(name) {
            Some(new) => walk(old, new, &path, operations),
            None => operations.push(json!({"op": "remove", "path": path})),
        }
    }
    for (name, new) in after.iter().filter(|(name, _)| !before.contains_key(*name)) {
        let path = format!("{path}/{}", escaped(name));
        operations.push(json!({"op": "add", "path": path, "value": new}));
    }
}

fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_in_the_patch() {
        let before = json!({"a": 1, "b": {"c": [1], "d": 2}, "e": 3, "x/y": {"~": 1}});
        let after = json!({"a": 1, "b": {"c": [1, 2], "d": 2, "f": 4}, "x/y": {"~": 2}});
        assert_eq!(
            between(&before, &after),
            [
                json!({"op": "replace", "path": "/b/c", "value": [1, 2]}),
                json!({"op": "add", "path": "/b/f", "value": 4}),
                json!({"op": "remove", "path": "/e"}),
                json!({"op": "replace", "path": "/x~1y/~0", "value": 2}),
            ]
        );
        assert!(between(&after, &after).is_empty());
    }
}
