//! Carries values that were put together without their type over into it, as strategic patches and applied configurations come
//! to their objects.
//!
//! Source: `k8s.io/apimachinery/pkg/runtime/converter.go`.

use serde_json::{Value, json};

use super::{
    bytes,
    failure::{At, element_of},
    scalars::BYTES,
    typed::{read, read_as, type_name},
};
use crate::apiserver::types::{
    place::Place,
    schema::{Schema, ValueType},
};

/// [`read`] for a value without a type, which `before` is a copy of. Numbers that do not fit are cut off.
///
/// # Errors
/// The converter's words for the first value of a wrong type, in the order of the fields of the type.
pub(crate) fn read_converted(
    schema: &Schema,
    value: &mut Value,
    before: &Value,
) -> Result<Vec<String>, String> {
    if let Ok(unknown) = read(schema, value, &Place::Root) {
        return Ok(unknown);
    }
    value.clone_from(before);
    convert(schema, value, type_name(schema))?;
    read(schema, value, &Place::Root)
}

fn convert(schema: &Schema, value: &mut Value, type_name: &str) -> Result<(), String> {
    if value.is_null() {
        return Ok(());
    }
    if reads_itself(schema) {
        // it is read as a document of its own
        let at = At {
            type_name,
            ..At::root(schema, &Place::Root)
        };
        return read_as(schema, value, at).map(drop);
    }
    if type_name == BYTES {
        return convert_bytes(value);
    }
    match schema.value_type {
        ValueType::Object if schema.typed.is_some() => convert_struct(schema, value),
        ValueType::Object => match (&schema.additional, value) {
            (None, _) => Ok(()),
            (Some(child), Value::Object(fields)) => {
                let mut values = fields.values_mut();
                values.try_for_each(|value| convert(child, value, element_of(type_name)))
            }
            (Some(_), other) => Err(format!("cannot restore map from {}", kind_of(other))),
        },
        ValueType::Array => match (&schema.items, value) {
            (None, _) => Ok(()),
            (Some(child), Value::Array(items)) => {
                let mut items = items.iter_mut();
                items.try_for_each(|item| convert(child, item, element_of(type_name)))
            }
            (Some(_), other) => Err(format!("cannot restore slice from {}", kind_of(other))),
        },
        ValueType::String | ValueType::Boolean | ValueType::Integer | ValueType::Number => {
            convert_scalar(schema, value, type_name)
        }
        ValueType::IntOrString | ValueType::Any => Ok(()),
    }
}

/// Whether a type reads its JSON itself.
fn reads_itself(schema: &Schema) -> bool {
    let formats = ["quantity", "date-time", "micro-time", "schema-or-other"];
    let format = schema.format.as_deref();
    schema.value_type == ValueType::IntOrString || format.is_some_and(|format| formats.contains(&format))
}

fn convert_struct(schema: &Schema, value: &mut Value) -> Result<(), String> {
    let Some(typed) = &schema.typed else { return Ok(()) };
    let Value::Object(fields) = value else {
        return Err(format!("cannot restore struct from: {}", kind_of(value)));
    };
    let mut shapes: Vec<_> = typed.fields.iter().collect();
    shapes.sort_by_key(|(_, shape)| shape.position);
    for (name, shape) in shapes {
        if let (Some(child), Some(value)) = (schema.properties.get(name), fields.get_mut(&**name)) {
            convert(child, value, &shape.type_name)?;
        }
    }
    Ok(())
}

fn convert_bytes(value: &mut Value) -> Result<(), String> {
    match value {
        Value::String(text) => match bytes::decode(text) {
            Ok(_) => Ok(()),
            Err(byte) => Err(format!(
                "error decoding from json: illegal base64 data at input byte {byte}"
            )),
        },
        Value::Array(items) => items.iter_mut().try_for_each(|item| {
            convert_number(item, "uint8", "uint8")?;
            *item = json!(item.as_i64().unwrap_or_default() & 0xff);
            Ok(())
        }),
        other => Err(format!("cannot restore slice from {}", kind_of(other))),
    }
}

