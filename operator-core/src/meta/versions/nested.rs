//! Changes to the fields of a struct, without anything being kept.

use serde_json::{Map, Value};

use super::{Change, ConversionError, Within};

/// Which way a change is made.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    /// To the newer version.
    Up,
    /// To the older version.
    Down,
}

impl Direction {
    pub(super) fn opposite(self) -> Self {
        match self {
            Self::Up => Self::Down,
            Self::Down => Self::Up,
        }
    }
}

/// Where a value is, for the errors, and which version it is to become.
pub(super) struct Target<'a> {
    pub(super) path: &'a str,
    pub(super) version: &'static str,
}

impl Target<'_> {
    pub(super) fn wrong(&self, field: &str, source: serde_json::Error) -> ConversionError {
        ConversionError::Field {
            field: format!("{}.{field}", self.path),
            version: self.version,
            source,
        }
    }
}

/// The values that a field holds, each with the changes made to it.
pub(super) fn convert_held(
    value: Value,
    within: &[Within],
    changes: &[Change],
    direction: Direction,
    target: &Target<'_>,
) -> Result<Value, ConversionError> {
    let again = |value, rest| convert_held(value, rest, changes, direction, target);
    match (within.split_first(), value) {
        (None, Value::Object(mut fields)) => {
            convert_fields(&mut fields, changes, direction, target)?;
            Ok(Value::Object(fields))
        }
        (Some((Within::List, rest)), Value::Array(elements)) => {
            elements.into_iter().map(|element| again(element, rest)).collect()
        }
        (Some((Within::Map, rest)), Value::Object(values)) => {
            let values = values
                .into_iter()
                .map(|(key, value)| Ok((key, again(value, rest)?)))
                .collect::<Result<Map<String, Value>, ConversionError>>()?;
            Ok(Value::Object(values))
        }
        // Null, or what the schema would have refused.
        (_, other) => Ok(other),
    }
}

/// The fields of one struct.
pub(super) fn convert_fields(
    fields: &mut Map<String, Value>,
    changes: &[Change],
    direction: Direction,
    target: &Target<'_>,
) -> Result<(), ConversionError> {
    let up = direction == Direction::Up;
    let in_order: &mut dyn Iterator<Item = &Change> = if up {
        &mut changes.iter()
    } else {
        &mut changes.iter().rev()
    };
    for change in in_order {
        match *change {
            Change::Added { field, default } if up => fill(fields, field, default),
            Change::Removed { field, default } if !up => fill(fields, field, default),
            Change::Added { field, .. } | Change::Removed { field, .. } => {
                fields.remove(field);
            }
            Change::Renamed { from, to } => {
                let (from, to) = ordered(from, to, direction);
                if let Some(value) = fields.remove(from) {
                    fields.insert(to.into(), value);
                }
            }
            Change::Retyped {
                from,
                to,
                up: there,
                down: back,
            } => {
                let (from, to) = ordered(from, to, direction);
                if let Some(value) = fields.remove(from) {
                    let convert = if up { there } else { back };
                    let converted = convert(value).map_err(|source| target.wrong(from, source))?;
                    fields.insert(to.into(), converted);
                }
            }
            Change::Nested {
                from,
                to,
                within,
                changes,
            } => {
                let (from, to) = ordered(from, to, direction);
                if let Some(value) = fields.remove(from) {
                    let below = Target {
                        path: &format!("{}.{from}", target.path),
                        version: target.version,
                    };
                    let converted = convert_held(value, within, changes, direction, &below)?;
                    fields.insert(to.into(), converted);
                }
            }
        }
    }
    Ok(())
}

/// The name before and the name after.
pub(super) fn ordered<T>(from: T, to: T, direction: Direction) -> (T, T) {
    match direction {
        Direction::Up => (from, to),
        Direction::Down => (to, from),
    }
}

fn fill(fields: &mut Map<String, Value>, field: &str, default: Option<fn() -> Value>) {
    if !fields.contains_key(field)
        && let Some(default) = default
    {
        fields.insert(field.into(), default());
    }
}
