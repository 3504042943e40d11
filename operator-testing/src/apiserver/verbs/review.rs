//! Questions about access, which are answered and not stored.

use super::{
    super::{
        call::{Call, Halt},
        response::Response,
        state::State,
    },
    answer, create, decode, managers,
    options::WriteOptions,
    questions,
};

/// `POST` of a question.
pub(super) fn review(state: &mut State, call: &mut Call<'_>) -> Result<Response, Halt> {
    let options = WriteOptions::of(call.request, "CreateOptions", false)?;
    let mut asked = decode::object(call, options.field_validation)?;
    if call.resource.namespaced {
        create::settle_namespace(call, &mut asked)?;
    }
    managers::track(call, None, &mut asked, &options)?;
    let reply = questions::answer(&state.store, call, asked)?;
    Ok(answer::object(call, 201, reply))
}
