//! `replicaset-controller`: as many Pods as the ReplicaSet asks for.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::claim;
use crate::{
    apiserver::{status::StatusError, store::ObjectKey},
    cluster::{
        controller::{Context, Controller, Next, Seen},
        kind::{PODS, REPLICA_SETS},
        object, pod, selector,
    },
};

/// As the real one: a sync makes or deletes at most so many Pods.
const BURST: usize = 500;

/// The simulated `replicaset-controller`.
#[derive(Debug, Default)]
pub(crate) struct ReplicaSets;

impl Controller for ReplicaSets {
    fn name(&self) -> &'static str {
        "replicaset-controller"
    }

    fn observe(&mut self, seen: &Seen, cx: &Context<'_>, wake: &mut Vec<ObjectKey>) {
        if seen.is(&REPLICA_SETS) {
            wake.push(seen.key().clone());
        } else if seen.is(&PODS) {
            claim::observe(seen, &REPLICA_SETS, cx.client, wake);
        }
    }

    fn reconcile(&mut self, key: &ObjectKey, cx: &Context<'_>) -> Result<Next, StatusError> {
        let Some(set) = cx.client.get(&REPLICA_SETS, key)? else {
            return Ok(Next::Done);
        };
        let mut pods = claim::dependents(cx.client, &set, &REPLICA_SETS, &PODS, |_| true)?;
        let managed = if object::is_deleting(&set) {
            Ok(())
        } else {
            scale(&set, &mut pods, cx)
        };
        let status = status(&set, &pods, managed.as_ref().err(), cx.now);
        if set["status"] != status {
            let mut set = set.clone();
            set["status"] = status;
            cx.client.replace_status(&REPLICA_SETS, &set)?;
        }
        managed?;
        let min_ready = object::int(&set, "/spec/minReadySeconds").unwrap_or_default();
        Ok(Next::after(pod::next_available(&pods, min_ready, cx.now)))
    }
}

/// Makes missing Pods and deletes surplus ones; `pods` follows.
fn scale(set: &Value, pods: &mut Vec<Value>, cx: &Context<'_>) -> Result<(), StatusError> {
    let wanted = usize::try_from(object::int(set, "/spec/replicas").unwrap_or(1)).unwrap_or_default();
    let active = pods.iter().filter(|pod| pod::is_active(pod)).count();
    for _ in active..wanted.min(active + BURST) {
        let reference = object::controller_reference(set, &REPLICA_SETS);
        let mut new = pod::from_template(&set["spec"]["template"], &reference);
        new["metadata"]["generateName"] = format!("{}-", object::name(set)).into();
        match cx.client.create(&PODS, object::namespace(set), new) {
            Ok(made) => {
                cx.client.event(
                    set,
                    &REPLICA_SETS,
                    "SuccessfulCreate",
                    &format!("Created pod: {}", object::name(&made)),
                    cx.now,
                );
                pods.push(made);
            }
            // a namespace on its way out: there is nothing to try again
            Err(error) if is_namespace_terminating(&error) => return Ok(()),
            Err(error) => {
                let message = format!("Error creating: {}", error.message);
                cx.client
                    .warning(set, &REPLICA_SETS, "FailedCreate", &message, cx.now);
                return Err(error);
            }
        }
    }
    for name in surplus(pods, active.saturating_sub(wanted).min(BURST)) {
        let key = ObjectKey::new(object::namespace(set), &name);
        cx.client.delete(&PODS, &key, json!({}))?;
        let message = format!("Deleted pod: {name}");
        cx.client
            .event(set, &REPLICA_SETS, "SuccessfulDelete", &message, cx.now);
        match cx.client.get(&PODS, &key)? {
            Some(terminating) => {
                for pod in pods.iter_mut().filter(|pod| object::name(pod) == name) {
                    *pod = terminating.clone();
                }
            }
            None => pods.retain(|pod| object::name(pod) != name),
        }
    }
    Ok(())
}

pub(super) fn is_namespace_terminating(error: &StatusError) -> bool {
    let causes = error
        .details
        .as_ref()
        .map(|details| object::list(details, "/causes"));
    causes.is_some_and(|causes| {
        causes
            .iter()
            .any(|cause| object::text(cause, "/reason") == "NamespaceTerminating")
    })
}

