//! The one truth: objects by key, one global revision, and how every revision came about.
//!
//! Everything a client sees is a read of this store as of some revision: a get or a list of the newest state, a page of a list
//! begun earlier, a watch (a cursor over the history), and the held-back view of a client that a test makes stale.
//!
//! # Guarantees
//! - Revisions rise by one with each write; a write changes one object.
//! - The history is complete from the compaction floor on: every state of every object, in order.
//! - Iteration follows the byte order of the keys, as a real server's storage does.

mod history;
mod json;
mod key;
mod object;
mod table;

use std::{collections::BTreeMap, sync::Arc};

use tokio::sync::watch;

pub use history::{Change, Compacted, Retention};
pub use key::{ObjectKey, ResourceKey};
pub use object::Stored;

use history::History;
use table::Table;

/// Counts the writes of one server; 0 stands for "before everything".
pub type Revision = u64;

/// All objects of a server and their history.
#[derive(Debug)]
pub struct Store {
    revision: Revision,
    tables: BTreeMap<ResourceKey, Table>,
    history: History,
    head: watch::Sender<Revision>,
}

impl Store {
    /// An empty store that keeps as much history as `retention` says.
    pub fn new(retention: Retention) -> Self {
        Self {
            revision: 1,
            tables: BTreeMap::new(),
            history: History::new(retention),
            head: watch::Sender::new(1),
        }
    }

    /// The newest revision.
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// The newest state of an object.
    pub fn get(&self, resource: &ResourceKey, key: &ObjectKey) -> Option<&Arc<Stored>> {
        self.tables.get(resource)?.get(key)
    }

    /// The state of an object as of a revision.
    ///
    /// # Errors
    /// [`Compacted`] if the history no longer reaches back that far.
    pub fn get_at(
        &self,
        resource: &ResourceKey,
        key: &ObjectKey,
        at: Revision,
    ) -> Result<Option<Arc<Stored>>, Compacted> {
        self.history.check(at)?;
        Ok(match self.tables.get(resource) {
            Some(table) => table.get_at(key, at),
            None => None,
        })
    }

    /// The objects of a resource, of one namespace or of all, in key order, beginning at `from`.
    pub fn list<'a>(
        &'a self,
        resource: &ResourceKey,
        namespace: Option<&str>,
        from: Option<&str>,
    ) -> impl Iterator<Item = &'a Arc<Stored>> + use<'a> {
        let range = key::range(namespace, from);
        self.tables
            .get(resource)
            .into_iter()
            .flat_map(move |table| table.range(range.clone()))
    }

    /// The objects of a resource as of a revision.
    ///
    /// # Errors
    /// [`Compacted`] if the history no longer reaches back that far.
    pub fn list_at(
        &self,
        resource: &ResourceKey,
        namespace: Option<&str>,
        from: Option<&str>,
        at: Revision,
    ) -> Result<Vec<Arc<Stored>>, Compacted> {
        self.history.check(at)?;
        Ok(match self.tables.get(resource) {
            Some(table) => table.range_at(key::range(namespace, from), at),
            None => Vec::new(),
        })
    }

    /// Writes the next revision: `write` is told its number and gives the object's new state, or `None` to remove it.
    pub fn commit(
        &mut self,
        resource: &ResourceKey,
        key: &ObjectKey,
        write: impl FnOnce(Revision) -> Option<Stored>,
    ) -> Arc<Change> {
        let revision = self.revision + 1;
        let after = write(revision).map(Arc::new);
        if !self.tables.contains_key(resource) {
            self.tables.insert(resource.clone(), Table::default());
        }
        let table = self
            .tables
            .get_mut(resource)
            .expect("the table was just made if it was missing");
        let change = table.apply(revision, resource, key, after);
        self.revision = revision;
        for dropped in self.history.push(Arc::clone(&change)) {
            if let Some(table) = self.tables.get_mut(&dropped.resource) {
                table.forget(dropped.revision);
            }
        }
        self.head.send_replace(revision);
        change
    }

    /// Every change after `since`, of all resources.
    ///
    /// # Errors
    /// [`Compacted`] if the history no longer reaches back that far.
    pub fn changes(&self, since: Revision) -> Result<Vec<Arc<Change>>, Compacted> {
        self.history.since(since)
    }

    /// The newest state of every object, each as a change that made it from nothing, in the order of their last revisions.
    pub fn everything(&self) -> Vec<Arc<Change>> {
        let mut changes: Vec<Arc<Change>> = self
            .tables
            .iter()
            .flat_map(|(resource, table)| {
                table.range(key::range(None, None)).map(|object| {
                    Arc::new(Change {
                        revision: object.revision,
                        resource: resource.clone(),
                        key: object.key.clone(),
                        before: None,
                        after: Some(Arc::clone(object)),
                    })
                })
            })
            .collect();
        changes.sort_by_key(|change| change.revision);
        changes
    }

    /// The changes of one resource after `since`.
    ///
    /// # Errors
    /// [`Compacted`] if the history no longer reaches back that far.
    pub fn changes_of(
        &self,
        resource: &ResourceKey,
        since: Revision,
    ) -> Result<impl Iterator<Item = &Arc<Change>>, Compacted> {
        self.history.check(since)?;
        Ok(self
            .tables
            .get(resource)
            .into_iter()
            .flat_map(move |table| table.since(since)))
    }

    /// Forgets the history up to and including `revision`: reads and watches of older revisions are answered with 410 from now on.
    pub fn compact(&mut self, revision: Revision) {
        let revision = revision.min(self.revision);
        for dropped in self.history.compact(revision) {
            if let Some(table) = self.tables.get_mut(&dropped.resource) {
                table.forget(dropped.revision);
            }
        }
    }

    /// The oldest revision that can still be read.
    pub fn compacted(&self) -> Revision {
        self.history.floor()
    }

    /// Wakes whenever a revision is written.
    pub fn head(&self) -> watch::Receiver<Revision> {
        self.head.subscribe()
    }

    /// The revision of the last change of a resource; 0 if it never changed.
    pub fn changed(&self, resource: &ResourceKey) -> Revision {
        self.tables.get(resource).map_or(0, Table::changed)
    }

    /// The revision of the last change of any resource of a group; 0 if none ever changed.
    pub fn changed_in(&self, group: &str) -> Revision {
        let tables = self.tables.range(ResourceKey::new(group, "")..);
        tables
            .take_while(|(resource, _)| *resource.group == *group)
            .map(|(_, table)| table.changed())
            .max()
            .unwrap_or(0)
    }

    /// How many wait for changes of a resource.
    pub fn watchers(&self, resource: &ResourceKey) -> usize {
        self.tables.get(resource).map_or(0, Table::watchers)
    }

    /// Ends the watches of a resource that is served no longer: their receivers see what there was to see, and then the end.
    pub fn end_watches(&mut self, resource: &ResourceKey) {
        if let Some(table) = self.tables.get_mut(resource) {
            table.end_watches();
        }
    }

    /// Wakes whenever the resource changes; holds the revision of its last change.
    pub fn head_of(&mut self, resource: &ResourceKey) -> watch::Receiver<Revision> {
        self.tables.entry(resource.clone()).or_default().head()
    }
}

#[cfg(test)]
mod tests;
