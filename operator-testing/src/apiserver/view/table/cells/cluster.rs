//! Kinds that the cluster itself lives by: leases, priorities, certificates, flow control, devices.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::{age, duration, fields, name};

pub(super) fn lease(object: &Value, now: Timestamp) -> Vec<Value> {
    vec![
        name(object),
        fields::text(object, "/spec/holderIdentity").into(),
        age(object, now),
    ]
}

pub(super) fn priority_class(object: &Value, now: Timestamp) -> Vec<Value> {
    vec![
        name(object),
        fields::int(object, "/value").into(),
        fields::truth(object, "/globalDefault").into(),
        age(object, now),
        fields::text(object, "/preemptionPolicy").into(),
    ]
}

pub(super) fn runtime_class(object: &Value, now: Timestamp) -> Vec<Value> {
    vec![
        name(object),
        fields::text(object, "/handler").into(),
        age(object, now),
    ]
}

pub(super) fn certificate_signing_request(object: &Value, now: Timestamp) -> Vec<Value> {
    let has = |condition_type| fields::condition(object, "/status/conditions", condition_type).is_some();
    let mut status = match () {
        () if has("Denied") => "Denied",
        () if has("Approved") => "Approved",
        () => "Pending",
    }
    .to_owned();
    if has("Failed") {
        status.push_str(",Failed");
    }
    if fields::non_empty(object, "/status/certificate").is_some() {
        status.push_str(",Issued");
    }
    let requested = object
        .pointer("/spec/expirationSeconds")
        .and_then(Value::as_i64)
        .map_or_else(
            || "<none>".into(),
            |seconds| duration::human(SignedDuration::from_secs(seconds)),
        );
    vec![
        name(object),
        age(object, now),
        fields::non_empty(object, "/spec/signerName")
            .unwrap_or("<none>")
            .into(),
        fields::text(object, "/spec/username").into(),
        requested.into(),
        status.into(),
    ]
}

pub(super) fn api_service(object: &Value, now: Timestamp) -> Vec<Value> {
    let service = if fields::has(object, "/spec/service") {
        format!(
            "{}/{}",
            fields::text(object, "/spec/service/namespace"),
            fields::text(object, "/spec/service/name")
        )
    } else {
        "Local".into()
    };
    let available = match fields::condition(object, "/status/conditions", "Available") {
        None => "Unknown".into(),
        Some(condition) => {
            let status = fields::text(condition, "/status");
            match fields::text(condition, "/reason") {
                reason if status != "True" && !reason.is_empty() => format!("{status} ({reason})"),
                _ => status.to_owned(),
            }
        }
    };
    vec![name(object), service.into(), available.into(), age(object, now)]
}

pub(super) fn flow_schema(object: &Value, now: Timestamp) -> Vec<Value> {
    let dangling = fields::condition(object, "/status/conditions", "Dangling");
    vec![
        name(object),
        fields::text(object, "/spec/priorityLevelConfiguration/name").into(),
        fields::int(object, "/spec/matchingPrecedence").into(),
        fields::non_empty(object, "/spec/distinguisherMethod/type")
            .unwrap_or("<none>")
            .into(),
        age(object, now),
        dangling
            .map_or("?", |condition| fields::text(condition, "/status"))
            .into(),
    ]
}

pub(super) fn priority_level(object: &Value, now: Timestamp) -> Vec<Value> {
    let limited = |pointer: &str| {
        object
            .pointer(&format!("/spec/limited/{pointer}"))
            .cloned()
            .unwrap_or_else(|| "<none>".into())
    };
    vec![
        name(object),
        fields::text(object, "/spec/type").into(),
        limited("nominalConcurrencyShares"),
        limited("limitResponse/queuing/queues"),
        limited("limitResponse/queuing/handSize"),
        limited("limitResponse/queuing/queueLengthLimit"),
        age(object, now),
    ]
}

pub(super) fn resource_claim(object: &Value, now: Timestamp) -> Vec<Value> {
    let deleted = fields::has(object, "/metadata/deletionTimestamp");
    let allocated = fields::has(object, "/status/allocation");
    let reserved = allocated && !fields::list(object, "/status/reservedFor").is_empty();
    let states: Vec<_> = [
        (deleted, "deleted"),
        (!allocated && !deleted, "pending"),
        (allocated, "allocated"),
        (reserved, "reserved"),
    ]
    .into_iter()
    .filter(|(holds, _)| *holds)
    .map(|(_, state)| state)
    .collect();
    vec![name(object), states.join(",").into(), age(object, now)]
}

pub(super) fn resource_slice(object: &Value, now: Timestamp) -> Vec<Value> {
    vec![
        name(object),
        fields::text(object, "/spec/nodeName").into(),
        fields::text(object, "/spec/driver").into(),
        fields::text(object, "/spec/pool/name").into(),
        age(object, now),
    ]
}
