//! What can be done with a resource: one file per verb.

mod answer;
mod binding;
mod body;
mod budgets;
mod components;
mod create;
mod custom_body;
mod decode;
mod delete;
mod delete_options;
mod emptied;
mod eviction;
mod expected;
mod foreign;
mod get;
mod list;
mod managers;
mod options;
mod owners;
mod patch;
mod patched;
mod questions;
mod review;
mod scale;
mod scale_body;
mod status_write;
mod strategy;
mod token;
mod type_meta;
mod update;
mod watch;

use super::{
    call::{Call, Halt},
    lifecycle,
    request::Verb,
    response::Response,
    state::State,
    status::StatusError,
};

/// Answers a request for a known resource.
pub(crate) fn perform(state: &mut State, call: &mut Call<'_>) -> Result<Response, Halt> {
    let before = state.store.revision();
    let answer = dispatch(state, call);
    if state.store.revision() > before {
        lifecycle::definitions::follow(state, &call.resource, before, &call.now);
    }
    answer
}

/// Subresources of which discovery tells, because clients look for them, and which have nothing to answer here: no
/// container runs.
const NOT_SIMULATED: [&str; 5] = ["attach", "exec", "log", "portforward", "proxy"];

fn dispatch(state: &mut State, call: &mut Call<'_>) -> Result<Response, Halt> {
    let subresource = call.target.subresource.as_str();
    if NOT_SIMULATED.contains(&subresource) {
        if state.store.get(&call.storage(), &call.key()).is_none() {
            return Err(call.not_found().into());
        }
        return Err(StatusError::not_simulated(&call.resource.plural, subresource).into());
    }
    if components::is_asked_for(call) {
        return components::show(call);
    }
    match (call.target.verb, subresource) {
        (Verb::Create, "eviction") => eviction::create(state, call),
        (_, "eviction") => Err(StatusError::method_not_allowed().into()),
        (Verb::Get, "scale") => scale::get(state, call),
        (Verb::Update, "scale") => scale::update(state, call),
        (Verb::Patch, "scale") => scale::patch(state, call),
        (Verb::Get, _) => get::get(state, call),
        (Verb::List, "") => list::list(state, call),
        (Verb::Watch, "") => watch::watch(state, call),
        (Verb::Create, "") if questions::is_review(call.target) => review::review(state, call),
        (Verb::Create, "") => create::create(state, call),
        (Verb::Create, "binding") => binding::create(state, call),
        (Verb::Create, "token") => token::create(state, call),
        (Verb::Update, _) => update::update(state, call),
        (Verb::Patch, _) => patch::patch(state, call),
        (Verb::Delete, "") => delete::delete(state, call),
        (Verb::DeleteCollection, "") => delete::delete_collection(state, call),
        _ => Err(StatusError::method_not_allowed().into()),
    }
}
