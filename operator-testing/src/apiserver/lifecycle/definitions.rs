//! What follows from a change of a CustomResourceDefinition: the kinds that are served, and the conditions in its status.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::apiserver::{
    core::State,
    meta,
    store::{Change, ResourceKey, Revision},
    types::CustomDefinition,
};

/// Where definitions are stored.
fn storage() -> ResourceKey {
    ResourceKey::new("apiextensions.k8s.io", "customresourcedefinitions")
}

/// Follows up on the definitions that changed after `since`.
pub(crate) fn follow(state: &mut State, since: Revision, now: &str) {
    let storage = storage();
    let changes: Vec<Arc<Change>> = state
        .store
        .changes_of(&storage, since)
        .into_iter()
        .flatten()
        .cloned()
        .collect();
    for change in changes {
        let Some(stored) = &change.after else {
            state.types.remove(change.key.name());
            continue;
        };
        let mut definition = Value::Object(stored.value());
        if let Some(settled) = settle(&definition, now) {
            state.write(&storage, &change.key, &meta::into_object(settled.clone()));
            definition = settled;
        }
        state.types.install(CustomDefinition::new(&definition));
    }
}

/// Accepts the names of a definition and establishes it; `None` if that has happened.
fn settle(definition: &Value, now: &str) -> Option<Value> {
    if definition["status"]["acceptedNames"] == definition["spec"]["names"] {
        return None;
    }
    let mut settled = definition.clone();
    settled["status"]["acceptedNames"] = definition["spec"]["names"].clone();
    settled["status"]["conditions"] = json!([
        {"type": "NamesAccepted", "status": "True", "lastTransitionTime": now, "reason": "NoConflicts",
            "message": "no conflicts found"},
        {"type": "Established", "status": "True", "lastTransitionTime": now, "reason": "InitialNamesAccepted",
            "message": "the initial names have been accepted"},
    ]);
    Some(settled)
}
