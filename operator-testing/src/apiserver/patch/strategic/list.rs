//! Merging lists.

use serde_json::Value;

use super::{DIRECTIVE, Failure, map, order};
use crate::apiserver::{types::Schema, wording};

/// The list with the elements of the patch merged into it.
pub(super) fn merge(
    original: Vec<Value>,
    patch: Vec<Value>,
    schema: Option<&Schema>,
) -> Result<Vec<Value>, Failure> {
    let Some(kind) = element_kind(&original, &patch)? else {
        return Ok(original);
    };
    if kind != "map[string]interface {}" {
        let mut merged: Vec<Value> = Vec::with_capacity(original.len() + patch.len());
        for item in original.iter().chain(&patch) {
            if !merged.contains(item) {
                merged.push(item.clone());
            }
        }
        return order::arrange(merged, &patch, &original, None);
    }
    let key = schema
        .and_then(|schema| schema.patch_merge_key.as_deref())
        .filter(|key| !key.is_empty())
        .ok_or_else(|| Failure::Other("cannot merge lists without merge key for struct".into()))?;
    let (original, patch) = obey_directives(original, patch, key)?;
    let items = schema.and_then(|schema| schema.items.as_deref());
    let mut merged = original.clone();
    for element in &patch {
        let value = element
            .get(key)
            .ok_or_else(|| Failure::no_merge_key(element, key))?;
        match find(&merged, key, value)? {
            Some(place) => {
                let (Value::Object(current), Value::Object(change)) = (merged[place].take(), element.clone())
                else {
                    unreachable!("both lists hold maps only");
                };
                merged[place] = Value::Object(map::merge(current, change, items, map::Kind::Struct)?);
            }
            None => merged.push(element.clone()),
        }
    }
    order::arrange(merged, &patch, &original, Some(key))
}

/// The list of scalars without those in `gone`.
pub(super) fn without(original: Vec<Value>, gone: &[Value]) -> Result<Vec<Value>, Failure> {
    match element_kind(&original, gone)? {
        Some("map[string]interface {}") => Err(Failure::Other(
            "cannot merge lists without merge key for struct".into(),
        )),
        _ => Ok(original.into_iter().filter(|item| !gone.contains(item)).collect()),
    }
}

/// The place of the element with that value of the key.
pub(super) fn find(list: &[Value], key: &str, value: &Value) -> Result<Option<usize>, Failure> {
    for (place, element) in list.iter().enumerate() {
        let Value::Object(fields) = element else {
            return Err(Failure::Other(format!("value for key {place} is not a map")));
        };
        if fields.get(key) == Some(value) {
            return Ok(Some(place));
        }
    }
    Ok(None)
}

/// Carries out the `$patch` directives of elements: what is left of the list and of the patch.
fn obey_directives(
    mut original: Vec<Value>,
    patch: Vec<Value>,
    key: &str,
) -> Result<(Vec<Value>, Vec<Value>), Failure> {
    let mut rest = Vec::with_capacity(patch.len());
    let mut replaces = false;
    for element in patch {
        let Some(directive) = element.get(DIRECTIVE) else {
            rest.push(element);
            continue;
        };
        match directive.as_str() {
            Some("delete") => {
                let value = element
                    .get(key)
                    .ok_or_else(|| Failure::no_merge_key(&element, key))?;
                original.retain(|item| item.get(key) != Some(value));
            }
            Some("replace") => replaces = true,
            Some("merge") => {
                return Err(Failure::Other(
                    "merging lists cannot yet be specified in the patch".into(),
                ));
            }
            _ => return Err(Failure::bad_directive(directive, &element)),
        }
    }
    Ok(if replaces {
        (rest, Vec::new())
    } else {
        (original, rest)
    })
}

/// What all elements of both lists are; `None` if there are none.
fn element_kind(original: &[Value], patch: &[Value]) -> Result<Option<&'static str>, Failure> {
    let mut kinds = original.iter().chain(patch).map(wording::type_name);
    let Some(first) = kinds.next() else {
        return Ok(None);
    };
    if first == "[]interface {}" {
        return Err(Failure::ListOfLists);
    }
    if kinds.all(|kind| kind == first) {
        return Ok(Some(first));
    }
    let print = |list: &[Value]| wording::plain(&Value::Array(list.to_vec()));
    Err(Failure::Other(format!(
        "list element types are not identical: [{} {}]",
        print(original),
        print(patch)
    )))
}
