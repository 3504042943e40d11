use std::sync::{Arc, Mutex, PoisonError};

use indexmap::IndexMap;
use tokio::sync::Notify;

use super::Change;
use crate::meta::ObjectKey;

/// The changes that one subscriber has not looked at yet, joined by key.
///
/// It holds at most one change per object, however slow the subscriber is.
#[derive(Debug, Default)]
pub(crate) struct Subscription {
    pending: Mutex<IndexMap<ObjectKey, Change>>,
    arrived: Notify,
}

impl Subscription {
    pub(super) fn publish(&self, change: Change) {
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        match pending.entry(change.key().clone()) {
            indexmap::map::Entry::Vacant(entry) => {
                entry.insert(change);
            }
            indexmap::map::Entry::Occupied(mut entry) => {
                let joined = entry.get_mut();
                joined.new = change.new;
                joined.single = false;
                if joined.old.is_none() && joined.new.is_none() {
                    // It came and went unseen.
                    entry.shift_remove();
                }
            }
        }
        drop(pending);
        self.arrived.notify_one();
    }

    /// Waits for changes and takes all there are, in the order in which their objects first changed.
    ///
    /// # Cancel safety
    /// No change is lost when it is dropped.
    pub(crate) async fn next(self: &Arc<Self>) -> Vec<Change> {
        loop {
            let arrived = self.arrived.notified();
            let taken = self.take();
            if !taken.is_empty() {
                return taken;
            }
            arrived.await;
        }
    }

    pub(super) fn take(&self) -> Vec<Change> {
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *pending).into_values().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::CachedObject;
    use super::*;

    fn version(name: &str, revision: u64) -> Arc<CachedObject> {
        let text = format!(r#"{{"metadata":{{"name":"{name}","uid":"u","resourceVersion":"{revision}"}}}}"#);
        Arc::new(CachedObject::parse(&text).unwrap())
    }

    fn change(old: Option<&Arc<CachedObject>>, new: Option<&Arc<CachedObject>>) -> Change {
        Change {
            old: old.cloned(),
            new: new.cloned(),
            initial: false,
            single: true,
        }
    }

    #[test]
    fn changes_of_one_object_are_joined() {
        let subscription = Subscription::default();
        let versions: Vec<_> = (1..=4).map(|revision| version("a", revision)).collect();
        let other = version("b", 9);
        subscription.publish(change(Some(&versions[0]), Some(&versions[1])));
        subscription.publish(change(None, Some(&other)));
        subscription.publish(change(Some(&versions[1]), Some(&versions[2])));
        subscription.publish(change(Some(&versions[2]), Some(&versions[3])));
        let taken = subscription.take();
        let seen: Vec<_> = taken
            .iter()
            .map(|change| {
                let revision =
                    |object: &Option<Arc<CachedObject>>| object.as_ref().map(|object| object.revision());
                (
                    change.key().as_str(),
                    revision(&change.old),
                    revision(&change.new),
                )
            })
            .collect();
        assert_eq!(seen, [("a", Some(1), Some(4)), ("b", None, Some(9))]);
    }

    #[test]
    fn what_came_and_went_unseen_is_no_change() {
        let subscription = Subscription::default();
        let object = version("a", 1);
        subscription.publish(change(None, Some(&object)));
        subscription.publish(change(Some(&object), None));
        assert!(subscription.take().is_empty());
        subscription.publish(change(Some(&object), None));
        assert!(subscription.take()[0].is_deleted());
    }
}
