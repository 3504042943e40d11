//! Reading one object.

use super::{
    super::{
        call::{Call, Halt},
        response::Response,
        state::State,
        status::StatusError,
    },
    answer, options,
};

/// `GET` of an object or of its status.
pub(super) fn get(state: &mut State, call: &mut Call<'_>) -> Result<Response, Halt> {
    let revision = options::revision(call.request.query.text("resourceVersion"))?;
    options::reached(state, revision)?;
    let (storage, key) = (call.storage(), call.key());
    let stored = match call.view {
        None => state.store.get(&storage, &key).cloned(),
        Some(view) => state
            .store
            .get_at(&storage, &key, view)
            .map_err(|error| StatusError::expired(error.to_string()))?,
    };
    let stored = call.shown(stored.ok_or_else(|| call.not_found())?)?;
    Ok(answer::stored(call, 200, &stored))
}
