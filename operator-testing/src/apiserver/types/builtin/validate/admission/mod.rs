//! Policies, their bindings, and webhooks.

mod bindings;
mod expressions;
mod policies;
mod rules;
mod webhooks;

pub(super) use bindings::binding;
pub(super) use policies::{mutating_policy, validating_policy};
pub(super) use webhooks::webhooks;

const FAILURE_POLICIES: [&str; 2] = ["Fail", "Ignore"];
const REINVOCATION_POLICIES: [&str; 2] = ["IfNeeded", "Never"];
