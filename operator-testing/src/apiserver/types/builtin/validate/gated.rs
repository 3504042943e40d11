//! What may change of a pod that scheduling gates hold back: where it may run can be narrowed.
//!
//! Source: <https://kubernetes.io/docs/concepts/scheduling-eviction/pod-scheduling-readiness/#mutable-pod-scheduling-directives>.

use serde_json::{Value, json};

use super::{Errors, items, text};

const TERMS: &str =
    "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms";

/// Checks what a change narrows of a gated pod, and takes it out of the change. Other pods are left as they are.
pub(super) fn narrowed(spec: &mut Value, was: &Value, errors: &mut Errors) {
    if items(was, "schedulingGates").is_empty() {
        return;
    }
    if spec["nodeSelector"] != was["nodeSelector"] {
        selector(&spec["nodeSelector"], &was["nodeSelector"], errors);
        put(spec, "nodeSelector", &was["nodeSelector"]);
    }
    let (new, old) = (
        &spec["affinity"]["nodeAffinity"],
        &was["affinity"]["nodeAffinity"],
    );
    if new == old {
        return;
    }
    affinity(new, old, errors);
    let mut others = match spec["affinity"].take() {
        Value::Null => json!({}),
        others => others,
    };
    put(&mut others, "nodeAffinity", old);
    let is_empty = others.as_object().is_some_and(serde_json::Map::is_empty);
    let others = if is_empty { Value::Null } else { others };
    put(spec, "affinity", &others);
}

/// Sets a member of an object, or removes it for `null`.
fn put(object: &mut Value, name: &str, value: &Value) {
    if let Some(members) = object.as_object_mut() {
        match value {
            Value::Null => members.remove(name),
            value => members.insert(name.to_owned(), value.clone()),
        };
    }
}

fn selector(new: &Value, old: &Value, errors: &mut Errors) {
    let mut known = old.as_object().into_iter().flatten();
    if known.any(|(name, value)| new.get(name) != Some(value)) {
        let why = "only additions to spec.nodeSelector are allowed (no mutations or deletions)";
        errors.invalid("spec.nodeSelector", new, why);
    }
}

fn affinity(new: &Value, old: &Value, errors: &mut Errors) {
    const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
    let old = items(&old[REQUIRED], "nodeSelectorTerms");
    let new = items(&new[REQUIRED], "nodeSelectorTerms");
    if old.is_empty() {
        return;
    }
    if old.len() != new.len() {
        let shown: Vec<_> = new.iter().map(shown).collect();
        let shown = match &shown[..] {
            [] => "null".to_owned(),
            shown => format!("[{}]", shown.join(",")),
        };
        let why = "no additions/deletions to non-empty NodeSelectorTerms list are allowed";
        return errors.invalid_as(TERMS, &shown, why);
    }
    for (index, (new, old)) in new.iter().zip(old).enumerate() {
        if !only_adds(new, old) {
            let why = "only additions are allowed (no mutations or deletions)";
            errors.invalid_as(format!("{TERMS}[{index}]"), &shown(new), why);
        }
    }
}

/// Whether a term asks for all that it did, first; one that asked for nothing matched no node and stays so.
fn only_adds(new: &Value, old: &Value) -> bool {
    const LISTS: [&str; 2] = ["matchExpressions", "matchFields"];
    if LISTS.iter().all(|list| items(old, list).is_empty()) {
        return LISTS.iter().all(|list| items(new, list).is_empty());
    }
    LISTS
        .iter()
        .all(|list| items(new, list).starts_with(items(old, list)))
}

/// A term as messages show it: in the server's own form.
fn shown(term: &Value) -> String {
    let list = |name: &str| {
        let requirement = |one: &Value| {
            let values = match &one["values"] {
                Value::Null => "null".to_owned(),
                values => values.to_string(),
            };
            let (key, operator) = (text(one, "key"), text(one, "operator"));
            format!("{{\"Key\":{key:?},\"Operator\":{operator:?},\"Values\":{values}}}")
        };
        let list: Vec<_> = items(term, name).iter().map(requirement).collect();
        match &list[..] {
            [] => "null".to_owned(),
            list => format!("[{}]", list.join(",")),
        }
    };
    format!(
        "{{\"MatchExpressions\":{},\"MatchFields\":{}}}",
        list("matchExpressions"),
        list("matchFields")
    )
}
