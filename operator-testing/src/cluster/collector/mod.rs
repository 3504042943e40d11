//! `garbage-collector-controller`: deletes what has lost its owners, and sees foreground and orphaning deletions through.
//!
//! Source: `k8s.io/kubernetes/pkg/controller/garbagecollector/garbagecollector.go`.

mod graph;
mod verdict;

use serde_json::{Value, json};

use super::{
    controller::{Context, Controller, Next, Seen},
    kind::{EVENTS, Kind},
    object::{self, text},
};
use crate::apiserver::{status::StatusError, store::ObjectKey};
use graph::{Graph, Node};
use verdict::{OwnerState, Verdict};

pub(crate) const FOREGROUND: &str = "foregroundDeletion";
pub(crate) const ORPHAN: &str = "orphan";

/// The simulated `garbage-collector-controller`. Its keys are uids.
#[derive(Debug, Default)]
pub(crate) struct Collector {
    graph: Graph,
}

impl Controller for Collector {
    fn name(&self) -> &'static str {
        "garbage-collector-controller"
    }

    fn observe(&mut self, seen: &Seen, _cx: &Context<'_>, wake: &mut Vec<ObjectKey>) {
        if seen.is(&EVENTS) {
            return;
        }
        let keys = self.graph.observe(seen).into_iter();
        wake.extend(keys.map(|uid| ObjectKey::new("", &uid)));
    }

    fn reconcile(&mut self, key: &ObjectKey, cx: &Context<'_>) -> Result<Next, StatusError> {
        let Some(node) = self.graph.node(key.name()) else {
            return Ok(Next::Done);
        };
        let Some(kind) = cx.client.kind_of(&node.resource) else {
            return Ok(Next::Done);
        };
        let Some(item) = cx.client.get(&kind, &node.key)? else {
            return Ok(Next::Done);
        };
        if object::uid(&item) != key.name() {
            return Ok(Next::Done);
        }
        if object::is_deleting(&item) {
            if object::has_finalizer(&item, FOREGROUND) {
                return self.delete_dependents(&item, &kind, cx);
            }
            if object::has_finalizer(&item, ORPHAN) {
                self.orphan_dependents(&item, &kind, cx)?;
            }
            return Ok(Next::Done);
        }
        self.collect(&item, &kind, cx)
    }
}

impl Collector {
    /// Foreground: the owner goes when none of the dependents that hold it is left.
    fn delete_dependents(&self, owner: &Value, kind: &Kind, cx: &Context<'_>) -> Result<Next, StatusError> {
        let held = self
            .graph
            .dependents(object::uid(owner))
            .any(|(_, dependent)| dependent.blocks(object::uid(owner)));
        if !held {
            drop_finalizer(owner, kind, FOREGROUND, cx)?;
        }
        Ok(Next::Done)
    }

    /// Orphaning: the dependents forget the owner, then it may go.
    fn orphan_dependents(&self, owner: &Value, kind: &Kind, cx: &Context<'_>) -> Result<(), StatusError> {
        let gone = [object::uid(owner).to_owned()];
        for (_, dependent) in self.graph.dependents(object::uid(owner)) {
            if let Some((kind, item)) = fetch(dependent, cx)? {
                forget_owners(&item, &kind, &gone, cx)?;
            }
        }
        drop_finalizer(owner, kind, ORPHAN, cx)
    }

    /// Looks at an object's owners and deletes it, forgets some of them, or leaves it alone.
    fn collect(&self, item: &Value, kind: &Kind, cx: &Context<'_>) -> Result<Next, StatusError> {
        let mut owners = Vec::new();
        for reference in object::list(item, "/metadata/ownerReferences") {
            match owner_state(item, reference, cx)? {
                Some(state) => owners.push((text(reference, "/uid").to_owned(), state)),
                None => return Ok(Next::Done),
            }
        }
        let has_dependents = self.graph.dependents(object::uid(item)).next().is_some();
        match verdict::on(&owners, has_dependents, item) {
            Verdict::Keep => {}
            Verdict::Forget(gone) => forget_owners(item, kind, &gone, cx)?,
            Verdict::Delete(policy) => {
                if policy == "Foreground" {
                    self.break_circle(item, kind, cx)?;
                }
                let options = json!({
                    "propagationPolicy": policy,
                    "preconditions": {
                        "uid": object::uid(item),
                        "resourceVersion": text(item, "/metadata/resourceVersion"),
                    },
                });
                cx.client.delete(kind, &object::key(item), options)?;
            }
        }
        Ok(Next::Done)
    }

