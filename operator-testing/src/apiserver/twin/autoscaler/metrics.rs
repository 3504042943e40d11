//! Metrics of an autoscaler, which the first version keeps in annotations.

use serde_json::{Value, json};

use super::ordered;

/// A member of a metric in the first version, and where the second has it.
pub(super) type Member = (&'static str, &'static [&'static str]);

/// A kind of metric: its name, the member that holds it, and the members of that.
pub(super) type Source = (&'static str, &'static str, &'static [Member]);

pub(super) const SOURCES: [Source; 5] = [
    (
        "Object",
        "object",
        &[
            ("target", &["describedObject"]),
            ("metricName", &["metric", "name"]),
            ("targetValue", &["target", "value"]),
            ("selector", &["metric", "selector"]),
            ("averageValue", &["target", "averageValue"]),
        ],
    ),
    (
        "Pods",
        "pods",
        &[
            ("metricName", &["metric", "name"]),
            ("targetAverageValue", &["target", "averageValue"]),
            ("selector", &["metric", "selector"]),
        ],
    ),
    (
        "Resource",
        "resource",
        &[
            ("name", &["name"]),
            ("targetAverageUtilization", &["target", "averageUtilization"]),
            ("targetAverageValue", &["target", "averageValue"]),
        ],
    ),
    (
        "ContainerResource",
        "containerResource",
        &[
            ("name", &["name"]),
            ("targetAverageUtilization", &["target", "averageUtilization"]),
            ("targetAverageValue", &["target", "averageValue"]),
            ("container", &["container"]),
        ],
    ),
    (
        "External",
        "external",
        &[
            ("metricName", &["metric", "name"]),
            ("metricSelector", &["metric", "selector"]),
            ("targetValue", &["target", "value"]),
            ("targetAverageValue", &["target", "averageValue"]),
        ],
    ),
];

pub(super) const CURRENT_SOURCES: [Source; 5] = [
    (
        "Object",
        "object",
        &[
            ("target", &["describedObject"]),
            ("metricName", &["metric", "name"]),
            ("currentValue", &["current", "value"]),
            ("selector", &["metric", "selector"]),
            ("averageValue", &["current", "averageValue"]),
        ],
    ),
    (
        "Pods",
        "pods",
        &[
            ("metricName", &["metric", "name"]),
            ("currentAverageValue", &["current", "averageValue"]),
            ("selector", &["metric", "selector"]),
        ],
    ),
    (
        "Resource",
        "resource",
        &[
            ("name", &["name"]),
            ("currentAverageUtilization", &["current", "averageUtilization"]),
            ("currentAverageValue", &["current", "averageValue"]),
        ],
    ),
    (
        "ContainerResource",
        "containerResource",
        &[
            ("name", &["name"]),
            ("currentAverageUtilization", &["current", "averageUtilization"]),
            ("currentAverageValue", &["current", "averageValue"]),
            ("container", &["container"]),
        ],
    ),
    (
        "External",
        "external",
        &[
            ("metricName", &["metric", "name"]),
            ("metricSelector", &["metric", "selector"]),
            ("currentValue", &["current", "value"]),
            ("currentAverageValue", &["current", "averageValue"]),
        ],
    ),
];

/// Quantities that the first version writes even where the second has none: metric and member.
const ALWAYS_WRITTEN: [(&str, &str); 7] = [
    ("object", "targetValue"),
    ("object", "currentValue"),
    ("pods", "targetAverageValue"),
    ("pods", "currentAverageValue"),
    ("resource", "currentAverageValue"),
    ("containerResource", "currentAverageValue"),
    ("external", "currentValue"),
];

/// The one metric that the first version has a member for.
pub(super) fn cpu_percent(metric: &Value) -> Option<Value> {
    let is_cpu = metric["type"] == "Resource" && metric["resource"]["name"] == "cpu";
    let percent = &metric["resource"]["target"]["averageUtilization"];
    (is_cpu && !percent.is_null()).then(|| percent.clone())
}

pub(super) fn current_cpu_percent(metric: &Value) -> Option<Value> {
    let is_cpu = metric["type"] == "Resource" && metric["resource"]["name"] == "cpu";
    let percent = &metric["resource"]["current"]["averageUtilization"];
    (is_cpu && !percent.is_null()).then(|| percent.clone())
}

fn source_of<'a>(metric: &Value, sources: &'a [Source]) -> Option<&'a Source> {
    sources.iter().find(|(name, ..)| metric["type"] == *name)
}

/// A metric as the first version writes it, with its members in the order of the type.
pub(super) fn older(metric: &Value, sources: &[Source]) -> String {
    let kind = &metric["type"];
    let Some((_, member, members)) = source_of(metric, sources) else {
        return format!("{{\"type\":{kind}}}");
    };
    let fields: Vec<String> = members
        .iter()
        .filter_map(|(name, path)| {
            let value = path
                .iter()
                .try_fold(&metric[*member], |value, part| value.get(part));
            let Some(value) = value else {
                return ALWAYS_WRITTEN
                    .contains(&(member, name))
                    .then(|| format!("{name:?}:\"0\""));
            };
            let value = if *name == "target" {
                ordered(value, &["kind", "name", "apiVersion"])
            } else {
                value.to_string()
            };
            Some(format!("{name:?}:{value}"))
        })
        .collect();
    format!("{{\"type\":{kind},{member:?}:{{{}}}}}", fields.join(","))
}

/// A metric of the first version as the second has it.
pub(super) fn newer(metric: &Value, sources: &[Source]) -> Value {
    let mut made = json!({"type": metric["type"]});
    let Some((_, member, members)) = source_of(metric, sources) else {
        return made;
    };
    let source = &mut made[*member];
    for (name, path) in *members {
        if let Some(value) = metric[*member].get(name) {
            let place = path.iter().fold(&mut *source, |place, part| &mut place[*part]);
            *place = value.clone();
        }
    }
    if let Some(target) = source.get_mut("target") {
        let kinds = [
            ("averageUtilization", "Utilization"),
            ("averageValue", "AverageValue"),
            ("value", "Value"),
        ];
        let kind = kinds.iter().find(|(field, _)| target.get(field).is_some());
        if let Some((_, kind)) = kind {
            target["type"] = (*kind).into();
        }
    }
    made
}
