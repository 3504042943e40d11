//! Autoscalers.
//!
//! Source: `k8s.io/kubernetes/pkg/apis/autoscaling/validation/validation.go`.

use serde_json::Value;

use super::{Errors, has, items, number, storage::amount, text};
use crate::apiserver::types::resource::NameRule;

/// A HorizontalPodAutoscaler.
pub(super) fn autoscaler(autoscaler: &Value, errors: &mut Errors) {
    let spec = &autoscaler["spec"];
    let (min, max) = (spec["minReplicas"].as_i64(), number(spec, "maxReplicas"));
    if min.is_some_and(|min| min < 1) {
        let why = "must be greater than or equal to 1";
        errors.invalid("spec.minReplicas", &spec["minReplicas"], why);
    }
    if max == 0 {
        errors.required("spec.maxReplicas", "must be set and greater than 0");
    } else if max < 0 {
        let why = "must be greater than or equal to 1";
        errors.invalid("spec.maxReplicas", &max.into(), why);
    }
    if min.is_some_and(|min| max < min) {
        let why = "must be greater than or equal to `minReplicas`";
        errors.invalid("spec.maxReplicas", &max.into(), why);
    }
    reference(&spec["scaleTargetRef"], "spec.scaleTargetRef", false, errors);
    let metrics = items(spec, "metrics");
    for (index, one) in metrics.iter().enumerate() {
        metric(one, &format!("spec.metrics[{index}]"), errors);
    }
    let needs_others = min == Some(0);
    if needs_others
        && !metrics
            .iter()
            .any(|one| matches!(text(one, "type"), "Object" | "External"))
    {
        let why = "must specify at least one Object or External metric to support scaling to zero replicas";
        errors.forbidden("spec.metrics", why);
    }
    for direction in ["scaleUp", "scaleDown"] {
        let rules = &spec["behavior"][direction];
        if !rules.is_null() {
            scaling(rules, &format!("spec.behavior.{direction}"), errors);
        }
    }
}

/// A reference to an object of some version; those of the core group have none.
fn reference(object: &Value, field: &str, may_be_core: bool, errors: &mut Errors) {
    for name in ["kind", "name"] {
        match text(object, name) {
            "" => errors.required(format!("{field}.{name}"), ""),
            value => errors.named(&format!("{field}.{name}"), NameRule::PathSegment, value),
        }
    }
    let version = text(object, "apiVersion");
    let field = format!("{field}.apiVersion");
    match version.split('/').count() {
        _ if version.is_empty() && may_be_core => {}
        2 if !version.starts_with('/') => {}
        1 | 2 if may_be_core => {}
        1 | 2 => errors.invalid(field, &version.into(), "apiVersion must specify API group"),
        _ => {
            let why = format!("unexpected GroupVersion string: {version}");
            errors.invalid(field, &version.into(), why);
        }
    }
}

const KINDS: [&str; 5] = ["ContainerResource", "External", "Object", "Pods", "Resource"];
/// The sources of metrics, in the order in which they are looked at.
const SOURCES: [(&str, &str); 5] = [
    ("Object", "object"),
    ("External", "external"),
    ("Pods", "pods"),
    ("Resource", "resource"),
    ("ContainerResource", "containerResource"),
];

fn metric(metric: &Value, field: &str, errors: &mut Errors) {
    let kind = text(metric, "type");
    let type_field = format!("{field}.type");
    if kind.is_empty() {
        errors.required(type_field.clone(), "must specify a metric source type");
    }
    let given: Vec<_> = SOURCES.iter().filter(|(_, name)| has(metric, name)).collect();
    if let Some((_, name)) = given.first() {
        source(name, &metric[*name], &format!("{field}.{name}"), errors);
    }
    let expected = SOURCES
        .iter()
        .find(|(known, _)| *known == kind)
        .map(|(_, name)| *name);
    match expected {
        None => {
            // said once for the value and once for what it stands for
            errors.one_of(type_field.clone(), &kind.into(), &KINDS);
            errors.one_of(type_field, &kind.into(), &KINDS);
        }
        Some(name) if !has(metric, name) => {
            let why = "must populate information for the given metric source";
            errors.required(format!("{field}.{name}"), why);
        }
        Some(_) => {}
    }
    if given.len() == 1 {
        return;
    }
    for (_, name) in given.iter().filter(|(_, name)| Some(*name) != expected) {
        let why = "must populate the given metric source only";
        errors.forbidden(format!("{field}.{name}"), why);
    }
}

