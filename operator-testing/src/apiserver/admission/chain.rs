//! Everything that may change an object before it is stored: policies, then webhooks, and once more what asks for it.
//!
//! A policy or webhook whose reinvocation policy is `IfNeeded` has a second turn if something changed the object after its
//! first.
//!
//! Source: `k8s.io/apiserver/pkg/admission/{reinvocation.go,plugin/policy/mutating,plugin/webhook/mutating}`.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    super::{
        call::{Call, Halt},
        meta::{self, Object},
        patch::json as json_patch,
        policies::{Hook, Known},
        state::State,
        status::StatusError,
    },
    mutation::{Failure, Invocation, Key},
    review::{self, Verdict},
    subject::Subject,
    webhooks::Trouble,
};

/// Lets policies and webhooks change an object; `object` is missing for deletions, `old` for creations.
///
/// # Errors
/// The first refusal; a webhook that has yet to be asked.
pub(super) fn run(
    state: &State,
    call: &mut Call<'_>,
    known: &Known,
    object: Option<&mut Object>,
    old: Option<&Object>,
) -> Result<(), Halt> {
    let mut chain = Chain {
        state,
        known,
        new: object.as_deref().cloned(),
        old,
        changed: false,
    };
    let (mut policies, mut hooks) = (Turns::default(), Turns::default());
    for round in 0..2 {
        chain.policies(call, round, &mut policies)?;
        chain.hooks(call, round, &mut hooks)?;
        if !chain.changed {
            break;
        }
    }
    if let (Some(object), Some(new)) = (object, chain.new) {
        *object = new;
    }
    Ok(())
}

/// Who has had a turn, and who is to have another.
#[derive(Debug)]
struct Turns<K> {
    had: BTreeSet<K>,
    again: BTreeSet<K>,
    /// The object as the last turn left it.
    output: Option<Object>,
}

impl<K> Default for Turns<K> {
    fn default() -> Self {
        Self {
            had: BTreeSet::new(),
            again: BTreeSet::new(),
            output: None,
        }
    }
}

impl<K: Ord> Turns<K> {
    /// The object changed: whoever had a turn is to have another.
    fn repeat(&mut self) {
        self.again.append(&mut self.had);
    }

    /// Begins a round; one after the first is for those that are to have another turn.
    fn begin(&mut self, round: usize, object: Option<&Object>) {
        if round > 0 && self.output.as_ref() != object {
            self.repeat();
        }
    }
}

struct Chain<'a> {
    state: &'a State,
    known: &'a Known,
    new: Option<Object>,
    old: Option<&'a Object>,
    /// Whether anything changed the object.
    changed: bool,
}

