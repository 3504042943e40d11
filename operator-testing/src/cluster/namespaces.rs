//! `namespace-controller`: empties a namespace that is being deleted, Pods first, then lets it go.
//!
//! Source: `k8s.io/kubernetes/pkg/controller/namespace/deletion/namespaced_resources_deleter.go`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{
    controller::{Context, Controller, Next, Seen},
    kind::{Kind, NAMESPACES, PODS},
    object::{self, text},
};
use crate::apiserver::{status::StatusError, store::ObjectKey};

const FINALIZER: &str = "kubernetes";

/// The conditions of a terminating namespace with what they say when all is well.
const CONDITIONS: [(&str, &str, &str); 5] = [
    (
        "NamespaceDeletionDiscoveryFailure",
        "ResourcesDiscovered",
        "All resources successfully discovered",
    ),
    (
        "NamespaceDeletionGroupVersionParsingFailure",
        "ParsedGroupVersions",
        "All legacy kube types successfully parsed",
    ),
    (
        "NamespaceDeletionContentFailure",
        "ContentDeleted",
        "All content successfully deleted, may be waiting on finalization",
    ),
    (
        "NamespaceContentRemaining",
        "ContentRemoved",
        "All content successfully removed",
    ),
    (
        "NamespaceFinalizersRemaining",
        "ContentHasNoFinalizers",
        "All content-preserving finalizers finished",
    ),
];

/// The simulated `namespace-controller`.
#[derive(Debug, Default)]
pub(crate) struct Namespaces {
    /// Those that are being deleted.
    terminating: BTreeSet<String>,
}

impl Controller for Namespaces {
    fn name(&self) -> &'static str {
        "namespace-controller"
    }

    fn observe(&mut self, seen: &Seen, _cx: &Context<'_>, wake: &mut Vec<ObjectKey>) {
        if seen.is(&NAMESPACES) {
            if seen.after().is_some_and(object::is_deleting) {
                self.terminating.insert(seen.key().name().to_owned());
                wake.push(seen.key().clone());
            } else {
                self.terminating.remove(seen.key().name());
            }
        } else if self.terminating.contains(seen.key().namespace()) {
            // something left the namespace, or came into it just before it was closed
            wake.push(ObjectKey::new("", seen.key().namespace()));
        }
    }

    fn reconcile(&mut self, key: &ObjectKey, cx: &Context<'_>) -> Result<Next, StatusError> {
        let Some(mut namespace) = cx.client.get(&NAMESPACES, key)? else {
            return Ok(Next::Done);
        };
        let finalized = !object::list(&namespace, "/spec/finalizers")
            .iter()
            .any(|found| found == FINALIZER);
        if !object::is_deleting(&namespace) || finalized {
            return Ok(Next::Done);
        }
        let mut left = Left::default();
        empty(key.name(), &PODS, &mut left, cx)?;
        if left.objects.is_empty() {
            for kind in cx.client.namespaced_kinds() {
                if kind != PODS {
                    empty(key.name(), &kind, &mut left, cx)?;
                }
            }
        }
        if report(&mut namespace, &left, cx) {
            namespace = cx.client.replace_status(&NAMESPACES, &namespace)?;
        }
        if left.objects.is_empty() {
            if let Some(Value::Array(finalizers)) = namespace.pointer_mut("/spec/finalizers") {
                finalizers.retain(|found| found != FINALIZER);
            }
            cx.client.finalize_namespace(&namespace)?;
        }
        Ok(Next::Done)
    }
}

/// What is still in the namespace.
#[derive(Debug, Default)]
struct Left {
    objects: BTreeMap<String, usize>,
    finalizers: BTreeMap<String, usize>,
}

/// Deletes the objects of one kind and counts those that stay.
fn empty(namespace: &str, kind: &Kind, left: &mut Left, cx: &Context<'_>) -> Result<(), StatusError> {
    for item in cx.client.list(kind, Some(namespace))? {
        if !object::is_deleting(&item) {
            let options = json!({"propagationPolicy": "Background"});
            cx.client.delete(kind, &object::key(&item), options)?;
        }
    }
    for item in cx.client.list(kind, Some(namespace))? {
        let resource = format!("{}.{}", kind.plural, kind.group);
        *left.objects.entry(resource).or_default() += 1;
        for finalizer in object::list(&item, "/metadata/finalizers") {
            let finalizer = finalizer.as_str().unwrap_or_default().to_owned();
            *left.finalizers.entry(finalizer).or_default() += 1;
        }
    }
    Ok(())
}

/// Brings the conditions up to date; says whether any changed.
fn report(namespace: &mut Value, left: &Left, cx: &Context<'_>) -> bool {
    let list = |counts: &BTreeMap<String, usize>, between: &str| {
        let mut entries: Vec<String> = counts
            .iter()
            .map(|(what, count)| format!("{what} {between} {count} resource instances"))
            .collect();
        entries.sort();
        entries.join(", ")
    };
    let mut changed = false;
    let mut conditions = object::list(namespace, "/status/conditions").to_vec();
    for (kind, reason, message) in CONDITIONS {
        let (status, reason, message) = match kind {
            "NamespaceContentRemaining" if !left.objects.is_empty() => {
                let message = format!("Some resources are remaining: {}", list(&left.objects, "has"));
                ("True", "SomeResourcesRemain", message)
            }
            "NamespaceFinalizersRemaining" if !left.finalizers.is_empty() => {
                let message = format!(
                    "Some content in the namespace has finalizers remaining: {}",
                    list(&left.finalizers, "in")
                );
                ("True", "SomeFinalizersRemain", message)
            }
            _ => ("False", reason, message.to_owned()),
        };
        let mut condition = json!({
            "type": kind, "status": status, "reason": reason, "message": message,
            "lastTransitionTime": object::timestamp(cx.now),
        });
        let found = conditions
            .iter_mut()
            .find(|condition| text(condition, "/type") == kind);
        match found {
            Some(current) => {
                if current["status"] == condition["status"] {
                    condition["lastTransitionTime"] = current["lastTransitionTime"].clone();
                }
                if *current != condition {
                    *current = condition;
                    changed = true;
                }
            }
            None => {
                conditions.push(condition);
                changed = true;
            }
        }
    }
    namespace["status"]["conditions"] = conditions.into();
    changed
}
