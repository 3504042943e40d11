//! How a result of a path reads in a column of type string.

use std::fmt::Write as _;

use serde_json::{Number, Value};

/// The text of a value: JSON for lists and maps, the bare value otherwise.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::Null => "<no value>".into(),
        Value::Bool(yes) => yes.to_string(),
        Value::Number(number) => general(number),
        Value::String(text) => text.clone(),
        Value::Array(_) | Value::Object(_) => {
            let mut out = String::new();
            json(value, &mut out);
            out
        }
    }
}

/// JSON on one line with keys in order; angle brackets and ampersands are escaped, as Go's encoder does.
fn json(value: &Value, out: &mut String) {
    match value {
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                json(item, out);
            }
            out.push(']');
        }
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_by_key(|(key, _)| *key);
            out.push('{');
            for (index, (key, value)) in fields.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                string(key, out);
                out.push(':');
                json(value, out);
            }
            out.push('}');
        }
        Value::String(text) => string(text, out),
        Value::Number(number) => out.push_str(&plain(number)),
        other => {
            let _ = write!(out, "{other}");
        }
    }
}

fn string(text: &str, out: &mut String) {
    for c in Value::from(text).to_string().chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
}

/// A number as Go's `%v` writes it.
fn general(number: &Number) -> String {
    fraction(number).map_or_else(|| number.to_string(), |value| with_exponent(value, -4, 6))
}

/// A number as Go's JSON encoder writes it.
fn plain(number: &Number) -> String {
    fraction(number).map_or_else(
        || number.to_string(),
        |value| with_exponent(value, -6, 21).replace("e-0", "e-"),
    )
}

fn fraction(number: &Number) -> Option<f64> {
    if number.is_f64() { number.as_f64() } else { None }
}

/// Shortest digits; with an exponent of at least two digits where that is below `low` or from `high` on.
fn with_exponent(value: f64, low: i32, high: i32) -> String {
    let scientific = format!("{value:e}");
    let Some((digits, exponent)) = scientific.split_once('e') else {
        return scientific;
    };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if value == 0.0 || (low..high).contains(&exponent) {
        return value.to_string();
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_read_as_the_real_server_prints_them() {
        let cases = [
            (json!("a"), "a"),
            (json!(3), "3"),
            (json!(true), "true"),
            (json!(null), "<no value>"),
            (json!(2.0), "2"),
            (json!(1.5), "1.5"),
            (json!(1e21), "1e+21"),
            (json!(123456789.5), "1.234567895e+08"),
            (json!(0.000001), "1e-06"),
            (json!(1e23), "1e+23"),
            (json!([1, 2.5]), "[1,2.5]"),
            (json!({"a": "<"}), "{\"a\":\"\\u003c\"}"),
            (
                json!({"r": 1e21, "s": 123456789.5, "t": 0.000001, "u": 2.0}),
                "{\"r\":1e+21,\"s\":123456789.5,\"t\":0.000001,\"u\":2}",
            ),
        ];
        for (value, expected) in cases {
            assert_eq!(text(&value), expected);
        }
    }
}
