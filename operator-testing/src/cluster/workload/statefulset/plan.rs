//! What a StatefulSet does next: a pure function of the set and its Pods.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::identity;
use crate::cluster::{
    object::{self, int, text},
    pod,
    workload::deployment::{Round, scaled},
};

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// Make the Pod at an ordinal, of the update revision or of the current one.
    Create { ordinal: i64, updated: bool },
    /// Make the claims of a Pod that waits for them.
    EnsureClaims { ordinal: i64 },
    /// Give a Pod on its way out its claims, so that they go with it. `pod` is its position.
    HandOverClaims { ordinal: i64, pod: usize },
    /// Delete a Pod.
    Delete { name: String },
}

/// What to do now, and the status to report.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) actions: Vec<Action>,
    pub(super) status: Value,
}

/// The names of the two revisions between which a set moves.
#[derive(Clone, Copy, Debug)]
pub(super) struct Revisions<'a> {
    pub(super) current: &'a str,
    pub(super) update: &'a str,
}

/// The next actions: in order one Pod at a time, or all at once for the policy `Parallel`.
pub(super) fn plan(set: &Value, pods: &[Value], revisions: &Revisions<'_>, now: Timestamp) -> Plan {
    let min_ready = int(set, "/spec/minReadySeconds").unwrap_or_default();
    let mut status = status(set, pods, revisions, now);
    let mut actions = Vec::new();
    if !object::is_deleting(set) {
        let members = Members::of(set, pods);
        let ordered = text(set, "/spec/podManagementPolicy") != "Parallel";
        let step = Step {
            set,
            pods,
            ordered,
            is_available: &|pod| pod::phase(pod) == "Running" && pod::is_available(pod, min_ready, now),
        };
        let stopped = step.replicas(&members, &mut actions) || step.condemned(&members, &mut actions);
        if !stopped {
            let deleted = step.update(&members, revisions.update, &mut actions);
            let current = int(&status, "/currentReplicas").unwrap_or_default();
            status["currentReplicas"] = (current - deleted).max(0).into();
        }
    }
    complete(set, &mut status);
    for field in ["readyReplicas", "currentReplicas", "updatedReplicas"] {
        if status[field] == 0
            && let Value::Object(members) = &mut status
        {
            members.remove(field);
        }
    }
    Plan { actions, status }
}

/// The positions of the Pods: those at wanted ordinals, with gaps, and those beyond, from the highest ordinal down.
struct Members {
    start: i64,
    replicas: Vec<Option<usize>>,
    condemned: Vec<(i64, usize)>,
}

impl Members {
    fn of(set: &Value, pods: &[Value]) -> Self {
        let start = identity::start(set);
        let count = usize::try_from(int(set, "/spec/replicas").unwrap_or(1)).unwrap_or_default();
        let mut replicas = vec![None; count];
        let mut condemned = Vec::new();
        for (index, pod) in pods.iter().enumerate() {
            let Some(ordinal) = identity::ordinal(set, pod) else {
                continue;
            };
            let slot = usize::try_from(ordinal - start)
                .ok()
                .and_then(|slot| replicas.get_mut(slot));
            match slot {
                Some(slot) => *slot = Some(index),
                None => condemned.push((ordinal, index)),
            }
        }
        condemned.sort_by_key(|(ordinal, _)| -ordinal);
        Self {
            start,
            replicas,
            condemned,
        }
    }

    fn ordinal(&self, slot: usize) -> i64 {
        self.start + i64::try_from(slot).unwrap_or(i64::MAX)
    }
}

struct Step<'a> {
    set: &'a Value,
    pods: &'a [Value],
    ordered: bool,
    is_available: &'a dyn Fn(&Value) -> bool,
}