    /// Objects that own each other would wait for each other: the last one in such a circle stops holding its owners.
    fn break_circle(&self, item: &Value, kind: &Kind, cx: &Context<'_>) -> Result<(), StatusError> {
        let closes_circle = self
            .graph
            .dependents(object::uid(item))
            .any(|(_, dependent)| dependent.foreground);
        if !closes_circle {
            return Ok(());
        }
        let references: Vec<Value> = object::list(item, "/metadata/ownerReferences")
            .iter()
            .map(|reference| {
                let mut reference = reference.clone();
                reference["blockOwnerDeletion"] = false.into();
                reference
            })
            .collect();
        let patch = json!({"metadata": {"uid": object::uid(item), "ownerReferences": references}});
        cx.client.merge_patch(kind, &object::key(item), patch)?;
        Ok(())
    }
}

fn fetch(node: &Node, cx: &Context<'_>) -> Result<Option<(Kind, Value)>, StatusError> {
    let Some(kind) = cx.client.kind_of(&node.resource) else {
        return Ok(None);
    };
    let item = cx.client.get(&kind, &node.key)?;
    Ok(item.map(|item| (kind, item)))
}

/// What has become of an owner; `None` if that cannot be known.
fn owner_state(item: &Value, reference: &Value, cx: &Context<'_>) -> Result<Option<OwnerState>, StatusError> {
    let Some((kind, namespaced)) = cx
        .client
        .kind_named(text(reference, "/apiVersion"), text(reference, "/kind"))
    else {
        return Ok(None);
    };
    let namespace = object::namespace(item);
    if namespaced && namespace.is_empty() {
        // an object of the cluster cannot have an owner in a namespace: which namespace would it be?
        return Ok(None);
    }
    let namespace = if namespaced { namespace } else { "" };
    let owner = cx
        .client
        .get(&kind, &ObjectKey::new(namespace, text(reference, "/name")))?
        .filter(|owner| object::uid(owner) == text(reference, "/uid"));
    Ok(Some(match owner {
        None => OwnerState::Absent,
        Some(owner) if object::is_deleting(&owner) && object::has_finalizer(&owner, FOREGROUND) => {
            OwnerState::Waiting
        }
        Some(_) => OwnerState::Solid,
    }))
}

fn forget_owners(item: &Value, kind: &Kind, gone: &[String], cx: &Context<'_>) -> Result<(), StatusError> {
    let references: Vec<Value> = object::list(item, "/metadata/ownerReferences")
        .iter()
        .filter(|reference| !gone.iter().any(|uid| uid == text(reference, "/uid")))
        .cloned()
        .collect();
    let references = if references.is_empty() {
        Value::Null
    } else {
        references.into()
    };
    let patch = json!({"metadata": {
        "uid": object::uid(item),
        "resourceVersion": text(item, "/metadata/resourceVersion"),
        "ownerReferences": references,
    }});
    cx.client.merge_patch(kind, &object::key(item), patch)?;
    Ok(())
}

fn drop_finalizer(owner: &Value, kind: &Kind, finalizer: &str, cx: &Context<'_>) -> Result<(), StatusError> {
    let finalizers: Vec<&Value> = object::list(owner, "/metadata/finalizers")
        .iter()
        .filter(|found| *found != finalizer)
        .collect();
    let patch = json!({"metadata": {
        "uid": object::uid(owner),
        "resourceVersion": text(owner, "/metadata/resourceVersion"),
        "finalizers": finalizers,
    }});
    cx.client.merge_patch(kind, &object::key(owner), patch)?;
    Ok(())
}
