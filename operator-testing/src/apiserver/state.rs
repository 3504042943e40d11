//! What changes with requests: the objects, the kinds, and where names and uids come from.

use std::sync::Arc;

use super::{
    dice::Dice,
    meta::Object,
    store::{Change, ObjectKey, ResourceKey, Store, Stored},
    types::TypeTable,
};

/// What changes with requests.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) store: Store,
    pub(crate) dice: Dice,
    pub(crate) types: Arc<TypeTable>,
}

impl State {
    /// Stores the next state of an object.
    pub(crate) fn write(&mut self, resource: &ResourceKey, key: &ObjectKey, object: &Object) -> Arc<Stored> {
        self.write_as(resource, key, object, false)
    }

    /// Stores the next state of an object, which may be [unsettled](Stored::unsettled).
    pub(crate) fn write_as(
        &mut self,
        resource: &ResourceKey,
        key: &ObjectKey,
        object: &Object,
        unsettled: bool,
    ) -> Arc<Stored> {
        let change = self.store.commit(resource, key, |revision| {
            let mut stored = Stored::freeze(key.clone(), revision, object);
            stored.unsettled = unsettled;
            Some(stored)
        });
        Arc::clone(change.after.as_ref().expect("a write that stores leaves a state"))
    }

    /// Removes an object.
    pub(crate) fn remove(&mut self, resource: &ResourceKey, key: &ObjectKey) -> Arc<Change> {
        self.store.commit(resource, key, |_| None)
    }
}
