//! Objects inside a custom resource (`x-kubernetes-embedded-resource`) have a type and may have metadata.
//!
//! Source: `k8s.io/apiextensions-apiserver/pkg/apiserver/schema/objectmeta`.

use serde_json::Value;

use crate::apiserver::{
    meta::validate_embedded,
    status::FieldError,
    types::{decode, definitions::DefinitionId, place::Place, schema::Schema},
};

const LABEL_RULE: &str = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an \
    alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is \
    '[a-z]([-a-z0-9]*[a-z0-9])?')";

/// What is wrong with the objects embedded in an object.
pub(super) fn validate(schema: &Schema, object: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    below(schema, object, &Place::Root, &mut errors);
    errors
}

/// What is wrong with the objects embedded in a default, or with itself.
pub(super) fn validate_default(schema: &Schema, value: &Value, path: &str) -> Vec<FieldError> {
    let mut errors = Vec::new();
    node(schema, value, &Place::Field(&Place::Root, path), &mut errors);
    errors
}

fn below(schema: &Schema, value: &Value, place: &Place<'_>, errors: &mut Vec<FieldError>) {
    if !schema.holds.embedded {
        return;
    }
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                if let Some(child) = schema.properties.get(name.as_str()) {
                    node(child, value, &Place::Field(place, name), errors);
                } else if let Some(child) = &schema.additional {
                    node(child, value, &Place::Entry(place, name), errors);
                }
            }
        }
        Value::Array(items) => {
            let Some(child) = &schema.items else { return };
            for (index, item) in items.iter().enumerate() {
                node(child, item, &Place::Item(place, index), errors);
            }
        }
        _ => {}
    }
}

fn node(schema: &Schema, value: &Value, place: &Place<'_>, errors: &mut Vec<FieldError>) {
    if schema.embedded_resource && value.is_object() {
        api_version(value, place, errors);
        kind(value, place, errors);
        metadata(value, place, errors);
    }
    below(schema, value, place, errors);
}

fn api_version(value: &Value, place: &Place<'_>, errors: &mut Vec<FieldError>) {
    let field = format!("{place}.apiVersion");
    let Some(text) = text(value, "apiVersion", &field, errors) else {
        return;
    };
    if text.matches('/').count() > 1 {
        let why = format!("unexpected GroupVersion string: {text}");
        errors.push(FieldError::invalid(field, &text.into(), why));
    }
}

fn kind(value: &Value, place: &Place<'_>, errors: &mut Vec<FieldError>) {
    let field = format!("{place}.kind");
    let Some(kind) = text(value, "kind", &field, errors) else {
        return;
    };
    let lower = kind.to_lowercase();
    let is_label = lower.starts_with(|c: char| c.is_ascii_lowercase())
        && !lower.ends_with('-')
        && lower
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    let mut wrong = Vec::new();
    if lower.len() > 63 {
        wrong.push("must be no more than 63 characters");
    }
    if !is_label {
        wrong.push(LABEL_RULE);
    }
    if !wrong.is_empty() {
        let wrong = wrong.join(",");
        let why = format!("may have mixed case, but should otherwise match: {wrong}");
        errors.push(FieldError::invalid(field, &kind.into(), why));
    }
}

fn metadata(value: &Value, place: &Place<'_>, errors: &mut Vec<FieldError>) {
    let (Some(object), Some(metadata)) = (value.as_object(), value.get("metadata")) else {
        return;
    };
    let schema = DefinitionId::object_meta().schema();
    let field = Place::Field(place, "metadata");
    // what was applied has not been read by its type
    if let Err(misfit) = decode::read(schema, &mut metadata.clone(), &field) {
        errors.push(FieldError::invalid(field.to_string(), metadata, misfit));
        return;
    }
    errors.extend(validate_embedded(object).into_iter().map(|error| FieldError {
        field: Place::Field(place, &error.field).to_string(),
        ..error
    }));
}

/// A field that must be a text; `None` if it has been reported.
fn text<'a>(value: &'a Value, name: &str, field: &str, errors: &mut Vec<FieldError>) -> Option<&'a str> {
    match value.get(name) {
        None => errors.push(FieldError::required(field, "")),
        Some(Value::String(text)) if text.is_empty() => {
            errors.push(FieldError::invalid(field, &"".into(), "must not be empty"));
        }
        Some(Value::String(text)) => return Some(text),
        Some(other) => errors.push(FieldError::invalid(field, other, "must be a string")),
    }
    None
}
