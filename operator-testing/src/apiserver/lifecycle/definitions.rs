//! What follows from a change of a CustomResourceDefinition: the kinds that are served, the conditions in its status, and the end
//! of its objects.

use std::{collections::BTreeSet, sync::Arc};

use serde_json::Value;

use super::{DeleteOptions, Deleted, delete};
use crate::apiserver::{
    meta,
    state::State,
    store::{Change, ResourceKey, Revision, Stored},
    types::{
        CLEANUP_FINALIZER, CustomDefinition, ResourceType, continue_deletion, finish_deletion, settle_names,
    },
};

/// Where definitions are stored.
fn storage() -> ResourceKey {
    ResourceKey::new("apiextensions.k8s.io", "customresourcedefinitions")
}

/// Follows up on what a request for a resource changed after `since`.
pub(crate) fn follow(state: &mut State, resource: &ResourceType, since: Revision, now: &str) {
    if let Some(custom) = resource.custom.as_ref().filter(|custom| custom.terminating) {
        let definitions = all(state);
        let ending = definitions
            .iter()
            .find(|stored| *stored.key.name() == *custom.definition);
        if let Some(definition) = ending {
            end(state, definition, now);
            settle(state, &resource.group, now);
        }
    } else if &*resource.plural == "customresourcedefinitions" && &*resource.group == "apiextensions.k8s.io" {
        follow_definitions(state, since, now);
    }
}

fn follow_definitions(state: &mut State, since: Revision, now: &str) {
    let changes: Vec<Arc<Change>> = state
        .store
        .changes_of(&storage(), since)
        .into_iter()
        .flatten()
        .cloned()
        .collect();
    let mut groups = BTreeSet::new();
    for change in changes {
        if let Some((_, group)) = change.key.name().split_once('.') {
            groups.insert(group.to_owned());
        }
        let Some(stored) = &change.after else {
            state.types.remove(change.key.name());
            continue;
        };
        install(state, &Value::Object(stored.value()));
        end(state, stored, now);
    }
    for group in groups {
        settle(state, &group, now);
    }
}

/// Gives the definitions of a group the names that are free, until none can have more.
fn settle(state: &mut State, group: &str, now: &str) {
    loop {
        let mut changed = false;
        for stored in all(state) {
            let definition = Value::Object(stored.value());
            if definition["spec"]["group"] != group {
                continue;
            }
            if let Some(settled) = settle_names(&definition, &state.types.snapshot(), now) {
                write(state, &stored, settled);
                changed = true;
            }
        }
        if !changed {
            return;
        }
    }
}

/// Deletes the objects of a definition that is being deleted, and once none is left the definition.
fn end(state: &mut State, stored: &Stored, now: &str) {
    if !stored.deleting {
        return;
    }
    let definition = Value::Object(stored.value());
    let finalizers = definition["metadata"]["finalizers"].as_array();
    let is_held = |finalizer: &Value| finalizer == CLEANUP_FINALIZER;
    if !finalizers.into_iter().flatten().any(is_held) {
        return;
    }
    let known = state.types.snapshot().definition(stored.key.name()).cloned();
    let resource = known.as_deref().and_then(CustomDefinition::stored).cloned();
    if resource.is_some_and(|resource| remove_objects(state, &resource, now)) {
        if let Some(next) = continue_deletion(&definition, now) {
            write(state, stored, next);
        }
        return;
    }
    let free = meta::into_object(finish_deletion(&definition, now));
    if meta::finalizers(&free).is_empty() {
        state.remove(&storage(), &stored.key);
        state.types.remove(stored.key.name());
        if let Some((plural, group)) = stored.key.name().split_once('.') {
            state.store.end_watches(&ResourceKey::new(group, plural));
        }
    } else {
        write(state, stored, Value::Object(free));
    }
}

/// Deletes every object of a kind. Returns whether some stay for now.
fn remove_objects(state: &mut State, resource: &ResourceType, now: &str) -> bool {
    let storage = ResourceKey::new(Arc::clone(&resource.group), Arc::clone(&resource.plural));
    let objects: Vec<Arc<Stored>> = state.store.list(&storage, None, None).cloned().collect();
    let mut left = false;
    for object in objects {
        if object.deleting {
            left = true;
            continue;
        }
        match delete(resource, &object.value(), &DeleteOptions::default(), now) {
            Deleted::Gone(_) => {
                state.remove(&storage, &object.key);
            }
            Deleted::Kept(next) => {
                state.write(&storage, &object.key, &next);
                left = true;
            }
        }
    }
    left
}

fn all(state: &State) -> Vec<Arc<Stored>> {
    state.store.list(&storage(), None, None).cloned().collect()
}

fn write(state: &mut State, stored: &Stored, definition: Value) {
    let next = state.write(&storage(), &stored.key, &meta::into_object(definition));
    install(state, &Value::Object(next.value()));
}

/// Serves a definition in its newest form.
fn install(state: &State, definition: &Value) {
    let name = definition["metadata"]["name"].as_str().unwrap_or_default();
    let known = state.types.snapshot();
    let previous = known.definition(name).map(|previous| &**previous);
    state.types.install(CustomDefinition::after(definition, previous));
}
