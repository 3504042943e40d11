//! Who may do what: disruption budgets, role bindings, admission.

use jiff::Timestamp;
use serde_json::Value;

use super::{CellPrinter, age, fields, name, name_and_creation};

pub(super) fn pod_disruption_budget(object: &Value, now: Timestamp) -> Vec<Value> {
    let bound = |pointer| fields::scalar(object, pointer).unwrap_or_else(|| "N/A".into());
    vec![
        name(object),
        bound("/spec/minAvailable").into(),
        bound("/spec/maxUnavailable").into(),
        fields::int(object, "/status/disruptionsAllowed").into(),
        age(object, now),
    ]
}

pub(super) fn role_binding(object: &Value, now: Timestamp) -> Vec<Value> {
    let role = format!(
        "{}/{}",
        fields::text(object, "/roleRef/kind"),
        fields::text(object, "/roleRef/name")
    );
    let subjects = |kind: &str| -> Value {
        let shown: Vec<_> = fields::list(object, "/subjects")
            .iter()
            .filter(|subject| subject["kind"] == kind)
            .map(|subject| {
                let name = fields::text(subject, "/name");
                if kind == "ServiceAccount" {
                    format!("{}/{name}", fields::text(subject, "/namespace"))
                } else {
                    name.to_owned()
                }
            })
            .collect();
        shown.join(", ").into()
    };
    vec![
        name(object),
        role.into(),
        age(object, now),
        subjects("User"),
        subjects("Group"),
        subjects("ServiceAccount"),
    ]
}

/// The printer of a resource of `admissionregistration.k8s.io`.
pub(super) fn admission(plural: &str) -> CellPrinter {
    match plural {
        "mutatingwebhookconfigurations" | "validatingwebhookconfigurations" => webhooks,
        "validatingadmissionpolicies" | "mutatingadmissionpolicies" => admission_policy,
        "validatingadmissionpolicybindings" | "mutatingadmissionpolicybindings" => policy_binding,
        _ => name_and_creation,
    }
}

fn webhooks(object: &Value, now: Timestamp) -> Vec<Value> {
    let count = fields::list(object, "/webhooks").len();
    vec![name(object), count.into(), age(object, now)]
}

fn admission_policy(object: &Value, now: Timestamp) -> Vec<Value> {
    let rules =
        fields::list(object, "/spec/validations").len() + fields::list(object, "/spec/mutations").len();
    let kind = if fields::has(object, "/spec/paramKind") {
        format!(
            "{}/{}",
            fields::text(object, "/spec/paramKind/apiVersion"),
            fields::text(object, "/spec/paramKind/kind")
        )
    } else {
        "<unset>".into()
    };
    vec![name(object), rules.into(), kind.into(), age(object, now)]
}

fn policy_binding(object: &Value, now: Timestamp) -> Vec<Value> {
    let parameter = fields::text(object, "/spec/paramRef/name");
    let parameter = match fields::text(object, "/spec/paramRef/namespace") {
        _ if parameter.is_empty() => "<unset>".into(),
        "" => format!("*/{parameter}"),
        namespace => format!("{namespace}/{parameter}"),
    };
    vec![
        name(object),
        fields::text(object, "/spec/policyName").into(),
        parameter.into(),
        age(object, now),
    ]
}
