//! Deployments, ReplicaSets, StatefulSets, DaemonSets, Jobs and CronJobs.

use serde_json::{Value, json};

use super::{
    Errors,
    errors::{percent, selects},
    has, items, number, pods, text,
};
use crate::apiserver::{
    meta::name_problems,
    types::{builtin::fields, resource::NameRule},
};

/// A Deployment.
pub(super) fn deployment(
    object: &Value,
    old: Option<&Value>,
    errors: &mut Errors,
    warnings: &mut Vec<String>,
) {
    let spec = &object["spec"];
    errors.not_negative("spec.replicas", &spec["replicas"]);
    replicated(spec, errors);
    strategy(&spec["strategy"], errors);
    errors.not_negative("spec.minReadySeconds", &spec["minReadySeconds"]);
    errors.not_negative("spec.revisionHistoryLimit", &spec["revisionHistoryLimit"]);
    if let Some(limit) = spec["progressDeadlineSeconds"].as_i64() {
        errors.not_negative("spec.progressDeadlineSeconds", &spec["progressDeadlineSeconds"]);
        if limit <= number(spec, "minReadySeconds") {
            let why = "must be greater than minReadySeconds";
            errors.invalid("spec.progressDeadlineSeconds", &limit.into(), why);
        }
    }
    match old {
        Some(old) => errors.immutable_selector("spec.selector", &spec["selector"], &old["spec"]["selector"]),
        None => {
            let name = text(&object["metadata"], "name");
            let problems = name_problems(NameRule::DnsLabel, name, false);
            pods::warn_of_name(name, &problems, "Pod names and hostnames", warnings);
        }
    }
}

/// Checks a selector and that it finds the Pods of the template. Messages call the kind `kind`, and a selector that makes no sense
/// `broken`; returns whether it makes sense.
pub(super) fn selected(spec: &Value, kind: &str, broken: &str, errors: &mut Errors) -> bool {
    let selector = &spec["selector"];
    if selector.is_null() {
        errors.required("spec.selector", "");
    }
    let is_valid = errors.selector("spec.selector", selector);
    let is_empty = is_empty(selector);
    if !selector.is_null() && is_empty {
        let why = format!("empty selector is invalid for {kind}");
        errors.invalid("spec.selector", selector, why);
    }
    if !is_valid {
        errors.invalid_selector("spec.selector", selector, broken);
    } else if selector.is_null() || !is_empty {
        found(spec, errors);
    }
    is_valid
}

fn is_empty(selector: &Value) -> bool {
    items(selector, "matchExpressions").is_empty()
        && fields::members(selector, "matchLabels").next().is_none()
}

/// The labels of a template must be those that the selector asks for; no selector asks for what nobody has.
pub(super) fn found(spec: &Value, errors: &mut Errors) {
    let labels = &spec["template"]["metadata"]["labels"];
    if spec["selector"].is_null() || !selects(&spec["selector"], labels) {
        let why = "`selector` does not match template `labels`";
        errors.invalid("spec.template.metadata.labels", labels, why);
    }
}

/// Pods of workloads run for ever.
pub(super) fn always_restarts(spec: &Value, kind: &str, errors: &mut Errors) {
    let pod = &spec["template"]["spec"];
    let policy = text(pod, "restartPolicy");
    errors.one_of("spec.template.spec.restartPolicy", &policy.into(), &["Always"]);
    if has(pod, "activeDeadlineSeconds") {
        let why = format!("activeDeadlineSeconds in {kind} is not Supported");
        errors.forbidden("spec.template.spec.activeDeadlineSeconds", why);
    }
}

/// What ReplicaSets have, and what makes them.
fn replicated(spec: &Value, errors: &mut Errors) {
    if selected(spec, "deployment", "invalid label selector", errors) {
        pods::template(&spec["template"], "spec.template", errors);
        always_restarts(spec, "ReplicaSet", errors);
    }
}

fn strategy(strategy: &Value, errors: &mut Errors) {
    match text(strategy, "type") {
        "Recreate" => {
            if has(strategy, "rollingUpdate") {
                let why = "may not be specified when strategy `type` is 'Recreate'";
                errors.forbidden("spec.strategy.rollingUpdate", why);
            }
        }
        "RollingUpdate" => {
            let rolling = &strategy["rollingUpdate"];
            let field = |name: &str| format!("spec.strategy.rollingUpdate.{name}");
            for name in ["maxUnavailable", "maxSurge"] {
                errors.number_or_percent(&field(name), &rolling[name]);
            }
            if is_zero(&rolling["maxUnavailable"]) && is_zero(&rolling["maxSurge"]) {
                let why = "may not be 0 when `maxSurge` is 0";
                errors.invalid(field("maxUnavailable"), &rolling["maxUnavailable"], why);
            }
            errors.at_most_all(&field("maxUnavailable"), &rolling["maxUnavailable"]);
        }
        _ => {
            // the server's own form of the fields
            let rolling = &strategy["rollingUpdate"];
            let rolling = if rolling.is_null() {
                "null".to_owned()
            } else {
                let (most, surge) = (count(rolling, "maxUnavailable"), count(rolling, "maxSurge"));
                format!("{{\"MaxUnavailable\":{most},\"MaxSurge\":{surge}}}")
            };
            let shown = format!(
                "{{\"Type\":{:?},\"RollingUpdate\":{rolling}}}",
                text(strategy, "type")
            );
            errors.unsupported_as("spec.strategy", &shown, &["Recreate", "RollingUpdate"]);
        }
    }
}

