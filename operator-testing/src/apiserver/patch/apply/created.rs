//! The fast answer for new objects: whatever one sets belongs to whoever creates it.
//!
//! One walk over the object, beside the empty object of its kind, writes the `fieldsV1` of its only manager. What is out of the
//! ordinary - something that does not fit its type, something that is in a list twice - is left to the general way, which
//! compares the two objects and gives the new manager the difference.

use serde_json::{Map, Value};

use super::{
    element::{encode_field, same},
    ownership::SYSTEM_FIELDS,
    request::Request,
    set::{Branch, FieldSet},
    shape::{Fields, List, Shape, Type},
    validate::{check_scalar, validate},
};
use crate::apiserver::patch::apply::Element;

/// The `fieldsV1` of the manager that creates `new`; `empty` is the empty object of its kind.
///
/// `None` says nothing: the general way decides then.
pub(super) fn fields(empty: &Value, new: &Value, request: &Request<'_>) -> Option<Map<String, Value>> {
    let root = request.root();
    validate(empty, root, true).ok()?;
    let except = Except {
        reset: Some(request.reset).filter(|reset| !reset.is_empty()),
        system: Some(&SYSTEM_FIELDS),
    };
    Some(walk(Some(empty), new, root, except)?.below)
}

/// What is owned at one field.
struct Owned {
    /// Whether the field itself is.
    itself: bool,
    /// The fields below it, encoded.
    below: Map<String, Value>,
}

impl Owned {
    /// A value that is owned as a whole, if it is not what an empty object holds.
    fn whole(old: Option<&Value>, new: &Value) -> Self {
        Self {
            itself: old.is_none_or(|old| !same(old, new)),
            below: Map::new(),
        }
    }

    fn add_to(mut self, fields: &mut Map<String, Value>, key: String) {
        if self.below.is_empty() && !self.itself {
            return;
        }
        if self.itself && !self.below.is_empty() {
            self.below.insert(".".into(), Value::Object(Map::new()));
        }
        fields.insert(key, Value::Object(self.below));
    }
}

/// The fields that the manager does not get.
#[derive(Clone, Copy)]
struct Except<'a> {
    /// These, and everything below them.
    reset: Option<&'a FieldSet>,
    /// These, but what is below them.
    system: Option<&'a FieldSet>,
}

impl<'a> Except<'a> {
    const NOTHING: Self = Self {
        reset: None,
        system: None,
    };

    fn below(self, name: &str) -> Self {
        let below = |set: Option<&'a FieldSet>| {
            let below = branch(set?, name)?.below;
            (!below.is_empty()).then_some(below)
        };
        Self {
            reset: below(self.reset),
            system: below(self.system),
        }
    }
}

fn branch<'a>(set: &'a FieldSet, name: &str) -> Option<Branch<'a>> {
    set.branches()
        .find(|branch| matches!(branch.element, Element::Field(field) if **field == *name))
}

fn has(set: Option<&FieldSet>, name: &str) -> bool {
    set.and_then(|set| branch(set, name))
        .is_some_and(|branch| branch.member)
}

/// `old` is what stands here in the empty object.
fn walk(old: Option<&Value>, new: &Value, kind: Type<'_>, except: Except<'_>) -> Option<Owned> {
    let shape = kind.shape(Some(new));
    if old.is_some_and(|old| !kind.shape(Some(old)).is_like(&shape)) {
        return None;
    }
    match shape {
        Shape::Scalar(scalar) => {
            check_scalar(scalar, new).ok()?;
            Some(Owned::whole(old, new))
        }
        Shape::List(list) => self::list(old, new, kind, list),
        Shape::Map(fields) => map(old, new, kind, fields, except),
    }
}

fn list(old: Option<&Value>, new: &Value, kind: Type<'_>, list: List<'_>) -> Option<Owned> {
    let items: &[Value] = match new {
        Value::Null => &[],
        Value::Array(items) => items,
        _ => return None,
    };
    if items.is_empty() || list.is_atomic() {
        validate(new, kind, true).ok()?;
        return Some(Owned::whole(old, new));
    }
    if old.and_then(Value::as_array).is_some_and(|old| !old.is_empty()) {
        return None;
    }
    let mut below = Map::new();
    for item in items {
        let mut key = String::new();
        list.encode_identity(item, &mut key)?;
        if below.contains_key(&key) {
            return None;
        }
        let mut owned = walk(None, item, list.items, Except::NOTHING)?;
        owned.itself = true;
        owned.add_to(&mut below, key);
    }
    let itself = old.is_none();
    Some(Owned { itself, below })
}

fn map(
    old: Option<&Value>,
    new: &Value,
    kind: Type<'_>,
    fields: Fields<'_>,
    except: Except<'_>,
) -> Option<Owned> {
    let nothing = Map::new();
    let members = match new {
        Value::Null => &nothing,
        Value::Object(members) => members,
        _ => return None,
    };
    let known = old.and_then(Value::as_object).unwrap_or(&nothing);
    if fields.atomic || (members.is_empty() && known.is_empty()) {
        validate(new, kind, true).ok()?;
        return Some(Owned::whole(old, new));
    }
    let mut below = Map::new();
    for (name, member) in members {
        let (_, kind) = fields.get(name)?;
        if !known.contains_key(name) && fields.leaves_out(member, old.is_some()) {
            continue;
        }
        if has(except.reset, name) {
            validate(member, kind, true).ok()?;
            continue;
        }
        let mut owned = walk(known.get(name), member, kind, except.below(name))?;
        owned.itself &= !has(except.system, name);
        let mut key = String::with_capacity(name.len() + 2);
        encode_field(name, &mut key);
        owned.add_to(&mut below, key);
    }
    let itself = old.is_none();
    Some(Owned { itself, below })
}
