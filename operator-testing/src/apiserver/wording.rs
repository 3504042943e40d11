//! How the real server prints JSON values inside messages: with the formatting verbs of Go.

use std::fmt::Write as _;

use serde_json::Value;

/// A value as the verb `%v` prints it: `map[image:nginx name:web]`, `[a b]`, `<nil>`, strings without quotes.
pub(super) fn plain(value: &Value) -> String {
    let mut out = String::new();
    write_plain(&mut out, value);
    out
}

/// Adds a character of JSON as Go writes it, which leaves out what a page of HTML could take for its own.
pub(super) fn push_json_character(character: char, out: &mut String) {
    match character {
        '<' => out.push_str("\\u003c"),
        '>' => out.push_str("\\u003e"),
        '&' => out.push_str("\\u0026"),
        '\u{2028}' => out.push_str("\\u2028"),
        '\u{2029}' => out.push_str("\\u2029"),
        other => out.push(other),
    }
}

/// A double as the verb `%v` prints it: the shortest digits, an exponent for the very large and the very small.
pub(super) fn float(number: f64) -> String {
    if number.is_infinite() {
        return if number > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let magnitude = number.abs();
    if magnitude == 0.0 || (1e-4..1e6).contains(&magnitude) || number.is_nan() {
        return number.to_string();
    }
    let text = format!("{number:e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, exponent) = match exponent.strip_prefix('-') {
        Some(rest) => ('-', rest),
        None => ('+', exponent),
    };
    format!("{digits}e{sign}{exponent:0>2}")
}

fn write_plain(out: &mut String, value: &Value) {
    match value {
        Value::Null => out.push_str("<nil>"),
        Value::String(text) => out.push_str(text),
        Value::Bool(_) | Value::Number(_) => out.push_str(&value.to_string()),
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(' ');
                }
                write_plain(out, item);
            }
            out.push(']');
        }
        Value::Object(fields) => {
            out.push_str("map[");
            let mut keys: Vec<_> = fields.keys().collect();
            keys.sort_unstable();
            for (index, key) in keys.into_iter().enumerate() {
                if index > 0 {
                    out.push(' ');
                }
                out.push_str(key);
                out.push(':');
                write_plain(out, &fields[key]);
            }
            out.push(']');
        }
    }
}

/// A value as the verb `%#v` prints it: `"text"`, `[]interface {}{"x"}`, `map[string]interface {}{"a":1}`.
pub(super) fn source(value: &Value) -> String {
    let mut out = String::new();
    write_source(&mut out, value);
    out
}

fn write_source(out: &mut String, value: &Value) {
    match value {
        Value::Null => out.push_str("interface {}(nil)"),
        Value::String(text) => {
            let _ = write!(out, "{text:?}");
        }
        Value::Bool(_) | Value::Number(_) => out.push_str(&value.to_string()),
        Value::Array(items) => {
            out.push_str("[]interface {}{");
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push_str(", ");
                }
                write_source(out, item);
            }
            out.push('}');
        }
        Value::Object(fields) => {
            out.push_str("map[string]interface {}{");
            let mut keys: Vec<_> = fields.keys().collect();
            keys.sort_unstable();
            for (index, key) in keys.into_iter().enumerate() {
                if index > 0 {
                    out.push_str(", ");
                }
                let _ = write!(out, "{key:?}:");
                write_source(out, &fields[key]);
            }
            out.push('}');
        }
    }
}

/// The name of a value's type as the verb `%T` prints it.
pub(super) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "<nil>",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float64",
        Value::Number(_) => "int64",
        Value::String(_) => "string",
        Value::Array(_) => "[]interface {}",
        Value::Object(_) => "map[string]interface {}",
    }
}

/// What a JSON decoder calls the value it could not use: `object`, `array`, `string`, `number`, `bool`.
pub(super) fn json_kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// What the reader says of a body that is not an object, when it looks for kind and version.
pub(super) fn not_an_object(value: &Value) -> String {
    let found = json_kind(value);
    format!(
        "json: cannot unmarshal {found} into Go value of type struct {{ APIVersion string \"json:\\\"apiVersion,omitempty\\\"\"; \
         Kind string \"json:\\\"kind,omitempty\\\"\" }}"
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn maps_are_printed_in_key_order() {
        let value = json!({"name": "a", "$patch": "unknown", "list": [1, true, null, {"x": 1.5}]});
        assert_eq!(
            plain(&value),
            "map[$patch:unknown list:[1 true <nil> map[x:1.5]] name:a]"
        );
        assert_eq!(
            source(&json!({"b": ["x"], "a": 1})),
            r#"map[string]interface {}{"a":1, "b":[]interface {}{"x"}}"#
        );
    }
}
