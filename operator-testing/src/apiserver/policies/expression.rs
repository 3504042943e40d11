//! Expressions in CEL: compiled once, asked often.

use std::{collections::HashMap, fmt, sync::Arc};

use kube_cel::{
    KubeCelExt,
    cel::{
        Context, ExecutionError, Program, Value as Cel,
        objects::{Key, Map},
    },
};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// An expression of a policy.
#[derive(Clone)]
pub(crate) struct Expression {
    text: Arc<str>,
    program: Arc<Result<Program, String>>,
}

impl Expression {
    fn new(text: &str) -> Self {
        let program = Program::compile(text).map_err(|errors| format!("compilation failed: {errors}"));
        Self {
            text: text.into(),
            program: Arc::new(program),
        }
    }

    /// The text as it is written.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// What the expression gives.
    ///
    /// # Errors
    /// The message of the real server.
    pub(crate) fn ask(&self, context: &Context<'_>) -> Result<Cel, String> {
        let program = Result::as_ref(&self.program).map_err(Clone::clone)?;
        program.execute(context).map_err(|error| {
            format!(
                "expression '{}' resulted in error: {}",
                self.text,
                describe(&error)
            )
        })
    }
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

impl<'de> Deserialize<'de> for Expression {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self::new(&text))
    }
}

/// The language with everything that Kubernetes adds to it.
pub(crate) fn language() -> Context<'static> {
    Context::default().with_all()
}

/// A value of an object as expressions see it.
pub(crate) fn convert(value: &Value) -> Cel {
    match value {
        Value::Null => Cel::Null,
        Value::Bool(flag) => Cel::Bool(*flag),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => Cel::Int(whole),
            None => Cel::Float(number.as_f64().unwrap_or_default()),
        },
        Value::String(text) => Cel::String(Arc::new(text.clone())),
        Value::Array(items) => Cel::List(Arc::new(items.iter().map(convert).collect())),
        Value::Object(fields) => map(fields.iter().map(|(name, value)| (name.clone(), convert(value)))),
    }
}

/// A map with text as keys.
pub(crate) fn map(members: impl Iterator<Item = (String, Cel)>) -> Cel {
    let map: HashMap<Key, Cel> = members
        .map(|(name, value)| (Key::String(Arc::new(name)), value))
        .collect();
    Cel::Map(Map { map: Arc::new(map) })
}

fn describe(error: &ExecutionError) -> String {
    match error {
        ExecutionError::NoSuchKey(key) => format!("no such key: {key}"),
        ExecutionError::DivisionByZero(_) => "division by zero".to_owned(),
        ExecutionError::RemainderByZero(_) => "modulus by zero".to_owned(),
        ExecutionError::Overflow(..) => "integer overflow".to_owned(),
        ExecutionError::IndexOutOfBounds(Cel::Int(index)) => format!("index out of bounds: {index}"),
        ExecutionError::FunctionError { function, .. }
            if matches!(function.as_str(), "int" | "uint" | "double" | "bool") =>
        {
            format!("type conversion error from 'string' to '{function}'")
        }
        ExecutionError::FunctionError { message, .. } => message.clone(),
        ExecutionError::NoSuchOverload
        | ExecutionError::UnexpectedType { .. }
        | ExecutionError::UnsupportedTargetType { .. }
        | ExecutionError::NotSupportedAsMethod { .. }
        | ExecutionError::ValuesNotComparable(..)
        | ExecutionError::UnsupportedBinaryOperator(..) => "no such overload".to_owned(),
        other => other.to_string(),
    }
}
