//! Merging maps.

use serde_json::{Map, Value};

use super::{DIRECTIVE, Failure, field, list, order};
use crate::apiserver::types::{FieldForm, Schema, ValueType};

const RETAIN_KEYS: &str = "$retainKeys";
const DELETE_FROM_LIST: &str = "$deleteFromPrimitiveList";
const SET_ELEMENT_ORDER: &str = "$setElementOrder";

/// What a map is to the server's own type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A struct, or a map.
    Struct,
    /// A pointer to one.
    Pointer,
}

impl Kind {
    /// What the field of a type is.
    fn of(schema: Option<&Schema>, field: &str) -> Self {
        let shape = schema.and_then(|schema| schema.typed.as_ref()?.fields.get(field));
        match shape.map(|shape| shape.form) {
            Some(FieldForm::Pointer) => Self::Pointer,
            _ => Self::Struct,
        }
    }
}

/// The map with the patch applied to it.
pub(super) fn merge(
    mut original: Map<String, Value>,
    mut patch: Map<String, Value>,
    schema: Option<&Schema>,
    kind: Kind,
) -> Result<Map<String, Value>, Failure> {
    if let Some(directive) = patch.get(DIRECTIVE) {
        return match directive.as_str() {
            Some("replace") => {
                patch.remove(DIRECTIVE);
                Ok(patch)
            }
            Some("delete") => Ok(Map::new()),
            _ => Err(Failure::bad_directive(&directive.clone(), &Value::Object(patch))),
        };
    }
    retain_keys(&mut original, &mut patch)?;
    merge_ordered_lists(&mut original, &mut patch, schema, kind)?;
    for (key, value) in patch {
        let (key, deletes) = match key.strip_prefix(DELETE_FROM_LIST) {
            None => (key, false),
            Some(rest) => {
                let name = rest
                    .strip_prefix('/')
                    .ok_or(Failure::Malformed("primitive list"))?;
                (name.to_owned(), true)
            }
        };
        if value.is_null() {
            original.remove(&key);
            continue;
        }
        let merged = match (original.remove(&key), value) {
            (Some(Value::Object(_)), change @ Value::Object(_))
                if field(schema, &key).is_some_and(|schema| schema.patch_replace) =>
            {
                cleaned(change)
            }
            (Some(Value::Object(current)), Value::Object(change)) => {
                check_field(schema, &key, kind, false)?;
                let kind = Kind::of(schema, &key);
                Some(Value::Object(merge(current, change, field(schema, &key), kind)?))
            }
            (Some(Value::Array(current)), Value::Array(change)) => {
                check_field(schema, &key, kind, true)?;
                let schema = field(schema, &key);
                Some(Value::Array(if deletes {
                    list::without(current, &change)?
                } else if schema.is_some_and(|schema| schema.patch_merge) {
                    list::merge(current, change, schema)?
                } else {
                    change
                }))
            }
            (current, _) if deletes => current,
            (_, addition) => cleaned(addition),
        };
        if let Some(merged) = merged {
            original.insert(key, merged);
        }
    }
    Ok(original)
}

/// Refuses to merge two maps, or two lists, of a field that is none. Nothing but a patch that names an element twice comes to that.
/// The messages are about the type that has the field.
fn check_field(schema: Option<&Schema>, name: &str, kind: Kind, is_list: bool) -> Result<(), Failure> {
    let Some(schema) = schema else { return Ok(()) };
    if let Some(scalar) = scalar_type(schema) {
        return Err(Failure::Other(format!(
            "merging an object in json but data type is not struct, instead is: {scalar}"
        )));
    }
    let Some(typed) = &schema.typed else {
        return Ok(());
    };
    let Some(field) = field(Some(schema), name) else {
        let (_, holder) = typed.name.rsplit_once('.').unwrap_or_default();
        return Err(Failure::Other(format!(
            "unable to find api field in struct {holder} for the json field {name:?}"
        )));
    };
    let may_be_list = field.value_type == ValueType::Array || Kind::of(Some(schema), name) == Kind::Pointer;
    if !is_list || may_be_list {
        return Ok(());
    }
    let kind = match kind {
        Kind::Struct => "struct",
        Kind::Pointer => "ptr",
    };
    Err(Failure::Other(format!(
        "expected slice or array type, but got: {kind}"
    )))
}

