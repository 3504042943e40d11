//! The policies and webhooks that a store holds, read and compiled once for each of their revisions.
//!
//! What they have to say about a write is asked in `admission`.

mod document;
mod expression;
mod literals;
mod webhooks;

use std::sync::{Arc, Mutex, PoisonError};

use serde::de::DeserializeOwned;

use super::store::{ResourceKey, Revision, Store};

pub(crate) use document::{
    Action, Binding, MatchResources, MutatingPolicy, Mutation, NamedExpression, ParamKind, ParamRef, Policy,
    ResourceRule, Selector, Validation,
};
pub(crate) use expression::{convert, language, map};
pub(crate) use webhooks::{Hook, ReviewVersion};

use document::Named;
use webhooks::Configuration;

/// Where policies and webhooks are stored. Neither is ever asked about itself.
pub(crate) const GROUP: &str = "admissionregistration.k8s.io";
const POLICIES: &str = "validatingadmissionpolicies";
const BINDINGS: &str = "validatingadmissionpolicybindings";
const MUTATING_POLICIES: &str = "mutatingadmissionpolicies";
const MUTATING_BINDINGS: &str = "mutatingadmissionpolicybindings";
const MUTATING_WEBHOOKS: &str = "mutatingwebhookconfigurations";
const VALIDATING_WEBHOOKS: &str = "validatingwebhookconfigurations";

/// The policies and webhooks of a store, compiled, as they were when they were last asked for.
#[derive(Debug, Default)]
pub(crate) struct Policies {
    known: Mutex<Option<Arc<Known>>>,
}

/// All of them at one time.
#[derive(Debug)]
pub(crate) struct Known {
    /// The last change of any of them.
    revision: Revision,
    /// Every policy with its bindings, both in the order of their names.
    pub(crate) policies: Vec<(Policy, Vec<Binding>)>,
    /// The same for the policies that change objects.
    pub(crate) changing: Vec<(MutatingPolicy, Vec<Binding>)>,
    pub(crate) mutating: Vec<Hook>,
    pub(crate) validating: Vec<Hook>,
}

impl Policies {
    /// What the store holds, or nothing if it never held any.
    pub(crate) fn known(&self, store: &Store) -> Option<Arc<Known>> {
        let revision = store.changed_in(GROUP);
        if revision == 0 {
            return None;
        }
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        Some(match &*known {
            Some(known) if known.revision == revision => Arc::clone(known),
            _ => Arc::clone(known.insert(Arc::new(Known::read(store, revision)))),
        })
    }
}

impl Known {
    fn read(store: &Store, revision: Revision) -> Self {
        let hooks = |plural| {
            read_all::<Configuration>(store, plural)
                .flat_map(Configuration::into_hooks)
                .collect()
        };
        Self {
            revision,
            policies: bound(store, POLICIES, BINDINGS, |policy: &Policy| &policy.metadata),
            changing: bound(
                store,
                MUTATING_POLICIES,
                MUTATING_BINDINGS,
                |policy: &MutatingPolicy| &policy.metadata,
            ),
            mutating: hooks(MUTATING_WEBHOOKS),
            validating: hooks(VALIDATING_WEBHOOKS),
        }
    }
}

/// Every policy with its bindings, both in the order of their names.
fn bound<T: DeserializeOwned>(
    store: &Store,
    policies: &str,
    bindings: &str,
    metadata: impl Fn(&T) -> &Named,
) -> Vec<(T, Vec<Binding>)> {
    let bindings: Vec<Binding> = read_all(store, bindings).collect();
    read_all(store, policies)
        .map(|policy: T| {
            let bound = bindings
                .iter()
                .filter(|binding| binding.spec.policy_name == metadata(&policy).name)
                .cloned()
                .collect();
            (policy, bound)
        })
        .collect()
}

/// All objects of a resource that can be read, in the order of their names.
fn read_all<T: DeserializeOwned>(store: &Store, plural: &str) -> impl Iterator<Item = T> {
    let stored = store.list(&ResourceKey::new(GROUP, plural), None, None);
    let read: Vec<T> = stored
        .filter_map(|stored| serde_json::from_slice(stored.json()).ok())
        .collect();
    read.into_iter()
}
