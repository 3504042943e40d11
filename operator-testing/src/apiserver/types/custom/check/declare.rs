//! What the values of a schema look like to its rules, and how large they can be.
//!
//! Source: `k8s.io/apiserver/pkg/cel/common/schemas.go`.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::apiserver::types::{
    cel::{Declared, Kind, MOST_BYTES, Shape},
    validate::escape,
};

/// The longest text that fits into a request, without its quotes.
const LONGEST_TEXT: u64 = MOST_BYTES - 2;
/// A character takes up to four bytes.
const CHARACTER_BYTES: u64 = 4;

/// The type of a schema's values; there is none if rules cannot see them.
pub(super) fn declare(schema: &Value, is_root: bool) -> Option<Declared> {
    let scalar = |kind, most, least_bytes| {
        let shape = Shape::Scalar(kind);
        Some(Declared {
            shape,
            most,
            least_bytes,
        })
    };
    if schema["x-kubernetes-int-or-string"] == true {
        let most = limit(schema, "maxLength").map(|most| most * CHARACTER_BYTES);
        return scalar(Kind::Dyn, most.unwrap_or(LONGEST_TEXT), 1);
    }
    if is_root {
        // Rules may ask for the name of an object whatever its schema says of it.
        return Some(object(&with_object_fields(schema), &schema["required"]));
    }
    match schema["type"].as_str()? {
        "array" => list(&schema["items"], limit(schema, "maxItems")),
        "object" if schema["additionalProperties"].is_object() => {
            map(&schema["additionalProperties"], limit(schema, "maxProperties"))
        }
        "object" => {
            let nothing = Map::new();
            let fields = schema["properties"].as_object().unwrap_or(&nothing);
            Some(object(fields, &schema["required"]))
        }
        "string" => text(schema),
        "boolean" => scalar(Kind::Bool, 0, 4),
        "number" => scalar(Kind::Double, 0, 1),
        "integer" => scalar(Kind::Int, 0, 1),
        _ => None,
    }
}

/// The type of what is in a list, a map or a field.
pub(super) fn child(schema: &Value) -> Option<Declared> {
    declare(schema, schema["x-kubernetes-embedded-resource"] == true)
}

/// A limit that a schema sets; one below zero lets nothing through.
fn limit(schema: &Value, keyword: &str) -> Option<u64> {
    let limit = schema[keyword].as_i64()?;
    Some(u64::try_from(limit).unwrap_or(0))
}

fn list(items: &Value, limit: Option<u64>) -> Option<Declared> {
    let of = Box::new(child(items)?);
    // Brackets around the list, a comma after each item.
    let most = limit.unwrap_or((MOST_BYTES - 2) / (of.least_bytes + 1));
    Some(Declared {
        shape: Shape::List(of),
        most,
        least_bytes: 2,
    })
}

fn map(values: &Value, limit: Option<u64>) -> Option<Declared> {
    let of = Box::new(child(values)?);
    // Braces around the map; for each entry a key of two bytes, its quotes, a colon and a comma.
    let most = limit.unwrap_or((MOST_BYTES - 2) / (of.least_bytes + 6));
    Some(Declared {
        shape: Shape::Map(of),
        most,
        least_bytes: 2,
    })
}

fn object(properties: &Map<String, Value>, required: &Value) -> Declared {
    let mut fields = BTreeMap::new();
    let mut least_bytes = 2;
    for (name, schema) in properties {
        let Some(declared) = child(schema) else { continue };
        let is_required = required
            .as_array()
            .is_some_and(|required| required.contains(&name.as_str().into()));
        // The server fills in what has a default.
        if is_required && schema["default"].is_null() {
            least_bytes += name.len() as u64 + declared.least_bytes + 4;
        }
        if is_nameable(name) {
            fields.insert(escape(name), declared);
        }
    }
    Declared {
        shape: Shape::Object(fields),
        most: 0,
        least_bytes,
    }
}

/// Whether an expression can name a field, if only by another spelling.
pub(super) fn is_nameable(name: &str) -> bool {
    !name.starts_with(|c: char| c.is_ascii_digit())
        && !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "_.-/".contains(c))
}

