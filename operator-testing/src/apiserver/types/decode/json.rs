//! Reads JSON as the server does: duplicate fields are noticed, numbers are brought into one form.
//!
//! Source: `sigs.k8s.io/json`, `k8s.io/apimachinery/pkg/util/json`.

use std::fmt;

use serde::de::{self, DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value, map::Entry};

use super::{MAX_DEPTH, syntax};
use crate::apiserver::types::place::Place;

/// A document and the fields that were written twice in it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Document {
    /// What was read.
    pub value: Value,
    /// The paths of the fields written twice, in the order of the document.
    pub duplicates: Vec<String>,
}

/// What becomes of the values of a field that is written more than once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Repeated {
    /// The last one counts.
    Last,
    /// Each is laid over those before it.
    Merged,
}

/// The largest whole number that every float below it can be exact about.
const MAX_EXACT: f64 = 9_007_199_254_740_991.0;

/// Reads a JSON document as what it is: of a field that is written more than once the last value counts.
///
/// # Errors
/// What is wrong with it, in the server's words where clients see them.
pub fn from_json(body: &[u8]) -> Result<Document, String> {
    document(body, Repeated::Last)
}

/// Reads a JSON document that is to fill a value of a built-in type: the values of a field that is written more than once are
/// laid over each other.
///
/// # Errors
/// What is wrong with it, in the server's words where clients see them.
pub fn from_json_of_type(body: &[u8]) -> Result<Document, String> {
    document(body, Repeated::Merged)
}

fn document(body: &[u8], repeated: Repeated) -> Result<Document, String> {
    // what is UTF-8 is found to be so many bytes at a time
    let text = match std::str::from_utf8(body) {
        Ok(text) => text.into(),
        Err(_) => String::from_utf8_lossy(body),
    };
    match read(&text, repeated) {
        Ok(document) => Ok(document),
        Err(error) if error.to_string().contains("hex escape") => {
            read(&replace_lone_surrogates(&text), repeated).map_err(|error| describe(&error, &text))
        }
        Err(error) => Err(describe(&error, &text)),
    }
}

fn read(text: &str, repeated: Repeated) -> serde_json::Result<Document> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let mut duplicates = Vec::new();
    let value = Node {
        place: &Place::Root,
        depth: 0,
        duplicates: &mut duplicates,
        repeated,
    }
    .deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(Document { value, duplicates })
}

/// The paths of all fields in the order of the document, for lists of fields that must come in that order.
pub fn fields_in_order(body: &[u8]) -> Vec<String> {
    let mut paths = Vec::new();
    let text = String::from_utf8_lossy(body);
    let mut deserializer = serde_json::Deserializer::from_str(&text);
    // A body that cannot be read has been refused before anybody asks for the order of its fields.
    let _ = Listing {
        place: &Place::Root,
        paths: &mut paths,
    }
    .deserialize(&mut deserializer);
    paths
}

fn describe(error: &serde_json::Error, text: &str) -> String {
    let message = error.to_string();
    if message.starts_with("number out of range") {
        let line = text
            .lines()
            .nth(error.line().saturating_sub(1))
            .unwrap_or_default();
        let end = error.column().min(line.len());
        let is_number = |b: &u8| b.is_ascii_digit() || b"+-.eE".contains(b);
        let start = end
            - line.as_bytes()[..end]
                .iter()
                .rev()
                .take_while(|b| is_number(b))
                .count();
        let tail = line.as_bytes()[end..].iter().take_while(|b| is_number(b)).count();
        let number = line.get(start..end + tail).unwrap_or_default();
        return format!("json: cannot unmarshal number {number} into Go value of type float64");
    }
    syntax::problem(text.as_bytes()).unwrap_or(message)
}

/// Half of a pair of `\u` escapes means U+FFFD.
fn replace_lone_surrogates(text: &str) -> String {
    let unit = |at: usize| -> Option<u16> {
        let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
        u16::from_str_radix(digits, 16).ok()
    };
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let escape = rest.find('\\').unwrap_or(rest.len());
        out.push_str(&rest[..escape]);
        at += escape;
        if escape == rest.len() {
            break;
        }
        let width = match unit(at) {
            Some(0xD800..=0xDBFF) if matches!(unit(at + 6), Some(0xDC00..=0xDFFF)) => 12,
            Some(0xD800..=0xDFFF) => {
                out.push_str("\\ufffd");
                at += 6;
                continue;
            }
            Some(_) => 6,
            None => 1 + text[at + 1..].chars().next().map_or(0, char::len_utf8),
        };
        out.push_str(&text[at..at + width]);
        at += width;
    }
    out
}

/// Floats that hold a whole number are whole numbers, whole numbers too large for 64 bits are floats.
fn number(float: f64) -> Value {
    if float.fract() == 0.0 && float.abs() <= MAX_EXACT {
        #[allow(clippy::cast_possible_truncation)]
        let whole = float as i64;
        return whole.into();
    }
    Number::from_f64(float).map_or(Value::Null, Value::Number)
}

/// Lays a value over an earlier one of the same field, as a reader does that fills a value of a type.
fn overlay(known: &mut Value, value: Value) {
    match (known, value) {
        (Value::Object(known), Value::Object(members)) => {
            for (name, value) in members {
                match known.get_mut(&name) {
                    Some(known) => overlay(known, value),
                    None => drop(known.insert(name, value)),
                }
            }
        }
        (Value::Array(known), Value::Array(items)) => {
            known.truncate(items.len());
            for (index, item) in items.into_iter().enumerate() {
                match known.get_mut(index) {
                    Some(known) => overlay(known, item),
                    None => known.push(item),
                }
            }
        }
        // nothing is no text, number or truth value
        (Value::String(_) | Value::Number(_) | Value::Bool(_), Value::Null) => {}
        (known, value) => *known = value,
    }
}

