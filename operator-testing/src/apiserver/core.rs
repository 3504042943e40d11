//! What a server is made of, behind every way to reach it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::future::join_all;

use super::{
    access::Access,
    audit::AuditLog,
    policies::Policies,
    state::State,
    types::TypeTable,
    webhook::{Answer, Errand, Question, Registry},
};
use crate::clock::{Clock, shown};

/// The parts of one server.
#[derive(Debug)]
pub(crate) struct Core {
    state: Mutex<State>,
    pub(crate) types: Arc<TypeTable>,
    pub(crate) clock: Clock,
    pub(crate) access: Access,
    pub(crate) policies: Policies,
    pub(crate) audit: AuditLog,
    pub(crate) webhooks: Registry,
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
            webhooks: Registry::default(),
        }
    }

    /// The state, for as long as the guard lives.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        // a panic between two writes leaves the store whole
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks webhooks, all at once, and returns their answers in the order of the questions.
    ///
    /// # Cancel safety
    /// Some may have been asked all the same.
    pub(crate) async fn ask(&self, questions: Vec<Question>) -> Vec<(Question, Answer)> {
        let errands: Vec<Errand> = {
            let mut state = self.state();
            let errand = |question| {
                let uid = state.dice.uid();
                Errand::new(question, uid, &self.webhooks, &state.store)
            };
            questions.into_iter().map(errand).collect()
        };
        join_all(errands.into_iter().map(Errand::run)).await
    }

    /// The time of day as objects show it.
    pub(crate) fn now(&self) -> String {
        shown(self.clock.now())
    }
}
