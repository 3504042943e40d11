//! Conversions and sizes of the language that the interpreter has otherwise, or not at all.
//!
//! Source: `github.com/google/cel-go/common/types`.

use std::{
    ops::RangeInclusive,
    sync::{Arc, LazyLock},
};

use chrono::{DateTime, FixedOffset, SecondsFormat, TimeDelta};
use kube_cel::{
    KubeCelExt,
    cel::{
        Context, ExecutionError, FunctionContext, Program, Value, extractors::Arguments,
        objects::OptionalValue,
    },
};

use super::numbers::{self, no_conversion};
use crate::apiserver::wording;

/// Adds `size`, the conversions and `format.named`.
pub(super) fn extend(context: &mut Context<'_>) {
    context.add_function("size", |call: &FunctionContext<'_, '_>| size(&operand(call)?));
    for function in CONVERSIONS {
        context.add_function(function, move |call: &FunctionContext<'_, '_>| {
            convert(function, operand(call)?)
        });
    }
    for function in ["semver", "isSemver"] {
        forward(context, function);
    }
    context.add_function("format.named", |name: Value| {
        NAMED_FORMAT.call(name).map(|format| match format {
            Value::Null => Value::Opaque(Arc::new(OptionalValue::none())),
            known => Value::Opaque(Arc::new(OptionalValue::of(known))),
        })
    });
}

/// The functions that make a value of another type, of whatever it is. A real server calls them before anything else if it can.
const CONVERSIONS: [&str; 8] = [
    "bool",
    "double",
    "duration",
    "dyn",
    "int",
    "string",
    "timestamp",
    "uint",
];

/// What a conversion makes of a value; nothing if the function is none.
pub(super) fn converted(function: &str, of: Value) -> Option<Result<Value, ExecutionError>> {
    CONVERSIONS.contains(&function).then(|| convert(function, of))
}

fn convert(function: &str, of: Value) -> Result<Value, ExecutionError> {
    match function {
        "bool" => numbers::bool(of),
        "double" => numbers::double(of),
        "int" => numbers::int(of),
        "string" => string(of),
        "timestamp" => timestamp(of),
        "uint" => numbers::uint(of),
        "duration" => match of {
            Value::Duration(_) => Ok(of),
            other => DURATION
                .call(other)
                .map_err(|_| no_conversion("google.protobuf.Duration")),
        },
        _ => Ok(of),
    }
}

/// What a function is called of or with. What goes wrong in it is passed on, as the interpreter's own functions do not.
fn operand(call: &FunctionContext<'_, '_>) -> Result<Value, ExecutionError> {
    match (&call.this, call.args) {
        (Some(this), _) => Ok(this.clone()),
        (None, [argument, ..]) => Value::resolve(argument, call.ptx),
        (None, []) => Err(ExecutionError::NoSuchOverload),
    }
}

/// Lets a function of one or two arguments pass on what goes wrong in them.
fn forward(context: &mut Context<'_>, function: &'static str) {
    let of_one = program(&format!("{function}(a)"));
    let of_two = program(&format!("{function}(a, b)"));
    context.add_function(function, move |Arguments(args): Arguments| {
        let mut scope = INTERPRETER.new_inner_scope();
        for (name, value) in ["a", "b"].into_iter().zip(args.iter()) {
            scope.add_variable_from_value(name, value.clone());
        }
        match args.len() {
            1 => of_one.execute(&scope),
            _ => of_two.execute(&scope),
        }
    });
}

/// What the interpreter itself makes of a value.
pub(in crate::apiserver::types) struct Original(LazyLock<Program>);

impl Original {
    /// The result of the function.
    ///
    /// # Errors
    /// The value cannot be converted.
    pub(in crate::apiserver::types) fn call(&self, of: Value) -> Result<Value, ExecutionError> {
        let mut scope = INTERPRETER.new_inner_scope();
        scope.add_variable_from_value("value", of);
        self.0.execute(&scope)
    }
}

static INTERPRETER: LazyLock<Context<'static>> = LazyLock::new(|| Context::default().with_all());
static STRING: Original = Original(LazyLock::new(|| program("string(value)")));
static NAMED_FORMAT: Original = Original(LazyLock::new(|| program("format.named(value)")));
/// A time from its text.
pub(in crate::apiserver::types) static TIMESTAMP: Original =
    Original(LazyLock::new(|| program("timestamp(value)")));
/// A duration from its text.
pub(in crate::apiserver::types) static DURATION: Original =
    Original(LazyLock::new(|| program("duration(value)")));

fn program(text: &str) -> Program {
    Program::compile(text).expect("a call of a function is an expression")
}

/// How many elements, entries, characters or bytes a value has.
fn size(of: &Value) -> Result<Value, ExecutionError> {
    let size = match of {
        Value::String(text) => text.chars().count(),
        Value::Bytes(bytes) => bytes.len(),
        Value::List(items) => items.len(),
        Value::Map(map) => map.map.len(),
        _ => return Err(ExecutionError::NoSuchOverload),
    };
    Ok(Value::Int(i64::try_from(size).unwrap_or(i64::MAX)))
}

