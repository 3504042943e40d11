//! Manifests as YAML, several documents to a file.

use serde::Serialize;
use serde_json::Value;

/// An object cannot be written as YAML.
#[derive(Debug, thiserror::Error)]
#[error("a manifest cannot be written as YAML: {0}")]
pub struct YamlError(String);

impl From<serde_json::Error> for YamlError {
    fn from(error: serde_json::Error) -> Self {
        Self(error.to_string())
    }
}

impl From<serde_saphyr::SerializeError> for YamlError {
    fn from(error: serde_saphyr::SerializeError) -> Self {
        Self(error.to_string())
    }
}

/// Writes objects as YAML documents, `apiVersion`, `kind` and `metadata` first, without nulls and empty statuses.
///
/// # Errors
/// [`YamlError`], if an object cannot be serialised.
pub fn to_yaml<T: Serialize>(objects: impl IntoIterator<Item = T>) -> Result<String, YamlError> {
    let mut text = String::new();
    for object in objects {
        let mut value = serde_json::to_value(object)?;
        tidy(&mut value);
        if !text.is_empty() {
            text.push_str("---\n");
        }
        text.push_str(&serde_saphyr::to_string(&Ordered(&value))?);
        if !text.ends_with('\n') {
            text.push('\n');
        }
    }
    Ok(text)
}

/// Takes out what says nothing.
fn tidy(value: &mut Value) {
    if let Value::Object(fields) = value {
        fields.retain(|name, field| !(field.is_null() || (name == "status" && is_empty(field))));
        fields.values_mut().for_each(drop_nulls);
    }
}

fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, field| !field.is_null());
            fields.values_mut().for_each(drop_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_nulls),
        _ => {}
    }
}

fn is_empty(value: &Value) -> bool {
    value.as_object().is_some_and(serde_json::Map::is_empty)
}

/// An object whose first fields are those that a reader looks for first; the others follow by name.
struct Ordered<'a>(&'a Value);

impl Serialize for Ordered<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Object(fields) => {
                let mut names: Vec<&String> = fields.keys().collect();
                names.sort_by_key(|name| (rank(name), *name));
                serializer.collect_map(names.into_iter().map(|name| (name, Ordered(&fields[name]))))
            }
            Value::Array(items) => serializer.collect_seq(items.iter().map(Ordered)),
            other => other.serialize(serializer),
        }
    }
}

fn rank(name: &str) -> u8 {
    match name {
        "apiVersion" => 0,
        "kind" => 1,
        "name" => 2,
        "namespace" => 3,
        "metadata" => 4,
        _ => 5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_readers_look_for_comes_first() {
        let object = json!({
            "spec": {"b": [1, {"z": 1, "name": "x"}], "a": null},
            "status": {},
            "metadata": {"namespace": "prod", "labels": {"on": "yes"}, "name": "m"},
            "kind": "K",
            "apiVersion": "v1",
        });
        let text = to_yaml([&object, &json!({"kind": "L"})]).unwrap();
        assert_eq!(
            text,
            "apiVersion: v1\nkind: K\nmetadata:\n  name: m\n  namespace: prod\n  labels:\n    \"on\": \"yes\"\n\
             spec:\n  b:\n  - 1\n  - name: x\n    z: 1\n---\nkind: L\n"
        );
    }

    #[test]
    fn strings_that_look_like_something_else_stay_strings() {
        let strings = [
            "1.0",
            "true",
            "no",
            "null",
            "~",
            "0x1F",
            "1e3",
            "",
            "- a",
            "a: b",
            "#x",
            "2026-01-01",
            "^[0-9]+$",
        ];
        let object = json!({"strings": strings, "lines": "a\nb\n", "keys": {"1": "a", "n": "b"}});
        let text = to_yaml([&object]).unwrap();
        let back: Value = serde_saphyr::from_str(&text).unwrap();
        assert_eq!(back, object, "{text}");
    }
}
