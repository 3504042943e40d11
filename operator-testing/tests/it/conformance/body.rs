//! What a step sends: the text of the file, so that fields keep their order, in the form in which the recording client wrote it.

use std::{collections::BTreeMap, fmt::Write as _};

use serde_json::Value;

/// The body of a request: a string is sent as it is, anything else as JSON.
pub(crate) fn sent(body: &str, variables: &BTreeMap<String, Value>) -> String {
    let body = fill(body, variables);
    serde_json::from_str(&body).unwrap_or_else(|_| spaced(&body))
}

/// Fills variables in: a string that is nothing but a variable becomes its value, whatever that is.
fn fill(json: &str, variables: &BTreeMap<String, Value>) -> String {
    variables.iter().fold(json.to_owned(), |json, (name, value)| {
        let inner = match value {
            Value::String(text) => {
                let quoted = Value::from(text.as_str()).to_string();
                quoted[1..quoted.len() - 1].to_owned()
            }
            other => other.to_string(),
        };
        json.replace(&format!("\"${{{name}}}\""), &value.to_string())
            .replace(&format!("${{{name}}}"), &inner)
    })
}

/// JSON on one line, with a space after commas and colons, in ASCII.
fn spaced(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let (mut quoted, mut escaped) = (false, false);
    for char in json.chars() {
        match char {
            _ if !quoted && char.is_ascii_whitespace() => continue,
            _ if !char.is_ascii() => {
                for unit in char.encode_utf16(&mut [0; 2]) {
                    write!(out, "\\u{unit:04x}").unwrap();
                }
                escaped = false;
                continue;
            }
            '"' if !escaped => quoted = !quoted,
            _ => {}
        }
        escaped = quoted && char == '\\' && !escaped;
        out.push(char);
        if !quoted && matches!(char, ',' | ':') {
            out.push(' ');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_keep_their_order_and_texts_their_spaces() {
        let variables = BTreeMap::from([("n".to_owned(), json!(3)), ("s".to_owned(), json!("x"))]);
        let body = "{\n \"b\": [1,\n 2],\n \"a\": \"\\\"y: z,é\", \"c\": \"${n}\", \"d\": \"-${s}${n}\"\n}";
        assert_eq!(
            sent(body, &variables),
            r#"{"b": [1, 2], "a": "\"y: z,\u00e9", "c": 3, "d": "-x3"}"#
        );
        assert_eq!(sent(r#""${s}: ${n}""#, &variables), "x: 3");
    }
}
