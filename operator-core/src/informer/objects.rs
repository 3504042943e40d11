use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, Weak};

use tokio::sync::Notify;
use tokio::sync::futures::Notified;

use super::index::{Index, Values};
use super::subscription::Subscription;
use super::{CachedObject, Change};
use crate::meta::ObjectKey;

/// All objects of one informer: one writer, many readers, and those who want to hear of changes.
///
/// Changes are published under the write lock, so that every subscriber sees them in the order in which readers do.
#[derive(Default)]
pub(crate) struct Objects {
    inner: RwLock<Inner>,
    /// Wakes who waits for a revision.
    advanced: Notify,
}

/// How a change became known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Came {
    /// By the first list.
    First,
    /// By a later list.
    Again,
    /// By a watch.
    Live,
}

#[derive(Default)]
struct Inner {
    objects: BTreeMap<ObjectKey, Held>,
    indexes: BTreeMap<String, Index>,
    owners: Option<Index>,
    subscriptions: Vec<Weak<Subscription>>,
    /// By namespace or for all: no change up to this revision is missing. Nothing before the first list is complete.
    revisions: BTreeMap<Option<String>, u64>,
}

struct Held {
    object: Arc<CachedObject>,
    /// The list that saw it last.
    round: u32,
}

impl Objects {
    pub(super) fn new() -> Self {
        Self {
            inner: RwLock::new(Inner {
                owners: Some(Index::by_owner()),
                ..Inner::default()
            }),
            advanced: Notify::new(),
        }
    }

    /// Puts in an object that is there now; `round` is the list that is under way, or the last one.
    pub(super) fn put(&self, object: Arc<CachedObject>, round: u32, came: Came) {
        let mut inner = self.write();
        let held = inner.objects.get_mut(object.key());
        if let Some(held) = held {
            held.round = round;
            if held.object.same_version(&object) {
                return;
            }
            let old = std::mem::replace(&mut held.object, Arc::clone(&object));
            inner.changed(Some(old), Some(object), came);
        } else {
            let held = Held {
                object: Arc::clone(&object),
                round,
            };
            inner.objects.insert(object.key().clone(), held);
            inner.changed(None, Some(object), came);
        }
    }

    /// Takes out an object that is gone.
    pub(super) fn remove(&self, key: &ObjectKey) {
        let mut inner = self.write();
        if let Some(held) = inner.objects.remove(key) {
            inner.changed(Some(held.object), None, Came::Live);
        }
    }

    /// Takes out what the list `round` did not see, in `namespace` or everywhere.
    pub(super) fn retain_round(&self, namespace: Option<&str>, round: u32) {
        let mut inner = self.write();
        let gone: Vec<_> = inner
            .range(namespace)
            .filter(|(_, held)| held.round != round)
            .map(|(key, _)| key.clone())
            .collect();
        for key in gone {
            if let Some(held) = inner.objects.remove(&key) {
                inner.changed(Some(held.object), None, Came::Again);
            }
        }
    }

    /// Takes out everything in `namespace`, which is no longer looked at.
    pub(super) fn leave(&self, namespace: &str) {
        let mut inner = self.write();
        let gone: Vec<_> = inner.range(Some(namespace)).map(|(key, _)| key.clone()).collect();
        for key in gone {
            if let Some(held) = inner.objects.remove(&key) {
                inner.changed(Some(held.object), None, Came::Again);
            }
        }
        inner.revisions.remove(&Some(namespace.to_owned()));
    }

    /// Tells that no change up to `revision` is missing, in `namespace` or everywhere.
    pub(super) fn reached(&self, namespace: Option<&str>, revision: u64) {
        let mut inner = self.write();
        match inner
            .revisions
            .iter_mut()
            .find(|(name, _)| name.as_deref() == namespace)
        {
            Some((_, reached)) => *reached = revision.max(*reached),
            None => {
                inner.revisions.insert(namespace.map(str::to_owned), revision);
            }
        }
        drop(inner);
        self.advanced.notify_waiters();
    }

