//! The numbers that a scale subresource shows are whole and not negative.

use std::sync::Arc;

use serde_json::Value;

use crate::apiserver::{status::FieldError, types::resource::ScalePaths};

const LARGEST: i64 = i32::MAX as i64;

/// What is wrong with the replicas asked for.
pub(super) fn spec(paths: &ScalePaths, object: &Value) -> Vec<FieldError> {
    replicas(&paths.spec_replicas, object)
}

/// What is wrong with the replicas and the selector seen.
pub(super) fn status(paths: &ScalePaths, object: &Value) -> Vec<FieldError> {
    let mut errors = replicas(&paths.status_replicas, object);
    if let Some(path) = &paths.label_selector {
        let value = find(object, path);
        if let Some(value) = value.filter(|value| !value.is_string() && !value.is_null()) {
            errors.push(FieldError::invalid(
                shown(path),
                &"".into(),
                wrong_type(path, value, "string"),
            ));
        }
    }
    errors
}

fn replicas(path: &[Arc<str>], object: &Value) -> Vec<FieldError> {
    let Some(value) = find(object, path) else {
        return Vec::new();
    };
    let field = shown(path);
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
    let (text, found) = match value {
        Value::Null => ("<nil>".to_owned(), "<nil>"),
        Value::Bool(flag) => (flag.to_string(), "bool"),
        Value::Number(number) if number.is_f64() => (number.to_string(), "float64"),
        Value::Number(number) => (number.to_string(), "int64"),
        Value::String(text) => (text.clone(), "string"),
        Value::Array(_) => (value.to_string(), "[]interface {}"),
        Value::Object(_) => (value.to_string(), "map[string]interface {}"),
    };
    let field = shown(path);
    format!("{field} accessor error: {text} is of the type {found}, expected {wanted}")
}

fn find<'a>(object: &'a Value, path: &[Arc<str>]) -> Option<&'a Value> {
    path.iter().try_fold(object, |value, part| value.get(&**part))
}

/// The path as the definition writes it.
fn shown(path: &[Arc<str>]) -> String {
    path.iter().map(|part| format!(".{part}")).collect()
}
