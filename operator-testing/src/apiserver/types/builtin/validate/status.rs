//! The counts in the status of a workload.
//!
//! Source: `k8s.io/kubernetes/pkg/apis/apps/validation/validation.go`.

use serde_json::Value;

use super::{Errors, items, job_status, number, pod_status, services};

/// What holds for the status of one kind.
struct Counts {
    /// May not be negative.
    natural: &'static [&'static str],
    /// May not exceed `replicas`.
    within_replicas: &'static [&'static str],
    /// How the message calls the count of ready Pods, which the available ones may not exceed.
    ready: Option<&'static str>,
    /// Whether `collisionCount` may only grow.
    collisions: bool,
}

const DEPLOYMENT: Counts = Counts {
    natural: &[
        "observedGeneration",
        "replicas",
        "updatedReplicas",
        "readyReplicas",
        "availableReplicas",
        "unavailableReplicas",
        "terminatingReplicas",
        "collisionCount",
    ],
    within_replicas: &["updatedReplicas", "readyReplicas", "availableReplicas"],
    ready: Some("readyReplicas"),
    collisions: true,
};

const REPLICA_SET: Counts = Counts {
    natural: &[
        "replicas",
        "fullyLabeledReplicas",
        "readyReplicas",
        "availableReplicas",
        "observedGeneration",
        "terminatingReplicas",
    ],
    within_replicas: &["fullyLabeledReplicas", "readyReplicas", "availableReplicas"],
    ready: Some("readyReplicas"),
    collisions: false,
};

const STATEFUL_SET: Counts = Counts {
    natural: &[
        "replicas",
        "readyReplicas",
        "currentReplicas",
        "updatedReplicas",
        "availableReplicas",
        "observedGeneration",
        "collisionCount",
    ],
    within_replicas: &[
        "readyReplicas",
        "currentReplicas",
        "updatedReplicas",
        "availableReplicas",
    ],
    ready: Some("status.readyReplicas"),
    collisions: true,
};

const DAEMON_SET: Counts = Counts {
    natural: &[
        "currentNumberScheduled",
        "numberMisscheduled",
        "desiredNumberScheduled",
        "numberReady",
        "observedGeneration",
        "updatedNumberScheduled",
        "numberAvailable",
        "numberUnavailable",
        "collisionCount",
    ],
    within_replicas: &[],
    ready: None,
    collisions: true,
};

const BUDGET: Counts = Counts {
    natural: &[
        "disruptionsAllowed",
        "currentHealthy",
        "desiredHealthy",
        "expectedPods",
    ],
    within_replicas: &[],
    ready: None,
    collisions: false,
};

const AUTOSCALER: Counts = Counts {
    natural: &["currentReplicas", "desiredReplicas"],
    within_replicas: &[],
    ready: None,
    collisions: false,
};

/// Conditions have one of three states.
fn conditions(status: &Value, errors: &mut Errors) {
    for (index, condition) in items(status, "conditions").iter().enumerate() {
        errors.one_of(
            format!("status.conditions[{index}].status"),
            &condition["status"],
            &["False", "True", "Unknown"],
        );
    }
}

/// Checks the new status of a resource, named with its group; kinds without counts pass.
pub(super) fn check(resource: &str, new: &Value, old: &Value, errors: &mut Errors) {
    let counts = match resource {
        "deployments.apps" => DEPLOYMENT,
        "replicasets.apps" => REPLICA_SET,
        "statefulsets.apps" => STATEFUL_SET,
        "daemonsets.apps" => DAEMON_SET,
        "poddisruptionbudgets.policy" => {
            conditions(&new["status"], errors);
            BUDGET
        }
        "horizontalpodautoscalers.autoscaling" => AUTOSCALER,
        "pods" => return pod_status::check(new, old, errors),
        "jobs.batch" => return job_status::check(new, old, errors),
        "ingresses.networking.k8s.io" => return services::balanced_points(new, old, errors),
        "services" => return services::load_balancer(new, old, errors),
        _ => return,
    };
    let (new, old) = (&new["status"], &old["status"]);
    let field = |name: &str| format!("status.{name}");
    for name in counts.natural {
        errors.not_negative(field(name), &new[*name]);
    }
    for name in counts.within_replicas {
        let count = number(new, name);
        if count > number(new, "replicas") {
            errors.invalid(
                field(name),
                &count.into(),
                "cannot be greater than status.replicas",
            );
        }
    }
    if let Some(shown) = counts.ready {
        let available = number(new, "availableReplicas");
        if available > number(new, "readyReplicas") {
            let why = format!("cannot be greater than {shown}");
            errors.invalid(field("availableReplicas"), &available.into(), why);
        }
    }
    if counts.collisions && number(new, "collisionCount") < number(old, "collisionCount") {
        let count = number(new, "collisionCount");
        errors.invalid(field("collisionCount"), &count.into(), "cannot be decremented");
    }
}
