//! The status of an object, written through its subresource and only when it changed.

use std::cmp::Ordering;

use jiff::Timestamp;
use kube::api::{Patch, PatchParams};
use serde::Serialize;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::apply::{Change, record_key};
use super::error::WriteError;
use super::intent::{Fingerprint, drop_nulls};
use super::record::{Record, Seen, Writer, version_order};
use super::target::Target;
use super::{Step, Toolkit};
use crate::meta::Subject;

/// How often a status is settled anew on an object that changes meanwhile.
const ATTEMPTS: usize = 5;

impl Toolkit {
    /// Makes `status` the status of `object`, if it is not so already.
    ///
    /// The status is stated as a whole: what an earlier call set and this one leaves out is removed, what others wrote
    /// stays. If the object is gone, or another took its name, there is nothing to report on and the answer is
    /// [`Change::Gone`].
    ///
    /// # Guarantees
    /// - The `lastTransitionTime` of a condition moves only with its status, whatever time `status` holds.
    /// - `observedGeneration`, of the status and of each condition, never goes back.
    /// - Both hold against what the server has, not only against `object`: the write names the version it was worked
    ///   out from, and a conflict is answered by reading the object and working it out again.
    /// - No request is made when nothing changes.
    ///
    /// # Errors
    /// [`WriteError`]; a status that the schema refuses is not transient.
    ///
    /// # Cancel safety
    /// If it is dropped the write may or may not have been made; doing it again is harmless.
    pub async fn update_status<K, S>(&self, object: &K, status: &S) -> Result<Change, WriteError>
    where
        K: Subject,
        S: Serialize,
    {
        let target = Target::of(object).ok_or_else(|| WriteError::NoName {
            kind: object.resource().kind.clone(),
        })?;
        let serialized = |source| WriteError::Serialize {
            target: Box::new(target.clone()),
            source,
        };
        let live = serde_json::to_value(object).map_err(serialized)?;
        let mut desired = serde_json::to_value(status).map_err(serialized)?;
        drop_nulls(&mut desired);
        self.update_status_value(&target, live, desired).await
    }

    pub(crate) async fn update_status_value(
        &self,
        target: &Target,
        live: Value,
        desired: Value,
    ) -> Result<Change, WriteError> {
        let uid = live["metadata"]["uid"].as_str().unwrap_or_default().to_owned();
        let writer = Writer {
            key: record_key(target),
            uid: uid.clone(),
        };
        let key = "status";
        let mut live = live;
        for _ in 0..ATTEMPTS {
            let mut live_status = live.get_mut("status").map_or(Value::Null, Value::take);
            drop_nulls(&mut live_status);
            let mut desired = desired.clone();
            settle(&mut desired, &live_status, self.shared.clock.now());

            let version = live["metadata"]["resourceVersion"].as_str();
            let seen = version.map(|resource_version| Seen {
                uid: &uid,
                resource_version,
            });
            let intent = Fingerprint::of(&without_transition_times(&desired));
            let record = self.shared.records.get(&writer, key);
            if is_settled(record.as_ref(), seen, intent, &desired, &live_status) {
                return Ok(Change::Skipped);
            }
            match self.apply_status(target, version, desired).await {
                Ok(answer) => {
                    let made = answer["metadata"]["resourceVersion"].as_str().unwrap_or_default();
                    let change = if version == Some(made) {
                        Change::Unchanged
                    } else {
                        Change::Written
                    };
                    if change == Change::Written {
                        self.wrote(target, &uid, made, || match version {
                            Some(version) => Step::From(version.to_owned()),
                            None => Step::Intent {
                                body: Arc::new(Value::Null),
                                sole: false,
                            },
                        });
                    }
                    let result = Some(Fingerprint::of(&answer["status"]));
                    let resource_version = made.to_owned();
                    let record = Record {
                        intent,
                        uid: uid.clone(),
                        resource_version,
                        result,
                    };
                    self.shared.records.put(&writer, key, record);
                    return Ok(change);
                }
                Err(error) => {
                    // The answer may be lost and the write made: what was known before is known no longer.
                    self.shared.records.forget(&writer, key);
                    match error {
                        kube::Error::Api(status) if status.is_not_found() => return Ok(Change::Gone),
                        kube::Error::Api(status) if status.is_conflict() => {}
                        error => return Err(WriteError::request(ACTION, target, error)),
                    }
                }
            }
            let current: Option<Value> = target
                .get(self.client())
                .await
                .map_err(|error| WriteError::request(ACTION, target, error))?;
            match current {
                Some(current) if current["metadata"]["uid"] == uid.as_str() => live = current,
                _ => return Ok(Change::Gone),
            }
        }
        Err(WriteError::Contended {
            target: Box::new(target.clone()),
            attempts: ATTEMPTS,
        })
    }

