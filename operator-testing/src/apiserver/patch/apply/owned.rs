//! The fields that a configuration sets.
//!
//! Source: `sigs.k8s.io/structured-merge-diff/v6/typed/tofieldset.go`.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    element::Element,
    set::FieldSet,
    shape::{Fields, List, Shape, Type},
};

/// The fields that `value` sets.
pub(super) fn fields_of(value: &Value, kind: Type<'_>) -> FieldSet {
    walk(value, kind).1
}

/// Whether the field itself is one that is set, and those below it.
fn walk(value: &Value, kind: Type<'_>) -> (bool, FieldSet) {
    match kind.shape(Some(value)) {
        Shape::Scalar(_) => (true, FieldSet::default()),
        Shape::List(list) if list.is_atomic() => (true, FieldSet::default()),
        Shape::Map(fields) if fields.atomic => (true, FieldSet::default()),
        Shape::List(list) => (
            false,
            value
                .as_array()
                .map_or_else(FieldSet::default, |items| list_items(items, list)),
        ),
        Shape::Map(fields) => (false, map_members(value, fields)),
    }
}

fn list_items(items: &[Value], list: List<'_>) -> FieldSet {
    // What occurs twice is owned as a whole: there is no telling which one a path would mean.
    let mut identified = Vec::with_capacity(items.len());
    let (mut seen, mut twice) = (BTreeSet::new(), BTreeSet::new());
    for item in items {
        let Ok(element) = list.identify(item) else {
            continue;
        };
        if !seen.insert(element.clone()) {
            twice.insert(element.clone());
        }
        identified.push((element, item));
    }
    let mut set = FieldSet::default();
    for (element, item) in identified {
        if !twice.contains(&element) {
            let (_, below) = walk(item, list.items);
            set.push(element, true, below);
        }
    }
    for element in twice {
        set.push(element, true, FieldSet::default());
    }
    set.finish();
    set
}

fn map_members(value: &Value, fields: Fields<'_>) -> FieldSet {
    let mut set = FieldSet::default();
    for (name, member) in value.as_object().into_iter().flatten() {
        let found = fields.get(name);
        let kind = found.map_or(Type::Deduced, |(_, kind)| kind);
        let (itself, below) = walk(member, kind);
        let declared = found.is_some_and(|(declared, _)| declared);
        set.push(
            Element::field(name),
            itself || !declared || is_blank(member),
            below,
        );
    }
    set.finish();
    set
}

/// Whether a member is owned for itself because there is nothing in it to own.
pub(super) fn is_blank(member: &Value) -> bool {
    match member {
        Value::Null => true,
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}
