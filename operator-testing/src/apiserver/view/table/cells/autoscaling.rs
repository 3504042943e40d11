//! Horizontal pod autoscalers of both versions.

use jiff::Timestamp;
use serde_json::Value;

use super::{age, fields, name};

pub(super) fn horizontal_pod_autoscaler(object: &Value, now: Timestamp) -> Vec<Value> {
    let reference = format!(
        "{}/{}",
        fields::text(object, "/spec/scaleTargetRef/kind"),
        fields::text(object, "/spec/scaleTargetRef/name")
    );
    vec![
        name(object),
        reference.into(),
        targets(object).into(),
        fields::scalar(object, "/spec/minReplicas")
            .unwrap_or_else(|| "<unset>".into())
            .into(),
        fields::int(object, "/spec/maxReplicas").into(),
        fields::int(object, "/status/currentReplicas").into(),
        age(object, now),
    ]
}

fn targets(object: &Value) -> String {
    // The first version knows one metric, the use of CPU.
    if fields::has(object, "/spec/targetCPUUtilizationPercentage") {
        let percent = |pointer| {
            fields::scalar(object, pointer).map_or_else(|| "<unknown>".into(), |value| format!("{value}%"))
        };
        return format!(
            "cpu: {}/{}",
            percent("/status/currentCPUUtilizationPercentage"),
            percent("/spec/targetCPUUtilizationPercentage")
        );
    }
    let metrics = fields::list(object, "/spec/metrics");
    let mut shown: Vec<_> = metrics
        .iter()
        .enumerate()
        .map(|(index, metric)| {
            let current = object.pointer(&format!("/status/currentMetrics/{index}"));
            target(metric, current.unwrap_or(&Value::Null))
        })
        .collect();
    match shown.len() {
        0 => "<none>".into(),
        1 | 2 => shown.join(", "),
        count => {
            shown.truncate(2);
            format!("{} + {} more...", shown.join(", "), count - 2)
        }
    }
}

/// The current value and the target of one metric.
fn target(metric: &Value, current: &Value) -> String {
    let (source, named) = match fields::text(metric, "/type") {
        "External" => ("external", false),
        "Pods" => ("pods", false),
        "Object" => ("object", false),
        "Resource" => ("resource", true),
        "ContainerResource" => ("containerResource", true),
        _ => return "<unknown type>".into(),
    };
    let wanted = |field: &str| fields::scalar(metric, &format!("/{source}/target/{field}"));
    let seen = |field: &str| fields::scalar(current, &format!("/{source}/current/{field}"));
    let unknown = || "<unknown>".to_owned();
    let prefix = if named {
        format!("{}: ", fields::text(metric, &format!("/{source}/name")))
    } else {
        String::new()
    };
    match wanted("averageValue") {
        Some(target) => {
            let suffix = if matches!(source, "external" | "object") {
                " (avg)"
            } else {
                ""
            };
            let current = seen("averageValue").unwrap_or_else(unknown);
            format!("{prefix}{current}/{target}{suffix}")
        }
        None if named => {
            let percent = |value: Option<String>| value.map(|value| format!("{value}%"));
            let current = percent(seen("averageUtilization")).unwrap_or_else(unknown);
            let target = percent(wanted("averageUtilization")).unwrap_or_else(|| "<auto>".into());
            format!("{prefix}{current}/{target}")
        }
        None => {
            let current = seen("value").unwrap_or_else(unknown);
            format!("{current}/{}", wanted("value").unwrap_or_else(|| "0".into()))
        }
    }
}
