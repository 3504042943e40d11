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
    match reading.value(schema, value, At::root(schema, place)) {
        Ok(()) => Ok(reading.unknown),
        Err(Failed) => Err(reading.first_failure(&[])),
    }
}

/// What the decoder says of a value that cannot be read, given the order of the fields in the document.
pub(in crate::apiserver::types) fn first_failure(
    schema: &Schema,
    value: &mut Value,
    order: &[String],
) -> Option<String> {
    let mut reading = Reading::default();
    explain(&mut reading, schema, value, order)
}

/// What the converter of objects without a type says of a value that cannot be read.
pub(in crate::apiserver::types) fn conversion_failure(schema: &Schema, value: &mut Value) -> Option<String> {
    let mut reading = Reading {
        converts: true,
        ..Reading::default()
    };
    explain(&mut reading, schema, value, &[])
}

fn explain(reading: &mut Reading, schema: &Schema, value: &mut Value, order: &[String]) -> Option<String> {
    let read = reading.value(schema, value, At::root(schema, &Place::Root));
    read.is_err().then(|| reading.first_failure(order))
}

/// The JSON an object of the type has when nothing is set.
pub(in crate::apiserver::types) fn empty(schema: &Schema) -> Value {
    let mut value = Value::Object(Map::new());
    if let Some(typed) = &schema.typed {
        complete(typed, schema, &mut value);
    }
    value
}

/// A value could not be read; what is wrong with it is among the failures.
#[derive(Debug)]
struct Failed;

/// What is wrong with one value.
struct Failure {
    place: String,
    /// Whether the decoder stops here: types that read their JSON themselves end it, others are noted.
    stops: bool,
    message: String,
}

/// Turns the empty lists of an object into none, as the store of the built-in kinds does.
pub(in crate::apiserver::types) fn forget_empty_lists(schema: &Schema, object: &mut Map<String, Value>) {
    let Some(typed) = &schema.typed else { return };
    if !typed.definition.name().starts_with("io.k8s.api.") {
        return;
    }
    for (name, shape) in &typed.fields {
        if shape.form == FieldForm::List
            && shape.is_always_written()
            && let Some(value) = object.get_mut(&**name)
            && value.as_array().is_some_and(Vec::is_empty)
        {
            *value = Value::Null;
        }
    }
}

#[derive(Default)]
struct Reading {
    unknown: Vec<String>,
    /// Above zero, unknown fields are dropped in silence.
    silent: usize,
    failures: Vec<Failure>,
    /// Whether failures are told in the words of the converter of objects without a type.
    converts: bool,
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

    /// That a value of this kind is none of the type.
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
    /// The failure that ends the decoding, or else the first one.
    fn first_failure(&mut self, order: &[String]) -> String {
        let position = |failure: &Failure| {
            let known = order.iter().position(|place| *place == failure.place);
            // an element of a list comes with its field
            let field = || {
                let field = failure.place.rsplit_once('[').map(|(field, _)| field);
                order.iter().position(|place| Some(&**place) == field)
            };
            (!failure.stops, known.or_else(field).unwrap_or(usize::MAX))
        };
        let first = self.failures.drain(..).min_by_key(position);
        first.map_or_else(String::new, |failure| failure.message)
    }

    fn fail(&mut self, at: At<'_>, stops: bool, message: String) -> Failed {
        let place = at.place.to_string();
        self.failures.push(Failure {
            place,
            stops,
            message,
        });
        Failed
    }

    /// A value that is none of the wanted kind, in Go's words for kinds.
    fn mismatch(&mut self, wanted: &str, value: &Value, at: At<'_>) -> Failed {
        let message = if self.converts {
            unconvertible(wanted, value)
        } else {
            at.cannot(kind_of(value))
        };
        self.fail(at, false, message)
    }