fn source(kind: &str, source: &Value, field: &str, errors: &mut Errors) {
    let wanted = &source["target"];
    if kind == "object" {
        reference(
            &source["describedObject"],
            &format!("{field}.describedObject"),
            true,
            errors,
        );
    }
    match kind {
        "object" | "external" | "pods" => match text(&source["metric"], "name") {
            "" => errors.required(format!("{field}.metric.name"), "must specify a metric name"),
            name => errors.named(&format!("{field}.metric.name"), NameRule::PathSegment, name),
        },
        _ => resource(kind, source, field, errors),
    }
    let field = format!("{field}.target");
    target(wanted, &field, errors);
    let (value, average) = (has(wanted, "value"), has(wanted, "averageValue"));
    let utilization = has(wanted, "averageUtilization");
    let mut need = |name: &str, why: &str| errors.required(format!("{field}.{name}"), why);
    match kind {
        "object" if !value && !average => {
            need("averageValue", "must set either a target value or averageValue");
        }
        "external" if !value && !average => {
            need(
                "averageValue",
                "must set either a target value for metric or a per-pod target",
            );
        }
        "external" if value && average => {
            let why = "may not set both a target value for metric and a per-pod target";
            errors.forbidden(format!("{field}.value"), why);
        }
        "pods" if !average => need("averageValue", "must specify a positive target averageValue"),
        "resource" | "containerResource" if !utilization && !average => {
            let why = "must set either a target raw value or a target utilization";
            need("averageUtilization", why);
        }
        "resource" | "containerResource" if utilization && average => {
            let why = "may not set both a target raw value and a target utilization";
            errors.forbidden(format!("{field}.averageValue"), why);
        }
        _ => {}
    }
}

fn resource(kind: &str, source: &Value, field: &str, errors: &mut Errors) {
    let name = text(source, "name");
    if name.is_empty() {
        errors.required(format!("{field}.name"), "must specify a resource name");
    } else if kind == "containerResource" {
        super::resources::name(name, &format!("{field}.name"), errors);
    }
    if kind == "containerResource" {
        match text(source, "container") {
            "" => errors.required(format!("{field}.container"), "must specify a container"),
            name => errors.dns_label(&format!("{field}.container"), name),
        }
    }
}

fn target(target: &Value, field: &str, errors: &mut Errors) {
    let kind = text(target, "type");
    if kind.is_empty() {
        errors.required(format!("{field}.type"), "must specify a metric target type");
    }
    if !matches!(kind, "Utilization" | "Value" | "AverageValue") {
        let why = "must be either Utilization, Value, or AverageValue";
        errors.invalid(format!("{field}.type"), &kind.into(), why);
    }
    for name in ["value", "averageValue"] {
        if has(target, name) && amount(&target[name]) <= 0 {
            errors.invalid(format!("{field}.{name}"), &target[name], "must be positive");
        }
    }
    let share = &target["averageUtilization"];
    if share.as_i64().is_some_and(|share| share < 1) {
        errors.invalid(
            format!("{field}.averageUtilization"),
            share,
            "must be greater than 0",
        );
    }
}

/// How fast replicas are added or taken away.
fn scaling(rules: &Value, field: &str, errors: &mut Errors) {
    let window = &rules["stabilizationWindowSeconds"];
    match window.as_i64() {
        Some(..0) => {
            let field = format!("{field}.stabilizationWindowSeconds");
            errors.invalid(field, window, "must be greater than or equal to zero");
        }
        Some(3601..) => {
            let field = format!("{field}.stabilizationWindowSeconds");
            errors.invalid(field, window, "must be less than or equal to 3600");
        }
        _ => {}
    }
    if has(rules, "selectPolicy") {
        let supported = ["Disabled", "Max", "Min"];
        errors.one_of(
            format!("{field}.selectPolicy"),
            &rules["selectPolicy"],
            &supported,
        );
    }
    let policies = items(rules, "policies");
    if policies.is_empty() {
        errors.required(format!("{field}.policies"), "must specify at least one Policy");
    }
    for (index, policy) in policies.iter().enumerate() {
        let field = format!("{field}.policies[{index}]");
        let kind = text(policy, "type").into();
        errors.one_of(format!("{field}.type"), &kind, &["Percent", "Pods"]);
        let (value, period) = (number(policy, "value"), number(policy, "periodSeconds"));
        if value <= 0 {
            errors.invalid(
                format!("{field}.value"),
                &value.into(),
                "must be greater than zero",
            );
        }
        if period <= 0 {
            let field = format!("{field}.periodSeconds");
            errors.invalid(field, &period.into(), "must be greater than zero");
        } else if period > 1800 {
            let field = format!("{field}.periodSeconds");
            errors.invalid(field, &period.into(), "must be less than or equal to 1800");
        }
    }
    if amount(&rules["tolerance"]) < 0 {
        let why = "must be greater than or equal to 0";
        errors.invalid(format!("{field}.tolerance"), &rules["tolerance"], why);
    }
}
