//! Finds the place a JSONPath means in a schema.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    JSONSchemaProps, JSONSchemaPropsOrArray, JSONSchemaPropsOrBool,
};
use thiserror::Error;

/// A path leads nowhere.
#[derive(Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum PathError {
    /// The path itself is malformed.
    #[error("`{path}` is not a JSONPath: {reason}")]
    Malformed {
        /// The path.
        path: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// The schema has no such place.
    #[error("`{path}` is not in the schema: `{parent}` has {fields}")]
    Missing {
        /// The path.
        path: String,
        /// The part of it that exists.
        parent: String,
        /// What there is instead.
        fields: String,
    },
}

#[derive(Debug, PartialEq, Eq)]
enum Step<'a> {
    Field(String),
    Element(&'a str),
}

/// The schema at `path`; `None` where the schema says nothing, as below `metadata`.
///
/// # Errors
/// When the path is malformed or points at a field that the schema does not have.
pub fn at_path<'s>(root: &'s JSONSchemaProps, path: &str) -> Result<Option<&'s JSONSchemaProps>, PathError> {
    let steps = steps(path)?;
    if let Some(Step::Field(first)) = steps.first()
        && ["metadata", "apiVersion", "kind"].contains(&first.as_str())
    {
        return Ok(None);
    }
    let mut here = root;
    let mut parent = String::new();
    for step in &steps {
        if here.x_kubernetes_preserve_unknown_fields == Some(true) && here.properties.is_none() {
            return Ok(None);
        }
        let next = match step {
            Step::Field(name) => field(here, name),
            Step::Element(_) => element(here),
        };
        here = match next {
            Some(next) => next,
            None if here.x_kubernetes_preserve_unknown_fields == Some(true) => return Ok(None),
            None => {
                return Err(PathError::Missing {
                    path: path.into(),
                    parent: named(parent),
                    fields: fields(here),
                });
            }
        };
        match step {
            Step::Field(name) => {
                parent.push('.');
                parent.push_str(name);
            }
            Step::Element(text) => parent.push_str(text),
        }
    }
    Ok(Some(here))
}

/// The schema at a path of plain fields, to be changed.
///
/// # Errors
/// When the path is malformed or points at a field that the schema does not have.
pub fn field_mut<'s>(
    root: &'s mut JSONSchemaProps,
    path: &str,
) -> Result<&'s mut JSONSchemaProps, PathError> {
    at_path(root, path)?;
    let mut here = root;
    for step in steps(path)? {
        let Step::Field(name) = step else {
            return Err(PathError::Malformed {
                path: path.into(),
                reason: "only fields can be changed",
            });
        };
        let next = here
            .properties
            .as_mut()
            .and_then(|properties| properties.get_mut(&name));
        here = next.ok_or_else(|| PathError::Missing {
            path: path.into(),
            parent: path.into(),
            fields: "fields of no known name".into(),
        })?;
    }
    Ok(here)
}

fn named(parent: String) -> String {
    if parent.is_empty() {
        "the object".into()
    } else {
        parent
    }
}

fn fields(schema: &JSONSchemaProps) -> String {
    match &schema.properties {
        Some(properties) if !properties.is_empty() => properties
            .keys()
            .map(|name| format!("`{name}`"))
            .collect::<Vec<_>>()
            .join(", "),
        _ => "no fields".into(),
    }
}

fn field<'s>(schema: &'s JSONSchemaProps, name: &str) -> Option<&'s JSONSchemaProps> {
    if let Some(found) = schema
        .properties
        .as_ref()
        .and_then(|properties| properties.get(name))
    {
        return Some(found);
    }
    match schema.additional_properties.as_ref()? {
        JSONSchemaPropsOrBool::Schema(values) => Some(values),
        JSONSchemaPropsOrBool::Bool(_) => None,
    }
}

fn element(schema: &JSONSchemaProps) -> Option<&JSONSchemaProps> {
    match schema.items.as_ref()? {
        JSONSchemaPropsOrArray::Schema(items) => Some(items),
        JSONSchemaPropsOrArray::Schemas(all) => all.first(),
    }
}

