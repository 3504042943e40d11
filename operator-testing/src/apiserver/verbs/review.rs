//! Questions about access, which are answered and not stored.

use super::{
    super::{access, core::State, response::Response},
    Call, Halt, create, decode, encode, managers,
    options::WriteOptions,
};

/// `POST` of a question.
pub(super) fn review(state: &mut State, call: &mut Call<'_>) -> Result<Response, Halt> {
    let options = WriteOptions::of(call.request, "CreateOptions", false)?;
    let mut asked = decode::object(call, options.field_validation)?;
    if call.resource.namespaced {
        create::settle_namespace(call, &mut asked)?;
    }
    managers::track(call, None, &mut asked, &options);
    let answer = access::review(&state.store, call, asked)?;
    Ok(encode::answer_object(call, 201, answer))
}
