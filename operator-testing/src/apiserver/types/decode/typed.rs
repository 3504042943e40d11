//! Reads an object as the server's own type would: types are checked, unknown fields dropped, values brought into the form they
//! are written in.
//!
//! Source: `sigs.k8s.io/json`, `k8s.io/api/*/types.go`.

use serde_json::{Map, Value};

use super::{quantity::Quantity, time};
use crate::apiserver::types::{
    definitions::DefinitionId,
    place::Place,
    schema::{FieldForm, FieldShape, Schema, SchemaRef, TypedFields, ValueType},
};

/// Brings a value into the form of its type; the paths of the fields that the type does not have.
///
/// # Errors
/// The decoder's words for the first value of a wrong type.
pub(in crate::apiserver::types) fn read(
    schema: &Schema,
    value: &mut Value,
    place: &Place<'_>,
) -> Result<Vec<String>, String> {
    let mut reading = Reading::default();
    reading.value(schema, value, At::root(schema, place))?;
    Ok(reading.unknown)
}

/// The JSON an object of the type has when nothing is set.
pub(in crate::apiserver::types) fn empty(schema: &Schema) -> Value {
    let mut value = Value::Object(Map::new());
    if let Some(typed) = &schema.typed {
        complete(typed, schema, &mut value);
    }
    value
}

#[derive(Default)]
struct Reading {
    unknown: Vec<String>,
    /// Above zero, unknown fields are dropped in silence.
    silent: usize,
}

/// Where a value is and what it is to be, for messages.
#[derive(Clone, Copy)]
struct At<'a> {
    /// Where we are, with indices: for reports of unknown fields.
    place: &'a Place<'a>,
    /// The fields that lead here: for errors.
    fields: &'a Place<'a>,
    /// The innermost struct.
    owner: &'a str,
    /// The Go type of the value, as error messages show it.
    type_name: &'a str,
}

impl<'a> At<'a> {
    fn root(schema: &'a Schema, place: &'a Place<'a>) -> Self {
        Self {
            place,
            fields: &Place::Root,
            owner: "",
            type_name: type_name(schema),
        }
    }

    /// The type of the elements of a list or a map.
    fn element_type(self) -> &'a str {
        let name = self.type_name;
        let rest = match name.strip_prefix("map[") {
            Some(rest) => rest.split_once(']').map_or(rest, |(_, element)| element),
            None => name.strip_prefix("[]").unwrap_or(name),
        };
        rest.trim_start_matches('*')
    }

    fn mismatch(self, value: &Value) -> String {
        self.cannot(kind_of(value))
    }

    fn cannot(self, what: &str) -> String {
        let Self {
            fields,
            owner,
            type_name,
            ..
        } = self;
        if fields.is_empty() {
            return format!("json: cannot unmarshal {what} into Go value of type {type_name}");
        }
        format!("json: cannot unmarshal {what} into Go struct field {owner}.{fields} of type {type_name}")
    }
}

fn type_name(schema: &Schema) -> &str {
    schema.typed.as_ref().map_or("", |typed| &*typed.name)
}

impl Reading {
    fn value(&mut self, schema: &Schema, value: &mut Value, at: At<'_>) -> Result<(), String> {
        if let Some(read) = self.special(schema, value, at) {
            return read;
        }
        if at.type_name == "[]uint8" {
            return bytes(value, at);
        }
        match schema.value_type {
            ValueType::Object if schema.typed.is_some() => self.structure(schema, value, at),
            ValueType::Object if schema.additional.is_some() => self.map(schema, value, at),
            ValueType::Array => self.list(schema, value, at),
            ValueType::String => match value {
                Value::String(_) => Ok(()),
                Value::Null => {
                    *value = "".into();
                    Ok(())
                }
                other => Err(at.mismatch(other)),
            },
            ValueType::Boolean => match value {
                Value::Bool(_) => Ok(()),
                Value::Null => {
                    *value = false.into();
                    Ok(())
                }
                other => Err(at.mismatch(other)),
            },
            ValueType::Integer => integer(schema, value, at),
            ValueType::Number => match value {
                Value::Number(_) => Ok(()),
                Value::Null => {
                    *value = 0.into();
                    Ok(())
                }
                other => Err(at.mismatch(other)),
            },
            ValueType::IntOrString => match value {
                Value::String(_) => Ok(()),
                Value::Null => {
                    *value = 0.into();
                    Ok(())
                }
                Value::Number(number) if number.as_i64().is_some_and(|n| i32::try_from(n).is_ok()) => Ok(()),
                Value::Number(number) => Err(format!(
                    "json: cannot unmarshal number {number} into Go value of type int32"
                )),
                other => Err(format!(
                    "json: cannot unmarshal {} into Go value of type int32",
                    kind_of(other)
                )),
            },
            ValueType::Object | ValueType::Any => Ok(()),
        }
    }

