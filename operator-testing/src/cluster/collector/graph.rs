//! Who owns whom, kept in step with the changes of the store.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{FOREGROUND, ORPHAN};
use crate::{
    apiserver::store::{ObjectKey, ResourceKey, Stored},
    cluster::{
        controller::Seen,
        object::{self, text},
    },
};

/// An object that has owners, or that waits for its dependents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Node {
    /// Its kind.
    pub(super) resource: ResourceKey,
    /// Where it is.
    pub(super) key: ObjectKey,
    /// The uids of its owners, and whether it holds each of them.
    owners: Vec<(String, bool)>,
    /// Whether it is being deleted.
    deleting: bool,
    /// Whether it is being deleted and waits for its dependents.
    pub(super) foreground: bool,
    /// Whether it is being deleted and its dependents are to forget it.
    orphaning: bool,
}

impl Node {
    fn new(seen: &Seen, object: &Value) -> Self {
        let deleting = object::is_deleting(object);
        Self {
            resource: seen.change().resource.clone(),
            key: seen.key().clone(),
            owners: object::list(object, "/metadata/ownerReferences")
                .iter()
                .map(|owner| {
                    (
                        text(owner, "/uid").to_owned(),
                        object::flag(owner, "/blockOwnerDeletion"),
                    )
                })
                .collect(),
            deleting,
            foreground: deleting && object::has_finalizer(object, FOREGROUND),
            orphaning: deleting && object::has_finalizer(object, ORPHAN),
        }
    }

    /// Whether it holds the owner of this uid until it is gone.
    pub(super) fn blocks(&self, owner: &str) -> bool {
        self.owners.iter().any(|(uid, blocks)| uid == owner && *blocks)
    }
}

/// The objects that matter to the collector, by uid.
#[derive(Debug, Default)]
pub(super) struct Graph {
    nodes: BTreeMap<String, Node>,
    dependents: BTreeMap<String, BTreeSet<String>>,
}

impl Graph {
    pub(super) fn node(&self, uid: &str) -> Option<&Node> {
        self.nodes.get(uid)
    }

    /// The objects that name `owner` as their owner.
    pub(super) fn dependents(&self, owner: &str) -> impl Iterator<Item = (&str, &Node)> {
        self.dependents
            .get(owner)
            .into_iter()
            .flatten()
            .filter_map(|uid| Some((uid.as_str(), self.nodes.get(uid)?)))
    }

    /// Takes a change in; returns the uids that have to be looked at again.
    pub(super) fn observe(&mut self, seen: &Seen) -> BTreeSet<String> {
        let mut wake = BTreeSet::new();
        let change = seen.change();
        let replaced = match (&change.before, &change.after) {
            (Some(before), Some(after)) if before.uid != after.uid => Some(before),
            (Some(before), None) => Some(before),
            _ => None,
        };
        if let Some(before) = replaced {
            self.remove(&before.uid, &mut wake);
        }
        let Some(after) = &change.after else { return wake };
        if !self.nodes.contains_key(&*after.uid) && !concerns_collector(after) {
            return wake;
        }
        let Some(object) = seen.after() else { return wake };
        self.put(&after.uid, &Node::new(seen, object), &mut wake);
        wake
    }

    fn put(&mut self, uid: &str, node: &Node, wake: &mut BTreeSet<String>) {
        let before = self.nodes.insert(uid.to_owned(), node.clone());
        if before.as_ref() == Some(node) {
            return;
        }
        let old_owners = before
            .as_ref()
            .map(|before| before.owners.clone())
            .unwrap_or_default();
        for (owner, _) in &old_owners {
            if !node.owners.iter().any(|(uid, _)| uid == owner)
                && let Some(dependents) = self.dependents.get_mut(owner)
            {
                dependents.remove(uid);
            }
        }
        for (owner, _) in &node.owners {
            self.dependents
                .entry(owner.clone())
                .or_default()
                .insert(uid.to_owned());
        }
        if old_owners != node.owners {
            // an owner in wait may have one thing less to wait for
            wake.extend(old_owners.into_iter().map(|(owner, _)| owner));
        }
        wake.insert(uid.to_owned());
        if node.foreground {
            wake.extend(self.dependents(uid).map(|(dependent, _)| dependent.to_owned()));
        }
    }

    fn remove(&mut self, uid: &str, wake: &mut BTreeSet<String>) {
        if let Some(node) = self.nodes.remove(uid) {
            for (owner, _) in node.owners {
                if let Some(dependents) = self.dependents.get_mut(&owner) {
                    dependents.remove(uid);
                    if dependents.is_empty() {
                        self.dependents.remove(&owner);
                    }
                }
                wake.insert(owner);
            }
        }
        wake.extend(self.dependents.get(uid).into_iter().flatten().cloned());
    }
}

/// Whether an object could have owners or be on its way out, told without decoding it: most have neither.
fn concerns_collector(stored: &Stored) -> bool {
    let Ok(json) = std::str::from_utf8(stored.json()) else {
        return true;
    };
    json.contains("\"ownerReferences\"") || json.contains("\"deletionTimestamp\"")
}