/// The names of the `count` active Pods that can best be spared: not yet bound, not yet running, not yet ready, cheap to delete,
/// then the youngest.
fn surplus(pods: &[Value], count: usize) -> Vec<String> {
    let mut active: Vec<&Value> = pods.iter().filter(|pod| pod::is_active(pod)).collect();
    active.sort_by_key(|pod| {
        let phase = match pod::phase(pod) {
            "Running" => 2,
            "Unknown" => 1,
            _ => 0,
        };
        let cost: i64 = object::annotation(pod, "controller.kubernetes.io/pod-deletion-cost")
            .and_then(|cost| cost.parse().ok())
            .unwrap_or_default();
        let ready_since = pod::condition(pod, "Ready")
            .map(|ready| object::text(ready, "/lastTransitionTime").to_owned())
            .unwrap_or_default();
        (
            !object::text(pod, "/spec/nodeName").is_empty(),
            phase,
            pod::is_ready(pod),
            cost,
            std::cmp::Reverse(ready_since),
            std::cmp::Reverse(object::created(pod).to_owned()),
            std::cmp::Reverse(object::name(pod).to_owned()),
        )
    });
    active
        .into_iter()
        .take(count)
        .map(|pod| object::name(pod).to_owned())
        .collect()
}

/// The status that follows from the Pods.
fn status(set: &Value, pods: &[Value], failure: Option<&StatusError>, now: Timestamp) -> Value {
    let min_ready = object::int(set, "/spec/minReadySeconds").unwrap_or_default();
    let template_labels = &set["spec"]["template"]["metadata"]["labels"];
    let active: Vec<&Value> = pods.iter().filter(|pod| pod::is_active(pod)).collect();
    let labelled = active
        .iter()
        .filter(|pod| {
            template_labels.is_null() || selector::map_matches(template_labels, object::labels(pod))
        })
        .count();
    let ready = active.iter().filter(|pod| pod::is_ready(pod)).count();
    let available = active
        .iter()
        .filter(|pod| pod::is_available(pod, min_ready, now))
        .count();
    let terminating = pods
        .iter()
        .filter(|pod| object::is_deleting(pod) && !pod::is_finished(pod))
        .count();
    let mut status = json!({
        "replicas": active.len(),
        "terminatingReplicas": terminating,
        "observedGeneration": object::generation(set),
    });
    for (field, count) in [
        ("fullyLabeledReplicas", labelled),
        ("readyReplicas", ready),
        ("availableReplicas", available),
    ] {
        if count > 0 {
            status[field] = count.into();
        }
    }
    let failed = object::list(set, "/status/conditions")
        .iter()
        .find(|condition| object::text(condition, "/type") == "ReplicaFailure");
    if let Some(error) = failure {
        let condition = failed.cloned().unwrap_or_else(|| {
            json!({
                "type": "ReplicaFailure",
                "status": "True",
                "reason": "FailedCreate",
                "message": error.message,
                "lastTransitionTime": object::timestamp(now),
            })
        });
        status["conditions"] = json!([condition]);
    }
    status
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(name: &str, node: &str, phase: &str, ready: bool, cost: &str) -> Value {
        json!({
            "metadata": {
                "name": name, "creationTimestamp": "2026-01-01T00:00:00Z", "labels": {"app": "x"},
                "annotations": {"controller.kubernetes.io/pod-deletion-cost": cost},
            },
            "spec": {"nodeName": node},
            "status": {"phase": phase, "conditions": [
                {"type": "Ready", "status": if ready { "True" } else { "False" }, "lastTransitionTime": "2026-01-01T00:00:00Z"},
            ]},
        })
    }

    #[test]
    fn the_least_useful_pods_go_first() {
        let pods = [
            made("ready", "n", "Running", true, "0"),
            made("cheap", "n", "Running", true, "-5"),
            made("unready", "n", "Running", false, "0"),
            made("pending", "n", "Pending", false, "0"),
            made("unbound", "", "Pending", false, "0"),
            made("done", "n", "Succeeded", false, "0"),
        ];
        assert_eq!(
            surplus(&pods, 5),
            ["unbound", "pending", "unready", "cheap", "ready"]
        );
        assert_eq!(surplus(&pods, 1), ["unbound"]);
    }

    #[test]
    fn the_status_counts_pods_and_leaves_zeros_out() {
        let set = json!({"metadata": {"generation": 3}, "spec": {"template": {"metadata": {"labels": {"app": "x"}}}}});
        let mut leaving = made("c", "n", "Running", true, "0");
        leaving["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z".into();
        let now = "2026-01-01T00:00:09Z".parse().unwrap();
        let pods = [
            made("a", "n", "Running", true, "0"),
            made("b", "n", "Pending", false, "0"),
            leaving,
        ];
        assert_eq!(
            status(&set, &pods, None, now),
            json!({
                "replicas": 2, "fullyLabeledReplicas": 2, "readyReplicas": 1, "availableReplicas": 1,
                "terminatingReplicas": 1, "observedGeneration": 3,
            })
        );
        assert_eq!(
            status(&set, &[], None, now),
            json!({"replicas": 0, "terminatingReplicas": 0, "observedGeneration": 3})
        );
    }
}
