//! What the owner of a cluster has to say about writes: policies in CEL and webhooks.
//!
//! Source: `k8s.io/apiserver/pkg/admission/plugin/{policy/validating,webhook/validating}/dispatcher.go`.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::json;

use super::{
    super::{
        call::{Call, Halt},
        meta::{self, Object},
        policies::{Action, Binding, GROUP, Hook, Known, ReviewVersion},
        state::State,
        status::{About, StatusError},
        webhook::Question,
    },
    chain,
    evaluation::{self, Denial, Opinion},
    review::{self, Verdict},
    subject::Subject,
    webhooks::Trouble,
};

/// What is known about a write, if anything could be against it. Policies and webhooks are never asked about themselves.
fn known(state: &State, call: &Call<'_>, new: Option<&Object>, old: Option<&Object>) -> Option<Arc<Known>> {
    if &*call.resource.group == GROUP || (new.is_none() && old.is_none()) {
        return None;
    }
    call.policies.known(&state.store)
}

/// Lets every policy and webhook that changes objects change this one. `new` is missing for deletions, `old` for creations.
///
/// # Errors
/// The first refusal; a webhook that has yet to be asked.
pub(super) fn change(
    state: &State,
    call: &mut Call<'_>,
    new: Option<&mut Object>,
    old: Option<&Object>,
) -> Result<(), Halt> {
    match known(state, call, new.as_deref(), old) {
        Some(known) if !(known.changing.is_empty() && known.mutating.is_empty()) => {
            chain::run(state, call, &known, new, old)
        }
        _ => Ok(()),
    }
}

/// Asks every policy and every validating webhook about a write. `new` is missing for deletions, `old` for creations.
///
/// # Errors
/// The first denial; the webhooks that have yet to be asked.
pub(super) fn ask(
    state: &State,
    call: &mut Call<'_>,
    new: Option<&Object>,
    old: Option<&Object>,
) -> Result<(), Halt> {
    let Some(known) = known(state, call, new, old) else {
        return Ok(());
    };
    let heard = hear(&known, &Subject::of(state, call, new, old))?;
    let refused = heard.denied.map(|denial| refusal(call, new, &denial));
    call.warnings.extend(heard.warnings);
    for (key, value) in heard.annotations {
        call.annotate(key, value);
    }
    match refused {
        Some(refused) => Err(refused.into()),
        None => ask_hooks(state, call, &known, new, old),
    }
}

/// What all policies together have to say.
#[derive(Default)]
struct Heard {
    denied: Option<Denial>,
    warnings: Vec<String>,
    annotations: Vec<(String, String)>,
}

/// Hears every policy about a write.
fn hear(known: &Known, subject: &Subject<'_>) -> Result<Heard, Halt> {
    let mut heard = Heard::default();
    for (policy, bindings) in &known.policies {
        let Some(asked) = subject.matched(&policy.spec.match_constraints, true) else {
            continue;
        };
        let mut values: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for binding in bindings {
            if let Some(narrower) = &binding.spec.match_resources
                && subject.matched(narrower, false).is_none()
            {
                continue;
            }
            let opinion = evaluation::evaluate(subject, policy, binding, &asked)?;
            heard.act(binding, &opinion);
            for (key, value) in opinion.annotations {
                let known = values.entry(key).or_default();
                if !known.contains(&value) {
                    known.push(value);
                }
            }
            for refusal in opinion.refusals {
                heard.denied.get_or_insert(refusal);
            }
        }
        for (key, values) in values {
            let key = format!("{}/{key}", policy.metadata.name);
            heard.annotations.push((key, values.join(", ")));
        }
    }
    Ok(heard)
}

impl Heard {
    /// Does what a binding says is to be done about what a policy does not allow.
    fn act(&mut self, binding: &Binding, opinion: &Opinion) {
        for denial in &opinion.denials {
            for action in &binding.spec.validation_actions {
                match action {
                    Action::Deny => {
                        self.denied.get_or_insert_with(|| denial.clone());
                    }
                    Action::Warn => self.warnings.push(format!(
                        "Validation failed for ValidatingAdmissionPolicy '{}' with binding '{}': {}",
                        denial.policy, denial.binding, denial.message
                    )),
                    Action::Audit => {
                        let failure = json!([{
                            "message": denial.message,
                            "policy": denial.policy,
                            "binding": denial.binding,
                            "expressionIndex": denial.index,
                            "validationActions": binding.spec.validation_actions,
                        }]);
                        self.annotations
                            .push((VALIDATION_FAILURE.to_owned(), failure.to_string()));
                    }
                    Action::Other => {}
                }
            }
        }
    }
}

const VALIDATION_FAILURE: &str = "validation.policy.admission.k8s.io/validation_failure";
const FAILED_OPEN: &str = "failed-open.validating.webhook.admission.k8s.io/";

/// A webhook with the question to it.
type Asked<'a> = (&'a Hook, Result<(Question, ReviewVersion), String>);

/// Asks every validating webhook; those that have not answered yet are all asked together.
fn ask_hooks(
    state: &State,
    call: &mut Call<'_>,
    known: &Known,
    new: Option<&Object>,
    old: Option<&Object>,
) -> Result<(), Halt> {
    if known.validating.is_empty() {
        return Ok(());
    }
    let asked = questions(known, &Subject::of(state, call, new, old))?;
    let open: Vec<Question> = asked
        .iter()
        .filter_map(|(_, asked)| asked.as_ref().ok())
        .filter(|(question, _)| call.answers.to(question).is_none())
        .map(|(question, _)| question.clone())
        .collect();
    if !open.is_empty() {
        return Err(Halt::Ask(open));
    }
    let mut refused = None;
    for (index, (hook, asked)) in asked.into_iter().enumerate() {
        let verdict = match asked {
            Ok((question, version)) => Verdict::read(call.ask(&question)?, version, false),
            Err(why) => Err(why),
        };
        match verdict {
            Ok(verdict) => {
                for (key, value) in verdict.annotations {
                    call.annotate(format!("{}/{key}", hook.name), value);
                }
                call.warnings.extend(verdict.warnings);
                if let Some(status) = &verdict.denied {
                    refused.get_or_insert_with(|| review::denial(hook, status));
                }
            }
            Err(_) if hook.ignored => {
                call.annotate(format!("{FAILED_OPEN}round_0_index_{index}"), hook.name.clone());
            }
            Err(why) => {
                refused.get_or_insert_with(|| hook.failure(&why).into());
            }
        }
    }
    refused.map_or(Ok(()), Err)
}

fn questions<'a>(known: &'a Known, subject: &Subject<'_>) -> Result<Vec<Asked<'a>>, Halt> {
    let mut asked = Vec::new();
    for hook in &known.validating {
        if let Some(matched) = hook.matched(subject)? {
            match hook.question(subject, &matched) {
                Ok(question) => asked.push((hook, Ok(question))),
                Err(Trouble::Calling(why)) => asked.push((hook, Err(why))),
                Err(Trouble::Halt(halt)) => return Err(halt),
            }
        }
    }
    Ok(asked)
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
