//! CEL rules, as far as they can be checked without being compiled.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::JSONSchemaProps;

use super::Findings;
use crate::meta::schema::at_path;

const REASONS: [&str; 4] = [
    "FieldValueDuplicate",
    "FieldValueForbidden",
    "FieldValueInvalid",
    "FieldValueRequired",
];

pub(super) fn check(schema: &JSONSchemaProps, at: &str, findings: &mut Findings<'_>) {
    let rules = schema.x_kubernetes_validations.as_deref().unwrap_or_default();
    let untyped = schema.type_.is_none() && schema.x_kubernetes_int_or_string != Some(true);
    if untyped && !rules.is_empty() {
        findings.refused(at, "has a rule, and nobody knows of which type it is");
    }
    for rule in rules {
        if rule.rule.trim().is_empty() {
            findings.refused(at, "has a rule that says nothing");
        }
        match &rule.message {
            Some(message) if message.trim().is_empty() => {
                findings.refused(at, format!("has an empty message for `{}`", rule.rule));
            }
            Some(message) if message.contains('\n') => {
                findings.refused(at, format!("has a message of several lines for `{}`", rule.rule));
            }
            None if rule.rule.contains('\n') && rule.message_expression.is_none() => {
                findings.refused(at, "has a rule of several lines without a message");
            }
            _ => {}
        }
        if let Some(reason) = rule
            .reason
            .as_deref()
            .filter(|reason| !reason.is_empty() && !REASONS.contains(reason))
        {
            findings.refused(
                at,
                format!("has the reason `{reason}`: it is one of {}", REASONS.join(", ")),
            );
        }
        if let Some(path) = rule.field_path.as_deref().filter(|path| !path.is_empty())
            && !matches!(at_path(schema, path), Ok(Some(_)))
        {
            findings.refused(
                at,
                format!("has a rule about `{path}`, which the schema does not describe"),
            );
        }
    }
}