fn with_object_fields(schema: &Value) -> Map<String, Value> {
    let text = || serde_json::json!({"type": "string"});
    let mut fields = schema["properties"].as_object().cloned().unwrap_or_default();
    let metadata = &schema["properties"]["metadata"];
    let is_text = |schema: &Value| schema["type"] == "string";
    let is_complete = ["kind", "apiVersion"]
        .iter()
        .all(|name| is_text(&schema["properties"][name]))
        && metadata["type"] == "object"
        && ["name", "generateName"]
            .iter()
            .all(|name| is_text(&metadata["properties"][name]));
    if !is_complete {
        fields.insert("kind".to_owned(), text());
        fields.insert("apiVersion".to_owned(), text());
        let names = serde_json::json!({"name": text(), "generateName": text()});
        fields.insert(
            "metadata".to_owned(),
            serde_json::json!({"type": "object", "properties": names}),
        );
    }
    fields
}

fn text(schema: &Value) -> Option<Declared> {
    let longest = limit(schema, "maxLength");
    let (kind, most, least_bytes) = match schema["format"].as_str().unwrap_or_default() {
        "byte" => (Kind::Bytes, longest.unwrap_or(LONGEST_TEXT), 2),
        "duration" => (Kind::Duration, 32, 3),
        "date" => (Kind::Timestamp, 12, 12),
        "date-time" => (Kind::Timestamp, 32, 21),
        _ => {
            let choices = schema["enum"].as_array().filter(|choices| !choices.is_empty());
            let chosen = |choices: &Vec<Value>| {
                let lengths = choices.iter().filter_map(Value::as_str).map(str::len);
                lengths.max().unwrap_or(0) as u64
            };
            let most = longest
                .map(|longest| longest * CHARACTER_BYTES)
                .or_else(|| choices.map(chosen));
            (Kind::Text, most.unwrap_or(LONGEST_TEXT), 2)
        }
    };
    Some(Declared {
        shape: Shape::Scalar(kind),
        most,
        least_bytes,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn sizes_follow_from_the_schema() {
        for (schema, most, least) in [
            (json!({"type": "string"}), 3_145_726, 2),
            (json!({"type": "string", "maxLength": 10}), 40, 2),
            (
                json!({"type": "string", "maxLength": 10, "format": "byte"}),
                10,
                2,
            ),
            (json!({"type": "string", "enum": ["a", "bcd"]}), 3, 2),
            (
                json!({"type": "string", "format": "date-time", "maxLength": 5}),
                32,
                21,
            ),
            (
                json!({"type": "array", "items": {"type": "integer"}}),
                1_572_863,
                2,
            ),
            (
                json!({"type": "array", "maxItems": -3, "items": {"type": "integer"}}),
                0,
                2,
            ),
            (
                json!({"type": "object", "additionalProperties": {"type": "boolean"}}),
                314_572,
                2,
            ),
            (json!({"x-kubernetes-int-or-string": true, "maxLength": 4}), 16, 1),
            (
                json!({"type": "object", "required": ["ab", "c"], "properties": {"ab": {"type": "string"}, "c": {"type": "integer", "default": 1}}}),
                0,
                10,
            ),
        ] {
            let declared = declare(&schema, false).unwrap();
            assert_eq!((declared.most, declared.least_bytes), (most, least), "{schema}");
        }
    }

    #[test]
    fn what_has_no_type_is_not_seen() {
        assert!(declare(&json!({"x-kubernetes-preserve-unknown-fields": true}), false).is_none());
        let schema = json!({"type": "object", "properties": {"a": {"x-kubernetes-preserve-unknown-fields": true}, "b-c": {"type": "string"}}});
        let Shape::Object(fields) = declare(&schema, true).unwrap().shape else {
            panic!("an object is declared as one");
        };
        assert_eq!(
            fields.keys().collect::<Vec<_>>(),
            ["apiVersion", "b__dash__c", "kind", "metadata"]
        );
    }
}
