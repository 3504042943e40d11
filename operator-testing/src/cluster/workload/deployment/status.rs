//! What a Deployment reports.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::rollout;
use crate::cluster::object::{self, int, text};

/// A condition that holds since `now`.
pub(super) fn condition(kind: &str, status: &str, reason: &str, message: &str, now: Timestamp) -> Value {
    json!({
        "type": kind,
        "status": status,
        "reason": reason,
        "message": message,
        "lastUpdateTime": object::timestamp(now),
        "lastTransitionTime": object::timestamp(now),
    })
}

pub(super) fn find<'a>(status: &'a Value, kind: &str) -> Option<&'a Value> {
    object::list(status, "/conditions")
        .iter()
        .find(|condition| text(condition, "/type") == kind)
}

/// Puts a condition in; one with the same status and reason stays as it was, one with the same status keeps its transition time.
pub(super) fn set_condition(status: &mut Value, mut condition: Value) {
    let kind = text(&condition, "/type").to_owned();
    if let Some(current) = find(status, &kind) {
        if current["status"] == condition["status"] {
            if current["reason"] == condition["reason"] {
                return;
            }
            condition["lastTransitionTime"] = current["lastTransitionTime"].clone();
        }
        remove_condition(status, &kind);
    }
    match status.get_mut("conditions").and_then(Value::as_array_mut) {
        Some(conditions) => conditions.push(condition),
        None => status["conditions"] = json!([condition]),
    }
}

fn remove_condition(status: &mut Value, kind: &str) {
    if let Some(conditions) = status.get_mut("conditions").and_then(Value::as_array_mut) {
        conditions.retain(|condition| text(condition, "/type") != kind);
    }
}

/// Whether progress is watched at all.
pub(super) fn has_deadline(deployment: &Value) -> bool {
    deadline(deployment).is_some()
}

fn deadline(deployment: &Value) -> Option<SignedDuration> {
    let seconds = int(deployment, "/spec/progressDeadlineSeconds")?;
    (seconds != i64::from(i32::MAX)).then(|| SignedDuration::from_secs(seconds))
}

/// The counts and the availability that follow from the ReplicaSets; conditions other than `Available` stay.
pub(super) fn compute(deployment: &Value, sets: &[Value], new: Option<usize>, now: Timestamp) -> Value {
    let total = |path: &str| -> i64 { sets.iter().filter_map(|set| int(set, path)).sum() };
    let available = total("/status/availableReplicas");
    let updated = new
        .and_then(|index| int(&sets[index], "/status/replicas"))
        .unwrap_or_default();
    let mut status = json!({
        "observedGeneration": object::generation(deployment),
        "terminatingReplicas": total("/status/terminatingReplicas"),
    });
    for (field, count) in [
        ("replicas", total("/status/replicas")),
        ("updatedReplicas", updated),
        ("readyReplicas", total("/status/readyReplicas")),
        ("availableReplicas", available),
        ("unavailableReplicas", total("/spec/replicas") - available),
    ] {
        if count > 0 {
            status[field] = count.into();
        }
    }
    for field in ["collisionCount", "conditions"] {
        if let Some(kept) = deployment["status"].get(field) {
            status[field] = kept.clone();
        }
    }
    let enough = available >= rollout::wanted(deployment) - rollout::max_unavailable(deployment);
    set_condition(
        &mut status,
        if enough {
            condition(
                "Available",
                "True",
                "MinimumReplicasAvailable",
                "Deployment has minimum availability.",
                now,
            )
        } else {
            condition(
                "Available",
                "False",
                "MinimumReplicasUnavailable",
                "Deployment does not have minimum availability.",
                now,
            )
        },
    );
    status
}

/// Whether the rollout is over: every Pod is of the current template and available, and nothing newer was asked for.
pub(super) fn is_complete(deployment: &Value, status: &Value) -> bool {
    let wanted = rollout::wanted(deployment);
    let count = |field: &str| status.get(field).and_then(Value::as_i64).unwrap_or_default();
    count("updatedReplicas") == wanted
        && count("replicas") == wanted
        && count("availableReplicas") == wanted
        && count("observedGeneration") >= object::generation(deployment)
}

fn is_progressing(before: &Value, after: &Value) -> bool {
    let count = |status: &Value, field: &str| status.get(field).and_then(Value::as_i64).unwrap_or_default();
    let old = |status: &Value| count(status, "replicas") - count(status, "updatedReplicas");
    old(after) < old(before)
        || ["updatedReplicas", "readyReplicas", "availableReplicas"]
            .iter()
            .any(|field| count(after, field) > count(before, field))
}

