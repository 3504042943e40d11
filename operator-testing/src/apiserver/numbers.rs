//! JSON with numbers as a real server writes them: without an exponent between a millionth and 10^21.
//!
//! Source: Go's `encoding/json`.

use std::io;

use serde::Serialize as _;
use serde_json::{Serializer, Value, ser::Formatter};

/// Writes a value as compact JSON.
pub(crate) fn write(out: &mut Vec<u8>, value: &Value) {
    value
        .serialize(&mut Serializer::with_formatter(out, Plain))
        .expect("a value is always JSON, and a vector takes every write");
}

/// Compact JSON but for its numbers.
struct Plain;

impl Formatter for Plain {
    fn write_f64<W: ?Sized + io::Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        let size = value.abs();
        if size != 0.0 && !(1e-6..1e21).contains(&size) {
            let text = format!("{value:e}");
            let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
            let sign = if exponent.starts_with('-') { "" } else { "+" };
            return write!(writer, "{digits}e{sign}{exponent}");
        }
        write!(writer, "{value}")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_are_written_as_go_writes_them() {
        for (value, expected) in [
            (json!(1.5), "1.5"),
            (json!(123_456_789_012_345_680_000.0), "123456789012345680000"),
            (json!(1e21), "1e+21"),
            (json!(-1e-7), "-1e-7"),
            (json!(0.000_001), "0.000001"),
            (json!({"a": [1, -2, 0.1]}), r#"{"a":[1,-2,0.1]}"#),
        ] {
            let mut out = Vec::new();
            write(&mut out, &value);
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
    }
}
