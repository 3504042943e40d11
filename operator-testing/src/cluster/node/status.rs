//! The status that a kubelet reports for a Pod in a stage of its life.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::lifecycle::Stage;
use crate::cluster::{
    object::{self, text},
    pod,
};

/// Where a Pod runs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    pub(super) host_ip: &'a str,
    pub(super) pod_ip: &'a str,
}

/// The status of a Pod that is in `stage` and was restarted `restarts` times before.
pub(super) fn of(pod: &Value, stage: Stage, restarts: u32, place: Place<'_>, now: Timestamp) -> Value {
    let mut status = pod["status"].clone();
    let (phase, ready, reason) = match stage {
        Stage::Starting | Stage::Pulling => ("Pending", false, "ContainersNotReady"),
        Stage::Running | Stage::Crashed { .. } => ("Running", false, "ContainersNotReady"),
        Stage::Ready => ("Running", true, ""),
        Stage::Succeeded => ("Succeeded", false, "PodCompleted"),
        Stage::Failed { .. } => ("Failed", false, "PodFailed"),
    };
    status["phase"] = phase.into();
    status["hostIP"] = place.host_ip.into();
    status["hostIPs"] = json!([{"ip": place.host_ip}]);
    if !matches!(stage, Stage::Starting | Stage::Pulling) {
        status["podIP"] = place.pod_ip.into();
        status["podIPs"] = json!([{"ip": place.pod_ip}]);
    }
    if status.get("startTime").is_none() {
        status["startTime"] = object::timestamp(now).into();
    }
    status["observedGeneration"] = object::generation(pod).into();
    let message = if ready || reason.is_empty() || reason != "ContainersNotReady" {
        String::new()
    } else {
        format!("containers with unready status: [{}]", names(pod).join(" "))
    };
    let over = matches!(stage, Stage::Succeeded | Stage::Failed { .. });
    let sandbox = !over && !matches!(stage, Stage::Starting);
    let initialized_reason = if matches!(stage, Stage::Succeeded) {
        "PodCompleted"
    } else {
        ""
    };
    for (kind, holds, reason, message) in [
        ("PodReadyToStartContainers", sandbox, "", ""),
        ("Initialized", true, initialized_reason, ""),
        ("Ready", ready, reason, message.as_str()),
        ("ContainersReady", ready, reason, message.as_str()),
        ("PodScheduled", true, "", ""),
    ] {
        set_condition(&mut status, pod, kind, holds, reason, message, now);
    }
    status["containerStatuses"] = containers(pod, "containers", "containerStatuses", stage, restarts, now);
    if !object::list(pod, "/spec/initContainers").is_empty() {
        let initialized = if matches!(stage, Stage::Starting | Stage::Pulling) {
            stage
        } else {
            Stage::Succeeded
        };
        status["initContainerStatuses"] = containers(
            pod,
            "initContainers",
            "initContainerStatuses",
            initialized,
            0,
            now,
        );
    }
    status
}

fn names(pod: &Value) -> Vec<&str> {
    object::list(pod, "/spec/containers")
        .iter()
        .map(|container| text(container, "/name"))
        .collect()
}

fn set_condition(
    status: &mut Value,
    pod: &Value,
    kind: &str,
    holds: bool,
    reason: &str,
    message: &str,
    now: Timestamp,
) {
    let mut condition = json!({
        "type": kind,
        "status": if holds { "True" } else { "False" },
        "lastProbeTime": null,
        "lastTransitionTime": object::timestamp(now),
        "observedGeneration": object::generation(pod),
    });
    if !reason.is_empty() {
        condition["reason"] = reason.into();
    }
    if !message.is_empty() {
        condition["message"] = message.into();
    }
    if let Some(current) =
        pod::condition(pod, kind).filter(|current| current["status"] == condition["status"])
    {
        condition["lastTransitionTime"] = current["lastTransitionTime"].clone();
    }
    let conditions = &mut status["conditions"];
    if !conditions.is_array() {
        *conditions = json!([]);
    }
    if let Some(conditions) = conditions.as_array_mut() {
        match conditions
            .iter_mut()
            .find(|condition| text(condition, "/type") == kind)
        {
            Some(current) => *current = condition,
            None => conditions.push(condition),
        }
    }
}

fn containers(
    pod: &Value,
    specs: &str,
    statuses: &str,
    stage: Stage,
    restarts: u32,
    now: Timestamp,
) -> Value {
    let list = |parent: &str, field: &str| pod[parent][field].as_array().cloned().unwrap_or_default();
    let before = list("status", statuses);
    list("spec", specs)
        .iter()
        .map(|spec| {
            let name = text(spec, "/name");
            let old = before.iter().find(|status| text(status, "/name") == name);
            container(pod, spec, old, stage, restarts, now)
        })
        .collect()
}

