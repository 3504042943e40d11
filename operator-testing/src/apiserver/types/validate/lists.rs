//! Lists of type set and map hold nothing twice.
//!
//! Source: `k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype`.

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::apiserver::{
    status::FieldError,
    types::{
        decode::push_index,
        schema::{ListType, Schema},
    },
};

/// The duplicates in every list of an object.
pub(super) fn validate(schema: &Schema, object: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    node(schema, object, &mut String::new(), &mut errors);
    errors
}

fn node(schema: &Schema, value: &Value, path: &mut String, errors: &mut Vec<FieldError>) {
    let length = path.len();
    match value {
        Value::Array(items) => {
            match schema.list_type {
                ListType::Set => report(items.iter().map(Some), path, errors),
                ListType::Map => {
                    let keys: Vec<_> = items.iter().map(|item| keys_of(schema, item)).collect();
                    report(keys.iter().map(Option::as_ref), path, errors);
                }
                ListType::Atomic => {}
            }
            let Some(child) = &schema.items else { return };
            for (index, item) in items.iter().enumerate() {
                push_index(path, index);
                node(child, item, path, errors);
                path.truncate(length);
            }
        }
        Value::Object(fields) => {
            for (name, value) in fields {
                if let Some(child) = schema.properties.get(name.as_str()) {
                    if !path.is_empty() {
                        path.push('.');
                    }
                    path.push_str(name);
                    node(child, value, path, errors);
                } else if let Some(child) = &schema.additional {
                    path.push('[');
                    path.push_str(name);
                    path.push(']');
                    node(child, value, path, errors);
                }
                path.truncate(length);
            }
        }
        _ => {}
    }
}

/// The keys of an item; of a missing key the default of its schema.
fn keys_of(schema: &Schema, item: &Value) -> Option<Value> {
    let fields = item.as_object()?;
    let mut keys = Map::new();
    for key in &schema.list_map_keys {
        let default = || schema.items.as_ref()?.properties.get(key)?.default.as_ref();
        if let Some(value) = fields.get(&**key).or_else(default) {
            keys.insert(key.to_string(), value.clone());
        }
    }
    Some(keys.into())
}

/// Reports the second place of every value that is there more than once.
fn report<'a>(values: impl Iterator<Item = Option<&'a Value>>, path: &str, errors: &mut Vec<FieldError>) {
    let mut seen: HashMap<String, usize> = HashMap::new();
    for (index, value) in values.enumerate() {
        let Some(value) = value else { continue };
        let count = seen.entry(value.to_string()).or_default();
        *count += 1;
        if *count == 2 {
            errors.push(FieldError::duplicate(format!("{path}[{index}]"), value));
        }
    }
}