impl Chain<'_> {
    fn policies(&mut self, call: &mut Call<'_>, round: usize, turns: &mut Turns<Key>) -> Result<(), Halt> {
        if self.known.changing.is_empty() {
            return Ok(());
        }
        turns.begin(round, self.new.as_ref());
        let (invocations, mut failures) =
            Invocation::all(&self.known.changing, &self.subject(call, self.new.as_ref()));
        let mut touched = false;
        for invocation in invocations {
            if !invocation.applies(&self.subject(call, self.new.as_ref()), &mut failures)? {
                continue;
            }
            let key = invocation.key();
            if round > 0 && !turns.again.contains(&key) {
                continue;
            }
            let before = self.new.clone();
            for index in 0..invocation.mutations() {
                if self.new.is_none() {
                    break;
                }
                let subject = self.subject(call, self.new.as_ref());
                if let Some(made) = invocation.mutate(index, &subject, &mut failures)? {
                    self.new = Some(meta::into_object(made));
                    touched = true;
                }
            }
            if before != self.new {
                turns.repeat();
                self.changed = true;
            }
            if invocation.again() {
                turns.had.insert(key);
            }
        }
        if touched {
            turns.repeat();
            self.changed = true;
        }
        turns.output.clone_from(&self.new);
        let refusal = Failure::refusal(&failures, &self.subject(call, self.new.as_ref()));
        refusal.map_or(Ok(()), |refusal| Err(refusal.into()))
    }

    fn hooks(&mut self, call: &mut Call<'_>, round: usize, turns: &mut Turns<usize>) -> Result<(), Halt> {
        if self.known.mutating.is_empty() {
            return Ok(());
        }
        turns.begin(round, self.new.as_ref());
        for (index, hook) in self.known.mutating.iter().enumerate() {
            let before = self.new.clone();
            match self.hook(call, hook, (round, index), &turns.again) {
                Ok(true) => {}
                Ok(false) => continue,
                Err(Trouble::Halt(halt)) => return Err(halt),
                Err(Trouble::Calling(_)) if hook.ignored => {
                    let place = format!("{FAILED_OPEN}round_{round}_index_{index}");
                    call.annotate(place, hook.name.clone());
                }
                Err(Trouble::Calling(why)) => return Err(hook.failure(&why).into()),
            }
            if before != self.new {
                turns.repeat();
                self.changed = true;
            }
            if hook.again {
                turns.had.insert(index);
            }
        }
        turns.output.clone_from(&self.new);
        Ok(())
    }

    /// Asks one webhook; says whether it was its turn.
    fn hook(
        &mut self,
        call: &mut Call<'_>,
        hook: &Hook,
        (round, index): (usize, usize),
        again: &BTreeSet<usize>,
    ) -> Result<bool, Trouble> {
        let subject = self.subject(call, self.new.as_ref());
        let Some(matched) = hook.matched(&subject)? else {
            return Ok(false);
        };
        if round > 0 && !again.contains(&index) {
            return Ok(false);
        }
        let (question, version) = hook.question(&subject, &matched)?;
        let verdict = Verdict::read(call.ask(&question)?, version, true).map_err(Trouble::Calling)?;
        let operations = verdict.operations();
        let patched = match &operations {
            Ok(Some(operations)) if verdict.denied.is_none() => {
                Some(patched(&subject, hook, &question.request["object"], operations)?)
            }
            _ => None,
        };
        for (key, value) in &verdict.annotations {
            call.annotate(format!("{}/{key}", hook.name), value.clone());
        }
        call.warnings.extend(verdict.warnings.iter().cloned());
        if let Some(status) = &verdict.denied {
            return Err(review::denial(hook, status).into());
        }
        let operations = operations.map_err(Trouble::Calling)?;
        let place = format!("round_{round}_index_{index}");
        let mutated = patched
            .as_ref()
            .is_some_and(|patched| Some(patched) != self.new.as_ref());
        record(call, hook, &place, mutated, operations);
        if patched.is_some() {
            self.new = patched;
        }
        Ok(true)
    }

    fn subject<'b>(&'b self, call: &'b Call<'b>, new: Option<&'b Object>) -> Subject<'b> {
        Subject::of(self.state, call, new, self.old)
    }
}

const MUTATION: &str = "mutation.webhook.admission.k8s.io/";
const PATCH: &str = "patch.webhook.admission.k8s.io/";
const FAILED_OPEN: &str = "failed-open.mutation.webhook.admission.k8s.io/";

/// Tells the audit log what a webhook changed.
fn record(call: &mut Call<'_>, hook: &Hook, place: &str, mutated: bool, operations: Option<Value>) {
    let about = json!({"configuration": hook.configuration, "webhook": hook.name});
    let mut mutation = about.clone();
    mutation["mutated"] = mutated.into();
    call.annotate(format!("{MUTATION}{place}"), mutation.to_string());
    if let Some(operations) = operations {
        let mut patch = about;
        patch["patch"] = operations;
        patch["patchType"] = "JSONPatch".into();
        call.annotate(format!("{PATCH}{place}"), patch.to_string());
    }
}

/// The object after a webhook's operations, in the version of the request.
fn patched(subject: &Subject<'_>, hook: &Hook, object: &Value, operations: &Value) -> Result<Object, Halt> {
    if !subject.has_object() {
        return Err(StatusError::internal(format!(
            "admission webhook {:?} attempted to modify the object, which is not supported for this operation",
            hook.name
        ))
        .into());
    }
    let mut patched =
        json_patch::apply_made(object, operations).map_err(|misfit| StatusError::internal(misfit.why))?;
    let resource = subject.resource_of(&patched);
    // what the kind does not know is dropped without a word
    resource.read(&mut patched).map_err(StatusError::internal)?;
    resource.fill_defaults(&mut patched);
    subject.brought_back(patched).map(meta::into_object)
}
