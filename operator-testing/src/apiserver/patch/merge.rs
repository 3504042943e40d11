//! JSON merge patch (RFC 7386).
//!
//! Source: `gopkg.in/evanphx/json-patch.v4`, through `apiserver/pkg/endpoints/handlers/patch.go`.

use serde_json::{Map, Value};

use crate::apiserver::{status::StatusError, wording};

/// What is said of a patch that nobody could make sense of.
pub const UNREADABLE: &str = "Invalid JSON Patch";

/// Applies `patch` to `target`.
///
/// Members that are `null` are removed, objects are merged, everything else is replaced. Unlike the RFC, the real server also
/// drops `null` members of objects inside a list that replaces something which was not an object.
///
/// # Errors
/// 400 if the patch is not an object; `target` is left alone.
pub fn apply(target: &mut Value, patch: &Value) -> Result<(), StatusError> {
    match patch {
        Value::Object(patch) => {
            if !target.is_object() {
                *target = Value::Object(Map::new());
            }
            if let Value::Object(fields) = target {
                merge_fields(fields, patch);
            }
            Ok(())
        }
        Value::Null => Err(StatusError::bad_request(UNREADABLE)),
        other => Err(StatusError::bad_request(format!(
            "error decoding patch: json: cannot unmarshal {} into Go value of type map[string]interface {{}}",
            wording::json_kind(other)
        ))),
    }
}

/// Applies `patch` to `target` as [`apply`] does, where nobody has read the patch before: a list takes the place of the object.
///
/// # Errors
/// 400 if the patch is neither an object nor a list; `target` is left alone.
pub fn apply_unread(target: &mut Value, patch: &Value) -> Result<(), StatusError> {
    match patch {
        Value::Object(_) => apply(target, patch),
        Value::Array(_) => {
            *target = without_nulls(patch);
            Ok(())
        }
        _ => Err(StatusError::bad_request(UNREADABLE)),
    }
}

fn merge_fields(target: &mut Map<String, Value>, patch: &Map<String, Value>) {
    for (key, value) in patch {
        if value.is_null() {
            target.remove(key);
            continue;
        }
        match (target.get_mut(key), value) {
            (Some(Value::Object(current)), Value::Object(patch)) => merge_fields(current, patch),
            (Some(current @ Value::Object(_)), replacement) => *current = replacement.clone(),
            (Some(current), replacement) => *current = without_nulls(replacement),
            (None, addition) => {
                target.insert(key.clone(), without_nulls(addition));
            }
        }
    }
}

/// A value without members that are null.
pub(super) fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(key, value)| (key.clone(), without_nulls(value)))
            .collect(),
        Value::Array(items) => items.iter().map(without_nulls).collect(),
        scalar => scalar.clone(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    /// The table of RFC 7386, appendix A, as far as both sides are objects.
    #[test]
    fn the_table_of_the_rfc() {
        for (original, patch, result) in [
            (json!({"a": "b"}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "b"}), json!({"b": "c"}), json!({"a": "b", "b": "c"})),
            (json!({"a": "b"}), json!({"a": null}), json!({})),
            (json!({"a": "b", "b": "c"}), json!({"a": null}), json!({"b": "c"})),
            (json!({"a": ["b"]}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "c"}), json!({"a": ["b"]}), json!({"a": ["b"]})),
            (
                json!({"a": {"b": "c"}}),
                json!({"a": {"b": "d", "c": null}}),
                json!({"a": {"b": "d"}}),
            ),
            (json!({"a": [{"b": "c"}]}), json!({"a": [1]}), json!({"a": [1]})),
            (json!({"e": null}), json!({"a": 1}), json!({"e": null, "a": 1})),
            (json!([1, 2]), json!({"a": "b", "c": null}), json!({"a": "b"})),
            (
                json!({}),
                json!({"a": {"bb": {"ccc": null}}}),
                json!({"a": {"bb": {}}}),
            ),
        ] {
            let mut target = original.clone();
            apply(&mut target, &patch).expect("the patch is an object");
            assert_eq!(target, result, "{original} patched with {patch}");
        }
    }

    #[test]
    fn lists_lose_nulls_only_where_no_object_was() {
        let patch = json!({"l": [{"a": null}, null]});
        let mut target = json!({"l": "text"});
        apply(&mut target, &patch).expect("valid");
        assert_eq!(target, json!({"l": [{}, null]}));
        let mut target = json!({"l": {"x": 1}});
        apply(&mut target, &patch).expect("valid");
        assert_eq!(target, patch);
    }

    #[test]
    fn other_documents_are_refused() {
        for (patch, message) in [
            (json!(null), "Invalid JSON Patch"),
            (
                json!([1]),
                "error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}",
            ),
            (
                json!("x"),
                "error decoding patch: json: cannot unmarshal string into Go value of type map[string]interface {}",
            ),
        ] {
            let mut target = json!({"a": 1});
            let error = apply(&mut target, &patch).expect_err("not an object");
            assert_eq!((error.code, error.message.as_str()), (400, message));
            assert_eq!(target, json!({"a": 1}));
        }
    }

    fn document() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            (0..4i64).prop_map(Value::from),
            Just(json!("x"))
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::btree_map("[abc]", inner.clone(), 0..4)
                    .prop_map(|fields| fields.into_iter().collect()),
                prop::collection::vec(inner, 0..3).prop_map(Value::Array),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_patch_applied_twice_is_applied_once(
            target in prop::collection::btree_map("[abc]", document(), 0..4),
            patch in prop::collection::btree_map("[abc]", document(), 0..4),
        ) {
            let patch: Value = patch.into_iter().collect();
            let mut once: Value = target.into_iter().collect();
            apply(&mut once, &patch).expect("the patch is an object");
            let mut twice = once.clone();
            apply(&mut twice, &patch).expect("the patch is an object");
            // A replaced object keeps the nulls inside a list; the second round finds the list and drops them.
            prop_assert_eq!(without_nulls(&once), without_nulls(&twice));
        }
    }
}