struct Node<'a> {
    place: &'a Place<'a>,
    /// How many lists and objects it is in.
    depth: usize,
    duplicates: &'a mut Vec<String>,
    repeated: Repeated,
}

impl Node<'_> {
    /// The depth of what is within this list or object.
    fn deeper<E: de::Error>(&self) -> Result<usize, E> {
        if self.depth == MAX_DEPTH {
            return Err(E::custom("exceeded max depth"));
        }
        Ok(self.depth + 1)
    }
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = Value;

    fn deserialize<D: de::Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        // what a built-in type keeps as it came keeps large numbers too
        if self.repeated == Repeated::Merged {
            return Ok(value.into());
        }
        #[allow(clippy::cast_precision_loss)]
        Ok(i64::try_from(value).map_or_else(|_| number(value as f64), Value::from))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(number(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: de::Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let depth = self.deeper()?;
        let mut values = Vec::new();
        loop {
            let next = list.next_element_seed(Node {
                place: &Place::Item(self.place, values.len()),
                depth,
                duplicates: &mut *self.duplicates,
                repeated: self.repeated,
            })?;
            match next {
                Some(value) => values.push(value),
                None => return Ok(values.into()),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let depth = self.deeper()?;
        let mut object = Map::new();
        while let Some(key) = fields.next_key::<String>()? {
            let place = Place::Field(self.place, &key);
            let known = self.duplicates.len();
            let value = fields.next_value_seed(Node {
                place: &place,
                depth,
                duplicates: &mut *self.duplicates,
                repeated: self.repeated,
            })?;
            match object.entry(key) {
                Entry::Vacant(entry) => {
                    entry.insert(value);
                }
                Entry::Occupied(mut entry) => {
                    let path = Place::Field(self.place, entry.key()).to_string();
                    match self.repeated {
                        Repeated::Last => drop(entry.insert(value)),
                        Repeated::Merged => overlay(entry.get_mut(), value),
                    }
                    if !self.duplicates.contains(&path) {
                        self.duplicates.insert(known, path);
                    }
                }
            }
        }
        Ok(object.into())
    }
}

struct Listing<'a> {
    place: &'a Place<'a>,
    paths: &'a mut Vec<String>,
}

impl<'de> DeserializeSeed<'de> for Listing<'_> {
    type Value = ();

    fn deserialize<D: de::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Listing<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        for index in 0.. {
            let next = list.next_element_seed(Listing {
                place: &Place::Item(self.place, index),
                paths: &mut *self.paths,
            })?;
            if next.is_none() {
                break;
            }
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        while let Some(key) = fields.next_key::<String>()? {
            let place = Place::Field(self.place, &key);
            self.paths.push(place.to_string());
            fields.next_value_seed(Listing {
                place: &place,
                paths: &mut *self.paths,
            })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_written_again_is_laid_over_what_was_there() {
        let body = br#"{"a": {"x": 1, "l": [{"n": 1, "m": 2}, 3]}, "a": {"x": null, "y": 2, "l": [{"n": 5}]}, "b": {}, "b": null}"#;
        let merged = from_json_of_type(body).unwrap();
        assert_eq!(
            merged.value,
            json!({"a": {"x": 1, "y": 2, "l": [{"n": 5, "m": 2}]}, "b": null})
        );
        assert_eq!(merged.duplicates, ["a", "b"]);
        let last = from_json(body).unwrap();
        assert_eq!(last.value["a"], json!({"x": null, "y": 2, "l": [{"n": 5}]}));
    }

    #[test]
    fn duplicates_are_reported_with_their_path() {
        let body = br#"{"a": 1, "b": [{"c": 1, "c": 2}], "a": {"x": 1, "x": 1, "x": 2}}"#;
        let document = from_json(body).unwrap();
        assert_eq!(document.value, json!({"a": {"x": 2}, "b": [{"c": 2}]}));
        assert_eq!(document.duplicates, ["b[0].c", "a", "a.x"]);
    }

    #[test]
    fn numbers_have_one_form() {
        let document =
            from_json(br#"[1.0, 1e3, 9223372036854775807, 9223372036854775808, 0.5, -0]"#).unwrap();
        assert_eq!(
            document.value,
            json!([1, 1000, i64::MAX, 9_223_372_036_854_775_808.0_f64, 0.5, 0])
        );
        assert_eq!(
            from_json(br#"{"i": 1E400}"#).unwrap_err(),
            "json: cannot unmarshal number 1E400 into Go value of type float64"
        );
    }

    #[test]
    fn half_a_pair_becomes_the_replacement_character() {
        let document = from_json(br#"{"a": "x\ud83dy", "b": "\ud83d\ude42", "c": "\\ud83d"}"#).unwrap();
        assert_eq!(
            document.value,
            json!({"a": "x\u{fffd}y", "b": "\u{1f642}", "c": "\\ud83d"})
        );
    }

    #[test]
    fn fields_are_listed_in_the_order_of_the_document() {
        let listed = fields_in_order(br#"{"z": {"y": 1}, "a": [{"b": 1}]}"#);
        assert_eq!(listed, ["z", "z.y", "a", "a[0].b"]);
    }
}
