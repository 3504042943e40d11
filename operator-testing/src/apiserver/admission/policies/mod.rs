//! Policies: rules in CEL that every write is asked about (`ValidatingAdmissionPolicy`).
//!
//! Source: `k8s.io/apiserver/pkg/admission/plugin/policy/validating`.

mod document;
mod evaluation;
mod expression;
mod matching;

use std::sync::{Arc, Mutex, PoisonError};

use serde_json::json;

use self::{
    document::{Action, Binding, Policy},
    evaluation::{Denial, Subject},
};
use crate::apiserver::{
    core::State,
    meta::{self, Object},
    status::{About, StatusError},
    store::{ResourceKey, Revision, Store},
    verbs::Call,
};

const GROUP: &str = "admissionregistration.k8s.io";
const POLICIES: &str = "validatingadmissionpolicies";
const BINDINGS: &str = "validatingadmissionpolicybindings";

/// The policies and bindings of a store, compiled, as they were when they were last asked for.
#[derive(Debug, Default)]
pub(crate) struct Policies {
    known: Mutex<Option<Arc<Known>>>,
}

#[derive(Debug)]
struct Known {
    revisions: [Revision; 2],
    /// Every policy with its bindings, both in the order of their names.
    policies: Vec<(Policy, Vec<Binding>)>,
}

impl Policies {
    fn known(&self, store: &Store) -> Option<Arc<Known>> {
        let revisions = [POLICIES, BINDINGS].map(|plural| store.changed(&ResourceKey::new(GROUP, plural)));
        if revisions.contains(&0) {
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
    fn read(store: &Store, revisions: [Revision; 2]) -> Self {
        let list = |plural: &str| {
            store
                .list(&ResourceKey::new(GROUP, plural), None, None)
                .cloned()
                .collect::<Vec<_>>()
        };
        let bindings: Vec<Binding> = list(BINDINGS)
            .iter()
            .filter_map(|stored| serde_json::from_slice(stored.json()).ok())
            .collect();
        let policies = list(POLICIES)
            .iter()
            .filter_map(|stored| serde_json::from_slice::<Policy>(stored.json()).ok())
            .map(|policy| {
                let bound = bindings
                    .iter()
                    .filter(|binding| binding.spec.policy_name == policy.metadata.name)
                    .cloned()
                    .collect();
                (policy, bound)
            })
            .collect();
        Self { revisions, policies }
    }
}

/// Asks every policy about a write. `new` is missing for deletions, `old` for creations.
///
/// # Errors
/// The first denial.
pub(super) fn ask(
    state: &State,
    call: &mut Call<'_>,
    new: Option<&Object>,
    old: Option<&Object>,
) -> Result<(), StatusError> {
    let of_policies = &*call.resource.group == GROUP && call.resource.plural.contains("admissionpolic");
    if of_policies || (new.is_none() && old.is_none()) {
        return Ok(());
    }
    let Some(known) = call.policies.known(&state.store) else {
        return Ok(());
    };
    let mut denied: Option<Denial> = None;
    let mut warnings = Vec::new();
    let subject = Subject::of(state, call, new, old);
    for (policy, bindings) in &known.policies {
        let Some(asked) = subject.matched(&policy.spec.match_constraints, true) else {
            continue;
        };
        for binding in bindings {
            let narrowed = match &binding.spec.match_resources {
                Some(narrower) => subject.matched(narrower, false).is_some(),
                None => true,
            };
            if !narrowed {
                continue;
            }
            for denial in evaluation::evaluate(&subject, policy, binding, &asked) {
                for action in &binding.spec.validation_actions {
                    match action {
                        Action::Deny => {
                            denied.get_or_insert_with(|| denial.clone());
                        }
                        Action::Warn => warnings.push(format!(
                            "Validation failed for ValidatingAdmissionPolicy '{}' with binding '{}': {}",
                            policy.metadata.name, binding.metadata.name, denial.message
                        )),
                        Action::Audit | Action::Other => {}
                    }
                }
            }
        }
    }
    call.warnings.extend(warnings);
    match denied {
        None => Ok(()),
        Some(denial) => Err(refusal(call, new, &denial)),
    }
}

fn refusal(call: &Call<'_>, new: Option<&Object>, denial: &Denial) -> StatusError {
    let name = match (&*call.target.name, new) {
        ("", Some(object)) => match meta::text(object, "name") {
            "" => meta::text(object, "generateName"),
            name => name,
        },
        (name, _) => name,
    };
    let name = if name.is_empty() { "Unknown" } else { name };
    let message = format!(
        "ValidatingAdmissionPolicy '{}' with binding '{}' denied request: {}",
        denial.policy, denial.binding, denial.message
    );
    let about = About {
        group: &call.resource.group,
        kind: &call.resource.plural,
        name,
    };
    let mut error = StatusError::forbidden(about, &message);
    (error.code, error.reason) = match denial.reason.as_str() {
        "Forbidden" => (403, "Forbidden"),
        "Unauthorized" => (401, "Unauthorized"),
        "RequestEntityTooLarge" => (413, "RequestEntityTooLarge"),
        _ => (422, "Invalid"),
    };
    if let Some(details) = &mut error.details {
        details["causes"] = json!([{ "message": message }]);
    }
    error
}
