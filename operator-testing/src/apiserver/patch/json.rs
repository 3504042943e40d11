//! JSON patch (RFC 6902) with the leniencies of the real server.
//!
//! Where it departs from the RFC: `replace` creates a missing member, `copy` of a missing member and `add` without a value give
//! `null`, `test` takes a missing member for `null`, and an index may count from the end (`-1`).
//!
//! Source: `gopkg.in/evanphx/json-patch.v4`, through `apiserver/pkg/endpoints/handlers/patch.go`.

use serde_json::{Map, Value};

use super::{
    json_failure::{TEST_FAILED, explain},
    json_pointer::{add, get, remove, replace},
    refusals::rejected,
};
use crate::apiserver::{status::StatusError, wording};

/// The most operations one patch may hold.
const MAX_OPERATIONS: usize = 10_000;

/// The most bytes that the `copy` operations of one patch may add up to.
const MAX_COPIED_BYTES: usize = 3 * 1024 * 1024;

/// Applies the list of operations to `object`: all of them or none.
///
/// # Errors
/// 400 if `operations` is not a list of operations, 413 if there are too many, 422 if one of them does not fit the object.
pub fn apply(object: &Value, operations: &Value) -> Result<Value, StatusError> {
    let operations = decode(operations)?;
    if operations.len() > MAX_OPERATIONS {
        return Err(StatusError::new(
            413,
            "RequestEntityTooLarge",
            format!(
                "Request entity too large: The allowed maximum operations in a JSON patch is {MAX_OPERATIONS}, got {}",
                operations.len()
            ),
        ));
    }
    let mut document = object.clone();
    let mut copied = 0;
    for operation in operations {
        operation.run(&mut document, &mut copied).ok_or_else(rejected)?;
    }
    Ok(document)
}

/// Why operations that a webhook or a policy made do not fit an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// The words of the real server's library.
    pub why: String,
    /// Whether it was a test that failed.
    pub is_test: bool,
}

/// Applies a list of operations that a webhook or a policy made: all of them or none.
///
/// # Errors
/// The first operation that does not fit.
pub fn apply_made(object: &Value, operations: &Value) -> Result<Value, Misfit> {
    let operations = decode(operations).map_err(|error| Misfit {
        why: error.message,
        is_test: false,
    })?;
    let mut document = object.clone();
    let mut copied = 0;
    for operation in operations {
        if operation.run(&mut document, &mut copied).is_none() {
            let op = operation.op.unwrap_or("unknown");
            let why = explain(&document, op, operation.path, operation.from);
            let is_test = why.ends_with(TEST_FAILED);
            return Err(Misfit { why, is_test });
        }
    }
    Ok(document)
}

/// The members of operations that mean nothing, as strict decoding reports them: `json patch unknown field "[0].extra"`.
pub fn unknown_fields(operations: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for (index, operation) in operations.as_array().into_iter().flatten().enumerate() {
        for key in operation.as_object().into_iter().flat_map(Map::keys) {
            if !matches!(key.as_str(), "op" | "path" | "from" | "value") {
                found.push(format!("json patch unknown field \"[{index}].{key}\""));
            }
        }
    }
    found
}

/// One operation as it was sent; what is missing is found out only when it runs.
#[derive(Clone, Copy)]
struct Operation<'a> {
    op: Option<&'a str>,
    path: Option<&'a str>,
    from: Option<&'a str>,
    value: &'a Value,
}

/// Checks the form of a patch that nobody has read before, in the words of the library that applies it.
///
/// # Errors
/// 400 if it is not a list of operations, 422 if an operation or its path is not text.
pub fn check_unread(operations: &Value) -> Result<(), StatusError> {
    let items = match operations {
        Value::Array(items) => items.as_slice(),
        Value::Null => &[],
        other => return Err(unread(other, "Patch")),
    };
    for item in items {
        match item {
            Value::Object(fields) => {
                let mut texts = ["op", "path"].into_iter().filter_map(|name| fields.get(name));
                if texts.any(|text| !(text.is_string() || text.is_null())) {
                    return Err(rejected());
                }
            }
            Value::Null => {}
            other => return Err(unread(other, "Operation")),
        }
    }
    Ok(())
}

fn unread(value: &Value, wanted: &str) -> StatusError {
    StatusError::bad_request(format!(
        "json: cannot unmarshal {} into Go value of type jsonpatch.{wanted}",
        wording::json_kind(value)
    ))
}

fn decode(operations: &Value) -> Result<Vec<Operation<'_>>, StatusError> {
    let items = match operations {
        Value::Array(items) => items.as_slice(),
        Value::Null => &[],
        other => return Err(undecodable(other, "[]handlers.jsonPatchOp")),
    };
    items.iter().map(decode_one).collect()
}

