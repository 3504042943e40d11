//! One step of a field path: `f:name`, `k:{...}`, `v:...`, `i:n`.
//!
//! Source: `sigs.k8s.io/structured-merge-diff/v6/fieldpath`.

use std::{cmp::Ordering, fmt};

use serde_json::{Number, Value};

use crate::apiserver::wording;

/// Selects a child of an object or of a list.
#[derive(Clone, Debug)]
pub enum Element {
    /// The field of that name.
    Field(Box<str>),
    /// The element of a list whose key fields have these values, in the order of their names.
    Key(Box<[(Box<str>, Value)]>),
    /// The element of a set that equals this scalar.
    Value(Value),
    /// The element of a list at this place.
    Index(i64),
}

impl Element {
    /// The field of that name.
    pub fn field(name: &str) -> Self {
        Self::Field(name.into())
    }

    /// Reads the form that `fieldsV1` uses; `Ok(None)` for a kind of element that is not known.
    pub fn decode(text: &str) -> Result<Option<Self>, String> {
        if text.len() < 2 {
            return Err("key must be 2 characters long:".into());
        }
        let Some((kind, rest)) = text.split_once(':').filter(|(kind, _)| kind.len() == 1) else {
            return Err(format!("missing colon: {text}"));
        };
        let scalar = || serde_json::from_str::<Value>(rest).map_err(|error| error.to_string());
        Ok(Some(match kind {
            "f" => Self::Field(rest.into()),
            "v" => Self::Value(scalar()?),
            "k" => {
                let Value::Object(fields) = scalar()? else {
                    return Err(format!("key is not an object: {text}"));
                };
                Self::key(
                    fields
                        .into_iter()
                        .map(|(name, value)| (name.into(), value))
                        .collect(),
                )
            }
            "i" => Self::Index(rest.parse().map_err(|_| format!("invalid index: {text}"))?),
            _ => return Ok(None),
        }))
    }

    /// The element with these key fields, whatever order they come in.
    pub fn key(mut fields: Vec<(Box<str>, Value)>) -> Self {
        fields.sort_by(|(left, _), (right, _)| left.cmp(right));
        Self::Key(fields.into())
    }

    /// Appends the form that `fieldsV1` uses.
    pub fn encode_into(&self, out: &mut String) {
        match self {
            Self::Field(name) => encode_field(name, out),
            Self::Key(fields) => {
                encode_key(fields.iter().map(|(name, value)| (&**name, value)), out);
            }
            Self::Value(value) => encode_value(value, out),
            Self::Index(index) => {
                out.push_str("i:");
                out.push_str(&index.to_string());
            }
        }
    }
}

/// Appends `f:name`.
pub(super) fn encode_field(name: &str, out: &mut String) {
    out.push_str("f:");
    out.push_str(name);
}

/// Appends `k:{...}`; the fields come in the order of their names.
pub(super) fn encode_key<'a>(fields: impl Iterator<Item = (&'a str, &'a Value)>, out: &mut String) {
    out.push_str("k:{");
    for (index, (name, value)) in fields.enumerate() {
        if index > 0 {
            out.push(',');
        }
        push_json_text(name, out);
        out.push(':');
        push_json(value, out);
    }
    out.push('}');
}

/// Appends `v:...`.
pub(super) fn encode_value(value: &Value, out: &mut String) {
    out.push_str("v:");
    push_json(value, out);
}

/// Appends JSON with the characters escaped that are special in HTML, as Go's encoder does.
pub(super) fn push_json(value: &Value, out: &mut String) {
    match value {
        Value::String(text) => push_json_text(text, out),
        other => out.push_str(&other.to_string()),
    }
}

/// The same for a text.
pub(super) fn push_json_text(text: &str, out: &mut String) {
    if text
        .bytes()
        .all(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\' | b'<' | b'>' | b'&'))
    {
        out.push('"');
        out.push_str(text);
        out.push('"');
        return;
    }
    for character in Value::from(text).to_string().chars() {
        wording::push_json_character(character, out);
    }
}

/// How messages name the element: `.name`, `[name="a",zone="b"]`, `[="x"]`, `[3]`.
impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(name) => write!(f, ".{name}"),
            Self::Key(fields) => {
                f.write_str("[")?;
                for (index, (name, value)) in fields.iter().enumerate() {
                    let comma = if index > 0 { "," } else { "" };
                    write!(f, "{comma}{name}={}", Shown(value))?;
                }
                f.write_str("]")
            }
            Self::Value(value) => write!(f, "[={}]", Shown(value)),
            Self::Index(index) => write!(f, "[{index}]"),
        }
    }
}

/// A value in the form that paths have, which is JSON but for maps.
struct Shown<'a>(&'a Value);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Value::Array(items) => {
                f.write_str("[")?;
                for (index, item) in items.iter().enumerate() {
                    let comma = if index > 0 { "," } else { "" };
                    write!(f, "{comma}{}", Self(item))?;
                }
                f.write_str("]")
            }
            Value::Object(members) => members
                .iter()
                .try_for_each(|(name, value)| write!(f, "{name}={}", Shown(value))),
            plain => write!(f, "{plain}"),
        }
    }
}

