use kube::core::ApiResource;

use crate::informer::{CachedObject, Change};
use crate::meta::ObjectKey;

/// Whose children wake the controller.
#[derive(Clone, Debug)]
pub(super) struct Owners {
    pub(super) owner: ApiResource,
    pub(super) owner_namespaced: bool,
    /// Whether only the owner that manages the child counts.
    pub(super) controller_only: bool,
}

impl Owners {
    /// The keys of the owners before and after.
    pub(super) fn of(&self, change: &Change) -> Vec<ObjectKey> {
        let mut keys = Vec::new();
        // An update rarely changes the owners.
        let moved = change.updated().is_none_or(|(old, new)| !old.same_owners(new));
        for object in change.old.iter().filter(|_| moved).chain(&change.new) {
            self.add(object, &mut keys);
        }
        keys
    }

    fn add(&self, child: &CachedObject, keys: &mut Vec<ObjectKey>) {
        if !child.has_owners() {
            return;
        }
        for owner in child.owner_references() {
            let group = owner.api_version.split_once('/').map_or("", |(group, _)| group);
            let counts = owner.controller == Some(true) || !self.controller_only;
            if counts && owner.kind == self.owner.kind && group == self.owner.group {
                let namespace = if self.owner_namespaced {
                    child.key().namespace()
                } else {
                    None
                };
                let key = ObjectKey::new(namespace, &owner.name);
                if !keys.contains(&key) {
                    keys.push(key);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use k8s_openapi::api::apps::v1::StatefulSet;
    use serde_json::json;

    use super::*;

    fn child(owners: &[(&str, &str, &str, bool)]) -> Option<Arc<CachedObject>> {
        let owners: Vec<_> = owners
            .iter()
            .map(|(api_version, kind, name, controller)| {
                json!({"apiVersion": api_version, "kind": kind, "name": name, "uid": name, "controller": controller})
            })
            .collect();
        let object =
            json!({"metadata": {"name": "c", "namespace": "n", "uid": "c", "ownerReferences": owners}});
        Some(Arc::new(CachedObject::parse(&object.to_string()).unwrap()))
    }

    fn owners(controller_only: bool) -> Owners {
        Owners {
            owner: ApiResource::erase::<StatefulSet>(&()),
            owner_namespaced: true,
            controller_only,
        }
    }

    #[test]
    fn the_owner_before_and_after_is_told() {
        let change = |old, new| Change {
            old,
            new,
            initial: false,
            single: true,
        };
        let keys = |change: &Change, controller_only| owners(controller_only).of(change);
        let a = ("apps/v1", "StatefulSet", "a", true);
        let b = ("apps/v1beta9", "StatefulSet", "b", true);
        let moved = change(child(&[a]), child(&[b]));
        assert_eq!(
            keys(&moved, true),
            ["a", "b"].map(|name| ObjectKey::namespaced("n", name))
        );
        let same = change(child(&[a]), child(&[a]));
        assert_eq!(keys(&same, true), [ObjectKey::namespaced("n", "a")]);
        assert_eq!(
            keys(&change(child(&[a]), None), true),
            [ObjectKey::namespaced("n", "a")]
        );
    }

    #[test]
    fn other_kinds_and_mere_owners_do_not_count() {
        let others = [
            ("apps/v1", "Deployment", "x", true),
            ("v1", "StatefulSet", "y", true),
            ("apps/v1", "StatefulSet", "z", false),
        ];
        let change = Change {
            old: None,
            new: child(&others),
            initial: false,
            single: true,
        };
        assert!(owners(true).of(&change).is_empty());
        assert_eq!(owners(false).of(&change), [ObjectKey::namespaced("n", "z")]);
    }
}
