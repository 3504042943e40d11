//! What `format` makes of its arguments.
//!
//! Sources: `github.com/google/cel-go/ext/formatting.go`, `golang.org/x/text/message` for numbers with separators and exponents.

use std::sync::Arc;

use kube_cel::cel::{Context, ExecutionError, Value, extractors::This, objects::Key};

use super::conversions::{moment, seconds};
use crate::apiserver::wording;

/// The digits after the point of a number, if the format does not say how many.
const PRECISION: usize = 6;

/// Adds `format`.
pub(super) fn extend(context: &mut Context<'_>) {
    context.add_function("format", |This(format): This<Arc<String>>, args: Value| {
        let Value::List(args) = args else {
            return Err(ExecutionError::NoSuchOverload);
        };
        formatted(&format, &args).map(|text| Value::String(Arc::new(text)))
    });
}

fn formatted(format: &str, args: &[Value]) -> Result<String, ExecutionError> {
    let failed = |why: String| ExecutionError::function_error("format", why);
    let mut out = String::new();
    let mut rest = args.iter().enumerate();
    let mut chars = format.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '%' || chars.next_if_eq(&'%').is_some() {
            out.push(c);
            continue;
        }
        let mut precision = None;
        if chars.next_if_eq(&'.').is_some() {
            let mut digits = String::new();
            while let Some(digit) = chars.next_if(char::is_ascii_digit) {
                digits.push(digit);
            }
            precision = digits.parse().ok();
        }
        let Some(verb) = chars.next() else {
            return Err(failed("unexpected end of string".to_owned()));
        };
        let Some((_, arg)) = rest.next() else {
            return Err(failed(format!("index {} out of range", args.len())));
        };
        let text = match verb {
            's' => Some(text(arg)),
            'd' => decimal(arg),
            'f' => float(arg).map(|number| fixed(number, precision.unwrap_or(PRECISION))),
            'e' => float(arg).map(exponent),
            'b' => radix(arg, |number| format!("{number:b}")).or(match arg {
                Value::Bool(flag) => Some(u8::from(*flag).to_string()),
                _ => None,
            }),
            'o' => radix(arg, |number| format!("{number:o}")),
            'x' => hexadecimal(arg),
            'X' => hexadecimal(arg).map(|text| text.to_uppercase()),
            other => {
                let why =
                    format!("could not parse formatting clause: unrecognized formatting clause \"{other}\"");
                return Err(failed(why));
            }
        };
        out.push_str(&text.ok_or_else(|| failed(format!("no such overload for %{verb}")))?);
    }
    if let Some((index, _)) = rest.next() {
        let why = format!(
            "too many arguments supplied to string.format (expected {index}, got {})",
            args.len()
        );
        return Err(failed(why));
    }
    Ok(out)
}

/// `%s`: a value as it is.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.to_string(),
        Value::Float(number) => wording::float(*number),
        Value::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        Value::Duration(duration) => seconds(*duration),
        Value::Timestamp(time) => moment(*time),
        other => inside(other),
    }
}

/// A value within a list or a map.
fn inside(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Int(number) => number.to_string(),
        Value::UInt(number) => number.to_string(),
        Value::Float(number) => fixed(*number, PRECISION),
        Value::String(text) => format!("{text:?}"),
        Value::Bytes(bytes) => format!("b{:?}", String::from_utf8_lossy(bytes)),
        Value::Duration(duration) => format!("duration({:?})", seconds(*duration)),
        Value::Timestamp(time) => format!("timestamp({:?})", moment(*time)),
        Value::List(items) => {
            let items: Vec<_> = items.iter().map(inside).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Map(map) => {
            let mut entries: Vec<_> = map.map.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            let entry = |(key, value): &(&Key, &Value)| format!("{}:{}", self::key(key), inside(value));
            let entries: Vec<_> = entries.iter().map(entry).collect();
            format!("{{{}}}", entries.join(", "))
        }
        other => format!("{other:?}"),
    }
}

fn key(key: &Key) -> String {
    match key {
        Key::String(text) => format!("{text:?}"),
        Key::Int(number) => number.to_string(),
        Key::Uint(number) => number.to_string(),
        Key::Bool(flag) => flag.to_string(),
    }
}

fn decimal(value: &Value) -> Option<String> {
    match value {
        Value::Int(number) => Some(number.to_string()),
        Value::UInt(number) => Some(number.to_string()),
        Value::Float(number) => Some(wording::float(*number)),
        _ => None,
    }
}

fn float(value: &Value) -> Option<f64> {
    #[allow(clippy::cast_precision_loss)]
    match value {
        Value::Float(number) => Some(*number),
        Value::Int(number) => Some(*number as f64),
        Value::UInt(number) => Some(*number as f64),
        _ => None,
    }
}

/// `%f`: with a comma after every three digits.
fn fixed(number: f64, precision: usize) -> String {
    let text = format!("{number:.precision$}");
    let (whole, fraction) = text
        .split_once('.')
        .map_or((text.as_str(), None), |(whole, rest)| (whole, Some(rest)));
    let (sign, digits) = match whole.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", whole),
    };
    let mut out = sign.to_owned();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    if let Some(fraction) = fraction {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

/// `%e`: a power of ten, with six digits after the point whatever the format says.
fn exponent(number: f64) -> String {
    let text = format!("{number:.PRECISION$e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, exponent) = match exponent.strip_prefix('-') {
        Some(exponent) => ("⁻", exponent),
        None => ("", exponent),
    };
    let raised = |digit: char| match digit {
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        '4' => '⁴',
        '5' => '⁵',
        '6' => '⁶',
        '7' => '⁷',
        '8' => '⁸',
        '9' => '⁹',
        _ => '⁰',
    };
    let exponent: String = format!("{exponent:0>2}").chars().map(raised).collect();
    format!("{digits}×10{sign}{exponent}")
}

/// A whole number in another base, behind its sign.
fn radix(value: &Value, write: impl Fn(u64) -> String) -> Option<String> {
    match value {
        Value::Int(number) if *number < 0 => Some(format!("-{}", write(number.unsigned_abs()))),
        Value::Int(number) => Some(write(number.unsigned_abs())),
        Value::UInt(number) => Some(write(*number)),
        _ => None,
    }
}

fn hexadecimal(value: &Value) -> Option<String> {
    let bytes = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    match value {
        Value::String(text) => Some(bytes(text.as_bytes())),
        Value::Bytes(data) => Some(bytes(data)),
        number => radix(number, |number| format!("{number:x}")),
    }
}