impl PartialEq for Element {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Element {}

impl PartialOrd for Element {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Fields come first, then keys, values and indices.
impl Ord for Element {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Field(left), Self::Field(right)) => left.cmp(right),
            (Self::Key(left), Self::Key(right)) => compare_keys(left, right),
            (Self::Value(left), Self::Value(right)) => compare_values(left, right),
            (Self::Index(left), Self::Index(right)) => left.cmp(right),
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

impl Element {
    fn rank(&self) -> u8 {
        match self {
            Self::Field(_) => 0,
            Self::Key(_) => 1,
            Self::Value(_) => 2,
            Self::Index(_) => 3,
        }
    }
}

fn compare_keys(left: &[(Box<str>, Value)], right: &[(Box<str>, Value)]) -> Ordering {
    for ((left_name, left_value), (right_name, right_value)) in left.iter().zip(right) {
        let order = left_name
            .cmp(right_name)
            .then_with(|| compare_values(left_value, right_value));
        if order.is_ne() {
            return order;
        }
    }
    left.len().cmp(&right.len())
}

/// A total order: numbers by what they are worth, then text, booleans, lists, objects, `null`.
pub(super) fn compare_values(left: &Value, right: &Value) -> Ordering {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => compare_numbers(left, right),
        (Value::String(left), Value::String(right)) => left.cmp(right),
        (Value::Bool(left), Value::Bool(right)) => left.cmp(right),
        (Value::Array(left), Value::Array(right)) => left
            .iter()
            .zip(right)
            .map(|(left, right)| compare_values(left, right))
            .find(|order| order.is_ne())
            .unwrap_or_else(|| left.len().cmp(&right.len())),
        (Value::Object(left), Value::Object(right)) => left
            .iter()
            .zip(right)
            .map(|((left_key, left), (right_key, right))| {
                left_key.cmp(right_key).then_with(|| compare_values(left, right))
            })
            .find(|order| order.is_ne())
            .unwrap_or_else(|| left.len().cmp(&right.len())),
        _ => rank(left).cmp(&rank(right)),
    }
}

/// The order of two numbers by what they are worth.
pub(super) fn compare_numbers(left: &Number, right: &Number) -> Ordering {
    if let (Some(left), Some(right)) = (left.as_i64(), right.as_i64()) {
        return left.cmp(&right);
    }
    let (left, right) = (left.as_f64().unwrap_or(0.0), right.as_f64().unwrap_or(0.0));
    left.total_cmp(&right)
}

fn rank(value: &Value) -> u8 {
    match value {
        Value::Number(_) => 0,
        Value::String(_) => 1,
        Value::Bool(_) => 2,
        Value::Array(_) => 3,
        Value::Object(_) => 4,
        Value::Null => 5,
    }
}

/// Whether two values are the same to the merge: numbers by what they are worth, objects whatever the order of their members.
pub(super) fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .all(|(key, left)| right.get(key).is_some_and(|right| same(left, right)))
        }
        (Value::Number(_), Value::Number(_)) => compare_values(left, right).is_eq(),
        _ => left == right,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_form_is_read_and_written() {
        for text in [
            "f:app.kubernetes.io/name",
            "f:",
            r#"k:{"containerPort":80,"protocol":"TCP"}"#,
            r#"v:"example.com/\u003ca\u003e""#,
            "v:5",
            "v:true",
            "i:3",
        ] {
            let element = Element::decode(text).expect("well formed").expect("a known kind");
            let mut out = String::new();
            element.encode_into(&mut out);
            assert_eq!(out, text);
        }
        assert!(Element::decode("x:new").expect("well formed").is_none());
        assert!(Element::decode("f").is_err());
        assert!(Element::decode("fx:").is_err());
        assert!(Element::decode("k:[").is_err());
    }

    #[test]
    fn messages_and_order() {
        let key = Element::key(vec![("zone".into(), json!("b")), ("name".into(), json!("a"))]);
        assert_eq!(key.to_string(), r#"[name="a",zone="b"]"#);
        let odd = Element::Value(json!([{"a": "b"}, 1]));
        assert_eq!(odd.to_string(), r#"[=[a="b",1]]"#);
        let mut elements = [
            Element::Index(1),
            Element::Value(json!(80)),
            Element::Value(json!(9)),
            key,
            Element::field("b"),
            Element::field("a"),
        ];
        elements.sort();
        let printed: Vec<_> = elements.iter().map(ToString::to_string).collect();
        assert_eq!(
            printed,
            [".a", ".b", r#"[name="a",zone="b"]"#, "[=9]", "[=80]", "[1]"]
        );
        assert!(same(&json!({"a": [1]}), &json!({"a": [1.0]})));
    }
}