fn container(
    pod: &Value,
    spec: &Value,
    old: Option<&Value>,
    stage: Stage,
    restarts: u32,
    now: Timestamp,
) -> Value {
    let name = text(spec, "/name");
    let image = text(spec, "/image");
    let id = format!("containerd://{}-{name}", object::uid(pod));
    let now = object::timestamp(now);
    let since = |state: &str| {
        old.and_then(|old| old["state"][state]["startedAt"].as_str())
            .unwrap_or(&now)
            .to_owned()
    };
    let ended = |exit_code: i32, reason: &str| {
        json!({
            "exitCode": exit_code, "reason": reason, "containerID": id,
            "startedAt": since("running"), "finishedAt": now,
        })
    };
    let old_state = old.map(|old| &old["state"]);
    let keep = |state: &str, new: Value| old_state.and_then(|old| old.get(state)).cloned().unwrap_or(new);
    let (state, started, ready, restarts) = match stage {
        Stage::Starting => (
            json!({"waiting": {"reason": "ContainerCreating"}}),
            false,
            false,
            restarts,
        ),
        Stage::Pulling => {
            let message = format!("Back-off pulling image \"{image}\"");
            let waiting = json!({"waiting": {"reason": "ImagePullBackOff", "message": message}});
            (waiting, false, false, restarts)
        }
        Stage::Running | Stage::Ready => {
            let running = json!({"running": {"startedAt": since("running")}});
            (running, true, stage == Stage::Ready, restarts)
        }
        Stage::Crashed { times } => {
            let waiting = json!({"waiting": {
                "reason": "CrashLoopBackOff",
                "message": format!("back-off restarting failed container={name} pod={}", object::name(pod)),
            }});
            (waiting, false, false, restarts + times)
        }
        Stage::Succeeded => {
            let ended = keep("terminated", ended(0, "Completed"));
            (json!({"terminated": ended}), false, false, restarts)
        }
        Stage::Failed { exit_code } => {
            let ended = keep("terminated", ended(exit_code, "Error"));
            (json!({"terminated": ended}), false, false, restarts)
        }
    };
    let mut status = json!({
        "name": name,
        "state": state,
        "lastState": old.map_or_else(|| json!({}), |old| old["lastState"].clone()),
        "ready": ready,
        "started": started,
        "restartCount": restarts,
        "image": image,
        "imageID": "",
    });
    if restarts > 0 && old.is_none_or(|old| old["restartCount"] != restarts) {
        status["lastState"] = json!({"terminated": ended(1, "Error")});
    }
    if !matches!(stage, Stage::Starting | Stage::Pulling) {
        status["containerID"] = id.into();
        status["imageID"] = format!("simulated/{image}").into();
    }
    status
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ready_pod_says_so_in_every_place_that_clients_look_at() {
        let pod = json!({
            "metadata": {"name": "a", "uid": "u", "generation": 1},
            "spec": {"containers": [{"name": "c", "image": "i:1"}]},
            "status": {"phase": "Pending", "qosClass": "BestEffort"},
        });
        let place = Place {
            host_ip: "192.0.2.1",
            pod_ip: "10.244.0.1",
        };
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let starting = of(&pod, Stage::Starting, 0, place, at("2026-01-01T00:00:00Z"));
        assert_eq!(text(&starting, "/phase"), "Pending");
        assert_eq!(
            text(&starting, "/conditions/2/message"),
            "containers with unready status: [c]"
        );
        let mut started = pod.clone();
        started["status"] = starting;
        let ready = of(&started, Stage::Ready, 0, place, at("2026-01-01T00:00:05Z"));
        assert_eq!(text(&ready, "/phase"), "Running");
        assert_eq!(text(&ready, "/podIP"), "10.244.0.1");
        assert_eq!(text(&ready, "/startTime"), "2026-01-01T00:00:00Z");
        assert_eq!(ready["qosClass"], "BestEffort");
        let transitions: Vec<_> = object::list(&ready, "/conditions")
            .iter()
            .map(|condition| {
                (
                    text(condition, "/type"),
                    text(condition, "/status"),
                    text(condition, "/lastTransitionTime"),
                )
            })
            .collect();
        assert_eq!(
            transitions,
            [
                ("PodReadyToStartContainers", "True", "2026-01-01T00:00:05Z"),
                ("Initialized", "True", "2026-01-01T00:00:00Z"),
                ("Ready", "True", "2026-01-01T00:00:05Z"),
                ("ContainersReady", "True", "2026-01-01T00:00:05Z"),
                ("PodScheduled", "True", "2026-01-01T00:00:00Z"),
            ]
        );
        started["status"] = ready.clone();
        assert_eq!(
            of(&started, Stage::Ready, 0, place, at("2026-01-01T00:00:09Z")),
            ready,
            "nothing moves while nothing happens"
        );
    }
}
