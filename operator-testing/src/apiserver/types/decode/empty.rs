//! What is there although nothing was set, and what is not kept although it was.

use serde_json::{Map, Value};

use crate::apiserver::types::schema::{FieldForm, FieldShape, Schema, SchemaRef, TypedFields, ValueType};

/// The JSON an object of the type has when nothing is set.
pub(in crate::apiserver::types) fn empty(schema: &Schema) -> Value {
    let mut value = Value::Object(Map::new());
    if let Some(typed) = &schema.typed {
        complete(typed, schema, &mut value);
    }
    value
}

/// Turns the empty lists of an object and of everything in it into none, as the store of the built-in kinds does.
pub(in crate::apiserver::types) fn forget_empty_lists(schema: &Schema, object: &mut Map<String, Value>) {
    let Some(typed) = &schema.typed else { return };
    let is_stored_binary = typed.definition.name().starts_with("io.k8s.api.");
    for (name, value) in object {
        let Some(child) = schema.properties.get(name.as_str()) else {
            continue;
        };
        let is_empty = value.as_array().is_some_and(Vec::is_empty);
        if is_empty && is_stored_binary {
            let shape = typed.fields.get(name.as_str());
            if shape.is_some_and(|shape| shape.form == FieldForm::List) {
                *value = Value::Null;
            }
        } else {
            forget_within(child, value);
        }
    }
}

fn forget_within(schema: &Schema, value: &mut Value) {
    match value {
        Value::Object(fields) if schema.typed.is_some() => forget_empty_lists(schema, fields),
        Value::Object(fields) => {
            let Some(child) = &schema.additional else { return };
            fields.values_mut().for_each(|value| forget_within(child, value));
        }
        Value::Array(items) => {
            let Some(child) = &schema.items else { return };
            items.iter_mut().for_each(|item| forget_within(child, item));
        }
        _ => {}
    }
}

/// Adds the fields that are written even when they are empty.
pub(super) fn complete(typed: &TypedFields, schema: &Schema, value: &mut Value) {
    let Value::Object(fields) = value else { return };
    for (name, shape) in &typed.fields {
        if fields.contains_key(&**name) || !shape.is_always_written() {
            continue;
        }
        let Some(child) = schema.properties.get(name) else {
            continue;
        };
        fields.insert(name.to_string(), zero(shape, child));
    }
}

fn zero(shape: &FieldShape, schema: &SchemaRef) -> Value {
    match shape.form {
        FieldForm::Struct => empty(schema),
        FieldForm::Own if schema.format.as_deref() == Some("quantity") => "0".into(),
        FieldForm::Scalar => match schema.value_type {
            ValueType::Integer | ValueType::Number => 0.into(),
            ValueType::Boolean => false.into(),
            _ => "".into(),
        },
        FieldForm::Own if schema.value_type == ValueType::IntOrString => 0.into(),
        FieldForm::Pointer | FieldForm::List | FieldForm::Map | FieldForm::Bytes | FieldForm::Own => {
            Value::Null
        }
    }
}
