//! Bindings of policies.
//!
//! Source: `k8s.io/kubernetes/pkg/apis/admissionregistration/validation/validation.go`.

use serde_json::Value;

use super::{
    super::{Errors, has, items, text},
    rules::check_matching,
};

/// A binding of a policy; those of validating policies say what happens.
pub(in super::super) fn binding(binding: &Value, is_validating: bool, errors: &mut Errors) {
    let spec = &binding["spec"];
    match text(spec, "policyName") {
        "" => errors.required("spec.policyName", ""),
        name => errors.dns_subdomain("spec.policyName", name),
    }
    if has(spec, "paramRef") {
        check_parameters(&spec["paramRef"], errors);
    }
    if has(spec, "matchResources") {
        check_matching(&spec["matchResources"], "spec.matchResources", errors);
    }
    if is_validating {
        check_actions(spec, errors);
    }
}

fn check_parameters(reference: &Value, errors: &mut Errors) {
    let has_name = !text(reference, "name").is_empty();
    let has_selector = has(reference, "selector");
    let why = "name and selector are mutually exclusive";
    if has_name && has_selector {
        errors.forbidden("spec.paramRef.name", why);
    }
    if has_selector {
        errors.selector("spec.paramRef.selector", &reference["selector"]);
        if has_name {
            errors.forbidden("spec.paramRef.selector", why);
        }
    }
    if !has_name && !has_selector {
        errors.required("spec.paramRef", "one of name or selector must be specified");
    }
    let field = "spec.paramRef.parameterNotFoundAction";
    match &reference["parameterNotFoundAction"] {
        Value::Null => errors.required(field, ""),
        action => errors.one_of(field, action, &["Deny", "Allow"]),
    }
}

fn check_actions(spec: &Value, errors: &mut Errors) {
    let actions = items(spec, "validationActions");
    if actions.is_empty() {
        errors.required(
            "spec.validationActions",
            "at least one validation action is required",
        );
    }
    for (index, action) in actions.iter().enumerate() {
        let field = format!("spec.validationActions[{index}]");
        if actions[..index].contains(action) {
            errors.duplicate(&*field, action);
        }
        errors.one_of(field, action, &["Audit", "Deny", "Warn"]);
    }
    let takes = |wanted: &str| actions.iter().any(|action| action == wanted);
    if takes("Deny") && takes("Warn") {
        let why = "must not contain both Deny and Warn (repeating the same validation failure information in the API response and \
                   headers serves no purpose)";
        errors.invalid("spec.validationActions", &spec["validationActions"], why);
    }
}
