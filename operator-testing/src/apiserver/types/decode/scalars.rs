//! Texts, numbers, truth values, and the types that read their JSON themselves.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Number, Value};

use super::{
    bytes,
    failure::{At, Failed, shown_number},
    quantity::Quantity,
    time,
    typed::Reading,
};
use crate::apiserver::{
    types::schema::{Schema, ValueType},
    wording::json_kind,
};

/// The type of bytes, which are written as base64.
pub(super) const BYTES: &str = "[]uint8";

impl Reading {
    /// A value of a plain type; nothing is the zero value of it.
    pub(super) fn scalar(&mut self, schema: &Schema, value: &mut Value, at: At<'_>) -> Result<(), Failed> {
        let zero = match schema.value_type {
            ValueType::String => "".into(),
            ValueType::Boolean => false.into(),
            _ => 0.into(),
        };
        match (schema.value_type, &mut *value) {
            (_, Value::Null) => {
                *value = zero;
                Ok(())
            }
            (ValueType::String, Value::String(_))
            | (ValueType::Boolean, Value::Bool(_))
            | (ValueType::Number, Value::Number(_)) => Ok(()),
            (ValueType::Integer, Value::Number(number)) => {
                let fits = match (number.as_i64(), schema.format.as_deref()) {
                    (Some(whole), Some("int32")) => i32::try_from(whole).is_ok(),
                    (whole, _) => whole.is_some(),
                };
                if fits {
                    return Ok(());
                }
                let message = at.cannot(&shown_number(number));
                Err(self.fail(at, false, message))
            }
            (_, other) => Err(self.mismatch(other, at)),
        }
    }

    /// Types that read their JSON themselves, and bytes.
    pub(super) fn special(
        &mut self,
        schema: &Schema,
        value: &mut Value,
        at: At<'_>,
    ) -> Option<Result<(), Failed>> {
        if at.type_name == BYTES {
            return Some(self.bytes(value, at));
        }
        if schema.value_type == ValueType::IntOrString {
            return Some(self.number_or_text(value, at));
        }
        match schema.format.as_deref()? {
            "quantity" => Some(self.quantity(value, at)),
            "date-time" => Some(self.time(value, at, time::seconds)),
            "micro-time" => Some(self.time(value, at, time::micros)),
            _ => None,
        }
    }

    fn number_or_text(&mut self, value: &mut Value, at: At<'_>) -> Result<(), Failed> {
        let shown = match &*value {
            Value::String(_) => return Ok(()),
            Value::Null => {
                *value = 0.into();
                return Ok(());
            }
            Value::Number(number) if number.as_i64().is_some_and(|n| i32::try_from(n).is_ok()) => {
                return Ok(());
            }
            Value::Number(number) => shown_number(number),
            other => json_kind(other).to_owned(),
        };
        let at = At {
            type_name: "int32",
            ..at
        };
        Err(self.fail(at, true, at.cannot(&shown)))
    }

    fn quantity(&mut self, value: &mut Value, at: At<'_>) -> Result<(), Failed> {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Null => "0".to_owned(),
            _ => "?".to_owned(),
        };
        match Quantity::normalised(&text) {
            Ok(text) => {
                *value = text.into();
                Ok(())
            }
            Err(why) => Err(self.fail(at, true, why.to_owned())),
        }
    }

    fn time(
        &mut self,
        value: &mut Value,
        at: At<'_>,
        canonical: fn(&str) -> Result<String, String>,
    ) -> Result<(), Failed> {
        let text = match value {
            Value::String(text) => text.as_str(),
            Value::Null => return Ok(()),
            other => {
                let at = At {
                    type_name: "string",
                    ..at
                };
                return Err(self.fail(at, true, at.cannot(json_kind(other))));
            }
        };
        match canonical(text) {
            Ok(text) => {
                *value = text.into();
                Ok(())
            }
            Err(why) => Err(self.fail(at, true, why)),
        }
    }

    /// Bytes come as base64 or as a list of numbers.
    fn bytes(&mut self, value: &mut Value, at: At<'_>) -> Result<(), Failed> {
        let bytes = match value {
            Value::Null => Vec::new(),
            Value::String(text) => bytes::decode(text).map_err(|byte| {
                let message = format!("illegal base64 data at input byte {byte}");
                self.fail(at, false, message)
            })?,
            Value::Array(items) => {
                let at = At {
                    type_name: "uint8",
                    ..at
                };
                let bytes = items.iter().map(|item| self.byte(item, at));
                bytes.collect::<Result<_, _>>()?
            }
            other => return Err(self.mismatch(other, at)),
        };
        *value = STANDARD.encode(bytes).into();
        Ok(())
    }

    fn byte(&mut self, value: &Value, at: At<'_>) -> Result<u8, Failed> {
        let as_byte = |number: &Number| number.as_u64().and_then(|number| u8::try_from(number).ok());
        match value {
            Value::Null => Ok(0),
            Value::Number(number) => as_byte(number).ok_or_else(|| {
                let message = at.cannot(&shown_number(number));
                self.fail(at, false, message)
            }),
            other => Err(self.mismatch(other, at)),
        }
    }
}
