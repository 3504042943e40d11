//! The life of a CustomResourceDefinition: its names are accepted, it is established, it ends with its objects.
//!
//! Source: `k8s.io/apiextensions-apiserver/pkg/controller/{status,establish,finalizer}`,
//! `k8s.io/apiextensions-apiserver/pkg/registry/customresourcedefinition`.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::definition::condition_is_true;
use crate::apiserver::types::table::TypeSnapshot;

/// The finalizer that holds a definition until its objects are gone.
pub const CLEANUP_FINALIZER: &str = "customresourcecleanup.apiextensions.k8s.io";

/// Accepts the names of a definition that nobody else in its group has, and establishes it. Returns the definition with its new
/// status, or `None` if nothing changes.
///
/// To be asked again for every definition of the group whenever one gives up a name or goes away.
pub fn settle_names(definition: &Value, known: &TypeSnapshot, now: &str) -> Option<Value> {
    let wanted = &definition["spec"]["names"];
    let accepted = &definition["status"]["acceptedNames"];
    if wanted == accepted && condition_is_true(definition, "Established") {
        return None;
    }
    let (resources, kinds) = taken(definition["spec"]["group"].as_str().unwrap_or_default(), known);
    let mut names = accepted.as_object().cloned().unwrap_or_default();
    let mut conflict = None;
    for (field, reason, used) in [
        ("plural", "PluralConflict", &resources),
        ("singular", "SingularConflict", &resources),
        ("shortNames", "ShortNamesConflict", &resources),
        ("kind", "KindConflict", &kinds),
        ("listKind", "ListKindConflict", &kinds),
    ] {
        match claim(&wanted[field], &accepted[field], used) {
            Ok(()) => set(&mut names, field, &wanted[field]),
            Err(message) => conflict = Some((reason, message)),
        }
    }
    set(&mut names, "categories", &wanted["categories"]);
    let mut next = definition.clone();
    if !next["status"].is_object() {
        next["status"] = json!({});
    }
    next["status"]["acceptedNames"] = names.into();
    let established = condition_is_true(definition, "Established");
    match conflict {
        Some((reason, message)) => {
            set_condition(&mut next, "NamesAccepted", "False", reason, &message, now);
            if !established {
                let why = "not all names are accepted";
                set_condition(&mut next, "Established", "False", "NotAccepted", why, now);
            }
        }
        None => {
            let why = "no conflicts found";
            set_condition(&mut next, "NamesAccepted", "True", "NoConflicts", why, now);
            if !established {
                let why = "the initial names have been accepted";
                set_condition(&mut next, "Established", "True", "InitialNamesAccepted", why, now);
            }
        }
    }
    (next != *definition).then_some(next)
}

/// Marks a definition as deleted: it stays until its objects are gone. Returns `None` if it is marked already.
pub fn begin_deletion(definition: &Value, now: &str) -> Option<Value> {
    if !definition["metadata"]["deletionTimestamp"].is_null() {
        return None;
    }
    let mut next = definition.clone();
    next["metadata"]["deletionTimestamp"] = now.into();
    let finalizers = &mut next["metadata"]["finalizers"];
    if !finalizers.is_array() {
        *finalizers = json!([]);
    }
    if let Some(list) = finalizers.as_array_mut()
        && !list.iter().any(|finalizer| finalizer == CLEANUP_FINALIZER)
    {
        list.push(CLEANUP_FINALIZER.into());
    }
    let why = "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon";
    set_condition(
        &mut next,
        "Terminating",
        "True",
        "InstanceDeletionPending",
        why,
        now,
    );
    Some(next)
}

/// Notes that the objects of a deleted definition are being deleted; `None` if that was noted already.
pub fn continue_deletion(definition: &Value, now: &str) -> Option<Value> {
    let mut next = definition.clone();
    let why = "CustomResource deletion is in progress";
    set_condition(
        &mut next,
        "Terminating",
        "True",
        "InstanceDeletionInProgress",
        why,
        now,
    );
    (next != *definition).then_some(next)
}

/// Notes that no object of a deleted definition is left and gives it free. Once no other finalizer holds it, it can go.
pub fn finish_deletion(definition: &Value, now: &str) -> Value {
    let mut next = definition.clone();
    let why = "removed all instances";
    set_condition(
        &mut next,
        "Terminating",
        "False",
        "InstanceDeletionCompleted",
        why,
        now,
    );
    if let Some(list) = next["metadata"]["finalizers"].as_array_mut() {
        list.retain(|finalizer| finalizer != CLEANUP_FINALIZER);
        if list.is_empty() {
            next["metadata"]
                .as_object_mut()
                .map(|metadata| metadata.remove("finalizers"));
        }
    }
    next
}

/// Sets a condition. Its time moves with its status.
fn set_condition(definition: &mut Value, kind: &str, status: &str, reason: &str, message: &str, now: &str) {
    let conditions = &mut definition["status"]["conditions"];
    if !conditions.is_array() {
        *conditions = json!([]);
    }
    let Some(list) = conditions.as_array_mut() else {
        return;
    };
    let old = list.iter_mut().find(|known| known["type"] == kind);
    let since = match &old {
        Some(known) if known["status"] == status => known["lastTransitionTime"].clone(),
        _ => now.into(),
    };
    let condition = json!({
        "type": kind, "status": status, "lastTransitionTime": since, "reason": reason, "message": message,
    });
    match old {
        Some(known) => *known = condition,
        None => list.push(condition),
    }
}