impl Step<'_> {
    /// Whether a Pod made now comes from the update revision.
    fn is_updated(&self, ordinal: i64) -> bool {
        ordinal >= identity::start(self.set) + partition(self.set)
    }

    /// Brings the wanted Pods into being, lowest ordinal first; says whether the rest has to wait.
    fn replicas(&self, members: &Members, actions: &mut Vec<Action>) -> bool {
        for (slot, member) in members.replicas.iter().enumerate() {
            let ordinal = members.ordinal(slot);
            let Some(pod) = member.map(|index| &self.pods[index]) else {
                let updated = self.is_updated(ordinal);
                actions.push(Action::Create { ordinal, updated });
                if self.ordered {
                    return true;
                }
                continue;
            };
            if pod::is_finished(pod) {
                if !object::is_deleting(pod) {
                    actions.push(Action::Delete {
                        name: object::name(pod).into(),
                    });
                }
                if self.ordered {
                    return true;
                }
                continue;
            }
            if pod::phase(pod) == "Pending" {
                actions.push(Action::EnsureClaims { ordinal });
            }
            if self.ordered && (object::is_deleting(pod) || !(self.is_available)(pod)) {
                return true;
            }
        }
        false
    }

    /// Takes surplus Pods away, highest ordinal first; says whether the rest has to wait.
    fn condemned(&self, members: &Members, actions: &mut Vec<Action>) -> bool {
        let is_unavailable = |index: usize| {
            let pod = &self.pods[index];
            object::is_deleting(pod) || !(self.is_available)(pod)
        };
        let with_claims = text(self.set, "/spec/persistentVolumeClaimRetentionPolicy/whenScaled") == "Delete";
        let first_unavailable = members
            .replicas
            .iter()
            .flatten()
            .copied()
            .chain(members.condemned.iter().rev().map(|(_, index)| *index))
            .find(|index| is_unavailable(*index));
        for (ordinal, index) in &members.condemned {
            let pod = &self.pods[*index];
            if with_claims {
                actions.push(Action::HandOverClaims {
                    ordinal: *ordinal,
                    pod: *index,
                });
            }
            if object::is_deleting(pod) {
                if self.ordered {
                    return true;
                }
                continue;
            }
            if self.ordered && !(self.is_available)(pod) && first_unavailable != Some(*index) {
                return true;
            }
            actions.push(Action::Delete {
                name: object::name(pod).into(),
            });
            if self.ordered {
                return true;
            }
        }
        false
    }

    /// Deletes Pods of older revisions, highest ordinal first, as many as may be missing; says how many of the current one.
    fn update(&self, members: &Members, update: &str, actions: &mut Vec<Action>) -> i64 {
        if text(self.set, "/spec/updateStrategy/type") == "OnDelete" {
            return 0;
        }
        let count = i64::try_from(members.replicas.len()).unwrap_or(i64::MAX);
        let allowed = match self
            .set
            .pointer("/spec/updateStrategy/rollingUpdate/maxUnavailable")
        {
            Some(value) => scaled(Some(value), count, Round::Up).max(1),
            None => 1,
        };
        let unavailable = members
            .replicas
            .iter()
            .filter(|member| {
                member.is_none_or(|index| {
                    let pod = &self.pods[index];
                    object::is_deleting(pod) || !(self.is_available)(pod)
                })
            })
            .count();
        let mut left = allowed - i64::try_from(unavailable).unwrap_or(i64::MAX);
        let mut deleted = 0;
        for (slot, member) in members.replicas.iter().enumerate().rev() {
            if left <= 0 || members.ordinal(slot) < members.start + partition(self.set) {
                break;
            }
            let Some(pod) = member.map(|index| &self.pods[index]) else {
                continue;
            };
            if identity::revision(pod) != update && !object::is_deleting(pod) {
                actions.push(Action::Delete {
                    name: object::name(pod).into(),
                });
                left -= 1;
                deleted += 1;
            }
        }
        deleted
    }
}

fn partition(set: &Value) -> i64 {
    int(set, "/spec/updateStrategy/rollingUpdate/partition").unwrap_or_default()
}

