//! What follows from a change of a CustomResourceDefinition: the kinds that are served, and the conditions in its status.

use std::sync::Arc;

use serde_json::Value;

use crate::apiserver::{
    core::State,
    meta,
    store::{Change, ResourceKey, Revision},
    types::{CustomDefinition, settle_names},
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
        if let Some(settled) = settle_names(&definition, &state.types.snapshot(), now) {
            state.write(&storage, &change.key, &meta::into_object(settled.clone()));
            definition = settled;
        }
        state.types.install(CustomDefinition::new(&definition));
    }
}
