//! The policies and webhooks that a store holds, read and compiled once for each of their revisions.
//!
//! What they have to say about a write is asked in `admission`.

mod document;
mod expression;
mod webhooks;

use std::sync::{Arc, Mutex, PoisonError};

use serde::de::DeserializeOwned;

use super::store::{ResourceKey, Revision, Store};

pub(crate) use document::{
    Action, Binding, MatchResources, NamedExpression, Policy, ResourceRule, Selector, Validation,
};
pub(crate) use expression::{convert, language, map};
pub(crate) use webhooks::{Configuration, Hook, Service};

/// Where policies and webhooks are stored. Neither is ever asked about itself.
pub(crate) const GROUP: &str = "admissionregistration.k8s.io";
const POLICIES: &str = "validatingadmissionpolicies";
const BINDINGS: &str = "validatingadmissionpolicybindings";
const MUTATING_WEBHOOKS: &str = "mutatingwebhookconfigurations";
const VALIDATING_WEBHOOKS: &str = "validatingwebhookconfigurations";
const WATCHED: [&str; 4] = [POLICIES, BINDINGS, MUTATING_WEBHOOKS, VALIDATING_WEBHOOKS];

/// The policies and webhooks of a store, compiled, as they were when they were last asked for.
#[derive(Debug, Default)]
pub(crate) struct Policies {
    known: Mutex<Option<Arc<Known>>>,
}

/// All of them at one time.
#[derive(Debug)]
pub(crate) struct Known {
    revisions: [Revision; WATCHED.len()],
    /// Every policy with its bindings, both in the order of their names.
    pub(crate) policies: Vec<(Policy, Vec<Binding>)>,
    pub(crate) mutating: Vec<Hook>,
    pub(crate) validating: Vec<Hook>,
}

impl Policies {
    /// What the store holds, or nothing if it never held any.
    pub(crate) fn known(&self, store: &Store) -> Option<Arc<Known>> {
        let revisions = WATCHED.map(|plural| store.changed(&ResourceKey::new(GROUP, plural)));
        if revisions.iter().all(|revision| *revision == 0) {
            return None;
        }
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        Some(match &*known {
            Some(known) if known.revisions == revisions => Arc::clone(known),
            _ => Arc::clone(known.insert(Arc::new(Known::read(store, revisions)))),
        })
    }
}

impl Known {
    fn read(store: &Store, revisions: [Revision; WATCHED.len()]) -> Self {
        let bindings: Vec<Binding> = read_all(store, BINDINGS).collect();
        let policies = read_all::<Policy>(store, POLICIES)
            .map(|policy| {
                let bound = bindings
                    .iter()
                    .filter(|binding| binding.spec.policy_name == policy.metadata.name)
                    .cloned()
                    .collect();
                (policy, bound)
            })
            .collect();
        let hooks = |plural| {
            read_all::<Configuration>(store, plural)
                .flat_map(Configuration::into_hooks)
                .collect()
        };
        Self {
            revisions,
            policies,
            mutating: hooks(MUTATING_WEBHOOKS),
            validating: hooks(VALIDATING_WEBHOOKS),
        }
    }
}

/// All objects of a resource that can be read, in the order of their names.
fn read_all<T: DeserializeOwned>(store: &Store, plural: &str) -> impl Iterator<Item = T> {
    let stored = store.list(&ResourceKey::new(GROUP, plural), None, None);
    let read: Vec<T> = stored
        .filter_map(|stored| serde_json::from_slice(stored.json()).ok())
        .collect();
    read.into_iter()
}
