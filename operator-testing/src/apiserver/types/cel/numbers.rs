//! Conversions to numbers and truth values.
//!
//! Source: `github.com/google/cel-go/common/types/{double,int,string,uint}.go`.

use kube_cel::cel::{ExecutionError, Value};

/// A whole number from another one, a number or a text.
pub(super) fn int(of: Value) -> Result<Value, ExecutionError> {
    let overflow = || ExecutionError::function_error("int", "integer overflow");
    Ok(match of {
        Value::Int(_) => of,
        Value::UInt(number) => Value::Int(i64::try_from(number).map_err(|_| overflow())?),
        Value::Float(number) => Value::Int(whole(number).ok_or_else(overflow)?),
        Value::Timestamp(time) => Value::Int(time.timestamp()),
        Value::String(text) => Value::Int(text.parse().map_err(|_| no_conversion("int"))?),
        _ => return Err(ExecutionError::NoSuchOverload),
    })
}

/// A number without a sign from another one or a text.
pub(super) fn uint(of: Value) -> Result<Value, ExecutionError> {
    let overflow = || ExecutionError::function_error("uint", "unsigned integer overflow");
    Ok(match of {
        Value::UInt(_) => of,
        Value::Int(number) => Value::UInt(u64::try_from(number).map_err(|_| overflow())?),
        Value::Float(number) => Value::UInt(natural(number).ok_or_else(overflow)?),
        Value::String(text) => {
            // Go takes no sign here, not even of a positive number
            let digits = Some(text.as_str()).filter(|text| !text.starts_with('+'));
            let number = digits.and_then(|digits| digits.parse().ok());
            Value::UInt(number.ok_or_else(|| no_conversion("uint"))?)
        }
        _ => return Err(ExecutionError::NoSuchOverload),
    })
}

/// A number from a whole one or a text.
pub(super) fn double(of: Value) -> Result<Value, ExecutionError> {
    #[allow(clippy::cast_precision_loss)]
    Ok(match of {
        Value::Float(_) => of,
        Value::Int(number) => Value::Float(number as f64),
        Value::UInt(number) => Value::Float(number as f64),
        Value::String(text) => Value::Float(text.parse().map_err(|_| no_conversion("double"))?),
        _ => return Err(ExecutionError::NoSuchOverload),
    })
}

/// A truth value from a text.
pub(super) fn bool(of: Value) -> Result<Value, ExecutionError> {
    let Value::String(text) = of else {
        return match of {
            Value::Bool(_) => Ok(of),
            _ => Err(ExecutionError::NoSuchOverload),
        };
    };
    match text.as_str() {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(Value::Bool(true)),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(Value::Bool(false)),
        _ => Err(no_conversion("bool")),
    }
}

/// A text that is none of a type.
pub(super) fn no_conversion(to: &str) -> ExecutionError {
    let why = format!("type conversion error from 'string' to '{to}'");
    ExecutionError::function_error(to, why)
}

/// The whole number that a double holds up to its fraction, if it is clearly within range.
fn whole(number: f64) -> Option<i64> {
    const END: f64 = 9_223_372_036_854_775_808.0;
    #[allow(clippy::cast_possible_truncation)]
    (-END < number && number < END).then_some(number as i64)
}

fn natural(number: f64) -> Option<u64> {
    const END: f64 = 18_446_744_073_709_551_616.0;
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    (0.0..END).contains(&number).then_some(number as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(result: Result<Value, ExecutionError>) -> String {
        match result {
            Err(ExecutionError::FunctionError { message, .. }) => message,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn numbers_out_of_range_overflow() {
        for number in [f64::NAN, f64::INFINITY, 1e19, -9_223_372_036_854_775_808.0] {
            assert_eq!(told(int(number.into())), "integer overflow", "{number}");
        }
        for number in [f64::NAN, -1.0, 1.9e19] {
            assert_eq!(told(uint(number.into())), "unsigned integer overflow", "{number}");
        }
        assert_eq!(int(Value::Float(-1.9)), Ok(Value::Int(-1)));
        assert_eq!(uint(Value::Float(1.9)), Ok(Value::UInt(1)));
        assert_eq!(told(int(Value::UInt(u64::MAX))), "integer overflow");
        assert_eq!(told(uint(Value::Int(-1))), "unsigned integer overflow");
    }

    #[test]
    fn texts_are_read_as_go_reads_them() {
        let text = |text: &str| Value::from(text);
        assert_eq!(int(text("+7")), Ok(Value::Int(7)));
        assert_eq!(double(text("1e3")), Ok(Value::Float(1000.0)));
        assert_eq!(bool(text("T")), Ok(Value::Bool(true)));
        let why = |kind: &str| format!("type conversion error from 'string' to '{kind}'");
        assert_eq!(told(uint(text("+7"))), why("uint"));
        assert_eq!(told(int(text("1.5"))), why("int"));
        assert_eq!(told(double(text(""))), why("double"));
        assert_eq!(told(bool(text("yes"))), why("bool"));
    }
}
