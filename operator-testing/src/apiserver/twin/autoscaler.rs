//! Horizontal pod autoscalers, which are served in two versions and stored in the second.
//!
//! The first version knows one metric, the use of CPU; everything else that an autoscaler has is in annotations of it.
//!
//! Source: `k8s.io/kubernetes/pkg/apis/autoscaling/v1/conversion.go`.

mod behavior;
mod metrics;

use serde_json::{Value, json};

use self::{
    behavior::{newer_behavior, older_behavior},
    metrics::{CURRENT_SOURCES, SOURCES, cpu_percent, current_cpu_percent, newer, older},
};
use crate::apiserver::meta::{self, Object, metadata_mut};

const METRICS: &str = "autoscaling.alpha.kubernetes.io/metrics";
const CURRENT_METRICS: &str = "autoscaling.alpha.kubernetes.io/current-metrics";
const CONDITIONS: &str = "autoscaling.alpha.kubernetes.io/conditions";
const BEHAVIOR: &str = "autoscaling.alpha.kubernetes.io/behavior";
const TOLERANCES: [&str; 2] = [
    "autoscaling.alpha.kubernetes.io/scale-down-tolerance",
    "autoscaling.alpha.kubernetes.io/scale-up-tolerance",
];

/// What an autoscaler aims at that says nothing about it.
const DEFAULT_PERCENT: i64 = 80;

/// Brings a stored autoscaler into the form of the first version.
pub(super) fn show(object: &mut Object) {
    let mut annotations: Vec<(&str, String)> = Vec::new();
    let spec = member_mut(object, "spec");
    let metrics = list(spec.remove("metrics"));
    if let Some(percent) = metrics.iter().find_map(cpu_percent) {
        spec.insert("targetCPUUtilizationPercentage".into(), percent);
    }
    let others = metrics
        .iter()
        .filter(|metric| cpu_percent(metric).is_none())
        .map(|metric| older(metric, &SOURCES));
    let others: Vec<_> = others.collect();
    if !others.is_empty() {
        annotations.push((METRICS, format!("[{}]", others.join(","))));
    }
    if let Some(behavior) = spec.remove("behavior") {
        annotations.push((BEHAVIOR, older_behavior(&behavior)));
    }
    let status = member_mut(object, "status");
    let current = list(status.remove("currentMetrics"));
    if let Some(percent) = current.iter().find_map(current_cpu_percent) {
        status.insert("currentCPUUtilizationPercentage".into(), percent);
    }
    if !current.is_empty() {
        let current: Vec<_> = current
            .iter()
            .map(|metric| older(metric, &CURRENT_SOURCES))
            .collect();
        annotations.push((CURRENT_METRICS, format!("[{}]", current.join(","))));
    }
    let conditions = list(status.remove("conditions"));
    if !conditions.is_empty() {
        let members = ["type", "status", "lastTransitionTime", "reason", "message"];
        let conditions: Vec<_> = conditions
            .iter()
            .map(|condition| ordered(condition, &members))
            .collect();
        annotations.push((CONDITIONS, format!("[{}]", conditions.join(","))));
    }
    status.entry("currentReplicas").or_insert_with(|| 0.into());
    forget_annotations(object);
    if !annotations.is_empty() {
        let known = metadata_mut(object)
            .entry("annotations")
            .or_insert_with(|| json!({}));
        for (name, value) in annotations {
            known[name] = value.into();
        }
    }
}

/// Whether what an autoscaler of the first version uses is known from its percentage alone. The metric that is made of it is not quite
/// the one that is read again.
pub(super) fn makes_up_metrics(object: &Object) -> bool {
    let percent = object
        .get("status")
        .and_then(|status| status.get("currentCPUUtilizationPercentage"));
    let annotations = meta::member(object, "annotations");
    percent.is_some_and(|percent| !percent.is_null())
        && annotations.is_none_or(|annotations| annotations.get(CURRENT_METRICS).is_none())
}

/// Brings an autoscaler of the first version into the form in which it is stored.
pub(super) fn hide(object: &mut Object) {
    let annotation = |name: &str| -> Option<Value> {
        let annotations = meta::member(object, "annotations")?;
        serde_json::from_str(annotations.get(name)?.as_str()?).ok()
    };
    let metrics = list(annotation(METRICS));
    let behavior = annotation(BEHAVIOR);
    let (current, conditions) = (annotation(CURRENT_METRICS), annotation(CONDITIONS));
    forget_annotations(object);

    let spec = member_mut(object, "spec");
    let mut metrics: Vec<Value> = metrics.iter().map(|metric| newer(metric, &SOURCES)).collect();
    let asked = spec.remove("targetCPUUtilizationPercentage");
    if let Some(percent) = asked.or_else(|| metrics.is_empty().then(|| DEFAULT_PERCENT.into())) {
        let target = json!({"type": "Utilization", "averageUtilization": percent});
        metrics.push(json!({"type": "Resource", "resource": {"name": "cpu", "target": target}}));
    }
    spec.insert("metrics".into(), metrics.into());
    if let Some(behavior) = behavior {
        spec.insert("behavior".into(), newer_behavior(&behavior));
    }
    let status = member_mut(object, "status");
    let percent = status.remove("currentCPUUtilizationPercentage");
    let seen = match (current, percent) {
        (Some(Value::Array(current)), _) => current
            .iter()
            .map(|metric| newer(metric, &CURRENT_SOURCES))
            .collect(),
        (_, Some(percent)) => {
            json!([{"type": "Resource", "resource": {"name": "cpu", "current": {"averageUtilization": percent}}}])
        }
        _ => Value::Null,
    };
    status.insert("currentMetrics".into(), seen);
    if let Some(conditions) = conditions {
        status.insert("conditions".into(), conditions);
    }
    if status.get("currentReplicas").is_some_and(|count| *count == 0) {
        status.remove("currentReplicas");
    }
}

