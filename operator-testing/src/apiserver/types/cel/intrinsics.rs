//! Functions that lowered expressions call.

use std::{cmp::Ordering, collections::HashMap, sync::Arc};

use kube_cel::cel::{
    Context, ExecutionError, Value,
    extractors::Arguments,
    objects::{Key, Map, OptionalValue},
};

/// A field or element that may be missing, of a value that may be missing.
pub(super) const OPTIONAL: &str = "@optional";
/// The keys and values of a map, or the indices and elements of a list, in order.
pub(super) const PAIRS: &str = "@pairs";

/// Whether two values of any types are the same, numbers by what they stand for.
pub(super) const SAME: &str = "@same";
/// A comparison that is never possible.
pub(super) const INCOMPARABLE: &str = "@incomparable";

/// Adds the functions that lowered expressions call.
pub(super) fn extend(context: &mut Context<'_>) {
    context.add_function(
        OPTIONAL,
        |of: Value, key: Value| -> Result<Value, ExecutionError> {
            let found = find(&of, &key).map_or_else(OptionalValue::none, OptionalValue::of);
            Ok(Value::Opaque(Arc::new(found)))
        },
    );
    context.add_function(
        INCOMPARABLE,
        |_left: Value, _right: Value| -> Result<Value, ExecutionError> {
            Err(ExecutionError::NoSuchOverload)
        },
    );
    context.add_function(
        SAME,
        |left: Value, right: Value| -> Result<Value, ExecutionError> {
            // the interpreter orders numbers of two types, but does not find them equal
            let is_same = left == right || left.partial_cmp(&right) == Some(Ordering::Equal);
            Ok(Value::Bool(is_same))
        },
    );
    context.add_function(PAIRS, |of: Value| -> Result<Value, ExecutionError> { pairs(&of) });
    context.add_function("cel.@mapInsert", |Arguments(args): Arguments| insert(&args));
    context.add_function(
        "@sortByAssociatedKeys",
        |list: Value, keys: Value| -> Result<Value, ExecutionError> { sort(&list, &keys) },
    );
}

fn find(of: &Value, key: &Value) -> Option<Value> {
    if let Ok(optional) = <&OptionalValue>::try_from(of) {
        return find(optional.value()?, key);
    }
    match (of, key) {
        (Value::Map(map), key) => map.map.get(&key_of(key)?).cloned(),
        (Value::List(list), Value::Int(index)) => list.get(usize::try_from(*index).ok()?).cloned(),
        _ => None,
    }
}

fn key_of(value: &Value) -> Option<Key> {
    Some(match value {
        Value::String(text) => Key::String(Arc::clone(text)),
        Value::Int(number) => Key::Int(*number),
        Value::UInt(number) => Key::Uint(*number),
        Value::Bool(flag) => Key::Bool(*flag),
        _ => return None,
    })
}

fn value_of(key: &Key) -> Value {
    match key {
        Key::String(text) => Value::String(Arc::clone(text)),
        Key::Int(number) => Value::Int(*number),
        Key::Uint(number) => Value::UInt(*number),
        Key::Bool(flag) => Value::Bool(*flag),
    }
}

fn list(values: Vec<Value>) -> Value {
    Value::List(Arc::new(values))
}

fn pairs(of: &Value) -> Result<Value, ExecutionError> {
    let found: Vec<_> = match of {
        Value::List(items) => (0_i64..)
            .zip(items.iter())
            .map(|(index, item)| list(vec![Value::Int(index), item.clone()]))
            .collect(),
        Value::Map(map) => {
            let mut entries: Vec<_> = map.map.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            let pair = |(key, value): (&Key, &Value)| list(vec![value_of(key), value.clone()]);
            entries.into_iter().map(pair).collect()
        }
        _ => return Err(ExecutionError::NoSuchOverload),
    };
    Ok(list(found))
}

/// A map with one more entry, or with those of another map.
fn insert(args: &[Value]) -> Result<Value, ExecutionError> {
    let (Some(Value::Map(map)), [key, rest @ ..]) = (args.first(), &args[1.min(args.len())..]) else {
        return Err(ExecutionError::NoSuchOverload);
    };
    let mut entries: HashMap<Key, Value> = (*map.map).clone();
    let mut add = |key: Key, value: Value| match entries.insert(key.clone(), value) {
        None => Ok(()),
        Some(_) => {
            let why = format!("insert failed: key {} already exists", shown(&key));
            Err(ExecutionError::function_error("cel.@mapInsert", why))
        }
    };
    match (key, rest) {
        (Value::Map(other), []) => {
            for (key, value) in &*other.map {
                add(key.clone(), value.clone())?;
            }
        }
        (key, [value]) => {
            add(key_of(key).ok_or(ExecutionError::NoSuchOverload)?, value.clone())?;
        }
        _ => return Err(ExecutionError::NoSuchOverload),
    }
    Ok(Value::Map(Map {
        map: Arc::new(entries),
    }))
}

fn shown(key: &Key) -> String {
    match key {
        Key::String(text) => text.to_string(),
        Key::Int(number) => number.to_string(),
        Key::Uint(number) => number.to_string(),
        Key::Bool(flag) => flag.to_string(),
    }
}

fn sort(list: &Value, keys: &Value) -> Result<Value, ExecutionError> {
    let (Value::List(items), Value::List(keys)) = (list, keys) else {
        return Err(ExecutionError::NoSuchOverload);
    };
    let mut order: Vec<_> = keys.iter().zip(items.iter()).collect();
    order.sort_by(|(a, _), (b, _)| a.partial_cmp(b).unwrap_or(Ordering::Equal));
    let sorted: Vec<_> = order.into_iter().map(|(_, item)| item.clone()).collect();
    Ok(Value::List(Arc::new(sorted)))
}
