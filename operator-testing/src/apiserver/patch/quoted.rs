//! How messages quote patches.
//!
//! The real server takes documents apart only as far as a merge patch reaches into them. Whatever it did not look into is quoted as it was
//! written: numbers with all of their digits, texts with their escapes.
//!
//! Source: `gopkg.in/evanphx/json-patch.v4/merge.go`.

use std::collections::BTreeMap;

use serde_json::{Value, value::RawValue};

use super::merge::without_nulls;
use crate::apiserver::wording;

/// A document that is taken apart as far as needed.
enum Part<'a> {
    Raw(&'a str),
    Object(Members<'a>),
    List(Vec<Part<'a>>),
}

type Members<'a> = BTreeMap<String, Part<'a>>;

/// The document with the merge patch applied, as messages quote it; `None` if one of the two is no object.
pub fn merged(document: &str, patch: &[u8]) -> Option<String> {
    let mut members = members(document)?;
    merge_members(&mut members, self::members(std::str::from_utf8(patch).ok()?)?);
    let mut text = String::new();
    write_members(&members, &mut text);
    Some(text)
}

/// A strategic merge patch of `old` as messages quote it: applying it has taken the nulls out of whatever it adds or replaces.
///
/// Source: `k8s.io/apimachinery/pkg/util/strategicpatch/patch.go`.
pub fn strategic(old: &Value, patch: &Value) -> Value {
    let (Value::Object(old), Value::Object(patch)) = (old, patch) else {
        return patch.clone();
    };
    let members = patch.iter().map(|(name, value)| {
        let quoted = match (old.get(name), value) {
            (Some(Value::Object(_)), Value::Object(_)) => strategic(&old[name], value),
            (Some(Value::Array(_)), Value::Array(_)) => value.clone(),
            _ => without_nulls(value),
        };
        (name.clone(), quoted)
    });
    Value::Object(members.collect())
}

fn members(text: &str) -> Option<Members<'_>> {
    let members: BTreeMap<String, &RawValue> = serde_json::from_str(text).ok()?;
    let members = members.into_iter();
    Some(members.map(|(name, raw)| (name, Part::Raw(raw.get()))).collect())
}

impl<'a> Part<'a> {
    fn is_null(&self) -> bool {
        matches!(self, Self::Raw("null"))
    }

    /// Takes an object apart; gives back what is none.
    fn opened(self) -> Result<Members<'a>, Self> {
        match self {
            Self::Object(members) => Ok(members),
            Self::Raw(text) => members(text).ok_or(Self::Raw(text)),
            Self::List(items) => Err(Self::List(items)),
        }
    }

    /// The same without members that are null.
    fn pruned(self) -> Self {
        let raw = match self.opened() {
            Ok(members) => {
                let kept = members.into_iter().filter(|(_, part)| !part.is_null());
                return Self::Object(kept.map(|(name, part)| (name, part.pruned())).collect());
            }
            Err(other) => other,
        };
        let Self::Raw(text) = raw else { return raw };
        let Ok(items) = serde_json::from_str::<Vec<&RawValue>>(text) else {
            return raw;
        };
        let items = items.into_iter();
        Self::List(items.map(|item| Part::Raw(item.get()).pruned()).collect())
    }

    fn merged(self, patch: Self) -> Self {
        match (self.opened(), patch) {
            (Err(_), patch) => patch.pruned(),
            (Ok(mut members), patch) => match patch.opened() {
                Ok(patch) => {
                    merge_members(&mut members, patch);
                    Self::Object(members)
                }
                Err(patch) => patch,
            },
        }
    }

    fn write(&self, text: &mut String) {
        match self {
            Self::Raw(raw) => write_compact(raw, text),
            Self::Object(members) => write_members(members, text),
            Self::List(items) => {
                text.push('[');
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        text.push(',');
                    }
                    item.write(text);
                }
                text.push(']');
            }
        }
    }
}

fn merge_members<'a>(members: &mut Members<'a>, patch: Members<'a>) {
    for (name, part) in patch {
        let current = members.remove(&name).filter(|current| !current.is_null());
        if part.is_null() {
            continue;
        }
        let part = match current {
            Some(current) => current.merged(part),
            None => part.pruned(),
        };
        members.insert(name, part);
    }
}

fn write_members(members: &Members<'_>, text: &mut String) {
    text.push('{');
    for (index, (name, part)) in members.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        write_compact(&Value::from(name.as_str()).to_string(), text);
        text.push(':');
        part.write(text);
    }
    text.push('}');
}

/// Adds JSON without the spaces between its parts, and without what a page of HTML could take for its own.
fn write_compact(json: &str, text: &mut String) {
    let (mut is_quoted, mut is_escaped) = (false, false);
    for character in json.chars() {
        match character {
            ' ' | '\t' | '\n' | '\r' if !is_quoted => {}
            _ => wording::push_json_character(character, text),
        }
        is_quoted ^= character == '"' && !is_escaped;
        is_escaped = character == '\\' && !is_escaped;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_looked_into_stays_as_it_was_written() {
        let document = r#"{"b":{"z":1,"a":"x"},"a":{"y":1.50,"x":[1,null]},"n":null}"#;
        for (patch, expected) in [
            (
                "{}",
                r#"{"a":{"y":1.50,"x":[1,null]},"b":{"z":1,"a":"x"},"n":null}"#,
            ),
            (
                r#"{"b": {"c": 9223372036854775808, "a": null}, "n": {"d": null, "e": [{"f": null}, null]}}"#,
                r#"{"a":{"y":1.50,"x":[1,null]},"b":{"c":9223372036854775808,"z":1},"n":{"e":[{},null]}}"#,
            ),
            (
                r#"{"a": [ {"g": null} ], "b": null, "n": 1e3, "q": "\"<\u003e "}"#,
                r#"{"a":[{"g":null}],"n":1e3,"q":"\"\u003c\u003e "}"#,
            ),
        ] {
            assert_eq!(
                merged(document, patch.as_bytes()).as_deref(),
                Some(expected),
                "{patch}"
            );
        }
        assert_eq!(merged(document, b"[1]"), None);
    }

    #[test]
    fn a_strategic_patch_has_no_nulls_in_what_it_adds() {
        let quoted = strategic(
            &serde_json::json!({"a": {"b": 1}, "l": [1]}),
            &serde_json::json!({"a": {"b": null, "c": {"d": null}}, "n": {"e": null, "f": 1}, "g": null}),
        );
        let expected = serde_json::json!({"a": {"b": null, "c": {}}, "n": {"f": 1}, "g": null});
        assert_eq!(quoted, expected);
    }

    #[test]
    fn the_result_is_what_the_patch_makes() {
        let document = serde_json::json!({"a": {"b": [1], "c": null}, "d": "e"});
        for patch in [
            r#"{"a":{"b":{"x":null}}}"#,
            r#"{"a":{"c":{"x":null,"y":1}},"d":null}"#,
            r#"{"a":[null]}"#,
        ] {
            let quoted = merged(&document.to_string(), patch.as_bytes()).expect("two objects");
            let mut made = document.clone();
            let patch = serde_json::from_str(patch).expect("JSON");
            super::super::merge::apply(&mut made, &patch).expect("a patch");
            assert_eq!(
                serde_json::from_str::<serde_json::Value>(&quoted).ok(),
                Some(made)
            );
        }
    }
}