fn status(set: &Value, pods: &[Value], revisions: &Revisions<'_>, now: Timestamp) -> Value {
    let min_ready = int(set, "/spec/minReadySeconds").unwrap_or_default();
    let count = |counts: &dyn Fn(&Value) -> bool| pods.iter().filter(|pod| counts(pod)).count();
    let of = |pod: &Value, revision: &str| {
        !pod::phase(pod).is_empty() && !object::is_deleting(pod) && identity::revision(pod) == revision
    };
    json!({
        "observedGeneration": object::generation(set),
        "replicas": count(&|pod| !pod::phase(pod).is_empty()),
        "readyReplicas": count(&pod::is_running_and_ready),
        "availableReplicas": count(&|pod| pod::is_running_and_ready(pod) && pod::is_available(pod, min_ready, now)),
        "currentReplicas": count(&|pod| of(pod, revisions.current)),
        "updatedReplicas": count(&|pod| of(pod, revisions.update)),
        "currentRevision": revisions.current,
        "updateRevision": revisions.update,
    })
}

/// A rollout is over when every Pod is of the update revision and ready: it is the current one from then on.
fn complete(set: &Value, status: &mut Value) {
    let wanted = int(set, "/spec/replicas").unwrap_or(1);
    let all = ["replicas", "readyReplicas", "updatedReplicas"]
        .iter()
        .all(|field| status[field] == wanted);
    if all && text(set, "/spec/updateStrategy/type") != "OnDelete" {
        status["currentReplicas"] = status["updatedReplicas"].clone();
        status["currentRevision"] = status["updateRevision"].clone();
    }
}

/// Whether a status says something that the last one did not.
pub(super) fn is_news(before: &Value, after: &Value) -> bool {
    let count = |status: &Value, field: &str| status.get(field).and_then(Value::as_i64).unwrap_or_default();
    count(after, "observedGeneration") > count(before, "observedGeneration")
        || [
            "replicas",
            "readyReplicas",
            "availableReplicas",
            "currentReplicas",
            "updatedReplicas",
        ]
        .iter()
        .any(|field| count(before, field) != count(after, field))
        || ["currentRevision", "updateRevision"]
            .iter()
            .any(|field| before.get(field) != after.get(field))
}

