//! Where Pods may run.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Errors, has, items, members, text};
use crate::apiserver::{
    meta::{label_value_problems, name_problems},
    types::resource::NameRule,
};

/// Which nodes a Pod prefers, and which Pods it wants near or far.
pub(super) fn affinity(affinity: &Value, field: &str, errors: &mut Errors) {
    const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
    const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";
    let nodes = &affinity["nodeAffinity"];
    if has(nodes, REQUIRED) {
        node_selector(
            &nodes[REQUIRED],
            &format!("{field}.nodeAffinity.{REQUIRED}"),
            errors,
        );
    }
    for (index, term) in items(nodes, PREFERRED).iter().enumerate() {
        let field = format!("{field}.nodeAffinity.{PREFERRED}[{index}]");
        weight(term, &field, errors);
        node_term(&term["preference"], &format!("{field}.preference"), false, errors);
    }
    for kind in ["podAffinity", "podAntiAffinity"] {
        for (index, term) in items(&affinity[kind], REQUIRED).iter().enumerate() {
            pod_term(term, &format!("{field}.{kind}.{REQUIRED}[{index}]"), errors);
        }
        for (index, term) in items(&affinity[kind], PREFERRED).iter().enumerate() {
            let field = format!("{field}.{kind}.{PREFERRED}[{index}]");
            weight(term, &field, errors);
            pod_term(
                &term["podAffinityTerm"],
                &format!("{field}.podAffinityTerm"),
                errors,
            );
        }
    }
}

fn weight(term: &Value, field: &str, errors: &mut Errors) {
    let weight = term["weight"].as_i64().unwrap_or_default();
    if !(1..=100).contains(&weight) {
        errors.invalid(
            format!("{field}.weight"),
            &weight.into(),
            "must be in the range 1-100",
        );
    }
}

/// A selector of nodes.
pub(super) fn node_selector(selector: &Value, field: &str, errors: &mut Errors) {
    let field = format!("{field}.nodeSelectorTerms");
    let terms = items(selector, "nodeSelectorTerms");
    if terms.is_empty() {
        errors.required(field.clone(), "must have at least one node selector term");
    }
    for (index, term) in terms.iter().enumerate() {
        node_term(term, &format!("{field}[{index}]"), true, errors);
    }
}

/// A term of a selector of nodes; what is only preferred may have any `values`.
fn node_term(term: &Value, field: &str, checks_values: bool, errors: &mut Errors) {
    for (index, requirement) in items(term, "matchExpressions").iter().enumerate() {
        let field = format!("{field}.matchExpressions[{index}]");
        let values = items(requirement, "values");
        match text(requirement, "operator") {
            "In" | "NotIn" if values.is_empty() => {
                let why = "must be specified when `operator` is 'In' or 'NotIn'";
                errors.required(format!("{field}.values"), why);
            }
            "Exists" | "DoesNotExist" if !values.is_empty() => {
                let why = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
                errors.forbidden(format!("{field}.values"), why);
            }
            "Gt" | "Lt" if values.len() != 1 => {
                let why = "must be specified single value when `operator` is 'Lt' or 'Gt'";
                errors.required(format!("{field}.values"), why);
            }
            "In" | "NotIn" | "Exists" | "DoesNotExist" | "Gt" | "Lt" => {}
            operator => {
                let why = "not a valid selector operator";
                errors.invalid(format!("{field}.operator"), &operator.into(), why);
            }
        }
        errors.qualified_name(&format!("{field}.key"), text(requirement, "key"));
        let checked = if checks_values { values } else { &[] };
        for (index, value) in checked.iter().enumerate() {
            for problem in label_value_problems(value.as_str().unwrap_or_default()) {
                errors.invalid(format!("{field}.values[{index}]"), value, problem);
            }
        }
    }
    for (index, requirement) in items(term, "matchFields").iter().enumerate() {
        field_requirement(requirement, &format!("{field}.matchFields[{index}]"), errors);
    }
}

fn field_requirement(requirement: &Value, field: &str, errors: &mut Errors) {
    let values = items(requirement, "values");
    match text(requirement, "operator") {
        "In" | "NotIn" if values.len() == 1 => {}
        "In" | "NotIn" => {
            let why = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector";
            errors.required(format!("{field}.values"), why);
        }
        operator => {
            let why = "not a valid selector operator";
            errors.invalid(format!("{field}.operator"), &operator.into(), why);
        }
    }
    let key = text(requirement, "key");
    if key != "metadata.name" {
        let why = "not a valid field selector key";
        errors.invalid(format!("{field}.key"), &key.into(), why);
        return;
    }
    for (index, value) in values.iter().enumerate() {
        let name = value.as_str().unwrap_or_default();
        errors.dns_subdomain(&format!("{field}.values[{index}]"), name);
    }
}

fn pod_term(term: &Value, field: &str, errors: &mut Errors) {
    for name in ["labelSelector", "namespaceSelector"] {
        if has(term, name) {
            errors.selector(&format!("{field}.{name}"), &term[name]);
        }
    }
    for name in items(term, "namespaces") {
        for problem in name_problems(NameRule::DnsLabel, name.as_str().unwrap_or_default(), false) {
            errors.invalid(format!("{field}.namespace"), name, problem);
        }
    }
    label_keys(term, field, errors);
    let key = text(term, "topologyKey");
    if key.is_empty() {
        errors.required(format!("{field}.topologyKey"), "can not be empty");
    }
    errors.qualified_name(&format!("{field}.topologyKey"), key);
}

