//! From a value to the bytes of an answer.

use bytes::Bytes;
use serde_json::Value;

use super::accept::Encoding;

/// The bytes of a value in an encoding.
///
/// JSON ends with a line feed unless it is written for people, as the real server has it.
pub fn encode(value: &Value, encoding: Encoding) -> Bytes {
    match encoding {
        Encoding::Json => {
            let mut bytes = serde_json::to_vec(value).expect("a JSON value can always be written");
            bytes.push(b'\n');
            bytes.into()
        }
        Encoding::PrettyJson => serde_json::to_vec_pretty(value)
            .expect("a JSON value can always be written")
            .into(),
        Encoding::Yaml => serde_saphyr::to_string(value)
            .expect("a JSON value can always be written as YAML")
            .into(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_encoding_reads_back() {
        let value =
            json!({"a": [1, "true", null, "x: y", "multi\nline\n"], "b": {"c": "0123"}, "d": [], "e": {}});
        for encoding in [Encoding::Json, Encoding::PrettyJson] {
            let read: Value = serde_json::from_slice(&encode(&value, encoding)).expect("JSON");
            assert_eq!(read, value);
        }
        let text = encode(&value, Encoding::Yaml);
        let text = std::str::from_utf8(&text).expect("YAML is text");
        let read: Value = serde_saphyr::from_str(text).expect(text);
        assert_eq!(read, value);
    }
}
