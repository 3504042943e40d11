//! What a server is made of, behind every way to reach it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{access::Access, audit::AuditLog, policies::Policies, state::State, types::TypeTable};
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
