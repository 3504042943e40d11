//! `statefulset-controller`: Pods with an identity, made and replaced in order.
//!
//! [`plan`] decides what to do, [`identity`] what each Pod and claim looks like; this file does it.

mod identity;
mod plan;

use serde_json::{Value, json};

use super::{
    claim, revision,
    revision::{History, Naming},
};
use crate::{
    apiserver::{status::StatusError, store::ObjectKey},
    cluster::{
        controller::{Context, Controller, Next, Seen},
        kind::{PERSISTENT_VOLUME_CLAIMS, PODS, STATEFUL_SETS},
        object::{self, int},
        pod,
    },
};
use plan::{Action, Plan};

/// The simulated `statefulset-controller`.
#[derive(Debug, Default)]
pub(crate) struct StatefulSets;

impl Controller for StatefulSets {
    fn name(&self) -> &'static str {
        "statefulset-controller"
    }

    fn observe(&mut self, seen: &Seen, cx: &Context<'_>, wake: &mut Vec<ObjectKey>) {
        if seen.is(&STATEFUL_SETS) {
            wake.push(seen.key().clone());
        } else if seen.is(&PODS) {
            claim::observe(seen, &STATEFUL_SETS, cx.client, wake);
        } else if seen.is(&PERSISTENT_VOLUME_CLAIMS) && seen.after().is_none() {
            // a set may wait for a claim of an earlier life to go
            let gone = seen.key().namespace();
            let sets = cx.client.list(&STATEFUL_SETS, Some(gone)).unwrap_or_default();
            wake.extend(
                sets.iter()
                    .filter(|set| !object::list(set, "/spec/volumeClaimTemplates").is_empty())
                    .map(object::key),
            );
        }
    }

    fn reconcile(&mut self, key: &ObjectKey, cx: &Context<'_>) -> Result<Next, StatusError> {
        let Some(set) = cx.client.get(&STATEFUL_SETS, key)? else {
            return Ok(Next::Done);
        };
        let pods = claim::dependents(cx.client, &set, &STATEFUL_SETS, &PODS, |pod| {
            identity::ordinal(&set, pod).is_some()
        })?;
        let history = History::sync(cx.client, &set, &STATEFUL_SETS, Naming::BY_DATA)?;
        let current = history
            .find(object::text(&set, "/status/currentRevision"))
            .unwrap_or(history.update);
        let names = plan::Revisions {
            current: object::name(&history.revisions[current]),
            update: object::name(&history.revisions[history.update]),
        };
        let Plan { actions, mut status } = plan::plan(&set, &pods, &names, cx.now);
        status["collisionCount"] = history.collisions.into();
        let mut done = Ok(());
        for action in actions {
            done = match action {
                Action::Create { ordinal, updated } => {
                    let index = if updated { history.update } else { current };
                    create(&set, &history.revisions[index], ordinal, cx)
                }
                Action::EnsureClaims { ordinal } => ensure_claims(&set, ordinal, cx),
                Action::Delete { name } => delete(&set, &name, cx),
                Action::HandOverClaims { ordinal, pod } => hand_over_claims(&set, ordinal, &pods[pod], cx),
            };
            if done.is_err() {
                break;
            }
        }
        if plan::is_news(&set["status"], &status) {
            if let Some(conditions) = set["status"].get("conditions") {
                status["conditions"] = conditions.clone();
            }
            let mut set = set.clone();
            set["status"] = status;
            cx.client.replace_status(&STATEFUL_SETS, &set)?;
        }
        done?;
        let limit = int(&set, "/spec/revisionHistoryLimit").unwrap_or(10);
        history.truncate(cx.client, limit, |name| {
            name == names.current
                || name == names.update
                || pods.iter().any(|pod| identity::revision(pod) == name)
        })?;
        let min_ready = int(&set, "/spec/minReadySeconds").unwrap_or_default();
        Ok(Next::after(pod::next_available(&pods, min_ready, cx.now)))
    }
}

fn create(set: &Value, revision: &Value, ordinal: i64, cx: &Context<'_>) -> Result<(), StatusError> {
    for claim in identity::claims(set, ordinal) {
        let existing = cx.client.get(&PERSISTENT_VOLUME_CLAIMS, &object::key(&claim))?;
        if existing.is_some_and(|claim| object::is_deleting(&claim)) {
            // the Pod must not start on storage that is about to go
            return Ok(());
        }
    }
    ensure_claims(set, ordinal, cx)?;
    let template = revision::template(revision);
    let pod = identity::pod(set, &template, object::name(revision), ordinal);
    let name = object::name(&pod).to_owned();
    let of = object::name(set).to_owned();
    match cx.client.create(&PODS, object::namespace(set), pod) {
        Ok(_) => {
            let message = format!("Create Pod {name} in StatefulSet {of} successful");
            cx.client
                .event(set, &STATEFUL_SETS, "SuccessfulCreate", &message, cx.now);
            Ok(())
        }
        Err(error) if super::replicaset::is_namespace_terminating(&error) => Ok(()),
        Err(error) => {
            let message = format!(
                "Create Pod {name} in StatefulSet {of} failed error: {}",
                error.message
            );
            cx.client
                .warning(set, &STATEFUL_SETS, "FailedCreate", &message, cx.now);
            Err(error)
        }
    }
}

fn ensure_claims(set: &Value, ordinal: i64, cx: &Context<'_>) -> Result<(), StatusError> {
    for claim in identity::claims(set, ordinal) {
        let key = object::key(&claim);
        if cx.client.get(&PERSISTENT_VOLUME_CLAIMS, &key)?.is_some() {
            continue;
        }
        match cx
            .client
            .create(&PERSISTENT_VOLUME_CLAIMS, object::namespace(set), claim)
        {
            Ok(_) => {
                let message = format!(
                    "Create Claim {} Pod {} in StatefulSet {} success",
                    key.name(),
                    identity::pod_name(set, ordinal),
                    object::name(set)
                );
                cx.client
                    .event(set, &STATEFUL_SETS, "SuccessfulCreate", &message, cx.now);
            }
            Err(error) if super::replicaset::is_namespace_terminating(&error) => return Ok(()),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn delete(set: &Value, name: &str, cx: &Context<'_>) -> Result<(), StatusError> {
    let key = ObjectKey::new(object::namespace(set), name);
    cx.client.delete(&PODS, &key, json!({}))?;
    let message = format!(
        "Delete Pod {name} in StatefulSet {} successful",
        object::name(set)
    );
    cx.client
        .event(set, &STATEFUL_SETS, "SuccessfulDelete", &message, cx.now);
    Ok(())
}

/// Makes the Pod the owner of its claims, so that they go with it.
fn hand_over_claims(set: &Value, ordinal: i64, pod: &Value, cx: &Context<'_>) -> Result<(), StatusError> {
    for claim in identity::claims(set, ordinal) {
        let Some(claim) = cx.client.get(&PERSISTENT_VOLUME_CLAIMS, &object::key(&claim))? else {
            continue;
        };
        let references = json!([object::controller_reference(pod, &PODS)]);
        if claim["metadata"]["ownerReferences"] != references {
            let patch = json!({"metadata": {"ownerReferences": references}});
            cx.client
                .merge_patch(&PERSISTENT_VOLUME_CLAIMS, &object::key(&claim), patch)?;
        }
    }
    Ok(())
}