/// The status with the `Progressing` and `ReplicaFailure` conditions brought up to date.
pub(super) fn with_progress(
    deployment: &Value,
    mut status: Value,
    new: Option<&Value>,
    sets: &[Value],
    now: Timestamp,
) -> Value {
    let who = match new {
        Some(set) => format!("ReplicaSet \"{}\"", object::name(set)),
        None => format!("Deployment \"{}\"", object::name(deployment)),
    };
    let current = find(&deployment["status"], "Progressing");
    if has_deadline(deployment) {
        let was_complete = status.get("replicas") == status.get("updatedReplicas")
            && current.is_some_and(|current| text(current, "/reason") == "NewReplicaSetAvailable");
        if was_complete {
        } else if is_complete(deployment, &status) {
            let message = format!("{who} has successfully progressed.");
            let done = condition("Progressing", "True", "NewReplicaSetAvailable", &message, now);
            set_condition(&mut status, done);
        } else if is_progressing(&deployment["status"], &status) {
            let message = format!("{who} is progressing.");
            let mut progress = condition("Progressing", "True", "ReplicaSetUpdated", &message, now);
            if let Some(current) = current.filter(|current| text(current, "/status") == "True") {
                progress["lastTransitionTime"] = current["lastTransitionTime"].clone();
            }
            // the update time moves with every bit of progress, even if status and reason stay
            remove_condition(&mut status, "Progressing");
            set_condition(&mut status, progress);
        } else if has_timed_out(deployment, now) {
            let message = format!("{who} has timed out progressing.");
            let late = condition("Progressing", "False", "ProgressDeadlineExceeded", &message, now);
            set_condition(&mut status, late);
        }
    } else {
        remove_condition(&mut status, "Progressing");
    }
    match failure(new, sets) {
        Some(failure) => {
            let failure = json!({
                "type": failure["type"], "status": failure["status"], "reason": failure["reason"],
                "message": failure["message"], "lastTransitionTime": failure["lastTransitionTime"],
                "lastUpdateTime": failure["lastTransitionTime"],
            });
            set_condition(&mut status, failure);
        }
        None => remove_condition(&mut status, "ReplicaFailure"),
    }
    status
}

fn failure<'a>(new: Option<&'a Value>, sets: &'a [Value]) -> Option<&'a Value> {
    new.into_iter()
        .chain(sets)
        .find_map(|set| find(&set["status"], "ReplicaFailure"))
}

fn has_timed_out(deployment: &Value, now: Timestamp) -> bool {
    let Some(current) = find(&deployment["status"], "Progressing") else {
        return false;
    };
    match text(current, "/reason") {
        "NewReplicaSetAvailable" => false,
        "ProgressDeadlineExceeded" => true,
        _ => deadline_of(deployment, current).is_some_and(|end| end < now),
    }
}

fn deadline_of(deployment: &Value, progressing: &Value) -> Option<Timestamp> {
    object::time(progressing, "/lastUpdateTime")?
        .checked_add(deadline(deployment)?)
        .ok()
}

/// How long a rollout that does not move has left before it counts as stuck.
pub(super) fn time_left(deployment: &Value, now: Timestamp) -> Option<Duration> {
    let progressing = find(&deployment["status"], "Progressing")?;
    let reason = text(progressing, "/reason");
    if is_complete(deployment, &deployment["status"])
        || matches!(reason, "ProgressDeadlineExceeded" | "NewReplicaSetAvailable")
    {
        return None;
    }
    let left = deadline_of(deployment, progressing)?.duration_since(now);
    Some(Duration::try_from(left).unwrap_or_default() + Duration::from_secs(1))
}

/// The condition that reports a pause or its end, where it is due.
pub(super) fn pause_condition(deployment: &Value, now: Timestamp) -> Option<Value> {
    if !has_deadline(deployment) {
        return None;
    }
    let reason = find(&deployment["status"], "Progressing").map_or("", |current| text(current, "/reason"));
    match (object::flag(deployment, "/spec/paused"), reason) {
        (_, "ProgressDeadlineExceeded") => None,
        (true, reason) if reason != "DeploymentPaused" => Some(condition(
            "Progressing",
            "Unknown",
            "DeploymentPaused",
            "Deployment is paused",
            now,
        )),
        (false, "DeploymentPaused") => Some(condition(
            "Progressing",
            "Unknown",
            "DeploymentResumed",
            "Deployment is resumed",
            now,
        )),
        _ => None,
    }
}

