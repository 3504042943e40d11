//! Fills in the defaults of a custom resource's schema, and drops the nulls that stand where a value is wanted.
//!
//! Source: `k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting`.

use serde_json::Value;

use crate::apiserver::types::schema::Schema;

/// Drops nulls that may not be there and have no default, then fills in defaults at every level that is there.
pub(super) fn fill(schema: &Schema, object: &mut Value) {
    drop_nulls(schema, object);
    default(schema, object);
}

fn drop_nulls(schema: &Schema, value: &mut Value) {
    match value {
        Value::Object(fields) => fields.retain(|name, value| {
            let child = schema
                .properties
                .get(name.as_str())
                .or(schema.additional.as_ref());
            let Some(child) = child else { return true };
            if value.is_null() && !child.nullable && child.default.is_none() {
                return false;
            }
            drop_nulls(child, value);
            true
        }),
        Value::Array(items) => {
            let Some(child) = &schema.items else { return };
            for item in items {
                drop_nulls(child, item);
            }
        }
        _ => {}
    }
}

fn default(schema: &Schema, value: &mut Value) {
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
            for (name, value) in fields.iter_mut() {
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
