//! The defaults of a schema must be valid and hold nothing that would be pruned.
//!
//! Source: `k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting/validation.go`.

use serde_json::Value;

use super::super::{prune, structural};
use crate::apiserver::{status::FieldError, types::validate};

/// What is wrong with the defaults in a schema.
pub(super) fn check(schema: &Value, path: &str) -> Vec<FieldError> {
    let mut errors = Vec::new();
    node(schema, path, true, &mut errors);
    errors
}

fn node(schema: &Value, path: &str, is_root: bool, errors: &mut Vec<FieldError>) {
    if let Some(default) = schema.get("default").filter(|default| !default.is_null()) {
        one(schema, default, &format!("{path}.default"), is_root, errors);
    }
    for (name, child) in schema["properties"].as_object().into_iter().flatten() {
        if is_root && matches!(name.as_str(), "metadata" | "kind" | "apiVersion") {
            continue;
        }
        node(child, &format!("{path}.properties[{name}]"), false, errors);
    }
    if schema["items"].is_object() {
        node(&schema["items"], &format!("{path}.items"), false, errors);
    }
}

fn one(schema: &Value, default: &Value, path: &str, is_root: bool, errors: &mut Vec<FieldError>) {
    let parsed = structural::parse(schema);
    let mut pruned = default.clone();
    let mut dropped = Vec::new();
    prune::prune(&parsed, &mut pruned, &mut dropped);
    if !dropped.is_empty() {
        errors.push(FieldError::invalid(path, default, "must not have unknown fields"));
    }
    // The real server does not look at the type of a default that is an integer or a string.
    let mut untyped = schema.clone();
    forget_types(&mut untyped);
    errors.extend(validate::default_value(
        &structural::parse(&untyped),
        default,
        path,
    ));
    if is_root {
        for name in ["apiVersion", "kind"] {
            if default.get(name).is_none() {
                errors.push(FieldError::required(format!("{path}.{name}"), ""));
            }
        }
    }
}

/// Lets what is an integer or a string be anything.
fn forget_types(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            fields.remove("x-kubernetes-int-or-string");
            fields.values_mut().for_each(forget_types);
        }
        Value::Array(items) => items.iter_mut().for_each(forget_types),
        _ => {}
    }
}
