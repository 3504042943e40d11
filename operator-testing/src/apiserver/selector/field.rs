//! Field selectors: `metadata.name=a,status.phase!=Running`.
//!
//! Source: `k8s.io/apimachinery/pkg/fields/selector.go`.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::apiserver::{status::StatusError, store::Stored, twin, types::ResourceType};

/// Requirements on fields, all of which must hold.
#[derive(Clone, Debug, Default)]
pub(crate) struct FieldSelector(Vec<Term>);

#[derive(Clone, Debug)]
struct Term {
    field: Field,
    equal: bool,
    value: String,
}

#[derive(Clone, Debug)]
enum Field {
    Name,
    Namespace,
    /// Where the value is, and what an object without it counts as.
    Path(Vec<Vec<Arc<str>>>, Arc<str>),
}

/// A selector as it is written: names, whether they must be equal, values.
#[derive(Clone, Debug)]
pub(super) struct Written(Vec<(String, bool, String)>);

impl Written {
    /// Reads a selector.
    ///
    /// # Errors
    /// 400 for a selector that does not parse.
    pub(super) fn parse(selector: &str) -> Result<Self, StatusError> {
        let mut parts = split_terms(selector);
        parts.sort_unstable();
        let terms = parts
            .into_iter()
            .filter(|part| !part.is_empty())
            .map(|part| {
                let (name, equal, value) = split_term(part).ok_or_else(|| {
                    StatusError::bad_request(format!(
                        "invalid selector: '{selector}'; can't understand '{part}'"
                    ))
                })?;
                let value = unescape(value).map_err(StatusError::bad_request)?;
                Ok((name.to_owned(), equal, value))
            })
            .collect::<Result<_, StatusError>>()?;
        Ok(Self(terms))
    }

    /// The selector for objects of a resource.
    ///
    /// # Errors
    /// 400 for a field that the resource does not offer.
    pub(super) fn of(self, resource: &ResourceType) -> Result<FieldSelector, StatusError> {
        let terms = self.0.into_iter().map(|(name, equal, value)| {
            let field = Field::find(&name, resource)?;
            Ok(Term { field, equal, value })
        });
        terms.collect::<Result<_, StatusError>>().map(FieldSelector)
    }
}

impl FieldSelector {
    /// The name that must match, if the selector asks for exactly one.
    pub(crate) fn only_name(&self) -> Option<&str> {
        self.0
            .iter()
            .find(|term| term.equal && matches!(term.field, Field::Name))
            .map(|term| term.value.as_str())
    }

    /// Whether every object matches.
    pub(crate) fn is_everything(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether an object matches.
    pub(crate) fn matches(&self, object: &Stored) -> bool {
        let mut parsed = None;
        self.0.iter().all(|term| {
            let equal = match &term.field {
                Field::Name => object.key.name() == term.value,
                Field::Namespace => object.key.namespace() == term.value,
                Field::Path(paths, missing) => {
                    let parsed = parsed.get_or_insert_with(|| object.value());
                    value_at(parsed, paths).unwrap_or_else(|| missing.to_string()) == term.value
                }
            };
            equal == term.equal
        })
    }
}

impl Field {
    fn find(name: &str, resource: &ResourceType) -> Result<Self, StatusError> {
        match name {
            "metadata.name" => return Ok(Self::Name),
            "metadata.namespace" if resource.namespaced || resource.custom.is_none() => {
                return Ok(Self::Namespace);
            }
            _ => {}
        }
        let listed = resource
            .selectable_fields
            .iter()
            .find(|field| &*field.name == name);
        match listed {
            Some(field) => {
                let mut paths = field.paths.clone();
                for first in paths.iter_mut().filter_map(|path| path.first_mut()) {
                    *first = twin::stored_member(resource, first).into();
                }
                Ok(Self::Path(paths, Arc::clone(&field.missing)))
            }
            None if resource.custom.is_none() && resource.selectable_fields.is_empty() => {
                Err(StatusError::bad_request(format!(
                    "{name:?} is not a known field selector: only \"metadata.name\", \"metadata.namespace\""
                )))
            }
            None if (&*resource.group, &*resource.kind) == ("batch", "Job") => Err(StatusError::bad_request(
                format!("field label {name:?} not supported for Job"),
            )),
            None => Err(StatusError::bad_request(format!(
                "field label not supported: {name}"
            ))),
        }
    }
}

/// The first value that is there and not empty, as text.
fn value_at(object: &Map<String, Value>, paths: &[Vec<Arc<str>>]) -> Option<String> {
    paths.iter().find_map(|path| {
        let (first, rest) = path.split_first()?;
        let mut value = object.get(&**first)?;
        for part in rest {
            value = match value {
                Value::Array(items) => items.get(part.parse::<usize>().ok()?)?,
                value => value.get(&**part)?,
            };
        }
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Bool(_) | Value::Number(_) => value.to_string(),
            _ => return None,
        };
        (!text.is_empty()).then_some(text)
    })
}

/// Splits at commas that no backslash precedes.
fn split_terms(selector: &str) -> Vec<&str> {
    let mut terms = Vec::new();
    let (mut start, mut escaped) = (0, false);
    for (index, character) in selector.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            ',' => {
                terms.push(&selector[start..index]);
                start = index + 1;
            }
            _ => {}
        }
    }
    terms.push(&selector[start..]);
    terms
}

fn split_term(term: &str) -> Option<(&str, bool, &str)> {
    for (index, _) in term.char_indices() {
        for (operator, equal) in [("!=", false), ("==", true), ("=", true)] {
            if let Some(value) = term[index..].strip_prefix(operator) {
                return Some((&term[..index], equal, value));
            }
        }
    }
    None
}

fn unescape(value: &str) -> Result<String, String> {
    let mut text = String::with_capacity(value.len());
    let mut characters = value.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.next() {
                Some(escaped @ ('\\' | ',' | '=')) => text.push(escaped),
                Some(other) => {
                    return Err(format!(
                        "invalid field selector: invalid escape sequence: \\{other}"
                    ));
                }
                None => return Err("invalid field selector: invalid escape sequence: \\".into()),
            },
            // the real server prints the character as a number
            ',' | '=' => {
                return Err(format!(
                    "invalid field selector: unescaped character in value: {}",
                    u32::from(character)
                ));
            }
            other => text.push(other),
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::{split_term, split_terms, unescape};

    #[test]
    fn terms_are_split_and_unescaped() {
        assert_eq!(split_terms(r"a=b\,c,d!=e"), [r"a=b\,c", "d!=e"]);
        assert_eq!(split_term("a!=b"), Some(("a", false, "b")));
        assert_eq!(split_term("a==b"), Some(("a", true, "b")));
        assert_eq!(split_term("a"), None);
        assert_eq!(unescape(r"b\,c").as_deref(), Ok("b,c"));
        assert!(unescape(r"b\c").is_err());
        assert!(unescape("a=b").is_err());
    }
}
