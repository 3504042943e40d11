//! What goes wrong while an expression runs, in the words of a real server.

use kube_cel::cel::{ExecutionError, Value};

/// Why an expression gives nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The values do not fit its functions and operators.
    NoOverload,
    /// There is no variable of some name.
    NoVariable(String),
    /// Anything else.
    Evaluation(String),
}

impl Failure {
    pub(crate) fn of(error: &ExecutionError) -> Self {
        Self::Evaluation(match error {
            ExecutionError::NoSuchKey(key) => format!("no such key: {key}"),
            ExecutionError::DivisionByZero(_) => "division by zero".to_owned(),
            ExecutionError::RemainderByZero(_) => "modulus by zero".to_owned(),
            ExecutionError::Overflow(_, Value::UInt(_), _) => "unsigned integer overflow".to_owned(),
            ExecutionError::Overflow(..) => "integer overflow".to_owned(),
            ExecutionError::IndexOutOfBounds(Value::Int(index)) => format!("index out of bounds: {index}"),
            ExecutionError::FunctionError { function, message } => match function.as_str() {
                "min" | "max" if message.ends_with("on empty list") => {
                    format!("{function} called on empty list")
                }
                "quantity" => {
                    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
                        .to_owned()
                }
                _ => message.clone(),
            },
            ExecutionError::NoSuchOverload
            | ExecutionError::UnexpectedType { .. }
            | ExecutionError::UnsupportedTargetType { .. }
            | ExecutionError::NotSupportedAsMethod { .. }
            | ExecutionError::ValuesNotComparable(..)
            | ExecutionError::UnsupportedBinaryOperator(..) => return Self::NoOverload,
            ExecutionError::UndeclaredReference(_) => return Self::NoVariable(error.to_string()),
            other => other.to_string(),
        })
    }

    /// What is said of it.
    pub(crate) fn message(&self) -> &str {
        match self {
            Self::NoOverload => "no such overload",
            Self::NoVariable(why) | Self::Evaluation(why) => why,
        }
    }
}
