//! What a server is made of, behind every way to reach it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{
    access::Access,
    admission::Policies,
    audit::AuditLog,
    dice::Dice,
    meta::Object,
    store::{Change, ObjectKey, ResourceKey, Store, Stored},
    types::TypeTable,
};
use crate::clock::Clock;

/// The parts of one server.
#[derive(Debug)]
pub(crate) struct Core {
    state: Mutex<State>,
    pub(crate) types: Arc<TypeTable>,
    pub(crate) clock: Clock,
    pub(crate) access: Access,
    pub(crate) policies: Policies,
    pub(crate) audit: AuditLog,
}

/// What changes with requests.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) store: Store,
    pub(crate) dice: Dice,
    pub(crate) types: Arc<TypeTable>,
}

impl Core {
    pub(crate) fn new(state: State, clock: Clock, access: Access, audit: AuditLog) -> Self {
        Self {
            types: Arc::clone(&state.types),
            state: Mutex::new(state),
            clock,
            access,
            policies: Policies::default(),
            audit,
        }
    }

    /// The state, for as long as the guard lives.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        // a panic between two writes leaves the store whole
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The time of day as objects show it.
    pub(crate) fn now(&self) -> String {
        self.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    }
}

impl State {
    /// Stores the next state of an object.
    pub(crate) fn write(&mut self, resource: &ResourceKey, key: &ObjectKey, object: &Object) -> Arc<Stored> {
        let change = self.store.commit(resource, key, |revision| {
            Some(Stored::freeze(key.clone(), revision, object))
        });
        Arc::clone(change.after.as_ref().expect("a write that stores leaves a state"))
    }

    /// Removes an object.
    pub(crate) fn remove(&mut self, resource: &ResourceKey, key: &ObjectKey) -> Arc<Change> {
        self.store.commit(resource, key, |_| None)
    }
}
