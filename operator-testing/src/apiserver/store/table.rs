//! The objects of one resource and the log of their changes.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use tokio::sync::watch;

use super::{Change, ObjectKey, ResourceKey, Revision, Stored, key::KeyRange};

#[derive(Debug)]
pub(super) struct Table {
    objects: BTreeMap<ObjectKey, Arc<Stored>>,
    log: VecDeque<Arc<Change>>,
    head: watch::Sender<Revision>,
}

impl Default for Table {
    fn default() -> Self {
        Self {
            objects: BTreeMap::new(),
            log: VecDeque::new(),
            head: watch::Sender::new(0),
        }
    }
}

impl Table {
    pub(super) fn get(&self, key: &ObjectKey) -> Option<&Arc<Stored>> {
        self.objects.get(key)
    }

    pub(super) fn range(&self, range: KeyRange) -> impl Iterator<Item = &Arc<Stored>> {
        self.objects
            .range::<str, _>((
                range.0.as_ref().map(|low| &**low),
                range.1.as_ref().map(|high| &**high),
            ))
            .map(|(_, object)| object)
    }

    pub(super) fn get_at(&self, key: &ObjectKey, at: Revision) -> Option<Arc<Stored>> {
        let first_later = self.since(at).find(|change| change.key == *key);
        match first_later {
            Some(change) => change.before.clone(),
            None => self.objects.get(key).cloned(),
        }
    }

    /// The newest state with everything after `at` undone.
    pub(super) fn range_at(&self, range: KeyRange, at: Revision) -> Vec<Arc<Stored>> {
        let mut undone: BTreeMap<&str, Option<&Arc<Stored>>> = BTreeMap::new();
        for change in self.since(at) {
            undone
                .entry(change.key.as_str())
                .or_insert(change.before.as_ref());
        }
        if undone.is_empty() {
            return self.range(range).cloned().collect();
        }
        let bounds = (
            range.0.as_ref().map(|low| &**low),
            range.1.as_ref().map(|high| &**high),
        );
        let mut state: BTreeMap<&str, &Arc<Stored>> = self
            .objects
            .range::<str, _>(bounds)
            .map(|(key, object)| (key.as_str(), object))
            .collect();
        for (key, before) in undone.range::<str, _>(bounds) {
            match before {
                Some(object) => state.insert(key, object),
                None => state.remove(key),
            };
        }
        state.into_values().cloned().collect()
    }

    pub(super) fn since(&self, since: Revision) -> impl Iterator<Item = &Arc<Change>> {
        let start = self.log.partition_point(|change| change.revision <= since);
        self.log.range(start..)
    }

    pub(super) fn apply(
        &mut self,
        revision: Revision,
        resource: &ResourceKey,
        key: &ObjectKey,
        after: Option<Arc<Stored>>,
    ) -> Arc<Change> {
        let before = match &after {
            Some(object) => self.objects.insert(object.key.clone(), Arc::clone(object)),
            None => self.objects.remove(key),
        };
        let change = Arc::new(Change {
            revision,
            resource: resource.clone(),
            key: after
                .as_ref()
                .map_or_else(|| key.clone(), |object| object.key.clone()),
            before,
            after,
        });
        self.log.push_back(Arc::clone(&change));
        self.head.send_replace(revision);
        change
    }

    /// Drops the log up to and including `revision`.
    pub(super) fn forget(&mut self, revision: Revision) {
        while self.log.front().is_some_and(|change| change.revision <= revision) {
            self.log.pop_front();
        }
    }

    pub(super) fn head(&self) -> watch::Receiver<Revision> {
        self.head.subscribe()
    }

    /// The revision of the last change.
    pub(super) fn changed(&self) -> Revision {
        *self.head.borrow()
    }

    /// How many wait for changes.
    pub(super) fn watchers(&self) -> usize {
        self.head.receiver_count()
    }

    /// Ends whoever waits for changes, once they have seen those that there were.
    pub(super) fn end_watches(&mut self) {
        let (head, _) = watch::channel(*self.head.borrow());
        self.head = head;
    }
}
