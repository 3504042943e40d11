//! Whether a custom resource is what its schema asks for.

mod correlate;
mod embedded;
mod finalizers;
mod formats;
mod keywords;
mod lists;
mod numbers;
mod report;
mod rules;
mod scale;
mod url;

use serde_json::Value;

pub(crate) use self::rules::{Programs, Refused, escape};
use self::{correlate::Old, report::NO_FIELD};
use super::{
    custom::CustomType,
    place::Place,
    resource::{ResourceType, ScalePaths},
    schema::Schema,
};
use crate::apiserver::status::FieldError;

/// What validation found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Verdict {
    /// What makes the object invalid.
    pub errors: Vec<FieldError>,
    /// What the client is warned of, even if the object is refused.
    pub warnings: Vec<String>,
}

pub(super) use self::{
    formats::{go_duration, is_text_format},
    url::Url,
};

/// What is wrong with the objects embedded in a default, or with itself if it is one; fields are below `path`.
pub(super) fn default_objects(schema: &Schema, value: &Value, path: &str) -> Vec<FieldError> {
    embedded::validate_default(schema, value, path)
}

/// What the keywords of its schema find wrong with a default; fields are below `path`.
pub(super) fn default_value(schema: &Schema, value: &Value, path: &str) -> Vec<FieldError> {
    keywords::ratcheted(schema, value, None, &Place::Root).into_errors(path)
}

/// What the rules of its schema find wrong with a default; fields are below `path`.
pub(super) fn default_rules(schema: &Schema, value: &Value, path: &str) -> Vec<FieldError> {
    rules::validate_default(schema, value, path)
}

/// Validates a new custom resource. `errors` are those already found in the metadata.
pub(super) fn create(
    kind: &ResourceType,
    custom: &CustomType,
    object: &Value,
    errors: Vec<FieldError>,
) -> Verdict {
    let mut errors = errors;
    errors.extend(keywords::ratcheted(&custom.written, object, None, &Place::Root).into_errors(""));
    errors.extend(scale_errors(kind.scale.as_ref(), object));
    errors.extend(embedded::validate(&custom.written, object));
    errors.extend(lists::validate(&custom.written, object));
    let mut verdict = rules(custom, object, None, errors);
    if verdict.errors.is_empty() {
        verdict.warnings.extend(finalizers::warnings(object, None));
    }
    verdict
}

/// What is wrong, besides, with a custom resource of another kind or version, which is said in `errors`.
pub(super) fn beside_type(
    custom: &CustomType,
    new: &Value,
    old: Option<&Value>,
    mut errors: Vec<FieldError>,
) -> Verdict {
    errors.extend(embedded::validate(&custom.written, new));
    errors.extend(match old {
        Some(old) => new_duplicates(custom, new, old),
        None => lists::validate(&custom.written, new),
    });
    rules(custom, new, old, errors)
}

/// Validates a changed custom resource. What has not changed is not held against it.
pub(super) fn update(
    kind: &ResourceType,
    custom: &CustomType,
    new: &Value,
    old: &Value,
    errors: Vec<FieldError>,
) -> Verdict {
    let mut errors = errors;
    let before = Old::new(&custom.written, old);
    errors.extend(keywords::ratcheted(&custom.written, new, Some(before), &Place::Root).into_errors(""));
    errors.extend(scale_errors(kind.scale.as_ref(), new));
    errors.extend(embedded::validate(&custom.written, new));
    errors.extend(new_duplicates(custom, new, old));
    let mut verdict = rules(custom, new, Some(old), errors);
    if verdict.errors.is_empty() {
        verdict.warnings.extend(finalizers::warnings(new, Some(old)));
    }
    verdict
}

/// Validates a changed status.
pub(super) fn update_status(
    kind: &ResourceType,
    custom: &CustomType,
    new: &Value,
    old: &Value,
    errors: Vec<FieldError>,
) -> Verdict {
    let mut errors = errors;
    if let (Some(schema), Some(status)) = (custom.written.properties.get("status"), new.get("status")) {
        // what was not there counts as null: a null beside it is no change
        let before = Old::new(schema, old.get("status").unwrap_or(&Value::Null));
        errors.extend(keywords::ratcheted(schema, status, Some(before), &Place::Root).into_errors("status"));
    }
    if let Some(paths) = &kind.scale {
        errors.extend(scale::status(paths, new));
    }
    errors.extend(new_duplicates(custom, new, old));
    rules(custom, new, Some(old), errors)
}

fn new_duplicates(custom: &CustomType, new: &Value, old: &Value) -> Vec<FieldError> {
    let errors = lists::validate(&custom.written, new);
    if errors.is_empty() || !lists::validate(&custom.written, old).is_empty() {
        return Vec::new();
    }
    errors
}

fn scale_errors(paths: Option<&ScalePaths>, object: &Value) -> Vec<FieldError> {
    let Some(paths) = paths else { return Vec::new() };
    let mut errors = scale::spec(paths, object);
    errors.extend(scale::status(paths, object));
    errors
}

/// Asks the rules (`x-kubernetes-validations`), unless the object is too broken for them.
fn rules(custom: &CustomType, new: &Value, old: Option<&Value>, mut errors: Vec<FieldError>) -> Verdict {
    let mut warnings = Vec::new();
    let blocks = |error: &FieldError| {
        matches!(
            error.reason,
            "FieldValueNotSupported"
                | "FieldValueRequired"
                | "FieldValueTooLong"
                | "FieldValueTooMany"
                | "FieldValueTypeInvalid"
        )
    };
    if !custom.written.holds.rules {
        // nothing to ask
    } else if errors.iter().any(blocks) {
        let message = "Invalid value: null: some validation rules were not checked because the object was invalid; correct the \
                       existing errors to complete validation";
        errors.push(FieldError::new(NO_FIELD, "FieldValueInvalid", message));
    } else {
        let verdict = rules::validate(&custom.written, new, old);
        errors.extend(verdict.errors);
        warnings = verdict.warnings;
    }
    Verdict { errors, warnings }
}
