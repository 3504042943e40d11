//! What controllers ask about a Pod.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::object;

pub(crate) fn phase(pod: &Value) -> &str {
    object::text(pod, "/status/phase")
}

pub(crate) fn is_finished(pod: &Value) -> bool {
    matches!(phase(pod), "Succeeded" | "Failed")
}

/// Counts as a replica: neither finished nor on its way out.
pub(crate) fn is_active(pod: &Value) -> bool {
    !is_finished(pod) && !object::is_deleting(pod)
}

pub(crate) fn condition<'a>(pod: &'a Value, kind: &str) -> Option<&'a Value> {
    object::list(pod, "/status/conditions")
        .iter()
        .find(|condition| object::text(condition, "/type") == kind)
}

pub(crate) fn is_ready(pod: &Value) -> bool {
    condition(pod, "Ready").is_some_and(|ready| object::text(ready, "/status") == "True")
}

pub(crate) fn is_running_and_ready(pod: &Value) -> bool {
    phase(pod) == "Running" && is_ready(pod)
}

/// How long until a Pod that is ready now has been so for `min_ready` seconds; zero once it has, `None` while it is not ready.
pub(crate) fn available_in(pod: &Value, min_ready: i64, now: Timestamp) -> Option<Duration> {
    let ready = condition(pod, "Ready").filter(|ready| object::text(ready, "/status") == "True")?;
    if min_ready <= 0 {
        return Some(Duration::ZERO);
    }
    let since = object::time(ready, "/lastTransitionTime")?;
    let at = since.checked_add(SignedDuration::from_secs(min_ready)).ok()?;
    Some(Duration::try_from(at.duration_since(now)).unwrap_or(Duration::ZERO))
}

pub(crate) fn is_available(pod: &Value, min_ready: i64, now: Timestamp) -> bool {
    available_in(pod, min_ready, now) == Some(Duration::ZERO)
}

/// The shortest time until one more of the Pods becomes available.
pub(crate) fn next_available<'a>(
    pods: impl IntoIterator<Item = &'a Value>,
    min_ready: i64,
    now: Timestamp,
) -> Option<Duration> {
    pods.into_iter()
        .filter_map(|pod| available_in(pod, min_ready, now))
        .filter(|wait| !wait.is_zero())
        .min()
}

/// A Pod made from a template for its owner, not yet named.
pub(crate) fn from_template(template: &Value, owner_reference: &Value) -> Value {
    let mut pod = serde_json::json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"ownerReferences": [owner_reference]},
        "spec": template.get("spec").cloned().unwrap_or_default(),
    });
    for field in ["labels", "annotations", "finalizers"] {
        if let Some(value) = template
            .pointer("/metadata")
            .and_then(|metadata| metadata.get(field))
        {
            pod["metadata"][field] = value.clone();
        }
    }
    pod
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_pod_is_available_after_it_was_ready_for_long_enough() {
        let now: Timestamp = "2026-01-01T00:01:00Z".parse().unwrap();
        let ready = |status: &str, since: &str| {
            json!({"status": {"phase": "Running", "conditions": [
                {"type": "Ready", "status": status, "lastTransitionTime": since},
            ]}})
        };
        let cases = [
            (ready("True", "2026-01-01T00:00:50Z"), 0, Some(0)),
            (ready("True", "2026-01-01T00:00:50Z"), 10, Some(0)),
            (ready("True", "2026-01-01T00:00:50Z"), 15, Some(5)),
            (ready("False", "2026-01-01T00:00:00Z"), 15, None),
            (json!({"status": {"phase": "Pending"}}), 0, None),
        ];
        for (pod, min_ready, expected) in cases {
            assert_eq!(
                available_in(&pod, min_ready, now),
                expected.map(Duration::from_secs),
                "{pod} {min_ready}"
            );
        }
    }
}