fn convert_scalar(schema: &Schema, value: &mut Value, type_name: &str) -> Result<(), String> {
    match (schema.value_type, &*value) {
        (ValueType::String, Value::String(_)) | (ValueType::Boolean, Value::Bool(_)) => Ok(()),
        // a number could be taken for a character
        (ValueType::String, Value::Number(number)) if number.is_i64() => {
            Err(format!("cannot convert int64 to {type_name}"))
        }
        (ValueType::String, _) => Err("unrecognized type: string".to_owned()),
        (ValueType::Boolean, _) => Err("unrecognized type: bool".to_owned()),
        (ValueType::Integer, _) => {
            let is_short = schema.format.as_deref() == Some("int32");
            convert_number(value, if is_short { "int32" } else { "int64" }, type_name)?;
            if is_short {
                #[allow(clippy::cast_possible_truncation)]
                let cut_off = value.as_i64().unwrap_or_default() as i32;
                *value = cut_off.into();
            }
            Ok(())
        }
        (_, Value::Number(_)) => Ok(()),
        _ => Err("unrecognized type: float64".to_owned()),
    }
}

/// Makes a number a whole one of 64 bits; one beyond them becomes the smallest.
fn convert_number(value: &mut Value, kind: &str, type_name: &str) -> Result<(), String> {
    const BEYOND: f64 = 9_223_372_036_854_775_808.0;
    let Value::Number(number) = &*value else {
        return if value.is_null() {
            Ok(())
        } else {
            Err(format!("unrecognized type: {kind}"))
        };
    };
    if number.is_i64() {
        return Ok(());
    }
    let float = number.as_f64().unwrap_or_default();
    if float.fract() != 0.0 {
        return Err(format!("cannot convert float64 to {type_name}"));
    }
    #[allow(clippy::cast_possible_truncation)]
    let whole = if (-BEYOND..BEYOND).contains(&float) {
        float as i64
    } else {
        i64::MIN
    };
    *value = whole.into();
    Ok(())
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "invalid",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_i64() => "int64",
        Value::Number(_) => "float64",
        Value::String(_) => "string",
        Value::Array(_) => "slice",
        Value::Object(_) => "map",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apiserver::types::DefinitionId;

    fn converted(name: &str, value: &Value) -> Result<Value, String> {
        let schema = DefinitionId::named(name).ok_or_else(|| name.to_owned())?.schema();
        let mut read = value.clone();
        read_converted(schema, &mut read, value).map(|_| read)
    }

    #[test]
    fn numbers_that_do_not_fit_are_cut_off() {
        let spec = "io.k8s.api.core.v1.PodSpec";
        let number = |field: &str, value: Value| {
            converted(spec, &json!({field: value})).map(|read| read[field].clone())
        };
        assert_eq!(number("priority", json!(2_147_483_648_i64)), Ok(json!(i32::MIN)));
        assert_eq!(number("priority", json!(9.3e18)), Ok(json!(0)));
        assert_eq!(number("activeDeadlineSeconds", json!(1e22)), Ok(json!(i64::MIN)));
        let map = converted(
            "io.k8s.api.core.v1.ConfigMap",
            &json!({"binaryData": {"a": [1, 258]}}),
        );
        assert_eq!(map.map(|map| map["binaryData"]["a"].clone()), Ok(json!("AQI=")));
    }

    #[test]
    fn what_cannot_be_converted_is_told_in_the_order_of_the_type() {
        let pod = |spec: Value| converted("io.k8s.api.core.v1.PodSpec", &spec).unwrap_err();
        assert_eq!(
            pod(json!({"dnsPolicy": 5, "hostname": 5})),
            "cannot convert int64 to v1.DNSPolicy"
        );
        assert_eq!(
            pod(json!({"activeDeadlineSeconds": 5.5})),
            "cannot convert float64 to int64"
        );
        assert_eq!(pod(json!({"hostNetwork": 1})), "unrecognized type: bool");
        assert_eq!(
            pod(json!({"nodeSelector": ["a"]})),
            "cannot restore map from slice"
        );
        assert_eq!(
            pod(json!({"securityContext": "x"})),
            "cannot restore struct from: string"
        );
        let event = |from: Value| converted("io.k8s.api.core.v1.Event", &from).unwrap_err();
        assert_eq!(
            event(json!({"reason": 7, "lastTimestamp": 5})),
            "cannot convert int64 to string"
        );
        assert_eq!(
            event(json!({"lastTimestamp": 5, "count": "x"})),
            "json: cannot unmarshal number into Go value of type string"
        );
    }
}
