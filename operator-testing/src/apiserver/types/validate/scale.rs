//! The numbers that a scale subresource shows are whole and not negative.

use std::sync::Arc;

use serde_json::Value;

use crate::apiserver::{status::FieldError, types::resource::ScalePaths, wording};

const LARGEST: i64 = i32::MAX as i64;

/// What is wrong with the replicas asked for.
pub(super) fn spec(paths: &ScalePaths, object: &Value) -> Vec<FieldError> {
    replicas(&paths.spec_replicas, object)
}

/// What is wrong with the replicas and the selector seen.
pub(super) fn status(paths: &ScalePaths, object: &Value) -> Vec<FieldError> {
    let mut errors = replicas(&paths.status_replicas, object);
    if let Some(path) = &paths.label_selector {
        let wrong = match find(object, path) {
            Err(why) => Some(why),
            Ok(Some(value)) if !value.is_string() && !value.is_null() => {
                Some(wrong_type(path, value, "string"))
            }
            Ok(_) => None,
        };
        errors.extend(wrong.map(|why| FieldError::invalid(shown(path), &"".into(), why)));
    }
    errors
}

fn replicas(path: &[Arc<str>], object: &Value) -> Vec<FieldError> {
    let field = shown(path);
    let value = match find(object, path) {
        Ok(Some(value)) => value,
        Ok(None) => return Vec::new(),
        Err(why) => return vec![FieldError::invalid(field, &0.into(), why)],
    };
    match value.as_i64() {
        Some(count) if count < 0 => {
            vec![FieldError::invalid(
                field,
                value,
                "should be a non-negative integer",
            )]
        }
        Some(count) if count > LARGEST => {
            let why = format!("should be less than or equal to {LARGEST}");
            vec![FieldError::invalid(field, value, why)]
        }
        None if !value.is_null() => {
            vec![FieldError::invalid(
                field,
                &0.into(),
                wrong_type(path, value, "int64"),
            )]
        }
        _ => Vec::new(),
    }
}

/// What the server says of a value that it cannot take as the type it needs.
fn wrong_type(path: &[Arc<str>], value: &Value, wanted: &str) -> String {
    let (field, text, found) = (shown(path), wording::plain(value), wording::type_name(value));
    format!("{field} accessor error: {text} is of the type {found}, expected {wanted}")
}

/// The value at a path; what is wrong if something on the way has no members.
fn find<'a>(object: &'a Value, path: &[Arc<str>]) -> Result<Option<&'a Value>, String> {
    let mut value = object;
    for (depth, part) in path.iter().enumerate() {
        value = match value {
            Value::Null => return Ok(None),
            Value::Object(members) => match members.get(&**part) {
                Some(member) => member,
                None => return Ok(None),
            },
            other => return Err(wrong_type(&path[..=depth], other, "map[string]interface{}")),
        };
    }
    Ok(Some(value))
}

/// The path as the definition writes it.
fn shown(path: &[Arc<str>]) -> String {
    path.iter().map(|part| format!(".{part}")).collect()
}
