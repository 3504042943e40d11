//! Expressions, and the conditions and variables made of them.
//!
//! Source: `k8s.io/kubernetes/pkg/apis/admissionregistration/validation/validation.go`.

use std::collections::BTreeSet;

use serde_json::Value;

use super::super::{Errors, expression, items, text};

pub(super) const EMPTY_EXPRESSION: &str = "expression is not specified";

/// The variables that expressions of webhooks know; those of policies know more.
pub(super) const VARIABLES: [&str; 4] = ["object", "oldObject", "request", "authorizer"];

pub(super) fn check_conditions(object: &Value, field: &str, variables: &[&str], errors: &mut Errors) {
    let mut names = BTreeSet::new();
    for (index, condition) in items(object, "matchConditions").iter().enumerate() {
        let field = format!("{field}.matchConditions[{index}]");
        let expression = format!("{field}.expression");
        check_expression(
            condition,
            "expression",
            expression,
            variables,
            &["bool"],
            "",
            errors,
        );
        let name = text(condition, "name");
        if name.is_empty() {
            errors.required(format!("{field}.name"), "");
        } else {
            errors.qualified_name(&format!("{field}.name"), name);
            if !names.insert(name) {
                errors.duplicate(format!("{field}.name"), &name.into());
            }
        }
    }
}

/// An expression that must be there and give one of some types.
pub(super) fn check_expression(
    object: &Value,
    name: &str,
    field: String,
    variables: &[&str],
    wanted: &[&str],
    missing: &str,
    errors: &mut Errors,
) {
    let written = text(object, name);
    if written.trim().is_empty() {
        errors.required(field, missing);
    } else if let Some(problem) = expression::problem(written, variables, wanted) {
        errors.invalid(field, &written.into(), problem);
    }
}

pub(super) fn check_variables(spec: &Value, known: &[&str], errors: &mut Errors) {
    for (index, variable) in items(spec, "variables").iter().enumerate() {
        let field = format!("spec.variables[{index}]");
        let name = text(variable, "name");
        if name.is_empty() {
            errors.required(format!("{field}.name"), "name is not specified");
        } else if name.starts_with(|c: char| c.is_ascii_digit())
            || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        {
            let why = "must be a valid CEL identifier";
            errors.invalid(format!("{field}.name"), &name.into(), why);
        }
        let field = format!("{field}.expression");
        check_expression(
            variable,
            "expression",
            field,
            known,
            &[],
            EMPTY_EXPRESSION,
            errors,
        );
    }
}