/// The names of resources and of kinds that the definitions of a group have been given.
fn taken(group: &str, known: &TypeSnapshot) -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut resources, mut kinds) = (BTreeSet::new(), BTreeSet::new());
    let same_group = known
        .definitions()
        .filter(|definition| &*definition.group == group);
    for names in same_group.map(|definition| &definition.accepted_names) {
        let texts = |field: &str| -> Vec<String> {
            match &names[field] {
                Value::String(text) => vec![text.clone()],
                Value::Array(list) => list.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
                _ => Vec::new(),
            }
        };
        resources.extend(["plural", "singular", "shortNames"].into_iter().flat_map(texts));
        kinds.extend(["kind", "listKind"].into_iter().flat_map(texts));
    }
    (resources, kinds)
}

/// Whether a name, or every name of a list, may be had.
fn claim(wanted: &Value, accepted: &Value, used: &BTreeSet<String>) -> Result<(), String> {
    if wanted == accepted {
        return Ok(());
    }
    let is_ours = |name: &Value| accepted.as_array().is_some_and(|list| list.contains(name));
    let names = match wanted {
        Value::Array(list) => list.iter().filter(|name| !is_ours(name)).collect(),
        Value::String(_) => vec![wanted],
        _ => Vec::new(),
    };
    let taken: Vec<_> = names
        .into_iter()
        .filter(|name| name.as_str().is_some_and(|name| used.contains(name)))
        .map(|name| format!("{name} is already in use"))
        .collect();
    match &taken[..] {
        [] => Ok(()),
        [one] => Err(one.clone()),
        many => Err(format!("[{}]", many.join(", "))),
    }
}

fn set(names: &mut Map<String, Value>, field: &str, value: &Value) {
    if value.is_null() {
        names.remove(field);
    } else {
        names.insert(field.to_owned(), value.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apiserver::types::{CustomDefinition, TypeTable};

    const NOW: &str = "2026-01-01T00:00:00Z";

    fn definition(plural: &str, names: &Value) -> Value {
        let mut spec = json!({"group": "example.com", "scope": "Namespaced", "names": names,
            "versions": [{"name": "v1", "served": true, "storage": true}]});
        spec["names"]["plural"] = plural.into();
        json!({"metadata": {"name": format!("{plural}.example.com"), "uid": plural}, "spec": spec})
    }

    fn condition(definition: &Value, kind: &str) -> (String, String) {
        let list = definition["status"]["conditions"].as_array().unwrap();
        let found = list.iter().find(|known| known["type"] == kind).unwrap();
        let text = |field: &str| found[field].as_str().unwrap().to_owned();
        (text("status"), text("reason"))
    }

    #[test]
    fn names_are_given_once_and_freed_with_their_definition() {
        let table = TypeTable::new();
        let first = definition(
            "firsts",
            &json!({"kind": "First", "singular": "first", "listKind": "FirstList"}),
        );
        let first = settle_names(&first, &table.snapshot(), NOW).unwrap();
        assert_eq!(
            condition(&first, "Established"),
            ("True".into(), "InitialNamesAccepted".into())
        );
        table.install(CustomDefinition::new(&first));
        assert!(table.snapshot().resource("example.com", "v1", "firsts").is_some());
        assert_eq!(settle_names(&first, &table.snapshot(), NOW), None);

        let names = json!({"kind": "Second", "singular": "second", "listKind": "SecondList", "shortNames": ["firsts"]});
        let second = settle_names(&definition("seconds", &names), &table.snapshot(), NOW).unwrap();
        assert_eq!(
            condition(&second, "NamesAccepted"),
            ("False".into(), "ShortNamesConflict".into())
        );
        assert_eq!(
            condition(&second, "Established"),
            ("False".into(), "NotAccepted".into())
        );
        assert_eq!(
            second["status"]["conditions"][0]["message"],
            "\"firsts\" is already in use"
        );
        table.install(CustomDefinition::new(&second));
        assert!(
            table
                .snapshot()
                .resource("example.com", "v1", "seconds")
                .is_none()
        );

        table.remove("firsts.example.com");
        let second = settle_names(&second, &table.snapshot(), NOW).unwrap();
        assert_eq!(
            condition(&second, "Established"),
            ("True".into(), "InitialNamesAccepted".into())
        );
    }

    #[test]
    fn a_deleted_definition_stays_until_its_objects_are_gone() {
        let first = definition("firsts", &json!({"kind": "First"}));
        let deleting = begin_deletion(&first, NOW).unwrap();
        assert_eq!(deleting["metadata"]["finalizers"], json!([CLEANUP_FINALIZER]));
        assert_eq!(begin_deletion(&deleting, NOW), None);
        let deleting = continue_deletion(&deleting, NOW).unwrap();
        assert_eq!(continue_deletion(&deleting, NOW), None);
        assert_eq!(
            condition(&deleting, "Terminating"),
            ("True".into(), "InstanceDeletionInProgress".into())
        );
        let finished = finish_deletion(&deleting, NOW);
        assert_eq!(finished["metadata"].get("finalizers"), None);
    }
}
