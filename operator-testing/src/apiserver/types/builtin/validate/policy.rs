//! Disruption budgets, leases and priority classes.

use serde_json::Value;

use super::{Errors, has, number, text};
use crate::apiserver::status::FieldError;

/// A PodDisruptionBudget.
pub(super) fn disruption_budget(budget: &Value, errors: &mut Errors) {
    let spec = &budget["spec"];
    if has(spec, "minAvailable") && has(spec, "maxUnavailable") {
        // The message shows the server's own form of the spec.
        let fields = [
            "minAvailable",
            "selector",
            "maxUnavailable",
            "unhealthyPodEvictionPolicy",
        ];
        let shown: Vec<_> = fields
            .iter()
            .map(|field| {
                format!(
                    "\"{}{}\":{}",
                    field[..1].to_uppercase(),
                    &field[1..],
                    spec[*field]
                )
            })
            .collect();
        errors.0.push(FieldError::new(
            "spec",
            "FieldValueInvalid",
            format!(
                "Invalid value: {{{}}}: minAvailable and maxUnavailable cannot be both set",
                shown.join(",")
            ),
        ));
    }
    for field in ["minAvailable", "maxUnavailable"] {
        if has(spec, field) {
            let path = format!("spec.{field}");
            errors.number_or_percent(&path, &spec[field]);
            errors.at_most_all(&path, &spec[field]);
        }
    }
    if has(spec, "selector") {
        errors.selector("spec.selector", &spec["selector"]);
    }
    if let Some(policy) = spec.get("unhealthyPodEvictionPolicy") {
        errors.one_of(
            "spec.unhealthyPodEvictionPolicy",
            policy,
            &["AlwaysAllow", "IfHealthyBudget"],
        );
    }
}

/// A Lease.
pub(super) fn lease(lease: &Value, errors: &mut Errors) {
    let spec = &lease["spec"];
    let duration = &spec["leaseDurationSeconds"];
    if duration.as_i64().is_some_and(|seconds| seconds <= 0) {
        errors.invalid("spec.leaseDurationSeconds", duration, "must be greater than 0");
    }
    errors.not_negative("spec.leaseTransitions", &spec["leaseTransitions"]);
    if has(spec, "preferredHolder") && text(spec, "strategy").is_empty() {
        errors.forbidden(
            "spec.preferredHolder",
            "may only be specified when `strategy` is defined",
        );
    }
    if let Some(strategy) = spec["strategy"].as_str() {
        errors.qualified_name("spec.strategy", strategy);
    }
}

/// A PriorityClass.
pub(super) fn priority_class(class: &Value, old: Option<&Value>, errors: &mut Errors) {
    const HIGHEST: i64 = 1_000_000_000;
    if let Some(old) = old {
        let value = |class: &Value| Value::from(number(class, "value"));
        if value(class) != value(old) {
            errors.forbidden("value", "may not be changed in an update.");
        }
        errors.immutable(
            "preemptionPolicy",
            &class["preemptionPolicy"],
            &old["preemptionPolicy"],
        );
        return;
    }
    let name = text(&class["metadata"], "name");
    if name.starts_with("system-") {
        let known = matches!(
            (name, number(class, "value")),
            ("system-node-critical", 2_000_001_000) | ("system-cluster-critical", 2_000_000_000)
        );
        if !known {
            let why = format!(
                "priority class names with 'system-' prefix are reserved for system use only. error: {name} is not a known system \
                 priority class"
            );
            errors.forbidden("metadata.name", why);
        }
    } else if number(class, "value") > HIGHEST {
        let why = format!("maximum allowed value of a user defined priority is {HIGHEST}");
        errors.forbidden("value", why);
    }
    if let Some(policy) = class.get("preemptionPolicy") {
        if policy == "" {
            errors.required("preemptionPolicy", "");
        } else {
            errors.one_of("preemptionPolicy", policy, &["PreemptLowerPriority", "Never"]);
        }
    }
}