/// A ReplicaSet.
pub(super) fn replica_set(set: &Value, old: Option<&Value>, errors: &mut Errors) {
    let spec = &set["spec"];
    errors.not_negative("spec.replicas", &spec["replicas"]);
    errors.not_negative("spec.minReadySeconds", &spec["minReadySeconds"]);
    replicated(spec, errors);
    if let Some(old) = old {
        errors.immutable_selector("spec.selector", &spec["selector"], &old["spec"]["selector"]);
    }
}

/// A ReplicationController.
pub(super) fn controller(controller: &Value, errors: &mut Errors) {
    let spec = &controller["spec"];
    errors.not_negative("spec.minReadySeconds", &spec["minReadySeconds"]);
    let is_empty = fields::members(spec, "selector").next().is_none();
    if is_empty {
        errors.required("spec.selector", "");
    }
    errors.not_negative("spec.replicas", &spec["replicas"]);
    let template = &spec["template"];
    if template.is_null() {
        errors.required("spec.template", "");
        return;
    }
    let labels = &template["metadata"]["labels"];
    if !is_empty && !selects(&json!({"matchLabels": spec["selector"]}), labels) {
        let why = "`selector` does not match template `labels`";
        errors.invalid("spec.template.metadata.labels", labels, why);
    }
    pods::template(template, "spec.template", errors);
    always_restarts(spec, "ReplicationController", errors);
}

/// A revision of a StatefulSet or DaemonSet.
pub(super) fn revision(revision: &Value, old: Option<&Value>, errors: &mut Errors) {
    errors.not_negative("revision", &revision["revision"]);
    let data = &revision["data"];
    match old {
        Some(old) => errors.immutable("data", data, &old["data"]),
        None if data.is_null() => errors.required("data", "data is mandatory"),
        None if !data.is_object() => errors.required("data", "data must be a valid JSON object"),
        None => {}
    }
}

/// A DaemonSet.
pub(super) fn daemon_set(set: &Value, old: Option<&Value>, errors: &mut Errors) {
    let spec = &set["spec"];
    let selector = &spec["selector"];
    if errors.selector("spec.selector", selector) && (selector.is_null() || !is_empty(selector)) {
        found(spec, errors);
    }
    if !selector.is_null() && is_empty(selector) {
        errors.invalid(
            "spec.selector",
            selector,
            "empty selector is invalid for daemonset",
        );
    }
    pods::template(&spec["template"], "spec.template", errors);
    always_restarts(spec, "DaemonSet", errors);
    errors.not_negative("spec.minReadySeconds", &spec["minReadySeconds"]);
    daemon_strategy(&spec["updateStrategy"], errors);
    errors.not_negative("spec.revisionHistoryLimit", &spec["revisionHistoryLimit"]);
    if let Some(old) = old {
        errors.immutable_selector("spec.selector", selector, &old["spec"]["selector"]);
    }
}

fn daemon_strategy(strategy: &Value, errors: &mut Errors) {
    const FIELD: &str = "spec.updateStrategy.rollingUpdate";
    let rolling = &strategy["rollingUpdate"];
    match text(strategy, "type") {
        "OnDelete" => {}
        "RollingUpdate" if rolling.is_null() => errors.required(FIELD, ""),
        "RollingUpdate" => {
            for name in ["maxUnavailable", "maxSurge"] {
                let field = format!("{FIELD}.{name}");
                errors.number_or_percent(&field, &rolling[name]);
                errors.at_most_all(&field, &rolling[name]);
            }
            let (most, surge) = (&rolling["maxUnavailable"], &rolling["maxSurge"]);
            match (is_zero(most), is_zero(surge)) {
                (false, false) => {
                    let why = "may not be set when maxUnavailable is non-zero";
                    errors.invalid(format!("{FIELD}.maxSurge"), surge, why);
                }
                (true, true) => {
                    let why = "cannot be 0 when maxSurge is 0";
                    errors.required(format!("{FIELD}.maxUnavailable"), why);
                }
                _ => {}
            }
        }
        kind => {
            // the server's own form of the fields
            let rolling = if rolling.is_null() {
                "null".to_owned()
            } else {
                let (most, surge) = (count(rolling, "maxUnavailable"), count(rolling, "maxSurge"));
                format!("{{\"MaxUnavailable\":{most},\"MaxSurge\":{surge}}}")
            };
            let shown = format!("{{\"Type\":{kind:?},\"RollingUpdate\":{rolling}}}");
            errors.unsupported_as("spec.updateStrategy", &shown, &["RollingUpdate", "OnDelete"]);
        }
    }
}

/// A number or percentage in the server's own form, which is zero where none is given.
fn count(rolling: &Value, name: &str) -> Value {
    if has(rolling, name) {
        rolling[name].clone()
    } else {
        0.into()
    }
}

/// Whether a number or percentage is none.
pub(super) fn is_zero(value: &Value) -> bool {
    match value.as_str() {
        Some(text) => percent(text).unwrap_or(0) == 0,
        None => value.as_i64().unwrap_or(0) == 0,
    }
}