fn decode_one(operation: &Value) -> Result<Operation<'_>, StatusError> {
    let fields = match operation {
        Value::Object(fields) => Some(fields),
        Value::Null => None,
        other => return Err(undecodable(other, "handlers.jsonPatchOp")),
    };
    let text = |name: &str| match fields.and_then(|fields| fields.get(name)) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.as_str())),
        Some(other) => Err(StatusError::bad_request(format!(
            "error decoding patch: json: cannot unmarshal {} into Go struct field jsonPatchOp.{name} of type string",
            wording::json_kind(other)
        ))),
    };
    Ok(Operation {
        op: text("op")?,
        path: text("path")?,
        from: text("from")?,
        value: fields
            .and_then(|fields| fields.get("value"))
            .unwrap_or(&Value::Null),
    })
}

fn undecodable(value: &Value, wanted: &str) -> StatusError {
    StatusError::bad_request(format!(
        "error decoding patch: json: cannot unmarshal {} into Go value of type {wanted}",
        wording::json_kind(value)
    ))
}

impl Operation<'_> {
    /// Runs the operation; `None` if it does not fit the document.
    fn run(self, document: &mut Value, copied: &mut usize) -> Option<()> {
        match self.op? {
            "add" => add(document, self.path?, self.value.clone()),
            "remove" => remove(document, self.path?).map(drop),
            "replace" => replace(document, self.path?, self.value),
            "move" => {
                let value = remove(document, self.from?)?;
                add(document, self.path?, value)
            }
            "copy" => {
                let value = get(document, self.from?)?.cloned().unwrap_or(Value::Null);
                *copied += value.to_string().len();
                if *copied > MAX_COPIED_BYTES {
                    return None;
                }
                add(document, self.path?, value)
            }
            "test" => {
                let path = self.path?;
                let found = if path.is_empty() {
                    Some(&*document)
                } else {
                    get(document, path)?
                };
                (found.unwrap_or(&Value::Null) == self.value).then_some(())
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[track_caller]
    #[expect(clippy::needless_pass_by_value, reason = "reads better where it is called")]
    fn check(object: Value, operations: Value, expected: Option<Value>) {
        let result = apply(&object, &operations);
        match expected {
            Some(expected) => assert_eq!(result.as_ref(), Ok(&expected), "{operations} on {object}"),
            None => assert_eq!(
                result.expect_err("the operations do not fit").code,
                422,
                "{operations} on {object}"
            ),
        }
    }

    /// The examples of RFC 6902, appendix A, as the real server answers them.
    #[test]
    fn the_examples_of_the_rfc() {
        check(
            json!({"foo": "bar"}),
            json!([{"op": "add", "path": "/baz", "value": "qux"}]),
            Some(json!({"baz": "qux", "foo": "bar"})),
        );
        check(
            json!({"foo": ["bar", "baz"]}),
            json!([{"op": "add", "path": "/foo/1", "value": "qux"}]),
            Some(json!({"foo": ["bar", "qux", "baz"]})),
        );
        check(
            json!({"baz": "qux", "foo": "bar"}),
            json!([{"op": "remove", "path": "/baz"}]),
            Some(json!({"foo": "bar"})),
        );
        check(
            json!({"foo": ["bar", "qux", "baz"]}),
            json!([{"op": "remove", "path": "/foo/1"}]),
            Some(json!({"foo": ["bar", "baz"]})),
        );
        check(
            json!({"baz": "qux", "foo": "bar"}),
            json!([{"op": "replace", "path": "/baz", "value": "boo"}]),
            Some(json!({"baz": "boo", "foo": "bar"})),
        );
        check(
            json!({"foo": {"bar": "baz", "waldo": "fred"}, "qux": {"corge": "grault"}}),
            json!([{"op": "move", "from": "/foo/waldo", "path": "/qux/thud"}]),
            Some(json!({"foo": {"bar": "baz"}, "qux": {"corge": "grault", "thud": "fred"}})),
        );
        check(
            json!({"foo": ["all", "grass", "cows", "eat"]}),
            json!([{"op": "move", "from": "/foo/1", "path": "/foo/3"}]),
            Some(json!({"foo": ["all", "cows", "eat", "grass"]})),
        );
        check(
            json!({"baz": "qux", "foo": ["a", 2, "c"]}),
            json!([{"op": "test", "path": "/baz", "value": "qux"}, {"op": "test", "path": "/foo/1", "value": 2}]),
            Some(json!({"baz": "qux", "foo": ["a", 2, "c"]})),
        );
        check(
            json!({"baz": "qux"}),
            json!([{"op": "test", "path": "/baz", "value": "bar"}]),
            None,
        );
        check(
            json!({"foo": "bar"}),
            json!([{"op": "add", "path": "/child", "value": {"grandchild": {}}}]),
            Some(json!({"foo": "bar", "child": {"grandchild": {}}})),
        );
        check(
            json!({"foo": "bar"}),
            json!([{"op": "add", "path": "/baz/bat", "value": "qux"}]),
            None,
        );
        check(
            json!({"/": 9, "~1": 10}),
            json!([{"op": "test", "path": "/~01", "value": 10}]),
            Some(json!({"/": 9, "~1": 10})),
        );
        check(
            json!({"/": 9, "~1": 10}),
            json!([{"op": "test", "path": "/~01", "value": "10"}]),
            None,
        );
        check(
            json!({"foo": ["bar"]}),
            json!([{"op": "add", "path": "/foo/-", "value": ["abc", "def"]}]),
            Some(json!({"foo": ["bar", ["abc", "def"]]})),
        );
    }

    #[test]
    fn the_leniencies() {
        let object = json!({"data": {"k": "v"}, "l": [1, 2]});
        check(
            object.clone(),
            json!([{"op": "replace", "path": "/data/absent", "value": "x"}]),
            Some(json!({"data": {"k": "v", "absent": "x"}, "l": [1, 2]})),
        );
        check(
            object.clone(),
            json!([{"op": "copy", "from": "/data/gone", "path": "/data/copied"}]),
            Some(json!({"data": {"k": "v", "copied": null}, "l": [1, 2]})),
        );
        check(
            object.clone(),
            json!([{"op": "add", "path": "/data/n"}]),
            Some(json!({"data": {"k": "v", "n": null}, "l": [1, 2]})),
        );
        check(
            object.clone(),
            json!([{"op": "test", "path": "/data/absent", "value": null}]),
            Some(object.clone()),
        );
        check(
            object.clone(),
            json!([{"op": "remove", "path": "/l/-1"}, {"op": "add", "path": "/l/-1", "value": 3}]),
            Some(json!({"data": {"k": "v"}, "l": [1, 3]})),
        );
        check(
            object.clone(),
            json!([{"op": "move", "from": "/data/gone", "path": "/data/m"}]),
            None,
        );
        check(object.clone(), json!([{"op": "remove", "path": "/l/-"}]), None);
        check(
            object.clone(),
            json!([{"op": "add", "path": "/l/3", "value": 1}]),
            None,
        );
        check(
            object.clone(),
            json!([{"op": "rename", "path": "/data/k", "value": "x"}]),
            None,
        );
        check(object.clone(), json!([{"op": "add", "value": "x"}]), None);
        check(object, json!([null]), None);
    }

    #[test]
    fn undecodable_patches() {
        let message = |operations| apply(&json!({}), &operations).expect_err("undecodable").message;
        assert_eq!(
            message(json!({"op": "add"})),
            "error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp"
        );
        assert_eq!(
            message(json!([{"op": "add", "path": 3}])),
            "error decoding patch: json: cannot unmarshal number into Go struct field jsonPatchOp.path of type string"
        );
        let many = vec![json!({"op": "test", "path": "/a"}); MAX_OPERATIONS + 1];
        let error = apply(&json!({}), &many.into()).expect_err("too many");
        assert_eq!((error.code, error.reason), (413, "RequestEntityTooLarge"));
        assert_eq!(
            unknown_fields(&json!([{"op": "add", "extra": 1}])),
            [r#"json patch unknown field "[0].extra""#]
        );
    }

    proptest! {
        #[test]
        fn adding_and_removing_is_nothing(
            fields in prop::collection::btree_map("[a-c~/]{1,3}", 0..9i64, 0..5),
            key in "[d-f~/]{1,3}x",
        ) {
            let object: Value = fields.into_iter().map(|(key, value)| (key, Value::from(value))).collect();
            let path = format!("/{}", key.replace('~', "~0").replace('/', "~1"));
            let operations = json!([
                {"op": "test", "path": path, "value": null},
                {"op": "add", "path": path, "value": {"deep": [1]}},
                {"op": "copy", "from": path, "path": "/copy of it"},
                {"op": "test", "path": "/copy of it/deep/0", "value": 1},
                {"op": "move", "from": "/copy of it", "path": path},
                {"op": "remove", "path": path},
            ]);
            prop_assert_eq!(apply(&object, &operations), Ok(object));
        }
    }
}