/// Splits `.spec.list[0].a\.b['c']` into its steps.
fn steps(path: &str) -> Result<Vec<Step<'_>>, PathError> {
    let malformed = |reason| PathError::Malformed {
        path: path.into(),
        reason,
    };
    let mut steps = Vec::new();
    let mut rest = path;
    while let Some(first) = rest.chars().next() {
        if first == '[' {
            let end = closing(rest).ok_or_else(|| malformed("a bracket is not closed"))?;
            let inside = &rest[1..end];
            let quoted = inside
                .strip_prefix('\'')
                .and_then(|text| text.strip_suffix('\''))
                .or_else(|| inside.strip_prefix('"').and_then(|text| text.strip_suffix('"')));
            steps.push(match quoted {
                Some(name) => Step::Field(name.into()),
                None => Step::Element(&rest[..=end]),
            });
            rest = &rest[end + 1..];
        } else if first == '.' {
            let (name, length) = name(&rest[1..]);
            if name.is_empty() {
                return Err(malformed("a dot is followed by no name"));
            }
            steps.push(Step::Field(name));
            rest = &rest[1 + length..];
        } else {
            return Err(malformed("every field begins with a dot"));
        }
    }
    Ok(steps)
}

/// The bracket that closes the one at the start, past quotes.
fn closing(text: &str) -> Option<usize> {
    let mut quote = None;
    let mut depth = 0_usize;
    for (index, letter) in text.char_indices() {
        match (quote, letter) {
            (Some(open), _) if letter == open => quote = None,
            (None, '\'' | '"') => quote = Some(letter),
            (None, '[') => depth += 1,
            (None, ']') => {
                depth -= 1;
                if depth == 0 {
                    return Some(index);
                }
            }
            (Some(_) | None, _) => {}
        }
    }
    None
}

/// The name at the start of `text` without its escapes, and how many bytes it takes.
fn name(text: &str) -> (String, usize) {
    let mut name = String::new();
    let mut letters = text.char_indices();
    while let Some((index, letter)) = letters.next() {
        match letter {
            '.' | '[' => return (name, index),
            '\\' => name.extend(letters.next().map(|(_, escaped)| escaped)),
            _ => name.push(letter),
        }
    }
    (name, text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema() -> JSONSchemaProps {
        serde_json::from_value(serde_json::json!({
            "type": "object",
            "properties": {
                "spec": {"type": "object", "properties": {
                    "list": {"type": "array", "items": {"type": "object", "properties": {"a.b": {"type": "integer"}}}},
                    "map": {"type": "object", "additionalProperties": {"type": "boolean"}},
                    "any": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
                }},
            },
        }))
        .unwrap()
    }

    fn type_at(path: &str) -> Result<Option<String>, PathError> {
        let schema = schema();
        at_path(&schema, path).map(|found| found.and_then(|found| found.type_.clone()))
    }

    #[test]
    fn every_kind_of_step_is_followed() {
        let some = |text: &str| Ok(Some(text.to_owned()));
        assert_eq!(type_at(".spec.list[0].a\\.b"), some("integer"));
        assert_eq!(type_at(".spec.list[*]['a.b']"), some("integer"));
        assert_eq!(type_at(".spec.list[?(@.name=='x]')].a\\.b"), some("integer"));
        assert_eq!(type_at(".spec.map.key"), some("boolean"));
        assert_eq!(type_at(".spec.any.thing[0]"), Ok(None));
        assert_eq!(type_at(".metadata.labels.x"), Ok(None));
    }

    #[test]
    fn what_is_not_there_is_an_error() {
        assert!(
            matches!(type_at(".spec.nothing"), Err(PathError::Missing { parent, .. }) if parent == ".spec")
        );
        assert!(
            matches!(type_at(".status"), Err(PathError::Missing { parent, .. }) if parent == "the object")
        );
        assert!(matches!(type_at(".spec.map[0]"), Err(PathError::Missing { .. })));
        for malformed in ["spec", ".spec..list", ".spec.list[0"] {
            assert!(
                matches!(type_at(malformed), Err(PathError::Malformed { .. })),
                "{malformed}"
            );
        }
    }
}