    /// Waits until no change up to some later revision is missing somewhere. It counts from the moment of the call.
    pub(super) fn advanced(&self) -> Notified<'_> {
        self.advanced.notified()
    }

    /// The revision up to which no change of the object with this key is missing.
    pub(crate) fn revision(&self, key: &ObjectKey) -> u64 {
        let inner = self.read();
        let of_watch = |name: &Option<String>| name.is_none() || name.as_deref() == key.namespace();
        let reached = inner.revisions.iter().filter(|(name, _)| of_watch(name));
        reached.map(|(_, revision)| *revision).max().unwrap_or(0)
    }

    /// Keeps an index by the values that `values` gives, under `name`; what was there under the name is replaced.
    pub(super) fn add_index(&self, name: &str, values: Values) {
        let mut inner = self.write();
        let mut index = Index::new(values);
        for held in inner.objects.values() {
            index.replace(None, Some(&held.object));
        }
        inner.indexes.insert(name.to_owned(), index);
    }

    /// Hears of every change from now on, and of all objects that are there as created.
    pub(crate) fn subscribe(&self) -> Arc<Subscription> {
        let subscription = Arc::new(Subscription::default());
        let mut inner = self.write();
        for held in inner.objects.values() {
            subscription.publish(Change {
                old: None,
                new: Some(Arc::clone(&held.object)),
                initial: true,
                single: false,
            });
        }
        inner
            .subscriptions
            .retain(|subscription| subscription.strong_count() > 0);
        inner.subscriptions.push(Arc::downgrade(&subscription));
        subscription
    }

    pub(crate) fn get(&self, key: &ObjectKey) -> Option<Arc<CachedObject>> {
        self.read().objects.get(key).map(|held| Arc::clone(&held.object))
    }

    pub(crate) fn len(&self) -> usize {
        self.read().objects.len()
    }

    /// The keys in `namespace` or everywhere, in order.
    pub(crate) fn keys(&self, namespace: Option<&str>) -> Vec<ObjectKey> {
        self.read().range(namespace).map(|(key, _)| key.clone()).collect()
    }

    /// The objects in `namespace` or everywhere, in the order of their keys.
    pub(crate) fn list(&self, namespace: Option<&str>) -> Vec<Arc<CachedObject>> {
        self.read()
            .range(namespace)
            .map(|(_, held)| Arc::clone(&held.object))
            .collect()
    }

    /// The objects that have an owner with this uid, in the order of their keys.
    pub(crate) fn owned_by(&self, uid: &str) -> Vec<Arc<CachedObject>> {
        let inner = self.read();
        inner
            .owners
            .iter()
            .flat_map(|index| inner.found(index, uid))
            .collect()
    }

    /// The objects that the index `name` finds under `value`; `None` when there is no such index.
    pub(crate) fn find(&self, name: &str, value: &str) -> Option<Vec<Arc<CachedObject>>> {
        let inner = self.read();
        let index = inner.indexes.get(name)?;
        Some(inner.found(index, value).collect())
    }

    fn read(&self) -> RwLockReadGuard<'_, Inner> {
        self.inner.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Inner> {
        self.inner.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn changed(&mut self, old: Option<Arc<CachedObject>>, new: Option<Arc<CachedObject>>, came: Came) {
        for index in self.indexes.values_mut().chain(&mut self.owners) {
            index.replace(old.as_deref(), new.as_deref());
        }
        let change = Change {
            old,
            new,
            initial: came == Came::First,
            single: came == Came::Live,
        };
        for subscription in self.subscriptions.iter().filter_map(Weak::upgrade) {
            subscription.publish(change.clone());
        }
    }

    fn range(&self, namespace: Option<&str>) -> impl Iterator<Item = (&ObjectKey, &Held)> {
        let bounds = match namespace {
            Some(namespace) => {
                let (from, to) = ObjectKey::range_of(namespace);
                (Bound::Included(from), Bound::Excluded(to))
            }
            None => (Bound::Unbounded, Bound::Unbounded),
        };
        self.objects.range(bounds)
    }

    fn found<'a>(&'a self, index: &'a Index, value: &str) -> impl Iterator<Item = Arc<CachedObject>> {
        index
            .find(value)
            .filter_map(|key| self.objects.get(key))
            .map(|held| Arc::clone(&held.object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(namespace: &str, name: &str, revision: u64, owner: Option<&str>) -> Arc<CachedObject> {
        let mut meta = serde_json::json!({"name": name, "namespace": namespace, "uid": format!("{namespace}-{name}"),
            "resourceVersion": revision.to_string()});
        if let Some(owner) = owner {
            meta["ownerReferences"] =
                serde_json::json!([{"apiVersion": "v1", "kind": "K", "name": owner, "uid": owner}]);
        }
        Arc::new(CachedObject::parse(&serde_json::json!({"metadata": meta}).to_string()).unwrap())
    }

    fn names(objects: &[Arc<CachedObject>]) -> Vec<&str> {
        objects.iter().map(|object| object.key().as_str()).collect()
    }

    #[test]
    fn indexes_stay_in_step() {
        let objects = Objects::new();
        objects.put(object("n", "a", 1, Some("o1")), 1, Came::First);
        objects.put(object("n", "b", 2, Some("o1")), 1, Came::First);
        objects.add_index(
            "name",
            Arc::new(|object| Some(vec![object.key().name().to_owned()])),
        );
        objects.put(object("m", "a", 3, None), 1, Came::First);
        assert_eq!(names(&objects.owned_by("o1")), ["n/a", "n/b"]);
        assert_eq!(names(&objects.find("name", "a").unwrap()), ["m/a", "n/a"]);
        objects.put(object("n", "a", 4, Some("o2")), 1, Came::First);
        objects.remove(&ObjectKey::namespaced("m", "a"));
        assert_eq!(names(&objects.owned_by("o1")), ["n/b"]);
        assert_eq!(names(&objects.owned_by("o2")), ["n/a"]);
        assert_eq!(names(&objects.find("name", "a").unwrap()), ["n/a"]);
        assert!(objects.find("other", "a").is_none());
    }

    #[test]
    fn a_list_takes_out_what_it_did_not_see_in_its_namespace_only() {
        let objects = Objects::new();
        for (namespace, name) in [("a", "x"), ("a", "y"), ("b", "x")] {
            objects.put(object(namespace, name, 1, None), 1, Came::First);
        }
        objects.put(object("a", "x", 1, None), 2, Came::Again);
        objects.retain_round(Some("a"), 2);
        assert_eq!(names(&objects.list(None)), ["a/x", "b/x"]);
        assert_eq!(names(&objects.list(Some("b"))), ["b/x"]);
        objects.retain_round(None, 2);
        assert_eq!(names(&objects.list(None)), ["a/x"]);
    }

    #[test]
    fn a_namespace_that_is_left_takes_its_objects_with_it() {
        let objects = Objects::new();
        for namespace in ["a", "b"] {
            objects.put(object(namespace, "x", 1, Some("o")), 1, Came::First);
            objects.reached(Some(namespace), 9);
        }
        let subscription = objects.subscribe();
        subscription.take();
        objects.leave("a");
        assert_eq!(names(&objects.list(None)), ["b/x"]);
        assert_eq!(names(&objects.owned_by("o")), ["b/x"]);
        assert_eq!(objects.revision(&ObjectKey::namespaced("a", "x")), 0);
        let changes = subscription.take();
        assert!(changes.len() == 1 && changes[0].is_deleted() && changes[0].key().as_str() == "a/x");
    }

    #[tokio::test]
    async fn a_late_subscriber_hears_of_what_is_there() {
        let objects = Objects::new();
        objects.put(object("a", "x", 1, None), 1, Came::First);
        let subscription = objects.subscribe();
        objects.put(object("a", "x", 1, None), 2, Came::Again);
        objects.put(object("a", "y", 2, None), 2, Came::Again);
        let changes = subscription.next().await;
        let keys: Vec<_> = changes.iter().map(|change| change.key().as_str()).collect();
        assert_eq!(keys, ["a/x", "a/y"]);
        assert!(changes.iter().all(Change::is_created));
    }
}