/// A member of an object that is an object itself.
fn member_mut<'a>(object: &'a mut Object, name: &str) -> &'a mut Object {
    let member = object.entry(name).or_insert_with(|| json!({}));
    if !member.is_object() {
        *member = json!({});
    }
    member.as_object_mut().expect("it was just made one")
}

fn list(value: Option<Value>) -> Vec<Value> {
    match value {
        Some(Value::Array(list)) => list,
        _ => Vec::new(),
    }
}

fn forget_annotations(object: &mut Object) {
    let metadata = metadata_mut(object);
    let Some(Value::Object(annotations)) = metadata.get_mut("annotations") else {
        return;
    };
    for name in [METRICS, CURRENT_METRICS, CONDITIONS, BEHAVIOR]
        .iter()
        .chain(&TOLERANCES)
    {
        annotations.remove(*name);
    }
    if annotations.is_empty() {
        metadata.remove("annotations");
    }
}

/// An object with some of its members in an order.
fn ordered(value: &Value, members: &[&str]) -> String {
    let fields: Vec<String> = members
        .iter()
        .filter_map(|name| Some(format!("{name:?}:{}", value.get(name)?)))
        .collect();
    format!("{{{}}}", fields.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(stored: &Value) -> Value {
        let mut object = stored.as_object().expect("an object").clone();
        show(&mut object);
        object.into()
    }

    fn stored(shown: &Value) -> Value {
        let mut object = shown.as_object().expect("an object").clone();
        hide(&mut object);
        object.into()
    }

    #[test]
    fn what_the_first_version_cannot_say_goes_into_annotations_and_comes_back() {
        let second = json!({
            "metadata": {"name": "a"},
            "spec": {
                "maxReplicas": 5,
                "metrics": [
                    {"type": "Resource", "resource": {"name": "memory", "target": {"type": "AverageValue", "averageValue": "100Mi"}}},
                    {"type": "Pods", "pods": {"metric": {"name": "p"}, "target": {"type": "AverageValue", "averageValue": "1k"}}},
                    {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}}},
                ],
                "behavior": {
                    "scaleUp": {"stabilizationWindowSeconds": 0, "selectPolicy": "Max",
                        "policies": [{"type": "Pods", "value": 4, "periodSeconds": 15}]},
                    "scaleDown": {"stabilizationWindowSeconds": 60},
                },
            },
            "status": {
                "currentReplicas": 1, "desiredReplicas": 2,
                "currentMetrics": [{"type": "Resource", "resource": {"name": "cpu",
                    "current": {"averageUtilization": 7, "averageValue": "5m"}}}],
                "conditions": [{"type": "AbleToScale", "status": "True", "reason": "r", "message": "m",
                    "lastTransitionTime": "2026-01-01T00:00:00Z"}],
            },
        });
        let first = shown(&second);
        assert_eq!(
            first["spec"],
            json!({"maxReplicas": 5, "targetCPUUtilizationPercentage": 70})
        );
        assert_eq!(
            first["status"],
            json!({"currentReplicas": 1, "desiredReplicas": 2, "currentCPUUtilizationPercentage": 7})
        );
        let annotation = |name: &str| {
            first["metadata"]["annotations"][name]
                .as_str()
                .unwrap_or_default()
        };
        assert_eq!(
            annotation(METRICS),
            r#"[{"type":"Resource","resource":{"name":"memory","targetAverageValue":"100Mi"}},{"type":"Pods","pods":{"metricName":"p","targetAverageValue":"1k"}}]"#
        );
        assert_eq!(
            annotation(BEHAVIOR),
            r#"{"ScaleUp":{"StabilizationWindowSeconds":0,"SelectPolicy":"Max","Policies":[{"Type":"Pods","Value":4,"PeriodSeconds":15}],"Tolerance":null},"ScaleDown":{"StabilizationWindowSeconds":60,"SelectPolicy":null,"Policies":null,"Tolerance":null}}"#
        );
        assert_eq!(
            annotation(CURRENT_METRICS),
            r#"[{"type":"Resource","resource":{"name":"cpu","currentAverageUtilization":7,"currentAverageValue":"5m"}}]"#
        );
        assert_eq!(
            annotation(CONDITIONS),
            r#"[{"type":"AbleToScale","status":"True","lastTransitionTime":"2026-01-01T00:00:00Z","reason":"r","message":"m"}]"#
        );
        assert_eq!(stored(&first), second);
    }

    #[test]
    fn an_autoscaler_that_says_nothing_aims_at_a_use_of_the_cpu() {
        let made = stored(
            &json!({"metadata": {"name": "a"}, "spec": {"maxReplicas": 5}, "status": {"currentReplicas": 0}}),
        );
        assert_eq!(
            made["spec"]["metrics"],
            json!([{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}}])
        );
        assert_eq!(made["status"], json!({"currentMetrics": null}));
        let again = shown(&made);
        assert_eq!(again["spec"]["targetCPUUtilizationPercentage"], 80);
        assert_eq!(again["status"], json!({"currentReplicas": 0}));
    }
}