    /// Applies the status to the version of the object it was worked out from.
    ///
    /// The version also keeps a status from the next object of the same name: on the subresource the server ignores a
    /// uid that does not match.
    async fn apply_status(
        &self,
        target: &Target,
        version: Option<&str>,
        status: Value,
    ) -> kube::Result<Value> {
        let mut metadata = Map::new();
        metadata.insert("name".into(), target.name().into());
        if let Some(namespace) = target.namespace() {
            metadata.insert("namespace".into(), namespace.into());
        }
        if let Some(version) = version {
            metadata.insert("resourceVersion".into(), version.into());
        }
        let resource = target.resource();
        let body = json!({
            "apiVersion": resource.api_version,
            "kind": resource.kind,
            "metadata": metadata,
            "status": status,
        });
        let params = PatchParams::apply(self.field_manager()).force();
        target
            .patch(self.client(), Some("status"), &params, &Patch::Apply(&body))
            .await
    }
}

const ACTION: &str = "update the status of";

/// Whether the server is known to have the status already.
fn is_settled(
    record: Option<&Record>,
    seen: Option<Seen<'_>>,
    intent: Fingerprint,
    desired: &Value,
    live: &Value,
) -> bool {
    let newer = |record: &&Record| {
        let order = seen.and_then(|seen| version_order(&record.resource_version, seen.resource_version));
        order == Some(Ordering::Greater)
    };
    match record {
        // The object in hand is older than the last write: only that write counts.
        Some(record) if newer(&record) => record.intent == intent,
        Some(record) if record.intent == intent && record.result == Some(Fingerprint::of(live)) => true,
        _ => desired == live,
    }
}

/// Takes over from the live status what time alone must not change.
fn settle(desired: &mut Value, live: &Value, now: Timestamp) {
    keep_generation(desired, live);
    let Some(conditions) = desired.get_mut("conditions").and_then(Value::as_array_mut) else {
        return;
    };
    let known = live
        .get("conditions")
        .and_then(Value::as_array)
        .map_or(&[][..], Vec::as_slice);
    for condition in conditions {
        let before = known.iter().find(|known| known["type"] == condition["type"]);
        if let Some(before) = before {
            keep_generation(condition, before);
            if before["status"] == condition["status"] && !before["lastTransitionTime"].is_null() {
                condition["lastTransitionTime"] = before["lastTransitionTime"].clone();
                continue;
            }
        }
        if condition.get("lastTransitionTime").is_none_or(Value::is_null) && condition.is_object() {
            condition["lastTransitionTime"] = seconds(now).into();
        }
    }
}

fn keep_generation(desired: &mut Value, live: &Value) {
    const FIELD: &str = "observedGeneration";
    let (Some(new), Some(old)) = (
        desired.get(FIELD).and_then(Value::as_i64),
        live.get(FIELD).and_then(Value::as_i64),
    ) else {
        return;
    };
    if new < old {
        desired[FIELD] = old.into();
    }
}

/// The status with every transition time taken out: two intents that differ only in those are the same.
fn without_transition_times(status: &Value) -> Value {
    let mut status = status.clone();
    for condition in status
        .get_mut("conditions")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        if let Value::Object(condition) = condition {
            condition.remove("lastTransitionTime");
        }
    }
    status
}

