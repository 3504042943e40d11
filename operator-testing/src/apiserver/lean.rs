//! JSON that is looked at and not kept: texts are borrowed from the document, and an object is one list of members, sorted by
//! name. Reading and dropping it costs half of what a [`serde_json::Value`] costs.

use std::{borrow::Cow, fmt};

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Number;

/// A JSON value that borrows from its document.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Lean<'a> {
    Null,
    Bool(bool),
    Number(Number),
    Text(Cow<'a, str>),
    List(Vec<Self>),
    Map(LeanMap<'a>),
}

/// The members of an object.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct LeanMap<'a> {
    /// Sorted by name, each name once.
    members: Vec<(Cow<'a, str>, Lean<'a>)>,
}

impl<'a> Lean<'a> {
    /// Reads a document; `None` if it is not JSON, or if a name is in an object twice.
    pub(crate) fn read(document: &'a [u8]) -> Option<Self> {
        serde_json::from_str(std::str::from_utf8(document).ok()?).ok()
    }

    pub(crate) fn as_map(&self) -> Option<&LeanMap<'a>> {
        match self {
            Self::Map(map) => Some(map),
            _ => None,
        }
    }

    pub(crate) fn as_list(&self) -> Option<&[Self]> {
        match self {
            Self::List(items) => Some(items),
            _ => None,
        }
    }

    pub(crate) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl<'a> LeanMap<'a> {
    pub(crate) fn len(&self) -> usize {
        self.members.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Lean<'a>> {
        let place = self
            .members
            .binary_search_by(|(known, _)| (**known).cmp(name))
            .ok()?;
        Some(&self.members[place].1)
    }

    /// A member that is a text; empty if it is none.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.get(name).and_then(Lean::as_text).unwrap_or_default()
    }

    /// The members in the order of their names.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Lean<'a>)> {
        self.members.iter().map(|(name, value)| (&**name, value))
    }
}

impl<'de> Deserialize<'de> for Lean<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Lean<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Lean<'de>, E> {
        Ok(Lean::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Lean<'de>, E> {
        Ok(Lean::Bool(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Lean<'de>, E> {
        Ok(Lean::Number(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Lean<'de>, E> {
        Ok(Lean::Number(number.into()))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Lean<'de>, E> {
        let number = Number::from_f64(number).ok_or_else(|| E::custom("a number that JSON cannot hold"))?;
        Ok(Lean::Number(number))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Lean<'de>, E> {
        Ok(Lean::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Lean<'de>, E> {
        Ok(Lean::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Lean<'de>, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Lean::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Lean<'de>, A::Error> {
        let mut members: Vec<(Cow<'de, str>, Lean<'de>)> = Vec::new();
        while let Some((Name(name), value)) = map.next_entry()? {
            members.push((name, value));
        }
        let is_in_order = |pair: &[(Cow<'_, str>, Lean<'_>)]| pair[0].0 < pair[1].0;
        if !members.windows(2).all(is_in_order) {
            members.sort_by(|(one, _), (other, _)| one.cmp(other));
            if !members.windows(2).all(is_in_order) {
                return Err(de::Error::custom("a name is there twice"));
            }
        }
        Ok(Lean::Map(LeanMap { members }))
    }
}

/// The name of a member.
struct Name<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Name<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_read_as_it_is() {
        let document = br#"{"b": [1, -2, 0.5, true, null], "a": {"\u0041": "x\ny", "": {}}}"#;
        let lean = Lean::read(document).expect("JSON");
        let map = lean.as_map().expect("an object");
        let names: Vec<_> = map.iter().map(|(name, _)| name).collect();
        assert_eq!((map.len(), names), (2, vec!["a", "b"]));
        let a = map.get("a").and_then(Lean::as_map).expect("an object");
        assert_eq!((a.text("A"), a.text("nope")), ("x\ny", ""));
        assert!(a.get("").and_then(Lean::as_map).is_some_and(LeanMap::is_empty));
        let list = map.get("b").and_then(Lean::as_list).expect("a list");
        assert_eq!(list[1], Lean::Number((-2).into()));
        assert_eq!((&list[3], &list[4]), (&Lean::Bool(true), &Lean::Null));
    }

    #[test]
    fn what_is_odd_is_not_read() {
        for document in [
            r#"{"a": 1, "b": 2, "a": 3}"#,
            "{",
            "a: b",
            r#"{"a": "\ud800"}"#,
            r#"{"a": 1e999}"#,
        ] {
            assert_eq!(Lean::read(document.as_bytes()), None, "{document}");
        }
        assert_eq!(Lean::read(b"\"\xff\""), None);
    }
}
