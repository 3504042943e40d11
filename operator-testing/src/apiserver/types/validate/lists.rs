//! Lists of type set and map hold nothing twice.
//!
//! Source: `k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype`.

use std::{collections::HashMap, sync::Arc};

use serde_json::{Map, Value};

use crate::apiserver::{
    status::FieldError,
    types::{
        place::Place,
        schema::{ListType, Schema},
    },
};

/// The duplicates in every list of an object.
pub(super) fn validate(schema: &Schema, object: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    node(schema, object, &Place::Root, &mut errors);
    errors
}

fn node(schema: &Schema, value: &Value, place: &Place<'_>, errors: &mut Vec<FieldError>) {
    if !schema.holds.distinct {
        return;
    }
    match value {
        Value::Array(items) => {
            match schema.list_type {
                ListType::Set if differ(items, Value::eq) => {}
                ListType::Set => report(items, place, errors),
                ListType::Map if let Some((index, item)) = odd(items) => {
                    let place = Place::Item(place, index).to_string();
                    let why = "must be an object for an array of list-type map";
                    errors.push(FieldError::invalid(place, item, why));
                }
                ListType::Map if differ(items, |one, other| have_same_keys(schema, one, other)) => {}
                ListType::Map => {
                    let keys: Vec<_> = items.iter().map(|item| keys_of(schema, item)).collect();
                    report(&keys, place, errors);
                }
                ListType::Atomic => {}
            }
            let Some(child) = &schema.items else { return };
            for (index, item) in items.iter().enumerate() {
                node(child, item, &Place::Item(place, index), errors);
            }
        }
        Value::Object(fields) => {
            for (name, value) in fields {
                if let Some(child) = schema.properties.get(name.as_str()) {
                    node(child, value, &Place::Field(place, name), errors);
                } else if let Some(child) = &schema.additional {
                    node(child, value, &Place::Entry(place, name), errors);
                }
            }
        }
        _ => {}
    }
}

/// The first item that is something else than an object.
fn odd(items: &[Value]) -> Option<(usize, &Value)> {
    let is_odd = |(_, item): &(usize, &Value)| !item.is_object() && !item.is_null();
    items.iter().enumerate().find(is_odd)
}

/// The keys of an item. Null has none.
fn keys_of(schema: &Schema, item: &Value) -> Value {
    let mut keys = Map::new();
    for key in &schema.list_map_keys {
        if let Some(value) = key_of(schema, item, key) {
            keys.insert(key.to_string(), value.clone());
        }
    }
    keys.into()
}

/// A key of an item; the default of its schema if it is missing.
fn key_of<'a>(schema: &'a Schema, item: &'a Value, key: &str) -> Option<&'a Value> {
    let default = || schema.items.as_ref()?.properties.get(key)?.default.as_ref();
    item.as_object()?.get(key).or_else(default)
}

fn have_same_keys(schema: &Schema, one: &Value, other: &Value) -> bool {
    let is_same = |key: &Arc<str>| key_of(schema, one, key) == key_of(schema, other, key);
    schema.list_map_keys.iter().all(is_same)
}

/// Whether a list is so short that comparing all of its items is the fastest way to find that no two are the same.
fn differ(items: &[Value], is_same: impl Fn(&Value, &Value) -> bool) -> bool {
    const SHORT: usize = 16;
    items.len() <= SHORT
        && items
            .iter()
            .enumerate()
            .all(|(index, item)| !items[..index].iter().any(|earlier| is_same(earlier, item)))
}

/// Reports the second place of every value that is there more than once.
fn report(values: &[Value], place: &Place<'_>, errors: &mut Vec<FieldError>) {
    let mut seen: HashMap<String, usize> = HashMap::new();
    for (index, value) in values.iter().enumerate() {
        let count = seen.entry(value.to_string()).or_default();
        *count += 1;
        if *count == 2 {
            let place = Place::Item(place, index);
            errors.push(FieldError::duplicate(place.to_string(), value));
        }
    }
}