    fn value(&mut self, schema: &Schema, value: &mut Value, at: At<'_>) -> Result<(), Failed> {
        if let Some(read) = self.special(schema, value, at) {
            return read;
        }
        if at.type_name == "[]uint8" {
            return self.bytes(value, at);
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
                other => Err(self.mismatch("string", other, at)),
            },
            ValueType::Boolean => match value {
                Value::Bool(_) => Ok(()),
                Value::Null => {
                    *value = false.into();
                    Ok(())
                }
                other => Err(self.mismatch("bool", other, at)),
            },
            ValueType::Integer => self.integer(schema, value, at),
            ValueType::Number => match value {
                Value::Number(_) => Ok(()),
                Value::Null => {
                    *value = 0.into();
                    Ok(())
                }
                other => Err(self.mismatch("float64", other, at)),
            },
            ValueType::IntOrString => match value {
                Value::String(_) => Ok(()),
                Value::Null => {
                    *value = 0.into();
                    Ok(())
                }
                Value::Number(number) if number.as_i64().is_some_and(|n| i32::try_from(n).is_ok()) => Ok(()),
                other => {
                    let shown = match other {
                        Value::Number(number) => shown_number(number),
                        other => kind_of(other).to_owned(),
                    };
                    let at = At {
                        type_name: "int32",
                        ..at
                    };
                    Err(self.fail(at, true, at.cannot(&shown)))
                }
            },
            ValueType::Object | ValueType::Any => Ok(()),
        }
    }

    /// Types that read their JSON themselves.
    fn special(&mut self, schema: &Schema, value: &mut Value, at: At<'_>) -> Option<Result<(), Failed>> {
        match schema.format.as_deref()? {
            "quantity" => {
                let text = match value {
                    Value::String(text) => text.clone(),
                    Value::Number(number) => number.to_string(),
                    Value::Null => "0".to_owned(),
                    _ => "?".to_owned(),
                };
                Some(match Quantity::parse(&text) {
                    Ok(quantity) => {
                        *value = quantity.canonical().into();
                        Ok(())
                    }
                    Err(why) => Err(self.fail(at, true, why.to_owned())),
                })
            }
            "date-time" | "micro-time" => {
                let text = match value {
                    Value::String(text) => text.as_str(),
                    Value::Null => return Some(Ok(())),
                    other => {
                        let at = At {
                            type_name: "string",
                            ..at
                        };
                        return Some(Err(self.fail(at, true, at.cannot(kind_of(other)))));
                    }
                };
                let read = if schema.format.as_deref() == Some("micro-time") {
                    time::micros(text)
                } else {
                    time::seconds(text)
                };
                Some(match read {
                    Ok(text) => {
                        *value = text.into();
                        Ok(())
                    }
                    Err(why) => Err(self.fail(at, true, why)),
                })
            }
            "schema-or-other" => Some(self.nested_schema(value, at)),
            _ => None,
        }
    }

    /// The places of a JSON schema that hold another schema, or something else. They are read by a decoder of their own, which
    /// is silent about unknown fields.
    fn nested_schema(&mut self, value: &mut Value, at: At<'_>) -> Result<(), Failed> {
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

    fn structure(&mut self, schema: &Schema, value: &mut Value, at: At<'_>) -> Result<(), Failed> {
        let Some(typed) = &schema.typed else { return Ok(()) };
        if value.is_null() {
            *value = Value::Object(Map::new());
        }
        let Value::Object(fields) = value else {
            return Err(self.mismatch("struct", value, at));
        };
        let owner = typed.name.rsplit('.').next().unwrap_or_default();
        let mut read_all = Ok(());
        let is_root = at.place.is_empty();
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
            let part;
            let outer = match typed.embedded(name) {
                Some(name) => {
                    part = Place::Field(at.fields, name);
                    &part
                }
                None => at.fields,
            };
            let at = At {
                place: &place,
                fields: &Place::Field(outer, name),
                owner,
                type_name: &shape.type_name,
            };
            if let Err(failed) = self.value(child, value, at) {
                read_all = Err(failed);
                return true;
            }
            // The store of these kinds does not tell an empty list from none. (What an object itself has is told apart until
            // then, for its owners.)
            if is_stored_binary
                && !(is_root && shape.is_always_written())
                && shape.form == FieldForm::List
                && value.as_array().is_some_and(Vec::is_empty)
            {
                *value = Value::Null;
            }
            !shape.omits(value)
        });
        complete(typed, schema, value);
        read_all
    }

    fn map(&mut self, schema: &Schema, value: &mut Value, at: At<'_>) -> Result<(), Failed> {
        let Some(child) = &schema.additional else {
            return Ok(());
        };
        let Value::Object(fields) = value else {
            return Err(self.mismatch("map", value, at));
        };
        let type_name = at.element_type();
        let mut read_all = Ok(());
        for (name, value) in fields.iter_mut() {
            let place = &Place::Field(at.place, name);
            let at = At {
                place,
                type_name,
                ..at
            };
            read_all = self.value(child, value, at).and(read_all);
        }
        read_all
    }

    fn list(&mut self, schema: &Schema, value: &mut Value, at: At<'_>) -> Result<(), Failed> {
        let Some(child) = &schema.items else { return Ok(()) };
        if value.is_null() {
            return Ok(());
        }
        let Value::Array(items) = value else {
            return Err(self.mismatch("slice", value, at));
        };
        let type_name = at.element_type();
        let mut read_all = Ok(());
        for (index, item) in items.iter_mut().enumerate() {
            let place = &Place::Item(at.place, index);
            let at = At {
                place,
                type_name,
                ..at
            };
            read_all = self.value(child, item, at).and(read_all);
        }
        read_all
    }

    fn integer(&mut self, schema: &Schema, value: &mut Value, at: At<'_>) -> Result<(), Failed> {
        if value.is_null() {
            *value = 0.into();
            return Ok(());
        }
        let Value::Number(number) = &*value else {
            return Err(self.mismatch(whole_kind(schema), value, at));
        };
        let fits = match (number.as_i64(), schema.format.as_deref()) {
            (Some(whole), Some("int32")) => i32::try_from(whole).is_ok(),
            (whole, _) => whole.is_some(),
        };
        if fits {
            return Ok(());
        }
        let message = if self.converts {
            unconvertible(whole_kind(schema), value)
        } else {
            at.cannot(&shown_number(number))
        };
        Err(self.fail(at, false, message))
    }

    fn bytes(&mut self, value: &mut Value, at: At<'_>) -> Result<(), Failed> {
        use base64::{Engine, engine::general_purpose::STANDARD};
        match value {
            Value::Null => {
                *value = "".into();
                Ok(())
            }
            Value::String(text) => match STANDARD.decode(text.replace(['\r', '\n'], "")) {
                Ok(bytes) => {
                    *value = STANDARD.encode(bytes).into();
                    Ok(())
                }
                Err(error) => {
                    let byte = match error {
                        base64::DecodeError::InvalidByte(at, _)
                        | base64::DecodeError::InvalidLastSymbol { offset: at, .. } => at,
                        _ => text.len() / 4 * 4,
                    };
                    let prefix = if self.converts {
                        "error decoding from json: "
                    } else {
                        ""
                    };
                    Err(self.fail(
                        at,
                        false,
                        format!("{prefix}illegal base64 data at input byte {byte}"),
                    ))
                }
            },
            other => Err(self.mismatch("slice", other, at)),
        }
    }
}

