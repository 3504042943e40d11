//! What the owner of a cluster has to say about writes: policies in CEL (`ValidatingAdmissionPolicy`) and webhooks.
//!
//! Source: `k8s.io/apiserver/pkg/admission/plugin/{policy,webhook}`.

use std::sync::Arc;

use serde_json::json;

use super::{
    super::{
        call::Call,
        meta::{self, Object},
        policies::{Action, GROUP, Known},
        state::State,
        status::{About, StatusError},
    },
    evaluation::{self, Denial, Subject},
};

/// What is known about a write, if anything could be against it. Policies and webhooks are never asked about themselves.
fn known(state: &State, call: &Call<'_>, new: Option<&Object>, old: Option<&Object>) -> Option<Arc<Known>> {
    if &*call.resource.group == GROUP || (new.is_none() && old.is_none()) {
        return None;
    }
    call.policies.known(&state.store)
}

/// Asks every mutating webhook about a write. `new` is missing for deletions, `old` for creations.
///
/// # Errors
/// The first that cannot be reached.
pub(super) fn change(
    state: &State,
    call: &Call<'_>,
    new: Option<&Object>,
    old: Option<&Object>,
) -> Result<(), StatusError> {
    match known(state, call, new, old) {
        Some(known) if !known.mutating.is_empty() => {
            let subject = Subject::of(state, call, new, old);
            known.mutating.iter().try_for_each(|hook| hook.ask(&subject))
        }
        _ => Ok(()),
    }
}

/// Asks every policy and every validating webhook about a write. `new` is missing for deletions, `old` for creations.
///
/// # Errors
/// The first denial.
pub(super) fn ask(
    state: &State,
    call: &mut Call<'_>,
    new: Option<&Object>,
    old: Option<&Object>,
) -> Result<(), StatusError> {
    let Some(known) = known(state, call, new, old) else {
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
    let answered = match &denied {
        None => known.validating.iter().try_for_each(|hook| hook.ask(&subject)),
        Some(denial) => Err(refusal(call, new, denial)),
    };
    call.warnings.extend(warnings);
    answered
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
