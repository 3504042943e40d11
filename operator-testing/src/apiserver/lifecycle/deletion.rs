//! What a deletion does to an object.
//!
//! Source: `k8s.io/apiserver/pkg/registry/generic/registry/store.go`, `k8s.io/apiserver/pkg/registry/rest/delete.go`.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::DeleteOptions;
use crate::apiserver::{
    meta::{self, Object, metadata_mut},
    types::{Propagation, ResourceType, begin_deletion},
};
use crate::clock::shown;

const ORPHAN: &str = "orphan";
const FOREGROUND: &str = "foregroundDeletion";

/// What a deletion makes of an object.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Deleted {
    /// It goes at once; this is its last state.
    Gone(Object),
    /// It stays in this state.
    Kept(Object),
}

/// The object after a deletion was asked for.
pub(crate) fn delete(resource: &ResourceType, old: &Object, options: &DeleteOptions, now: &str) -> Deleted {
    if &*resource.kind == "CustomResourceDefinition"
        && let Some(begun) = begin_deletion(&Value::Object(old.clone()), now)
    {
        return Deleted::Kept(meta::into_object(begun));
    }
    let mut object = old.clone();
    let pending = meta::is_deleting(old);
    let grace = grace_seconds(resource, old, options);
    if !(pending && resource.rules.graceful_deletion && grace > 0) {
        set_collector_finalizers(resource, &mut object, options);
    }
    let held = !meta::finalizers(&object).is_empty() || is_held_by_spec(resource, &object);
    if !held && grace == 0 && !resource.rules.graceful_deletion {
        return Deleted::Gone(object);
    }
    let metadata = metadata_mut(&mut object);
    if pending {
        let left = metadata.get("deletionGracePeriodSeconds").and_then(Value::as_i64);
        // a grace period can only be shortened
        if left.is_some_and(|left| grace < left) {
            metadata.insert("deletionGracePeriodSeconds".into(), grace.into());
            metadata.insert("deletionTimestamp".into(), later(now, grace).into());
        }
    } else {
        metadata.insert("deletionTimestamp".into(), later(now, grace).into());
        if !is_held_by_spec(resource, old) {
            metadata.insert("deletionGracePeriodSeconds".into(), grace.into());
        }
        let generation = metadata.get("generation").and_then(Value::as_i64).unwrap_or(0);
        if generation > 0 {
            metadata.insert("generation".into(), (generation + 1).into());
        }
    }
    if is_held_by_spec(resource, &object) {
        object.insert("status".into(), terminating(object.get("status")));
    }
    if held || grace > 0 {
        Deleted::Kept(object)
    } else {
        Deleted::Gone(object)
    }
}

/// How long the object may take to stop.
fn grace_seconds(resource: &ResourceType, old: &Object, options: &DeleteOptions) -> i64 {
    if !resource.rules.graceful_deletion {
        return 0;
    }
    let text = |path: [&str; 2]| {
        old.get(path[0])
            .and_then(|value| value.get(path[1]))
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let asked = match options.grace_seconds {
        Some(seconds) if seconds < 0 => 1,
        Some(seconds) => seconds,
        None => old
            .get("spec")
            .and_then(|spec| spec.get("terminationGracePeriodSeconds"))
            .and_then(Value::as_i64)
            .unwrap_or(30),
    };
    let never_ran = text(["spec", "nodeName"]).is_empty();
    let is_over = matches!(text(["status", "phase"]), "Succeeded" | "Failed");
    if never_ran || is_over { 0 } else { asked }
}

/// Adds and removes the garbage collector's finalizers as the options ask.
fn set_collector_finalizers(resource: &ResourceType, object: &mut Object, options: &DeleteOptions) {
    if !resource.rules.collectable {
        return;
    }
    let had = |name: &str| meta::finalizers(object).contains(&name);
    let wanted = match (options.propagation, options.orphan_dependents) {
        (Some(policy), _) => Some(policy),
        (None, Some(true)) => Some(Propagation::Orphan),
        (None, Some(false)) => Some(Propagation::Background),
        (None, None) if had(ORPHAN) => Some(Propagation::Orphan),
        (None, None) if had(FOREGROUND) => Some(Propagation::Foreground),
        (None, None) => Some(resource.rules.default_propagation),
    };
    let mut finalizers: Vec<Value> = meta::finalizers(object)
        .into_iter()
        .filter(|finalizer| !matches!(*finalizer, ORPHAN | FOREGROUND))
        .map(Value::from)
        .collect();
    match wanted {
        Some(Propagation::Orphan) => finalizers.push(ORPHAN.into()),
        Some(Propagation::Foreground) => finalizers.push(FOREGROUND.into()),
        Some(Propagation::Background) | None => {}
    }
    let metadata = metadata_mut(object);
    if finalizers.is_empty() {
        metadata.remove("finalizers");
    } else {
        metadata.insert("finalizers".into(), finalizers.into());
    }
}

/// Whether the spec of a namespace holds it back.
fn is_held_by_spec(resource: &ResourceType, object: &Object) -> bool {
    resource.group.is_empty()
        && &*resource.kind == "Namespace"
        && object
            .get("spec")
            .and_then(|spec| spec.get("finalizers"))
            .and_then(Value::as_array)
            .is_some_and(|finalizers| !finalizers.is_empty())
}

fn terminating(status: Option<&Value>) -> Value {
    let mut status = status.and_then(Value::as_object).cloned().unwrap_or_default();
    status.insert("phase".into(), "Terminating".into());
    status.into()
}

/// A time some seconds after `now`.
fn later(now: &str, seconds: i64) -> String {
    now.parse::<Timestamp>()
        .ok()
        .and_then(|time| time.checked_add(SignedDuration::from_secs(seconds)).ok())
        .map_or_else(|| now.to_owned(), shown)
}