#[cfg(test)]
#[allow(
    clippy::needless_pass_by_value,
    reason = "values are written where they are used"
)]
mod tests {
    use super::*;

    const NOW: &str = "2026-01-01T00:10:00Z";

    fn now() -> Timestamp {
        NOW.parse().unwrap()
    }

    fn deployment(status: Value) -> Value {
        json!({
            "metadata": {"name": "web", "generation": 2},
            "spec": {"replicas": 2, "progressDeadlineSeconds": 60},
            "status": status,
        })
    }

    fn set(size: i64, made: i64, available: i64) -> Value {
        let mut status = json!({"replicas": made, "terminatingReplicas": 0});
        if available > 0 {
            status["readyReplicas"] = available.into();
            status["availableReplicas"] = available.into();
        }
        json!({"metadata": {"name": "web-abc"}, "spec": {"replicas": size}, "status": status})
    }

    #[test]
    fn a_status_counts_over_all_replica_sets() {
        let deployment = deployment(json!({}));
        let status = compute(&deployment, &[set(1, 1, 1), set(2, 2, 1)], Some(1), now());
        assert_eq!(
            status,
            json!({
                "observedGeneration": 2, "replicas": 3, "updatedReplicas": 2, "readyReplicas": 2, "availableReplicas": 2,
                "unavailableReplicas": 1, "terminatingReplicas": 0,
                "conditions": [{
                    "type": "Available", "status": "True", "reason": "MinimumReplicasAvailable",
                    "message": "Deployment has minimum availability.", "lastUpdateTime": NOW, "lastTransitionTime": NOW,
                }],
            })
        );
    }

    #[test]
    fn progress_is_reported_by_its_reason() {
        let earlier = "2026-01-01T00:00:00Z".parse().unwrap();
        let progressing = |reason: &str| {
            json!({"replicas": 2, "updatedReplicas": 2, "observedGeneration": 2, "conditions": [
                condition("Progressing", "True", reason, "", earlier),
            ]})
        };
        let cases = [
            (deployment(json!({})), set(2, 2, 0), "ReplicaSetUpdated", "True"),
            (
                deployment(json!({})),
                set(2, 2, 2),
                "NewReplicaSetAvailable",
                "True",
            ),
            (
                deployment(progressing("ReplicaSetUpdated")),
                set(2, 2, 0),
                "ProgressDeadlineExceeded",
                "False",
            ),
            (
                deployment(progressing("ReplicaSetUpdated")),
                set(2, 2, 1),
                "ReplicaSetUpdated",
                "True",
            ),
            (
                deployment(progressing("NewReplicaSetAvailable")),
                set(2, 2, 1),
                "NewReplicaSetAvailable",
                "True",
            ),
        ];
        for (deployment, set, reason, expected) in cases {
            let sets = [set];
            let computed = compute(&deployment, &sets, Some(0), now());
            let status = with_progress(&deployment, computed, Some(&sets[0]), &sets, now());
            let progressing = find(&status, "Progressing").unwrap();
            assert_eq!(
                (text(progressing, "/reason"), text(progressing, "/status")),
                (reason, expected),
                "{deployment}"
            );
        }
    }

    #[test]
    fn the_transition_time_moves_only_with_the_status() {
        let earlier = "2026-01-01T00:00:00Z".parse().unwrap();
        let mut status = json!({"conditions": [condition("Progressing", "True", "A", "", earlier)]});
        set_condition(&mut status, condition("Progressing", "True", "B", "", now()));
        let moved = find(&status, "Progressing").unwrap().clone();
        assert_eq!(moved["lastTransitionTime"], "2026-01-01T00:00:00Z");
        assert_eq!(moved["lastUpdateTime"], NOW);
        set_condition(&mut status, condition("Progressing", "False", "B", "", now()));
        assert_eq!(find(&status, "Progressing").unwrap()["lastTransitionTime"], NOW);
    }

    #[test]
    fn a_pause_is_reported_once() {
        let mut deployment = deployment(json!({}));
        assert_eq!(pause_condition(&deployment, now()), None);
        deployment["spec"]["paused"] = true.into();
        let paused = pause_condition(&deployment, now()).unwrap();
        assert_eq!(text(&paused, "/reason"), "DeploymentPaused");
        set_condition(&mut deployment["status"], paused);
        assert_eq!(pause_condition(&deployment, now()), None);
        deployment["spec"]["paused"] = false.into();
        assert_eq!(
            text(&pause_condition(&deployment, now()).unwrap(), "/reason"),
            "DeploymentResumed"
        );
    }
}
