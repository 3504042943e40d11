//! The changes of one step, made to the fields of a struct.

use serde_json::{Map, Value};

use super::{Change, ConversionError, Within, kept::Kept, restore::restore};

type Fields = Map<String, Value>;

/// Which way a change is made.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    /// To the newer version.
    Up,
    /// To the older version.
    Down,
}

impl Direction {
    /// What is before and what is after, of what is old and what is new.
    pub(super) fn ordered<T>(self, old: T, new: T) -> (T, T) {
        match self {
            Self::Up => (old, new),
            Self::Down => (new, old),
        }
    }

    fn opposite(self) -> Self {
        match self {
            Self::Up => Self::Down,
            Self::Down => Self::Up,
        }
    }
}

/// A step between two neighbouring versions.
#[derive(Clone, Copy)]
pub(super) struct Between {
    pub(super) origin: &'static str,
    pub(super) target: &'static str,
    pub(super) direction: Direction,
}

/// A conversion of one field's value.
type Convert<'a> = dyn Fn(Value) -> Result<Value, ConversionError> + 'a;

impl Between {
    /// Makes `changes` to the fields of the struct at `path`. What gets lost is put into `kept`, and what is there comes
    /// back; without it nothing is kept.
    pub(super) fn change(
        self,
        fields: &mut Fields,
        changes: &[Change],
        path: &str,
        mut kept: Option<&mut Kept>,
    ) -> Result<(), ConversionError> {
        let up = self.direction == Direction::Up;
        let mut changes: Vec<&Change> = changes.iter().collect();
        if !up {
            changes.reverse();
        }
        for change in changes {
            let kept = kept.as_deref_mut();
            match *change {
                Change::Added { field, default } if up => self.fill(fields, field, default, kept),
                Change::Removed { field, default } if !up => self.fill(fields, field, default, kept),
                Change::Added { field, default } | Change::Removed { field, default } => {
                    self.set_aside(fields, field, default, kept);
                }
                Change::Renamed { from, to } => {
                    let (from, to) = self.direction.ordered(from, to);
                    if let Some(value) = fields.remove(from) {
                        fields.insert(to.into(), value);
                    }
                }
                Change::Retyped { from, to, up, down } => {
                    let names = self.direction.ordered(from, to);
                    let (there, back) = self.direction.ordered(up, down);
                    let wrong = |source| ConversionError::Field {
                        field: format!("{path}.{}", names.0),
                        version: self.target,
                        source,
                    };
                    let there: &Convert<'_> = &|value| there(value).map_err(wrong);
                    self.value(fields, names, there, &|value| back(value).map_err(wrong), kept)?;
                }
                Change::Nested {
                    from,
                    to,
                    within,
                    changes,
                } => {
                    let names = self.direction.ordered(from, to);
                    let path = format!("{path}.{}", names.0);
                    let there: &Convert<'_> = &|value| self.held(value, within, changes, &path);
                    let back = self.back();
                    self.value(
                        fields,
                        names,
                        there,
                        &|value| back.held(value, within, changes, &path),
                        kept,
                    )?;
                }
            }
        }
        Ok(())
    }

    /// The same step, the other way.
    fn back(self) -> Self {
        Self {
            origin: self.target,
            target: self.origin,
            direction: self.direction.opposite(),
        }
    }

    /// The structs that a field holds, each with the changes made to it. What they lose is kept with the whole field.
    fn held(
        self,
        value: Value,
        within: &[Within],
        changes: &[Change],
        path: &str,
    ) -> Result<Value, ConversionError> {
        let again = |value, rest| self.held(value, rest, changes, path);
        match (within.split_first(), value) {
            (None, Value::Object(mut fields)) => {
                self.change(&mut fields, changes, path, None)?;
                Ok(Value::Object(fields))
            }
            (Some((Within::List, rest)), Value::Array(elements)) => {
                elements.into_iter().map(|element| again(element, rest)).collect()
            }
            (Some((Within::Map, rest)), Value::Object(values)) => {
                let values = values
                    .into_iter()
                    .map(|(key, value)| Ok((key, again(value, rest)?)))
                    .collect::<Result<Fields, ConversionError>>()?;
                Ok(Value::Object(values))
            }
            // Null, or what the schema would have refused.
            (_, other) => Ok(other),
        }
    }

    /// A field whose value becomes another, which may lose something.
    fn value(
        self,
        fields: &mut Fields,
        (from, to): (&'static str, &'static str),
        there: &Convert<'_>,
        back: &Convert<'_>,
        kept: Option<&mut Kept>,
    ) -> Result<(), ConversionError> {
        let Some(kept) = kept else {
            if let Some(value) = fields.remove(from) {
                fields.insert(to.into(), there(value)?);
            }
            return Ok(());
        };
        let recalled = kept.recall(self.target, to);
        let Some(value) = fields.remove(from) else {
            return Ok(());
        };
        let says_the_same = |candidate: &Value| back(candidate.clone()).is_ok_and(|back| back == value);
        let plain = there(value.clone())?;
        // What was kept counts as far as it says the same as the value now.
        let restored = recalled.and_then(|kept| {
            let before = there(back(kept.clone()).ok()?).ok()?;
            Some(restore(&kept, &before, &plain)).filter(says_the_same)
        });
        let converted = restored.unwrap_or(plain);
        if !says_the_same(&converted) {
            kept.keep(self.origin, from, value);
        }
        fields.insert(to.into(), converted);
        Ok(())
    }

    /// A field that the version has and the last one had not.
    fn fill(self, fields: &mut Fields, field: &str, default: Option<fn() -> Value>, kept: Option<&mut Kept>) {
        let recalled = kept.and_then(|kept| kept.recall(self.target, field));
        if !fields.contains_key(field)
            && let Some(value) = recalled.or_else(|| default.map(|default| default()))
        {
            fields.insert(field.into(), value);
        }
    }

    /// A field that the version has not and the last one had.
    fn set_aside(
        self,
        fields: &mut Fields,
        field: &str,
        default: Option<fn() -> Value>,
        kept: Option<&mut Kept>,
    ) {
        if let Some(value) = fields.remove(field)
            && !value.is_null()
            && default.is_none_or(|default| default() != value)
            && let Some(kept) = kept
        {
            kept.keep(self.origin, field, value);
        }
    }
}