    /// Types that read their JSON themselves.
    fn special(&mut self, schema: &Schema, value: &mut Value, at: At<'_>) -> Option<Result<(), String>> {
        match schema.format.as_deref()? {
            "quantity" => {
                let text = match value {
                    Value::String(text) => text.clone(),
                    Value::Number(number) => number.to_string(),
                    Value::Null => "0".to_owned(),
                    _ => return Some(Err(Quantity::parse("?").err().unwrap_or_default().to_owned())),
                };
                Some(Quantity::parse(&text).map_err(str::to_owned).map(|quantity| {
                    *value = quantity.canonical().into();
                }))
            }
            "date-time" | "micro-time" => {
                let text = match value {
                    Value::String(text) => text.as_str(),
                    Value::Null => return Some(Ok(())),
                    other => {
                        return Some(Err(format!(
                            "json: cannot unmarshal {} into Go value of type string",
                            kind_of(other)
                        )));
                    }
                };
                let read = if schema.format.as_deref() == Some("micro-time") {
                    time::micros(text)
                } else {
                    time::seconds(text)
                };
                Some(read.map(|text| *value = text.into()))
            }
            "schema-or-other" => Some(self.nested_schema(value, at)),
            _ => None,
        }
    }

    /// The places of a JSON schema that hold another schema, or something else. They are read by a decoder of their own, which
    /// is silent about unknown fields.
    fn nested_schema(&mut self, value: &mut Value, at: At<'_>) -> Result<(), String> {
        const PROPS: &str = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps";
        let Some(inner) = DefinitionId::named(PROPS).map(DefinitionId::schema) else {
            return Ok(());
        };
        let at = At {
            type_name: type_name(inner),
            ..at
        };
        self.silent += 1;
        let read = match value {
            Value::Object(_) => self.value(inner, value, at),
            Value::Array(items) => items
                .iter_mut()
                .filter(|item| item.is_object())
                .try_for_each(|item| self.value(inner, item, at)),
            _ => Ok(()),
        };
        self.silent -= 1;
        read
    }

    fn structure(&mut self, schema: &Schema, value: &mut Value, at: At<'_>) -> Result<(), String> {
        let Some(typed) = &schema.typed else { return Ok(()) };
        if value.is_null() {
            *value = Value::Object(Map::new());
        }
        let Value::Object(fields) = value else {
            return Err(at.mismatch(value));
        };
        let owner = typed.name.rsplit('.').next().unwrap_or_default();
        let mut failure = None;
        let is_stored_binary = typed.definition.name().starts_with("io.k8s.api.");
        fields.retain(|name, value| {
            let place = Place::Field(at.place, name);
            let known = typed
                .fields
                .get(name.as_str())
                .zip(schema.properties.get(name.as_str()));
            let Some((shape, child)) = known else {
                if self.silent == 0 {
                    self.unknown.push(place.to_string());
                }
                return false;
            };
            if value.is_null() {
                return false;
            }
            let at = At {
                place: &place,
                fields: &Place::Field(at.fields, name),
                owner,
                type_name: &shape.type_name,
            };
            if let Err(error) = self.value(child, value, at) {
                failure.get_or_insert(error);
                return true;
            }
            // The store of these kinds does not tell an empty list from none.
            if is_stored_binary
                && shape.form == FieldForm::List
                && value.as_array().is_some_and(Vec::is_empty)
            {
                *value = Value::Null;
            }
            !shape.omits(value)
        });
        complete(typed, schema, value);
        failure.map_or(Ok(()), Err)
    }

    fn map(&mut self, schema: &Schema, value: &mut Value, at: At<'_>) -> Result<(), String> {
        let Some(child) = &schema.additional else {
            return Ok(());
        };
        let Value::Object(fields) = value else {
            return Err(at.mismatch(value));
        };
        let type_name = at.element_type();
        for (name, value) in fields.iter_mut() {
            let place = &Place::Field(at.place, name);
            self.value(
                child,
                value,
                At {
                    place,
                    type_name,
                    ..at
                },
            )?;
        }
        Ok(())
    }

