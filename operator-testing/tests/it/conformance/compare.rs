//! Where two answers differ.

use serde_json::{Map, Value};

/// The value with what a real server orders by chance put in order: causes, conditions, and lists of errors in messages.
pub(crate) fn canonical(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut out: Map<String, Value> = members
                .iter()
                .map(|(name, value)| (name.clone(), canonical(value)))
                .collect();
            if let Some(Value::Array(causes)) = out.get_mut("causes") {
                causes.sort_by_key(Value::to_string);
            }
            if let Some(Value::Array(conditions)) = out.get_mut("conditions")
                && conditions.iter().all(|condition| condition.get("type").is_some())
            {
                conditions.sort_by_key(|condition| condition["type"].to_string());
            }
            if let Some(Value::String(message)) = out.get_mut("message")
                && message.ends_with(']')
                && let Some(start) = message.find('[')
            {
                let mut parts: Vec<&str> = message[start + 1..message.len() - 1].split(", ").collect();
                parts.sort_unstable();
                *message = format!("{}[{}]", &message[..start], parts.join(", "));
            }
            out.into()
        }
        Value::Array(items) => items.iter().map(canonical).collect(),
        other => other.clone(),
    }
}

/// Every difference, one line each.
pub(crate) fn differences(wanted: &Value, got: &Value) -> Vec<String> {
    let mut out = Vec::new();
    compare(wanted, got, "", &mut out);
    out
}

fn compare(wanted: &Value, got: &Value, path: &str, out: &mut Vec<String>) {
    match (wanted, got) {
        (Value::Object(wanted), Value::Object(got)) => {
            for (name, value) in wanted {
                match got.get(name) {
                    Some(other) => compare(value, other, &format!("{path}.{name}"), out),
                    None => out.push(format!("{path}.{name}: missing, want {value}")),
                }
            }
            for (name, value) in got.iter().filter(|(name, _)| !wanted.contains_key(*name)) {
                out.push(format!("{path}.{name}: unexpected {value}"));
            }
        }
        (Value::Array(wanted), Value::Array(got)) => {
            if wanted.len() != got.len() {
                out.push(format!("{path}: {} elements, want {}", got.len(), wanted.len()));
            }
            for (index, (wanted, got)) in wanted.iter().zip(got).enumerate() {
                compare(wanted, got, &format!("{path}[{index}]"), out);
            }
        }
        _ if wanted != got => out.push(format!("{path}: got {got}, want {wanted}")),
        _ => {}
    }
}
