//! Fills in the defaults of a custom resource's schema, and drops the nulls that stand where a value is wanted.
//!
//! Source: `k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting`.

use serde_json::Value;

use crate::apiserver::types::schema::{Schema, SchemaRef};

/// Drops nulls that may not be there and have no default, then fills in defaults at every level that is there.
pub(super) fn fill(schema: &Schema, object: &mut Value) {
    drop_nulls(schema, object);
    default(schema, object);
}

/// Drops nulls that may not be there and have no default.
pub(super) fn drop_nulls(schema: &Schema, value: &mut Value) {
    match value {
        Value::Object(fields) => {
            if fields.values().any(Value::is_null) {
                fields.retain(|name, value| {
                    let child = child_of(schema, name).filter(|_| value.is_null());
                    child.is_none_or(|child| child.nullable || child.default.is_some())
                });
            }
            for (name, value) in fields.iter_mut().filter(|(_, value)| is_container(value)) {
                if let Some(child) = child_of(schema, name) {
                    drop_nulls(child, value);
                }
            }
        }
        Value::Array(items) => {
            let Some(child) = &schema.items else { return };
            for item in items {
                drop_nulls(child, item);
            }
        }
        _ => {}
    }
}

fn child_of<'a>(schema: &'a Schema, name: &str) -> Option<&'a SchemaRef> {
    schema.properties.get(name).or(schema.additional.as_ref())
}

/// Whether there may be something in a value.
fn is_container(value: &Value) -> bool {
    value.is_object() || value.is_array()
}

/// Fills in defaults at every level that is there.
pub(super) fn default(schema: &Schema, value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, child) in &schema.properties {
                let Some(default) = &child.default else { continue };
                let missing = match fields.get(&**name) {
                    None => true,
                    Some(value) => value.is_null() && !child.nullable,
                };
                if missing {
                    fields.insert(name.to_string(), default.clone());
                }
            }
            let takes_defaults = |value: &Value| value.is_null() || is_container(value);
            for (name, value) in fields.iter_mut().filter(|(_, value)| takes_defaults(value)) {
                if let Some(child) = schema.properties.get(name.as_str()) {
                    default(child, value);
                } else if let Some(child) = &schema.additional {
                    element(child, value);
                }
            }
        }
        Value::Array(items) => {
            let Some(child) = &schema.items else { return };
            for item in items {
                element(child, item);
            }
        }
        _ => {}
    }
}

fn element(schema: &Schema, value: &mut Value) {
    if let (Value::Null, false, Some(default)) = (&value, schema.nullable, &schema.default) {
        *value = default.clone();
    }
    default(schema, value);
}
