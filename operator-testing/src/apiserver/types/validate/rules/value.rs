//! Values of an object as rules see them.
//!
//! Source: `k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel/values.go`.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
    sync::{Arc, LazyLock},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use kube_cel::{
    KubeCelExt,
    cel::{
        Context, ExecutionError, Value as Cel,
        objects::{Key, Map},
    },
};
use serde_json::Value;

use super::{likeness, reach::Reach};
use crate::apiserver::{
    types::{
        cel::{DURATION, TIMESTAMP, extend},
        schema::{Schema, ValueType},
        validate::formats,
    },
    wording,
};

/// A value by its schema, as far as a rule looks into it: dates and durations get their own types, whole numbers may be doubles.
pub(super) fn convert(schema: &Schema, value: &Value, reach: &Reach) -> Cel {
    match value {
        Value::Null => Cel::Null,
        Value::Bool(flag) => Cel::Bool(*flag),
        Value::Number(number) => match (schema.value_type, number.as_i64()) {
            (ValueType::Number, _) | (_, None) => Cel::Float(number.as_f64().unwrap_or_default()),
            (_, Some(whole)) => Cel::Int(whole),
        },
        Value::String(text) => convert_text(schema, text),
        Value::Array(items) => {
            let child = schema.items.as_deref().unwrap_or(&OPEN);
            let items = items.iter().map(|item| convert(child, item, &Reach::Whole));
            Cel::List(Arc::new(items.collect()))
        }
        Value::Object(fields) => {
            let seen = match reach {
                Reach::Whole => None,
                Reach::Fields(seen) => Some(seen),
            };
            let has_fields = schema.embedded_resource || !schema.properties.is_empty();
            let is_map = !has_fields && schema.additional.is_some();
            let mut map = HashMap::with_capacity(seen.map_or(fields.len(), BTreeMap::len));
            let mut nulls = 0;
            for (name, value) in fields {
                // to a rule a field that is null is not there, though objects with and without it are not the same
                if has_fields && value.is_null() {
                    if seen.is_none() {
                        map.insert(Key::Int(nulls), Cel::Null);
                        nulls += 1;
                    }
                    continue;
                }
                // a schema with both, which is refused, is asked about its defaults first
                if has_fields && schema.additional.is_some() && !schema.properties.contains_key(name.as_str())
                {
                    continue;
                }
                let key = if is_map {
                    Cow::Borrowed(&**name)
                } else {
                    escaped(name)
                };
                let reach = match seen.map(|seen| seen.get(&*key)) {
                    None => &Reach::Whole,
                    Some(Some(reach)) => reach,
                    Some(None) => continue,
                };
                let child = schema
                    .properties
                    .get(name.as_str())
                    .or(schema.additional.as_ref());
                let child = child.map_or(&*OPEN, |child| &**child);
                let value = convert(child, value, reach);
                map.insert(Key::String(Arc::new(key.into_owned())), value);
            }
            Cel::Map(Map { map: Arc::new(map) })
        }
    }
}

/// Why no rule can look at a value that its schema let through.
pub(super) fn misfit(schema: &Schema, value: &Value) -> Option<String> {
    let found = wording::type_name(value);
    let expected = match schema.value_type {
        ValueType::IntOrString if !matches!(found, "string" | "int64") => {
            "expected XIntOrString value to be either a string or integer".to_owned()
        }
        ValueType::Object if !value.is_object() => {
            "expected a map for the provided schema with type=object".to_owned()
        }
        ValueType::Array if !value.is_array() => {
            "expected an array for the provided schema with type=array".to_owned()
        }
        ValueType::Array => {
            let kind = schema.validation.as_ref()?.unknown_list_type.as_ref()?;
            return Some(format!(
                "invalid x-kubernetes-list-type, expected 'map', 'set' or 'atomic' but got {kind}"
            ));
        }
        ValueType::String if !value.is_string() => format!("expected string, got {found}"),
        ValueType::Number if !value.is_number() => format!("expected float, got {found}"),
        ValueType::Integer if found != "int64" => format!("expected int, got {found}"),
        ValueType::Boolean if !value.is_boolean() => format!("expected bool, got {found}"),
        _ => return None,
    };
    Some(format!("invalid data, {expected}"))
}

/// Why no rule can look as far into a value as this one does.
pub(super) fn misfit_within(schema: &Schema, value: &Value, reach: &Reach) -> Option<String> {
    misfit(schema, value).or_else(|| {
        let Reach::Fields(seen) = reach else { return None };
        let fields = value.as_object()?;
        seen.iter().find_map(|(name, reach)| {
            let value = fields.get(name).filter(|value| !value.is_null())?;
            misfit_within(schema.properties.get(&**name)?, value, reach)
        })
    })
}

/// The schema of what no schema says anything about.
static OPEN: LazyLock<Schema> = LazyLock::new(Schema::default);

