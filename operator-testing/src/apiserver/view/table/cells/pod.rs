//! Pods: the column `Status` sums up what the containers are doing.

use jiff::Timestamp;
use serde_json::Value;

use super::{age, duration, fields, name};

pub(super) fn pod(object: &Value, now: Timestamp) -> Vec<Value> {
    let summary = Summary::of(object);
    let or_none = |pointer| fields::non_empty(object, pointer).unwrap_or("<none>");
    vec![
        name(object),
        format!("{}/{}", summary.ready, summary.total).into(),
        summary.reason.into(),
        restarts(summary.restarts, now).into(),
        age(object, now),
        or_none("/status/podIPs/0/ip").into(),
        or_none("/spec/nodeName").into(),
        or_none("/status/nominatedNodeName").into(),
        readiness_gates(object).into(),
    ]
}

/// How often containers were restarted, and when the last time was.
#[derive(Clone, Copy, Default)]
struct Restarts {
    count: i64,
    last: Option<Timestamp>,
}

impl Restarts {
    fn add(&mut self, status: &Value) {
        self.count += fields::int(status, "/restartCount");
        let finished = fields::text(status, "/lastState/terminated/finishedAt");
        self.last = self.last.max(finished.parse().ok());
    }
}

struct Summary {
    reason: String,
    ready: usize,
    total: usize,
    restarts: Restarts,
}

impl Summary {
    fn of(pod: &Value) -> Self {
        let phase = fields::text(pod, "/status/phase");
        let mut summary = Self {
            reason: fields::non_empty(pod, "/status/reason")
                .unwrap_or(phase)
                .to_owned(),
            ready: 0,
            total: fields::list(pod, "/spec/containers").len() + sidecars(pod).count(),
            restarts: Restarts::default(),
        };
        let scheduled = fields::condition(pod, "/status/conditions", "PodScheduled");
        if scheduled.is_some_and(|condition| condition["reason"] == "SchedulingGated") {
            summary.reason = "SchedulingGated".into();
        }
        let mut of_sidecars = Restarts::default();
        let initializing = summary.initialize(pod, &mut of_sidecars);
        let initialized = fields::condition(pod, "/status/conditions", "Initialized")
            .is_some_and(|condition| condition["status"] == "True");
        if !initializing || initialized {
            summary.restarts = of_sidecars;
            summary.run(pod);
        }
        if fields::has(pod, "/metadata/deletionTimestamp") {
            if fields::text(pod, "/status/reason") == "NodeLost" {
                summary.reason = "Unknown".into();
            } else if !matches!(phase, "Succeeded" | "Failed") {
                summary.reason = "Terminating".into();
            }
        }
        summary
    }

    /// Goes through the init containers; says whether one of them still has to finish.
    fn initialize(&mut self, pod: &Value, of_sidecars: &mut Restarts) -> bool {
        let total = fields::list(pod, "/spec/initContainers").len();
        for (index, status) in fields::list(pod, "/status/initContainerStatuses")
            .iter()
            .enumerate()
        {
            self.restarts.add(status);
            let sidecar = sidecars(pod).any(|container| container["name"] == status["name"]);
            if sidecar {
                of_sidecars.add(status);
            }
            let terminated = status
                .pointer("/state/terminated")
                .filter(|terminated| !terminated.is_null());
            if terminated.is_some_and(|terminated| fields::int(terminated, "/exitCode") == 0) {
                continue;
            }
            if sidecar && fields::truth(status, "/started") {
                self.ready += usize::from(fields::truth(status, "/ready"));
                continue;
            }
            let waiting = fields::text(status, "/state/waiting/reason");
            self.reason = match terminated {
                Some(terminated) => format!("Init:{}", exit(terminated)),
                None if !waiting.is_empty() && waiting != "PodInitializing" => format!("Init:{waiting}"),
                None => format!("Init:{index}/{total}"),
            };
            return true;
        }
        false
    }

    /// Goes through the containers, the last one first, so that the first has the last word.
    fn run(&mut self, pod: &Value) {
        let mut running = false;
        let mut failure = None;
        for status in fields::list(pod, "/status/containerStatuses").iter().rev() {
            self.restarts.add(status);
            let terminated = status
                .pointer("/state/terminated")
                .filter(|terminated| !terminated.is_null());
            if let Some(reason) = fields::non_empty(status, "/state/waiting/reason") {
                reason.clone_into(&mut self.reason);
            } else if let Some(terminated) = terminated {
                self.reason = exit(terminated);
                if fields::int(terminated, "/exitCode") != 0 {
                    failure = Some(self.reason.clone());
                }
            } else if fields::truth(status, "/ready") && fields::has(status, "/state/running") {
                running = true;
                self.ready += 1;
            }
        }
        if self.reason != "Completed" {
            return;
        }
        let ready = fields::condition(pod, "/status/conditions", "Ready")
            .is_some_and(|condition| condition["status"] == "True");
        if running && ready {
            self.reason = "Running".into();
        } else if let Some(failure) = failure {
            self.reason = failure;
        } else if running {
            self.reason = "NotReady".into();
        }
    }
}

/// Init containers that keep running beside the others.
fn sidecars(pod: &Value) -> impl Iterator<Item = &Value> {
    fields::list(pod, "/spec/initContainers")
        .iter()
        .filter(|container| container["restartPolicy"] == "Always")
}

/// Why a container ended.
fn exit(terminated: &Value) -> String {
    match fields::non_empty(terminated, "/reason") {
        Some(reason) => reason.to_owned(),
        None => match fields::int(terminated, "/signal") {
            0 => format!("ExitCode:{}", fields::int(terminated, "/exitCode")),
            signal => format!("Signal:{signal}"),
        },
    }
}

fn restarts(restarts: Restarts, now: Timestamp) -> String {
    match restarts.last {
        Some(last) if restarts.count != 0 => {
            format!("{} ({} ago)", restarts.count, duration::elapsed(last, now))
        }
        _ => restarts.count.to_string(),
    }
}

fn readiness_gates(pod: &Value) -> String {
    let gates = fields::list(pod, "/spec/readinessGates");
    if gates.is_empty() {
        return "<none>".into();
    }
    let open = gates
        .iter()
        .filter(|gate| {
            fields::condition(pod, "/status/conditions", fields::text(gate, "/conditionType"))
                .is_some_and(|condition| condition["status"] == "True")
        })
        .count();
    format!("{open}/{}", gates.len())
}
