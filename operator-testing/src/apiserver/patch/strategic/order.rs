//! The order of elements after a merge: those of the patch in its order, the others where they were.

use serde_json::Value;

use super::{DIRECTIVE, Failure};
use crate::apiserver::wording;

/// Whether the elements of a patch stand in the order that its `$setElementOrder` list gives.
pub(super) fn check(patch: &[Value], wanted: &[Value], key: Option<&str>) -> Result<(), Failure> {
    if wanted.is_empty() || patch.is_empty() {
        return Ok(());
    }
    if key.is_some()
        && let Some(other) = patch.iter().find(|element| !element.is_object())
    {
        return Err(Failure::bad_type("map[string]interface {}", other));
    }
    let deleted = |element: &Value| element.get(DIRECTIVE).and_then(Value::as_str) == Some("delete");
    let mut left = patch
        .iter()
        .filter(|element| key.is_none() || !deleted(element))
        .filter(|element| element.get(DIRECTIVE).is_none())
        .peekable();
    for place in wanted {
        let Some(element) = left.peek() else { break };
        if identity(element, key)? == identity(place, key)? {
            left.next();
        }
    }
    if left.peek().is_none() {
        return Ok(());
    }
    let print = |list: &[Value]| wording::plain(&Value::Array(list.to_vec()));
    Err(Failure::Other(format!(
        "The order in patch list:\n{}\n doesn't match $setElementOrder list:\n{}\n",
        print(patch),
        print(wanted)
    )))
}

/// Puts the elements of `merged` in order: those in `wanted` as they stand there, the others as they stood in `before`.
pub(super) fn arrange(
    merged: Vec<Value>,
    wanted: &[Value],
    before: &[Value],
    key: Option<&str>,
) -> Result<Vec<Value>, Failure> {
    let mut from_patch = Vec::new();
    let mut others = Vec::new();
    for element in merged {
        let id = identity(&element, key)?.clone();
        let place = |list: &[Value]| list.iter().position(|item| same_identity(item, &id, key));
        let entry = (place(wanted), place(before), element);
        if entry.0.is_some() {
            from_patch.push(entry);
        } else {
            others.push(entry);
        }
    }
    from_patch.sort_by_key(|(wanted, _, _)| *wanted);
    others.sort_by_key(|(_, before, _)| before.unwrap_or(usize::MAX));
    let mut arranged = Vec::with_capacity(from_patch.len() + others.len());
    let (mut from_patch, mut others) = (from_patch.into_iter().peekable(), others.into_iter().peekable());
    loop {
        // One that was there keeps its place before an element of the patch only if it stood before it.
        let other_first = match (from_patch.peek(), others.peek()) {
            (Some((_, Some(patched), _)), Some((_, Some(other), _))) => other < patched,
            (None, _) => true,
            (Some(_), _) => false,
        };
        let next = if other_first {
            others.next()
        } else {
            from_patch.next()
        };
        match next {
            Some((_, _, element)) => arranged.push(element),
            None => return Ok(arranged),
        }
    }
}

fn identity<'a>(element: &'a Value, key: Option<&str>) -> Result<&'a Value, Failure> {
    match key {
        None => Ok(element),
        Some(_) if !element.is_object() => Err(Failure::bad_type("map[string]interface {}", element)),
        Some(key) => element
            .get(key)
            .ok_or_else(|| Failure::no_merge_key(element, key)),
    }
}

fn same_identity(item: &Value, id: &Value, key: Option<&str>) -> bool {
    match key {
        None => item == id,
        Some(key) => item.get(key) == Some(id),
    }
}