fn whole_kind(schema: &Schema) -> &'static str {
    match schema.format.as_deref() {
        Some("int32") => "int32",
        _ => "int64",
    }
}

/// What the converter of objects without a type says of a value for something of the wanted kind.
///
/// Source: `k8s.io/apimachinery/pkg/runtime/converter.go`.
fn unconvertible(wanted: &str, value: &Value) -> String {
    let found = match value {
        Value::Null => "invalid",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_i64() => "int64",
        Value::Number(_) => "float64",
        Value::String(_) => "string",
        Value::Array(_) => "slice",
        Value::Object(_) => "map",
    };
    match (wanted, found) {
        ("map" | "slice", _) => format!("cannot restore {wanted} from {found}"),
        ("struct", _) => format!("cannot restore struct from: {found}"),
        ("string", "int64") | ("int32" | "int64", "float64") => format!("cannot convert {found} to {wanted}"),
        _ => format!("unrecognized type: {wanted}"),
    }
}

/// A number as it was written, if it is a whole one.
fn shown_number(number: &serde_json::Number) -> String {
    match number.as_f64() {
        Some(float) if !number.is_i64() && float.fract() == 0.0 && float.abs() < 1e19 => {
            format!("number {float:.0}")
        }
        _ => format!("number {number}"),
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