#[cfg(test)]
#[allow(
    clippy::needless_pass_by_value,
    reason = "values are written where they are used"
)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-01-01T00:01:00Z".parse().unwrap()
    }

    fn set(replicas: i64, extra: Value) -> Value {
        let mut set = json!({
            "metadata": {"name": "db", "namespace": "ns", "generation": 1},
            "spec": {
                "replicas": replicas,
                "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}},
            },
        });
        for (field, value) in extra.as_object().unwrap() {
            set["spec"][field] = value.clone();
        }
        set
    }

    /// `2:new`, `0:old!` (not ready), `1:old-` (terminating), `1:old*` (failed)
    fn pods(text: &str) -> Vec<Value> {
        text.split_whitespace()
            .map(|word| {
                let (ordinal, rest) = word.split_once(':').unwrap();
                let revision = rest.trim_end_matches(['!', '-', '*']);
                let mut pod = json!({
                    "metadata": {"name": format!("db-{ordinal}"), "labels": {"controller-revision-hash": revision}},
                    "status": {
                        "phase": if rest.ends_with('*') { "Failed" } else { "Running" },
                        "conditions": [{
                            "type": "Ready", "status": if rest.ends_with('!') { "False" } else { "True" },
                            "lastTransitionTime": "2026-01-01T00:00:00Z",
                        }],
                    },
                });
                if rest.ends_with('-') {
                    pod["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z".into();
                }
                pod
            })
            .collect()
    }

    fn actions(set: &Value, state: &str) -> String {
        let revisions = Revisions {
            current: "old",
            update: "new",
        };
        plan(set, &pods(state), &revisions, now())
            .actions
            .iter()
            .map(|action| match action {
                Action::Create {
                    ordinal,
                    updated: true,
                } => format!("+{ordinal}"),
                Action::Create {
                    ordinal,
                    updated: false,
                } => format!("+{ordinal}(old)"),
                Action::Delete { name } => format!("-{}", name.trim_start_matches("db-")),
                Action::EnsureClaims { ordinal } => format!("claims {ordinal}"),
                Action::HandOverClaims { ordinal, .. } => format!("hand over {ordinal}"),
            })
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn pods_come_and_go_in_order() {
        let parallel = json!({"podManagementPolicy": "Parallel"});
        let partition =
            json!({"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 2}}});
        let on_delete = json!({"updateStrategy": {"type": "OnDelete"}});
        let two = json!({"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0, "maxUnavailable": 2}}});
        let from_five = json!({"ordinals": {"start": 5}});
        let none = json!({});
        let cases = [
            (3, &none, "", "+0"),
            (3, &none, "0:new!", ""),
            (3, &none, "0:new", "+1"),
            (3, &none, "0:new 1:new 2:new", ""),
            (3, &none, "0:new 2:new", "+1"),
            (3, &none, "0:new- 1:new 2:new", ""),
            (3, &none, "0:new* 1:new 2:new", "-0"),
            (1, &none, "0:new 1:new 2:new", "-2"),
            (1, &none, "0:new 1:new 2:new-", ""),
            (1, &none, "0:new 1:new! 2:new", "-2"),
            (1, &none, "0:new 1:new! 2:new!", ""),
            (1, &none, "0:new 1:new 2:new!", "-2"),
            (0, &none, "0:new", "-0"),
            (3, &none, "0:old 1:old 2:old", "-2"),
            (3, &none, "0:old 1:old 2:new!", ""),
            (3, &none, "0:old 1:old 2:new", "-1"),
            (3, &none, "0:old 1:old", "+2"),
            (3, &parallel, "", "+0 +1 +2"),
            (3, &parallel, "0:new! 1:new!", "+2"),
            (1, &parallel, "0:new 1:new 2:new", "-2 -1"),
            (3, &parallel, "0:old 1:old 2:old", "-2"),
            (3, &partition, "0:old 1:old 2:old", "-2"),
            (3, &partition, "0:old 1:old 2:new", ""),
            (3, &partition, "1:old 2:new", "+0(old)"),
            (3, &on_delete, "0:old 1:old 2:old", ""),
            (3, &on_delete, "0:old 1:old", "+2"),
            (3, &two, "0:old 1:old 2:old", "-2 -1"),
            (2, &from_five, "5:new", "+6"),
            (2, &from_five, "0:new 5:new 6:new", "-0"),
        ];
        for (replicas, extra, state, expected) in cases {
            assert_eq!(
                actions(&set(replicas, extra.clone()), state),
                expected,
                "{replicas} {extra} {state}"
            );
        }
    }

    #[test]
    fn a_set_on_its_way_out_does_nothing() {
        let mut set = set(3, json!({}));
        set["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z".into();
        assert_eq!(actions(&set, "0:new"), "");
    }

    #[test]
    fn the_status_follows_the_rollout() {
        let revisions = Revisions {
            current: "old",
            update: "new",
        };
        let status = |state: &str| plan(&set(2, json!({})), &pods(state), &revisions, now()).status;
        assert_eq!(
            status("0:old 1:new"),
            json!({
                "observedGeneration": 1, "replicas": 2, "readyReplicas": 2, "availableReplicas": 2, "updatedReplicas": 1,
                "currentRevision": "old", "updateRevision": "new",
            }),
            "the last old Pod was just deleted"
        );
        assert_eq!(
            status("0:new 1:new"),
            json!({
                "observedGeneration": 1, "replicas": 2, "readyReplicas": 2, "availableReplicas": 2, "updatedReplicas": 2,
                "currentReplicas": 2, "currentRevision": "new", "updateRevision": "new",
            })
        );
    }
}
