//! The small kinds of the core group: configuration, namespaces, nodes, quotas, events.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::Value;

use super::{age, duration, fields, name};

pub(super) fn config_map(object: &Value, now: Timestamp) -> Vec<Value> {
    let entries = fields::size(object, "/data") + fields::size(object, "/binaryData");
    vec![name(object), entries.into(), age(object, now)]
}

pub(super) fn secret(object: &Value, now: Timestamp) -> Vec<Value> {
    vec![
        name(object),
        fields::text(object, "/type").into(),
        fields::size(object, "/data").into(),
        age(object, now),
    ]
}

pub(super) fn namespace(object: &Value, now: Timestamp) -> Vec<Value> {
    vec![
        name(object),
        fields::text(object, "/status/phase").into(),
        age(object, now),
    ]
}

pub(super) fn node(object: &Value, now: Timestamp) -> Vec<Value> {
    let mut status = match fields::condition(object, "/status/conditions", "Ready") {
        Some(ready) if ready["status"] == "True" => "Ready".to_owned(),
        Some(_) => "NotReady".to_owned(),
        None => "Unknown".to_owned(),
    };
    if fields::truth(object, "/spec/unschedulable") {
        status.push_str(",SchedulingDisabled");
    }
    let info = |field: &str| fields::non_empty(object, &format!("/status/nodeInfo/{field}"));
    let known = |field: &str| info(field).unwrap_or("<unknown>").to_owned();
    let mut kernel = known("kernelVersion");
    if let Some(architecture) = info("architecture") {
        kernel = format!("{kernel} ({architecture})");
    }
    let address = |kind: &str| {
        fields::condition(object, "/status/addresses", kind)
            .map_or("<none>", |address| fields::text(address, "/address"))
    };
    vec![
        name(object),
        status.into(),
        roles(object).into(),
        age(object, now),
        info("kubeletVersion").unwrap_or_default().into(),
        address("InternalIP").into(),
        address("ExternalIP").into(),
        known("osImage").into(),
        kernel.into(),
        known("containerRuntimeVersion").into(),
    ]
}

fn roles(node: &Value) -> String {
    let labels = fields::map(node, "/metadata/labels");
    let roles: BTreeSet<&str> = labels
        .into_iter()
        .filter_map(
            |(key, value)| match key.strip_prefix("node-role.kubernetes.io/") {
                Some(role) => Some(role),
                None if key == "kubernetes.io/role" => Some(value),
                None => None,
            },
        )
        .filter(|role| !role.is_empty())
        .collect();
    if roles.is_empty() {
        "<none>".into()
    } else {
        roles.into_iter().collect::<Vec<_>>().join(",")
    }
}

pub(super) fn resource_quota(object: &Value, now: Timestamp) -> Vec<Value> {
    let quantities = |pointer| object.pointer(pointer).and_then(Value::as_object);
    let quantity = |value: Option<&Value>| {
        value
            .and_then(|value| fields::scalar(value, ""))
            .unwrap_or_else(|| "0".into())
    };
    let (mut requests, mut limits) = (Vec::new(), Vec::new());
    for (resource, hard) in quantities("/status/hard").into_iter().flatten() {
        let used = quantities("/status/used").and_then(|used| used.get(resource));
        let entry = format!("{resource}: {}/{}", quantity(used), quantity(Some(hard)));
        if resource.starts_with("limits.") {
            limits.push(entry);
        } else {
            requests.push(entry);
        }
    }
    requests.sort();
    limits.sort();
    vec![
        name(object),
        requests.join(", ").into(),
        limits.join(", ").into(),
        age(object, now),
    ]
}

pub(super) fn component_status(object: &Value, _now: Timestamp) -> Vec<Value> {
    let healthy = fields::condition(object, "/conditions", "Healthy");
    let status = match healthy {
        Some(condition) if condition["status"] == "True" => "Healthy",
        Some(_) => "Unhealthy",
        None => "Unknown",
    };
    let part = |field| healthy.map_or("", |condition| fields::text(condition, field));
    vec![
        name(object),
        status.into(),
        part("/message").into(),
        part("/error").into(),
    ]
}

/// Events of both groups: the fields of `events.k8s.io` have other names for the same things.
pub(super) fn event(object: &Value, now: Timestamp) -> Vec<Value> {
    let either = |core: &str, own: &str| {
        fields::non_empty(object, core)
            .or_else(|| fields::non_empty(object, own))
            .unwrap_or_default()
    };
    let since = |timestamp: &str| duration::age(Some(timestamp), now);
    let first = match either("/firstTimestamp", "/deprecatedFirstTimestamp") {
        "" => since(fields::text(object, "/eventTime")),
        first => since(first),
    };
    let mut last = match either("/lastTimestamp", "/deprecatedLastTimestamp") {
        "" => first.clone(),
        last => since(last),
    };
    let mut count = fields::int(object, "/count").max(fields::int(object, "/deprecatedCount"));
    if fields::has(object, "/series") {
        last = since(fields::text(object, "/series/lastObservedTime"));
        count = fields::int(object, "/series/count");
    } else if count == 0 {
        count = 1;
    }
    let kind = either("/involvedObject/kind", "/regarding/kind").to_lowercase();
    let target = match either("/involvedObject/name", "/regarding/name") {
        "" => kind,
        name => format!("{kind}/{name}"),
    };
    let first_of = |pointers: [&str; 3]| {
        pointers
            .into_iter()
            .find_map(|pointer| fields::non_empty(object, pointer))
            .unwrap_or_default()
    };
    let component = first_of([
        "/source/component",
        "/deprecatedSource/component",
        "/reportingComponent",
    ]);
    let component = if component.is_empty() {
        fields::text(object, "/reportingController")
    } else {
        component
    };
    let source = match first_of(["/source/host", "/deprecatedSource/host", "/reportingInstance"]) {
        "" => component.to_owned(),
        instance => format!("{component}, {instance}"),
    };
    vec![
        last.into(),
        fields::text(object, "/type").into(),
        fields::text(object, "/reason").into(),
        target.into(),
        either("/involvedObject/fieldPath", "/regarding/fieldPath").into(),
        source.into(),
        either("/message", "/note").trim().into(),
        first.into(),
        count.into(),
        name(object),
    ]
}
