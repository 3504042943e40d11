//! Policies that validate and policies that change.
//!
//! Source: `k8s.io/kubernetes/pkg/apis/admissionregistration/validation/validation.go`.

use serde_json::Value;

use super::{
    super::{Errors, has, items, text},
    FAILURE_POLICIES, REINVOCATION_POLICIES,
    expressions::{EMPTY_EXPRESSION, VARIABLES, check_conditions, check_expression, check_variables},
    rules::check_matching,
};
use crate::apiserver::meta::label_key_problems;

/// What policies of both sorts have: their failure policy, parameters, constraints, conditions and variables. Gives the
/// variables that their expressions know.
fn check_policy(spec: &Value, errors: &mut Errors) -> Vec<&'static str> {
    if has(spec, "failurePolicy") {
        errors.one_of("spec.failurePolicy", &spec["failurePolicy"], &FAILURE_POLICIES);
    }
    let mut variables = VARIABLES.to_vec();
    variables.push("namespaceObject");
    if has(spec, "paramKind") {
        variables.push("params");
        check_parameter_kind(&spec["paramKind"], errors);
    }
    match spec.get("matchConstraints").filter(|found| found.is_object()) {
        None => errors.required("spec.matchConstraints", ""),
        Some(constraints) => {
            check_matching(constraints, "spec.matchConstraints", errors);
            if items(constraints, "resourceRules").is_empty() {
                errors.required("spec.matchConstraints.resourceRules", "");
            }
        }
    }
    check_conditions(spec, "spec", &variables, errors);
    variables.push("variables");
    variables
}

fn check_parameter_kind(kind: &Value, errors: &mut Errors) {
    let version = text(kind, "apiVersion");
    if version.is_empty() {
        errors.required("spec.paramKind.apiVersion", "");
    } else if version.matches('/').count() > 1 {
        let why = format!("unexpected GroupVersion string: {version}");
        errors.invalid("spec.paramKind.apiVersion", &version.into(), why);
    }
    if text(kind, "kind").is_empty() {
        errors.required("spec.paramKind.kind", "");
    }
}

/// A ValidatingAdmissionPolicy.
pub(in super::super) fn validating_policy(policy: &Value, errors: &mut Errors) {
    let spec = &policy["spec"];
    let known = check_policy(spec, errors);
    let (validations, annotations) = (items(spec, "validations"), items(spec, "auditAnnotations"));
    if validations.is_empty() && annotations.is_empty() {
        for field in ["spec.validations", "spec.auditAnnotations"] {
            errors.required(
                field,
                "validations or auditAnnotations must contain at least one item",
            );
        }
        return;
    }
    check_variables(spec, &known, errors);
    for (index, validation) in validations.iter().enumerate() {
        check_validation(validation, &format!("spec.validations[{index}]"), &known, errors);
    }
    for (index, annotation) in annotations.iter().enumerate() {
        let field = format!("spec.auditAnnotations[{index}]");
        let key = format!(
            "{}/{}",
            text(&policy["metadata"], "name"),
            text(annotation, "key")
        );
        for problem in label_key_problems(&key) {
            errors.invalid(format!("{field}.key"), &key.as_str().into(), problem);
        }
        let wanted = ["string", "null_type"];
        let missing = "valueExpression is not specified";
        let field = format!("{field}.valueExpression");
        check_expression(
            annotation,
            "valueExpression",
            field,
            &known,
            &wanted,
            missing,
            errors,
        );
    }
}

fn check_validation(validation: &Value, field: &str, known: &[&str], errors: &mut Errors) {
    let path = format!("{field}.expression");
    check_expression(
        validation,
        "expression",
        path,
        known,
        &["bool"],
        EMPTY_EXPRESSION,
        errors,
    );
    if !text(validation, "messageExpression").is_empty() {
        let path = format!("{field}.messageExpression");
        let missing = "must be non-empty if specified";
        check_expression(
            validation,
            "messageExpression",
            path,
            known,
            &["string"],
            missing,
            errors,
        );
    }
    let message = text(validation, "message");
    if !message.is_empty() {
        let why = match message.trim() {
            "" => Some("message must be non-empty if specified"),
            message if message.contains(['\n', '\r']) => Some("must not contain line breaks"),
            _ => None,
        };
        if let Some(why) = why {
            errors.invalid(format!("{field}.message"), &message.into(), why);
        }
    }
    if has(validation, "reason") {
        const REASONS: [&str; 4] = ["Forbidden", "Invalid", "RequestEntityTooLarge", "Unauthorized"];
        // The last is allowed, but not among those that a refusal counts.
        if validation["reason"] != REASONS[3] {
            errors.one_of(format!("{field}.reason"), &validation["reason"], &REASONS[..3]);
        }
    }
}

/// A MutatingAdmissionPolicy.
pub(in super::super) fn mutating_policy(policy: &Value, errors: &mut Errors) {
    const TYPES: [&str; 2] = ["ApplyConfiguration", "JSONPatch"];
    let spec = &policy["spec"];
    let known = check_policy(spec, errors);
    check_variables(spec, &known, errors);
    let mutations = items(spec, "mutations");
    if mutations.is_empty() {
        errors.required("spec.mutations", "mutations must contain at least one item");
    }
    for (index, mutation) in mutations.iter().enumerate() {
        let field = format!("spec.mutations[{index}]");
        let (part, wanted) = match text(mutation, "patchType") {
            "" => {
                errors.required(format!("{field}.patchType"), "");
                continue;
            }
            "ApplyConfiguration" => ("applyConfiguration", "Object"),
            "JSONPatch" => ("jsonPatch", "list(JSONPatch)"),
            _ => {
                errors.one_of(format!("{field}.patchType"), &mutation["patchType"], &TYPES);
                continue;
            }
        };
        let path = format!("{field}.{part}");
        if has(mutation, part) {
            let path = format!("{path}.expression");
            let missing = "expression is not specified";
            check_expression(
                &mutation[part],
                "expression",
                path,
                &known,
                &[wanted],
                missing,
                errors,
            );
        } else {
            let why = format!(
                "must be specified when patchType is {}",
                text(mutation, "patchType")
            );
            errors.required(path, &why);
        }
    }
    let reinvocation = &spec["reinvocationPolicy"];
    if reinvocation.is_null() {
        errors.required("spec.reinvocationPolicy", "");
    } else {
        errors.one_of("spec.reinvocationPolicy", reinvocation, &REINVOCATION_POLICIES);
    }
}