/// What the server's own language calls the type of a scalar.
fn scalar_type(schema: &Schema) -> Option<&str> {
    match schema.value_type {
        ValueType::String => Some("string"),
        ValueType::Boolean => Some("bool"),
        ValueType::Integer => Some(schema.format.as_deref().unwrap_or("int")),
        _ => None,
    }
}

/// `$retainKeys`: the fields that may stay. Every field that the patch sets has to be among them.
fn retain_keys(original: &mut Map<String, Value>, patch: &mut Map<String, Value>) -> Result<(), Failure> {
    let malformed = || Failure::Malformed("retainKeys");
    let Some(retained) = patch.remove(RETAIN_KEYS) else {
        return Ok(());
    };
    let retained = retained.as_array().ok_or_else(malformed)?;
    let stays = |key: &str| retained.iter().any(|name| name.as_str() == Some(key));
    let sets = |key: &str, value: &Value| {
        !value.is_null() && !key.starts_with(DELETE_FROM_LIST) && !key.starts_with(SET_ELEMENT_ORDER)
    };
    if patch.iter().any(|(key, value)| sets(key, value) && !stays(key)) {
        return Err(malformed());
    }
    original.retain(|key, _| stays(key));
    Ok(())
}

/// `$setElementOrder/x`: merges the list `x` and puts its elements in order.
fn merge_ordered_lists(
    original: &mut Map<String, Value>,
    patch: &mut Map<String, Value>,
    schema: Option<&Schema>,
    kind: Kind,
) -> Result<(), Failure> {
    let directives: Vec<String> = patch
        .keys()
        .filter(|key| key.starts_with(SET_ELEMENT_ORDER))
        .cloned()
        .collect();
    for directive in directives {
        let wanted = match patch.remove(&directive) {
            Some(Value::Array(wanted)) => wanted,
            other => return Err(Failure::bad_type("[]interface {}", &other.unwrap_or(Value::Null))),
        };
        let name = directive[SET_ELEMENT_ORDER.len()..]
            .strip_prefix('/')
            .ok_or(Failure::Malformed("setElementOrder list"))?
            .to_owned();
        let take_list = |map: &mut Map<String, Value>| match map.remove(&name) {
            None => Ok(None),
            Some(Value::Array(items)) => Ok(Some(items)),
            Some(other) => Err(Failure::bad_type("[]interface {}", &other)),
        };
        let (current, change) = (take_list(original)?, take_list(patch)?);
        if current.is_some() && change.is_some() {
            check_field(schema, &name, kind, true)?;
        }
        let schema = field(schema, &name);
        let key = schema.and_then(|schema| schema.patch_merge_key.as_deref());
        order::check(change.as_deref().unwrap_or_default(), &wanted, key)?;
        let before = current.clone().unwrap_or_default();
        let merged = match (current, change) {
            (Some(current), None) => current,
            (None, Some(change)) => change.into_iter().filter_map(without_directives).collect(),
            (Some(current), Some(change)) => {
                if schema.is_some_and(|schema| schema.patch_merge) {
                    list::merge(current, change, schema)?
                } else {
                    change
                }
            }
            (None, None) => continue,
        };
        let ordered = order::arrange(merged, &wanted, &before, key)?;
        original.insert(name, Value::Array(ordered));
    }
    Ok(())
}

/// A value that is new to the object: without nulls in its maps and without what carries a directive.
fn cleaned(value: Value) -> Option<Value> {
    without_directives(without_nulls(value))
}

fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(key, value)| (key, without_nulls(value)))
            .collect(),
        Value::Array(items) => items.into_iter().map(without_nulls).collect(),
        scalar => scalar,
    }
}

fn without_directives(value: Value) -> Option<Value> {
    match value {
        Value::Object(fields) if fields.contains_key(DIRECTIVE) => None,
        Value::Object(fields) => Some(
            fields
                .into_iter()
                .filter_map(|(key, value)| Some((key, without_directives(value)?)))
                .collect(),
        ),
        Value::Array(items) => Some(items.into_iter().filter_map(without_directives).collect()),
        scalar => Some(scalar),
    }
}
