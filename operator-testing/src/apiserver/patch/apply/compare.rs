//! What changed between two objects, as sets of fields.
//!
//! Source: `sigs.k8s.io/structured-merge-diff/v6/typed/compare.go`.

use serde_json::Value;

use super::{
    element::{Element, same},
    index::Index,
    set::FieldSet,
    shape::{Fields, List, Scalar, Shape, Type},
    validate::check_scalar,
};

/// The fields that differ between two objects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Changes {
    /// Fields that are in the new object only.
    pub added: FieldSet,
    /// Fields that are in both, with another value.
    pub modified: FieldSet,
    /// Fields that are in the old object only.
    pub removed: FieldSet,
}

impl Changes {
    /// The changes without those of the fields in `ignored` and below them.
    pub(super) fn without(self, ignored: &FieldSet) -> Self {
        if ignored.is_empty() {
            return self;
        }
        Self {
            added: self.added.difference_with_all_below(ignored),
            modified: self.modified.difference_with_all_below(ignored),
            removed: self.removed.difference_with_all_below(ignored),
        }
    }
}

/// Compares two objects of one type.
///
/// # Errors
/// The message of the real server, if a value does not fit its type on either side.
pub(super) fn compare(old: &Value, new: &Value, kind: Type<'_>) -> Result<Changes, String> {
    let mut walk = Walk { misfits: Vec::new() };
    let found = walk.values(Some(old), Some(new), kind);
    match walk.misfits.as_slice() {
        [] => Ok(Changes {
            added: found.added.below,
            modified: found.modified.below,
            removed: found.removed.below,
        }),
        [one] => Err(one.clone()),
        many => Err(format!("errors:\n  {}", many.join("\n  "))),
    }
}

/// What is known about one field: whether it belongs to the set itself, and what below it does.
#[derive(Default)]
struct Found {
    added: Part,
    modified: Part,
    removed: Part,
}

#[derive(Default)]
struct Part {
    member: bool,
    below: FieldSet,
}

impl Part {
    fn take(&mut self, element: &Element, part: Self) {
        if part.member || !part.below.is_empty() {
            self.below.push(element.clone(), part.member, part.below);
        }
    }
}

impl Found {
    fn take(&mut self, element: &Element, found: Self) {
        self.added.take(element, found.added);
        self.modified.take(element, found.modified);
        self.removed.take(element, found.removed);
    }

    fn finish(&mut self) {
        self.added.below.finish();
        self.modified.below.finish();
        self.removed.below.finish();
    }

    fn is_something(&self) -> bool {
        [&self.added, &self.modified, &self.removed]
            .iter()
            .any(|part| part.member || !part.below.is_empty())
    }
}

struct Walk {
    misfits: Vec<String>,
}

impl Walk {
    fn values(&mut self, old: Option<&Value>, new: Option<&Value>, kind: Type<'_>) -> Found {
        let mut found = Found::default();
        let (old_shape, new_shape) = (kind.shape(old), kind.shape(new));
        if new.is_none() {
            self.shaped(old, new, old_shape, &mut found);
        } else {
            if old.is_some() && !old_shape.is_like(&new_shape) {
                self.shaped(old, new, old_shape, &mut found);
            }
            self.shaped(old, new, new_shape, &mut found);
        }
        if old.is_none() {
            found.added.member = true;
        } else if new.is_none() {
            found.removed.member = true;
        }
        found
    }

    fn shaped(&mut self, old: Option<&Value>, new: Option<&Value>, shape: Shape<'_>, found: &mut Found) {
        match shape {
            Shape::Scalar(scalar) => self.scalars(old, new, scalar, found),
            Shape::List(list) => {
                let (left, right) = (items(old), items(new));
                if list.is_atomic() || (left.is_empty() && right.is_empty()) {
                    leaf(old, new, found);
                } else {
                    self.lists(left, right, list, found);
                    found.finish();
                }
            }
            Shape::Map(fields) => {
                let nothing = |value: Option<&Value>| {
                    value
                        .and_then(Value::as_object)
                        .is_none_or(serde_json::Map::is_empty)
                };
                if fields.atomic || (nothing(old) && nothing(new)) {
                    leaf(old, new, found);
                } else {
                    self.maps(old, new, fields, found);
                    found.finish();
                }
            }
        }
    }

    fn scalars(&mut self, old: Option<&Value>, new: Option<&Value>, scalar: Scalar, found: &mut Found) {
        let check = |value: Option<&Value>| value.map_or(Ok(()), |value| check_scalar(scalar, value));
        if let (Err(left), Err(right)) = (check(old), check(new)) {
            self.misfits.push(format!("lhs: {left}"));
            self.misfits.push(format!("rhs: {right}"));
            return;
        }
        leaf(old, new, found);
    }

    fn maps(&mut self, old: Option<&Value>, new: Option<&Value>, fields: Fields<'_>, found: &mut Found) {
        let (old, new) = (old.and_then(Value::as_object), new.and_then(Value::as_object));
        for (name, value) in old.into_iter().flatten() {
            let other = new.and_then(|new| new.get(name));
            let below = self.values(Some(value), other, fields.type_of(name));
            if below.is_something() {
                found.take(&Element::field(name), below);
            }
        }
        for (name, value) in new.into_iter().flatten() {
            let kind = fields.type_of(name);
            if old.is_some_and(|old| old.contains_key(name)) || fields.leaves_out(value, old.is_some()) {
                continue;
            }
            let below = self.values(None, Some(value), kind);
            found.take(&Element::field(name), below);
        }
    }

    fn lists(&mut self, old: &[Value], new: &[Value], list: List<'_>, found: &mut Found) {
        let old = Index::of(old, list, &mut self.misfits);
        let new = Index::of(new, list, &mut self.misfits);
        let only_new = new.elements().filter(|element| !old.contains(element));
        for element in old.elements().chain(only_new) {
            let (mut left, mut right) = (old.get(element), new.get(element));
            let below = match (left.len(), right.len()) {
                (0 | 1, 0 | 1) => self.values(left.next(), right.next(), list.items),
                (2.., 2..) => {
                    // What occurs twice before and after is compared as a whole.
                    let equal =
                        left.len() == right.len() && left.zip(right).all(|(left, right)| same(left, right));
                    let mut below = Found::default();
                    below.modified.member = !equal;
                    below
                }
                (_, 0 | 1) => {
                    let mut below = match right.next() {
                        Some(right) => self.values(None, Some(right), list.items),
                        None => Found::default(),
                    };
                    below.removed.member = true;
                    below
                }
                (0 | 1, _) => {
                    let mut below = match left.next() {
                        Some(left) => self.values(Some(left), None, list.items),
                        None => Found::default(),
                    };
                    below.added.member = true;
                    below
                }
            };
            if below.is_something() {
                found.take(element, below);
            }
        }
    }
}

fn items(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn leaf(old: Option<&Value>, new: Option<&Value>, found: &mut Found) {
    if let (Some(old), Some(new)) = (old, new) {
        found.modified.member |= !same(old, new);
    }
}