fn convert_text(schema: &Schema, text: &str) -> Cel {
    let string = |text: &str| Cel::String(Arc::new(text.to_owned()));
    let plain = || string(text);
    match (schema.value_type, schema.format.as_deref()) {
        (ValueType::String, Some("date-time" | "datetime")) => {
            TIMESTAMP.call(plain()).unwrap_or_else(|_| plain())
        }
        (ValueType::String, Some("date")) => {
            let midnight = string(&format!("{text}T00:00:00Z"));
            TIMESTAMP.call(midnight).unwrap_or_else(|_| plain())
        }
        (ValueType::String, Some("duration")) => match formats::duration_nanos(text) {
            Some(nanos) => {
                let seconds = string(&format!("{}s", nanos / 1e9));
                DURATION.call(seconds).unwrap_or_else(|_| plain())
            }
            None => plain(),
        },
        (ValueType::String, Some("byte")) => match STANDARD.decode(text) {
            Ok(bytes) => Cel::Bytes(Arc::new(bytes)),
            Err(_) => plain(),
        },
        _ => plain(),
    }
}

/// The language with everything that Kubernetes adds to it, which is a lot: it is put together once.
pub(super) static LANGUAGE: LazyLock<Context<'static>> = LazyLock::new(|| {
    let mut context = Context::default().with_all();
    // A type is a value too: what `type(x)` gives compares equal to the name of the type.
    for name in [
        "bool",
        "bytes",
        "double",
        "int",
        "list",
        "map",
        "null_type",
        "string",
        "uint",
    ] {
        context.add_variable_from_value(name, type_value(name));
    }
    context.add_function("type", |value: Cel| -> Result<Cel, ExecutionError> {
        Ok(type_value(type_name(&value)))
    });
    extend(&mut context);
    likeness::extend(&mut context);
    context
});

fn type_value(name: &str) -> Cel {
    Cel::String(Arc::new(name.to_owned()))
}

fn type_name(value: &Cel) -> &'static str {
    match value {
        Cel::Bool(_) => "bool",
        Cel::Bytes(_) => "bytes",
        Cel::Float(_) => "double",
        Cel::Int(_) => "int",
        Cel::UInt(_) => "uint",
        Cel::List(_) => "list",
        Cel::Map(_) => "map",
        Cel::String(_) => "string",
        Cel::Null => "null_type",
        Cel::Duration(_) => "google.protobuf.Duration",
        Cel::Timestamp(_) => "google.protobuf.Timestamp",
        _ => "dyn",
    }
}

/// The name of a field as rules write it.
pub(crate) fn escape(name: &str) -> String {
    escaped(name).into_owned()
}

fn escaped(name: &str) -> Cow<'_, str> {
    if is_reserved(name) {
        return format!("__{name}__").into();
    }
    let bytes = name.as_bytes();
    let is_plain = |byte: &u8| !matches!(byte, b'.' | b'-' | b'/');
    if bytes.iter().all(is_plain) && !bytes.windows(2).any(|pair| pair == b"__") {
        return name.into();
    }
    name.replace("__", "__underscores__")
        .replace('.', "__dot__")
        .replace('-', "__dash__")
        .replace('/', "__slash__")
        .into()
}

/// Whether a name cannot be written after a dot.
fn is_reserved(name: &str) -> bool {
    matches!(
        name,
        "true"
            | "false"
            | "null"
            | "in"
            | "as"
            | "break"
            | "const"
            | "continue"
            | "else"
            | "for"
            | "function"
            | "if"
            | "import"
            | "let"
            | "loop"
            | "package"
            | "namespace"
            | "return"
            | "var"
            | "void"
            | "while"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_other_types_are_told_as_go_names_them() {
        let misfit = |value_type, value| {
            let schema = Schema {
                value_type,
                ..Schema::default()
            };
            misfit(&schema, &value)
        };
        let told = |why: &str| Some(format!("invalid data, {why}"));
        let json = |text: &str| serde_json::from_str::<Value>(text).expect("JSON");
        assert_eq!(
            misfit(ValueType::String, json("[]")),
            told("expected string, got []interface {}")
        );
        assert_eq!(
            misfit(ValueType::Integer, json("2.0")),
            told("expected int, got float64")
        );
        assert_eq!(
            misfit(ValueType::IntOrString, json("2.5")),
            told("expected XIntOrString value to be either a string or integer")
        );
        assert_eq!(misfit(ValueType::Number, json("2")), None);
        assert_eq!(misfit(ValueType::Any, json("[]")), None);
        assert_eq!(misfit(ValueType::Array, json("[]")), None);
    }

    #[test]
    fn names_are_escaped_as_rules_write_them() {
        assert_eq!(escape("namespace"), "__namespace__");
        assert_eq!(escape("a-b.c/d"), "a__dash__b__dot__c__slash__d");
        assert_eq!(escape("a__b"), "a__underscores__b");
        assert_eq!(escape("plain_name"), "plain_name");
    }
}