fn string(of: Value) -> Result<Value, ExecutionError> {
    let text = match of {
        Value::Bool(flag) => flag.to_string(),
        Value::Float(number) => wording::float(number),
        Value::Duration(duration) => seconds(duration),
        Value::Timestamp(time) => moment(time),
        Value::Bytes(ref bytes) => match String::from_utf8(bytes.to_vec()) {
            Ok(text) => text,
            Err(_) => {
                let why = "invalid UTF-8 in bytes, cannot convert to string";
                return Err(ExecutionError::function_error("string", why));
            }
        },
        other => return STRING.call(other),
    };
    Ok(Value::String(Arc::new(text)))
}

/// A duration in seconds: `5400s`, `0.001s`.
pub(super) fn seconds(duration: TimeDelta) -> String {
    #[allow(clippy::cast_precision_loss)]
    let seconds = duration.num_seconds() as f64 + f64::from(duration.subsec_nanos()) / 1e9;
    format!("{seconds}s")
}

/// A time with as many digits of its second as it needs.
pub(super) fn moment(time: DateTime<FixedOffset>) -> String {
    let whole = time.to_rfc3339_opts(SecondsFormat::Secs, true);
    let nanos = time.timestamp_subsec_nanos();
    if nanos == 0 {
        return whole;
    }
    // the date and the time of day are of one length in every year of four digits
    let (start, zone) = whole.split_at("2006-01-02T15:04:05".len());
    let digits = format!("{nanos:09}");
    format!("{start}.{}{zone}", digits.trim_end_matches('0'))
}

/// A time from its text or from seconds since 1970, within the years that are written with four digits.
fn timestamp(of: Value) -> Result<Value, ExecutionError> {
    match of {
        Value::Timestamp(_) => Ok(of),
        Value::Int(seconds) => moment_at(seconds)
            .map(Value::Timestamp)
            .ok_or_else(|| ExecutionError::function_error("timestamp", "timestamp overflow")),
        other => TIMESTAMP
            .call(other)
            .map_err(|_| no_conversion("google.protobuf.Timestamp")),
    }
}

/// The time so many seconds after 1970.
pub(super) fn moment_at(seconds: i64) -> Option<DateTime<FixedOffset>> {
    const YEARS: RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;
    let time = DateTime::from_timestamp(seconds, 0).filter(|_| YEARS.contains(&seconds))?;
    Some(time.fixed_offset())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(text: &str) -> Value {
        let mut context = Context::default().with_all();
        super::super::extend(&mut context);
        let program = Program::compile(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        program
            .execute(&context)
            .unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn text_is_counted_in_characters() {
        for text in ["size('héllo') == 5", "'a😀b'.size() == 3", "size(b'abc') == 3"] {
            assert_eq!(answer(text), Value::Bool(true), "{text}");
        }
    }

    #[test]
    fn values_are_written_as_the_language_says() {
        for (text, expected) in [
            ("string(true)", "true"),
            ("string(1000000.0)", "1e+06"),
            ("string(0.5)", "0.5"),
            ("string(1.0 / 0.0)", "+Inf"),
            ("string(duration('-90m'))", "-5400s"),
            ("string(duration('1ms'))", "0.001s"),
            (
                "string(timestamp('2023-01-01T00:00:00.100Z'))",
                "2023-01-01T00:00:00.1Z",
            ),
            (
                "string(timestamp('2023-01-01T00:00:00+02:00'))",
                "2023-01-01T00:00:00+02:00",
            ),
            ("string(timestamp(60))", "1970-01-01T00:01:00Z"),
            ("string(int(timestamp('2023-01-01T00:00:00Z')))", "1672531200"),
            ("string(cidr('10.0.0.0/8'))", "10.0.0.0/8"),
            ("string(bool('T'))", "true"),
            ("string(format.named('uuid').hasValue())", "true"),
            (
                "string(timestamp('2023-05-06T07:08:09Z').getHours('-08:30'))",
                "22",
            ),
            (
                "string(timestamp('2023-12-31T23:08:09Z').getDayOfYear('+09:00'))",
                "0",
            ),
            ("string(duration('90061.5s').getHours())", "25"),
            ("'%s %s'.format([1e21, duration('1.5s')])", "1e+21 1.5s"),
            (
                "'%s'.format([['a', 2.5, null, b'c']])",
                "[\"a\", 2.500000, null, b\"c\"]",
            ),
            (
                "'%.2f %e'.format([1234567.0, 0.00012])",
                "1,234,567.00 1.200000×10⁻⁰⁴",
            ),
            (
                "'%b %x %X %o %d%%'.format([-5, 'hi', 255, -8, 3])",
                "-101 6869 FF -10 3%",
            ),
        ] {
            assert_eq!(
                answer(text),
                Value::String(Arc::new(expected.to_owned())),
                "{text}"
            );
        }
    }
}
