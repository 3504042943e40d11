//! Conversations of the group admission.

super::scenarios! {
    "admission":
    policy_that_denies = "policy that denies",
    operations_old_objects_and_request_attributes = "operations, old objects and request attributes",
    warnings_audit_and_several_bindings = "warnings, audit and several bindings",
    policy_on_a_custom_resource = "policy on a custom resource",
    match_conditions_variables_and_selectors = "match conditions, variables and selectors",
    parameters = "parameters",
    errors_while_evaluating = "errors while evaluating",
    invalid_policies_and_bindings = "invalid policies and bindings",
    mutating_policies = "mutating policies",
    webhook_configurations = "webhook configurations: defaults and refusals",
    unreachable_validating_webhook = "unreachable validating webhook",
    unreachable_mutating_webhook = "unreachable mutating webhook on a custom resource",
}
