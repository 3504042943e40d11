//! What an object of a built-in kind holds before anybody fills it in.
//!
//! The real server compares a new object with an empty one of its type. There, structs that are not pointers and fields
//! without `omitempty` are always present, and nobody owns what is only present because of that.

use serde_json::{Map, Value};

use crate::apiserver::types::{Schema, ValueType};

/// The empty object of a kind: an empty map unless the schema belongs to a built-in kind.
pub(super) fn empty_object(schema: Option<&Schema>) -> Value {
    // Every built-in kind publishes a default for its metadata.
    let built_in = schema.filter(|schema| !schema.published_defaults.is_empty());
    Value::Object(built_in.map_or_else(Map::new, fields))
}

fn fields(schema: &Schema) -> Map<String, Value> {
    let mut object = Map::new();
    for (name, default) in &schema.published_defaults {
        let Some(field) = schema.properties.get(name) else {
            continue;
        };
        let zero = match default {
            Value::Object(map) if map.is_empty() && field.value_type == ValueType::Object => {
                Value::Object(fields(field))
            }
            Value::String(text) if text.is_empty() => default.clone(),
            Value::Bool(false) => default.clone(),
            Value::Number(number) if number.as_f64() == Some(0.0) => default.clone(),
            _ => continue,
        };
        object.insert(name.to_string(), zero);
    }
    for name in &schema.required {
        let Some(field) = schema.properties.get(name) else {
            continue;
        };
        let nothing = matches!(field.value_type, ValueType::Array | ValueType::Object);
        if nothing && !object.contains_key(&**name) {
            object.insert(name.to_string(), Value::Null);
        }
    }
    object
}