/// Labels whose values are those of the Pod itself.
fn label_keys(term: &Value, field: &str, errors: &mut Errors) {
    for name in ["matchLabelKeys", "mismatchLabelKeys"] {
        let keys = items(term, name);
        let field = format!("{field}.{name}");
        if !keys.is_empty() && !has(term, "labelSelector") {
            errors.forbidden(field, "must not be specified when labelSelector is not set");
            continue;
        }
        for (index, key) in keys.iter().enumerate() {
            errors.qualified_name(&format!("{field}[{index}]"), key.as_str().unwrap_or_default());
        }
    }
    let matched = items(term, "matchLabelKeys");
    let selector = &term["labelSelector"];
    let mut selected: BTreeSet<&str> = members(selector, "matchLabels").map(|(key, _)| &**key).collect();
    for expression in items(selector, "matchExpressions") {
        let key = text(expression, "key");
        if let Some(index) = matched.iter().rposition(|own| own == key)
            && selected.contains(key)
        {
            let why = "exists in both matchLabelKeys and labelSelector";
            errors.invalid(format!("{field}[{index}]"), &key.into(), why);
        }
        selected.insert(key);
    }
    for (index, key) in matched.iter().enumerate() {
        if items(term, "mismatchLabelKeys").contains(key) {
            let why = "exists in both matchLabelKeys and mismatchLabelKeys";
            errors.invalid(format!("{field}.matchLabelKeys[{index}]"), key, why);
        }
    }
}

/// How Pods are spread over the parts of a cluster.
pub(super) fn spread(spec: &Value, field: &str, errors: &mut Errors) {
    let constraints = items(spec, "topologySpreadConstraints");
    let kind = |constraint: &Value| {
        let (key, action) = (
            text(constraint, "topologyKey"),
            text(constraint, "whenUnsatisfiable"),
        );
        format!("{{{key}, {action}}}")
    };
    for (index, constraint) in constraints.iter().enumerate() {
        let field = format!("{field}[{index}]");
        let skew = constraint["maxSkew"].as_i64().unwrap_or_default();
        if skew <= 0 {
            errors.invalid(
                format!("{field}.maxSkew"),
                &skew.into(),
                "must be greater than zero",
            );
        }
        if text(constraint, "topologyKey").is_empty() {
            errors.required(format!("{field}.topologyKey"), "can not be empty");
        }
        let action = text(constraint, "whenUnsatisfiable");
        errors.one_of(
            format!("{field}.whenUnsatisfiable"),
            &action.into(),
            &["DoNotSchedule", "ScheduleAnyway"],
        );
        if constraints[index + 1..]
            .iter()
            .any(|other| kind(other) == kind(constraint))
        {
            let field = format!("{field}.{{topologyKey, whenUnsatisfiable}}");
            errors.duplicate(field, &kind(constraint).into());
        }
        if let Some(least) = constraint["minDomains"].as_i64() {
            let field = format!("{field}.minDomains");
            if least <= 0 {
                errors.invalid(field.clone(), &least.into(), "must be greater than zero");
            }
            if action != "DoNotSchedule" {
                let why = format!("can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {action}");
                errors.invalid(field, &least.into(), why);
            }
        }
        for policy in ["nodeAffinityPolicy", "nodeTaintsPolicy"] {
            if has(constraint, policy) {
                errors.one_of(
                    format!("{field}.{policy}"),
                    &constraint[policy],
                    &["Honor", "Ignore"],
                );
            }
        }
        label_keys(constraint, &field, errors);
        if has(constraint, "labelSelector") {
            errors.selector(&format!("{field}.labelSelector"), &constraint["labelSelector"]);
        }
    }
}

/// Which taints a Pod tolerates.
pub(super) fn tolerations(spec: &Value, field: &str, errors: &mut Errors) {
    for (index, toleration) in items(spec, "tolerations").iter().enumerate() {
        let field = format!("{field}[{index}]");
        let (key, operator) = (text(toleration, "key"), text(toleration, "operator"));
        if !key.is_empty() {
            errors.qualified_name(&format!("{field}.key"), key);
        } else if operator != "Exists" {
            let why =
                "operator must be Exists when `key` is empty, which means \"match all values and all keys\"";
            errors.invalid(format!("{field}.operator"), &operator.into(), why);
        }
        let effect = text(toleration, "effect");
        if has(toleration, "tolerationSeconds") && effect != "NoExecute" {
            let why = "effect must be 'NoExecute' when `tolerationSeconds` is set";
            errors.invalid(format!("{field}.effect"), &effect.into(), why);
        }
        let value = text(toleration, "value");
        let operator_field = format!("{field}.operator");
        match operator {
            "" | "Equal" => {
                let problems = label_value_problems(value);
                if !problems.is_empty() {
                    errors.invalid(operator_field, &value.into(), problems.join(";"));
                }
            }
            "Exists" if value.is_empty() => {}
            "Exists" => {
                let why = "value must be empty when `operator` is 'Exists'";
                errors.invalid(operator_field, &value.into(), why);
            }
            "Lt" | "Gt" => {
                let supported = ["Equal", "Exists", "Lt", "Gt"];
                errors.unsupported(operator_field, &operator.into(), &supported);
            }
            _ => errors.one_of(operator_field, &operator.into(), &["Equal", "Exists"]),
        }
        if !effect.is_empty() {
            let supported = ["NoSchedule", "PreferNoSchedule", "NoExecute"];
            errors.one_of(format!("{field}.effect"), &effect.into(), &supported);
        }
    }
}
