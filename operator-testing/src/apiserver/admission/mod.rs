//! What the server itself has to say about a write, before and after validation.
//!
//! [`mutate`] runs before the resource version is checked, [`validate`] after the object has been validated, as in a real
//! server.

mod chain;
mod escalation;
mod evaluation;
mod matching;
mod mutation;
mod namespaces;
mod params;
mod policies;
mod review;
mod subject;
mod webhooks;

use super::{
    call::{Call, Halt},
    meta::Object,
    state::State,
};

/// May change the object, or refuse the request. `object` is missing for deletions, `old` for creations.
pub(crate) fn mutate(
    state: &mut State,
    call: &mut Call<'_>,
    object: Option<&mut Object>,
    old: Option<&Object>,
) -> Result<(), Halt> {
    namespaces::admit(state, call, object.as_deref(), old)?;
    if let Some(object) = object.as_deref() {
        escalation::check_roles(&state.store, call, object, old)?;
    }
    policies::change(state, call, object, old)
}

/// Whether anything but the server's own rules could refuse or change a write.
pub(crate) fn is_extended(state: &State, call: &Call<'_>) -> bool {
    call.policies.known(&state.store).is_some()
}

/// May refuse the request.
pub(crate) fn validate(
    state: &mut State,
    call: &mut Call<'_>,
    new: Option<&Object>,
    old: Option<&Object>,
) -> Result<(), Halt> {
    if new.is_some() && old.is_none() {
        escalation::check_creation(&state.store, call)?;
    }
    policies::ask(state, call, new, old)?;
    Ok(())
}
