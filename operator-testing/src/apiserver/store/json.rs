//! Writes values as compact JSON. Most of what is stored is text without anything to escape, which is found out many bytes at a
//! time and copied as it is.

use serde_json::Value;

use crate::apiserver::numbers;

/// Appends a value.
pub(super) fn write(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::String(text) => write_text(out, text),
        Value::Array(items) => {
            out.push(b'[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write(out, item);
            }
            out.push(b']');
        }
        Value::Object(members) => {
            out.push(b'{');
            for (index, (name, member)) in members.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write_text(out, name);
                out.push(b':');
                write(out, member);
            }
            out.push(b'}');
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {
            numbers::write(out, value);
        }
    }
}

/// Appends a text.
pub(super) fn write_text(out: &mut Vec<u8>, text: &str) {
    // one pass without a way out, which the compiler turns into vector instructions
    let has_special = text.bytes().fold(false, |found, byte| {
        found | (byte < b' ') | (byte == b'"') | (byte == b'\\')
    });
    if has_special {
        serde_json::to_writer(out, text).expect("a string is always JSON");
        return;
    }
    out.reserve(text.len() + 2);
    out.push(b'"');
    out.extend_from_slice(text.as_bytes());
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    proptest! {
        #[test]
        fn texts_are_written_as_serde_json_writes_them(text in any::<String>(), name in "[ -~\u{7f}\n]*") {
            let value = json!({name.clone(): text, "list": [text, 1, -2.5, null, true, {}, [], {"a": name}]});
            let mut out = Vec::new();
            write(&mut out, &value);
            prop_assert_eq!(String::from_utf8(out), Ok(value.to_string()));
        }
    }
}