    fn list(&mut self, schema: &Schema, value: &mut Value, at: At<'_>) -> Result<(), String> {
        let Some(child) = &schema.items else { return Ok(()) };
        if value.is_null() {
            return Ok(());
        }
        let Value::Array(items) = value else {
            return Err(at.mismatch(value));
        };
        let type_name = at.element_type();
        for (index, item) in items.iter_mut().enumerate() {
            let place = &Place::Item(at.place, index);
            self.value(
                child,
                item,
                At {
                    place,
                    type_name,
                    ..at
                },
            )?;
        }
        Ok(())
    }
}

fn integer(schema: &Schema, value: &mut Value, at: At<'_>) -> Result<(), String> {
    if value.is_null() {
        *value = 0.into();
        return Ok(());
    }
    let Value::Number(number) = &*value else {
        return Err(at.mismatch(value));
    };
    let fits = match (number.as_i64(), schema.format.as_deref()) {
        (Some(whole), Some("int32")) => i32::try_from(whole).is_ok(),
        (whole, _) => whole.is_some(),
    };
    if fits {
        return Ok(());
    }
    Err(at.cannot(&format!("number {number}")))
}

fn bytes(value: &mut Value, at: At<'_>) -> Result<(), String> {
    use base64::{Engine, engine::general_purpose::STANDARD};
    match value {
        Value::Null => {
            *value = "".into();
            Ok(())
        }
        Value::String(text) => {
            let bytes = STANDARD.decode(text.replace(['\r', '\n'], "")).map_err(|error| {
                let at = match error {
                    base64::DecodeError::InvalidByte(at, _)
                    | base64::DecodeError::InvalidLastSymbol { offset: at, .. } => at,
                    _ => text.len() / 4 * 4,
                };
                format!("illegal base64 data at input byte {at}")
            })?;
            *value = STANDARD.encode(bytes).into();
            Ok(())
        }
        other => Err(at.mismatch(other)),
    }
}

/// Adds the fields that are written even when they are empty.
fn complete(typed: &TypedFields, schema: &Schema, value: &mut Value) {
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

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::apiserver::types::DefinitionId;

    fn read_as(name: &str, mut value: Value) -> Result<(Value, Vec<String>), String> {
        let schema = DefinitionId::named(name).unwrap().schema();
        read(schema, &mut value, &Place::Root).map(|unknown| (value, unknown))
    }

    #[test]
    fn empty_fields_are_written_as_the_type_writes_them() {
        let (value, unknown) = read_as(
            "io.k8s.api.apps.v1.Deployment",
            json!({"metadata": {"labels": {}, "nope": 1}, "spec": {
                "replicas": 0, "paused": false, "selector": null,
                "template": {"spec": {"containers": [{"name": "c", "ports": [], "prots": 1}], "hostNetwork": false}}}}),
        )
        .unwrap();
        assert_eq!(
            value,
            json!({"metadata": {}, "status": {}, "spec": {
                "replicas": 0, "selector": null, "strategy": {},
                "template": {"metadata": {}, "spec": {"containers": [{"name": "c", "resources": {}}]}}}})
        );
        assert_eq!(
            unknown,
            ["metadata.nope", "spec.template.spec.containers[0].prots"]
        );
    }

    #[test]
    fn wrong_types_are_refused_in_the_decoders_words() {
        let error = |name: &str, value| read_as(name, value).unwrap_err();
        assert_eq!(
            error("io.k8s.api.core.v1.ConfigMap", json!({"data": {"k": 1}})),
            "json: cannot unmarshal number into Go struct field ConfigMap.data of type string"
        );
        assert_eq!(
            error("io.k8s.api.core.v1.Service", json!({"spec": {"ports": "80"}})),
            "json: cannot unmarshal string into Go struct field ServiceSpec.spec.ports of type []v1.ServicePort"
        );
        assert_eq!(
            error(
                "io.k8s.api.apps.v1.Deployment",
                json!({"spec": {"replicas": "three"}})
            ),
            "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32"
        );
    }

    #[test]
    fn quantities_times_and_bytes_are_canonical() {
        let (value, _) = read_as(
            "io.k8s.api.core.v1.ResourceRequirements",
            json!({"limits": {"cpu": 0.5, "memory": "1024Mi"}}),
        )
        .unwrap();
        assert_eq!(value, json!({"limits": {"cpu": "500m", "memory": "1Gi"}}));
        let error = read_as("io.k8s.api.core.v1.Secret", json!({"data": {"k": "not base64!"}})).unwrap_err();
        assert_eq!(error, "illegal base64 data at input byte 3");
    }
}
