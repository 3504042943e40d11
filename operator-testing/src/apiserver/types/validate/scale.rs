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
            errors.push(FieldError::invalid(shown(path), value, "must be a string"));
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
        _ => Vec::new(),
    }
}

fn find<'a>(object: &'a Value, path: &[Arc<str>]) -> Option<&'a Value> {
    path.iter().try_fold(object, |value, part| value.get(&**part))
}

/// The path as the definition writes it.
fn shown(path: &[Arc<str>]) -> String {
    path.iter().map(|part| format!(".{part}")).collect()
}
