//! Autoscalers, disruption budgets, leases and priority classes.

use serde_json::Value;

use super::{Errors, has, items, number, text};
use crate::apiserver::{status::FieldError, types::resource::NameRule};

/// A HorizontalPodAutoscaler.
pub(super) fn autoscaler(autoscaler: &Value, errors: &mut Errors) {
    let spec = &autoscaler["spec"];
    let (min, max) = (number(spec, "minReplicas"), number(spec, "maxReplicas"));
    if has(spec, "minReplicas") && min < 1 {
        errors.invalid(
            "spec.minReplicas",
            &spec["minReplicas"],
            "must be greater than or equal to 1",
        );
    }
    if max < 1 {
        errors.required("spec.maxReplicas", "must be set and greater than 0");
    }
    if max < min {
        errors.invalid(
            "spec.maxReplicas",
            &max.into(),
            "must be greater than or equal to `minReplicas`",
        );
    }
    let target = &spec["scaleTargetRef"];
    for field in ["kind", "name"] {
        match text(target, field) {
            "" => errors.required(format!("spec.scaleTargetRef.{field}"), ""),
            value => errors.named(
                &format!("spec.scaleTargetRef.{field}"),
                NameRule::PathSegment,
                value,
            ),
        }
    }
    let version = text(target, "apiVersion");
    if !version.contains('/') && (version.is_empty() || version != "v1") {
        errors.invalid(
            "spec.scaleTargetRef.apiVersion",
            &version.into(),
            "apiVersion must specify API group",
        );
    }
    for (index, metric) in items(spec, "metrics").iter().enumerate() {
        check_metric(metric, &format!("spec.metrics[{index}]"), errors);
    }
}

fn check_metric(metric: &Value, field: &str, errors: &mut Errors) {
    const SOURCES: [(&str, &str); 5] = [
        ("Object", "object"),
        ("Pods", "pods"),
        ("Resource", "resource"),
        ("ContainerResource", "containerResource"),
        ("External", "external"),
    ];
    let kind = text(metric, "type");
    if kind.is_empty() {
        errors.required(format!("{field}.type"), "must specify a metric source type");
        return;
    }
    let Some((_, source)) = SOURCES.iter().find(|(name, _)| *name == kind) else {
        let names = ["ContainerResource", "External", "Object", "Pods", "Resource"];
        errors.one_of(format!("{field}.type"), &metric["type"], &names);
        return;
    };
    if !has(metric, source) {
        let why = "must populate information for the given metric source";
        errors.required(format!("{field}.{source}"), why);
    }
    for (_, other) in SOURCES.iter().filter(|(name, _)| *name != kind) {
        if has(metric, other) {
            errors.forbidden(
                format!("{field}.{other}"),
                "must populate the given metric source only",
            );
        }
    }
}

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
        errors.one_of("preemptionPolicy", policy, &["PreemptLowerPriority", "Never"]);
    }
}