fn seconds(time: Timestamp) -> String {
    Timestamp::from_second(time.as_second())
        .unwrap_or(time)
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn ready(status: &str, time: Option<&str>, generation: i64) -> Value {
        let mut condition = json!({"type": "Ready", "status": status, "observedGeneration": generation});
        if let Some(time) = time {
            condition["lastTransitionTime"] = time.into();
        }
        json!({"conditions": [condition], "observedGeneration": generation})
    }

    #[test]
    fn the_transition_time_moves_only_with_the_status() {
        let live = ready("True", Some("2026-01-01T00:00:00Z"), 1);
        let mut same = ready("True", Some("2026-06-06T00:00:00Z"), 1);
        settle(&mut same, &live, at(0));
        assert_eq!(same, live);
        let mut changed = ready("False", None, 1);
        settle(&mut changed, &live, at(5));
        assert_eq!(
            changed["conditions"][0]["lastTransitionTime"],
            "1970-01-01T00:00:05Z"
        );
        let mut given = ready("False", Some("2026-06-06T00:00:00Z"), 1);
        settle(&mut given, &live, at(5));
        assert_eq!(
            given["conditions"][0]["lastTransitionTime"],
            "2026-06-06T00:00:00Z"
        );
    }

    #[test]
    fn generations_never_go_back() {
        let live = ready("True", Some("2026-01-01T00:00:00Z"), 7);
        let mut stale = ready("True", None, 6);
        settle(&mut stale, &live, at(0));
        assert_eq!(stale, live);
        let mut newer = ready("True", None, 8);
        settle(&mut newer, &live, at(0));
        assert_eq!(newer["observedGeneration"], 8);
        assert_eq!(newer["conditions"][0]["observedGeneration"], 8);
    }

    #[test]
    fn a_status_without_conditions_is_left_alone() {
        let mut desired = json!({"phase": "Running"});
        settle(&mut desired, &Value::Null, at(0));
        assert_eq!(desired, json!({"phase": "Running"}));
        let mut text = json!("Running");
        settle(&mut text, &json!({"observedGeneration": 3}), at(0));
        assert_eq!(text, json!("Running"));
    }

    #[test]
    fn the_last_write_counts_while_the_object_in_hand_is_older() {
        let (old, new) = (json!({"phase": "Pending"}), json!({"phase": "Running"}));
        let record = Record {
            intent: Fingerprint::of(&new),
            uid: "u".into(),
            resource_version: "20".into(),
            result: Some(Fingerprint::of(&new)),
        };
        let behind = Some(Seen {
            uid: "u",
            resource_version: "19",
        });
        let caught_up = Some(Seen {
            uid: "u",
            resource_version: "20",
        });
        let settled = |seen, desired: &Value, live: &Value| {
            is_settled(Some(&record), seen, Fingerprint::of(desired), desired, live)
        };
        assert!(settled(behind, &new, &old));
        assert!(!settled(behind, &old, &old), "the server has Running by now");
        assert!(settled(caught_up, &new, &new));
        assert!(!settled(caught_up, &old, &new));
    }

    #[test]
    fn a_foreign_field_does_not_cause_a_write_for_ever() {
        let (desired, live) = (
            json!({"phase": "Running"}),
            json!({"phase": "Running", "foreign": 1}),
        );
        let seen = Some(Seen {
            uid: "u",
            resource_version: "20",
        });
        let intent = Fingerprint::of(&desired);
        assert!(!is_settled(None, seen, intent, &desired, &live));
        let record = Record {
            intent,
            uid: "u".into(),
            resource_version: "20".into(),
            result: Some(Fingerprint::of(&live)),
        };
        assert!(is_settled(Some(&record), seen, intent, &desired, &live));
        let undone = json!({"phase": "Pending", "foreign": 1});
        assert!(!is_settled(Some(&record), seen, intent, &desired, &undone));
    }
}
