//! What happened, revision by revision.

use std::{collections::VecDeque, sync::Arc};

use super::{ObjectKey, ResourceKey, Revision, Stored};

/// One revision: an object before and after.
#[derive(Clone, Debug)]
pub struct Change {
    /// The revision this change made.
    pub revision: Revision,
    /// The kind of object.
    pub resource: ResourceKey,
    /// Which object.
    pub key: ObjectKey,
    /// Its state before; `None` if it did not exist.
    pub before: Option<Arc<Stored>>,
    /// Its state after; `None` if it was removed.
    pub after: Option<Arc<Stored>>,
}

/// The history no longer reaches back to the revision asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("revision {requested} is older than the oldest one kept, {oldest}")]
pub struct Compacted {
    /// The revision asked for.
    pub requested: Revision,
    /// The oldest revision that can still be read.
    pub oldest: Revision,
}

/// How much history is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Retention {
    /// Everything, until it is compacted explicitly.
    Everything,
    /// At most so many changes.
    Changes(usize),
    /// At most so many bytes of states that only the history still holds.
    Bytes(usize),
}

impl Default for Retention {
    fn default() -> Self {
        Self::Bytes(64 << 20)
    }
}

#[derive(Debug)]
pub(super) struct History {
    retention: Retention,
    changes: VecDeque<Arc<Change>>,
    floor: Revision,
    bytes: usize,
}

impl History {
    pub(super) fn new(retention: Retention) -> Self {
        Self {
            retention,
            changes: VecDeque::new(),
            floor: 0,
            bytes: 0,
        }
    }

    pub(super) fn floor(&self) -> Revision {
        self.floor
    }

    pub(super) fn check(&self, revision: Revision) -> Result<(), Compacted> {
        if revision < self.floor {
            return Err(Compacted {
                requested: revision,
                oldest: self.floor,
            });
        }
        Ok(())
    }

    pub(super) fn since(&self, since: Revision) -> Result<Vec<Arc<Change>>, Compacted> {
        self.check(since)?;
        let start = self.changes.partition_point(|change| change.revision <= since);
        Ok(self.changes.range(start..).cloned().collect())
    }

    /// Adds a change and returns those that had to go for it.
    pub(super) fn push(&mut self, change: Arc<Change>) -> Vec<Arc<Change>> {
        self.bytes += size(&change);
        self.changes.push_back(change);
        let mut dropped = Vec::new();
        while self.is_too_long() {
            let Some(change) = self.pop() else { break };
            dropped.push(change);
        }
        dropped
    }

    /// Drops the changes up to and including `revision`.
    pub(super) fn compact(&mut self, revision: Revision) -> Vec<Arc<Change>> {
        let mut dropped = Vec::new();
        while self
            .changes
            .front()
            .is_some_and(|change| change.revision <= revision)
        {
            dropped.extend(self.pop());
        }
        self.floor = self.floor.max(revision);
        dropped
    }

    fn is_too_long(&self) -> bool {
        match self.retention {
            Retention::Everything => false,
            Retention::Changes(limit) => self.changes.len() > limit,
            Retention::Bytes(limit) => self.bytes > limit,
        }
    }

    fn pop(&mut self) -> Option<Arc<Change>> {
        let change = self.changes.pop_front()?;
        self.bytes -= size(&change);
        self.floor = change.revision;
        Some(change)
    }
}

/// What a change keeps alive: its previous state, and itself.
fn size(change: &Change) -> usize {
    const OWN: usize = 128;
    OWN + change.before.as_ref().map_or(0, |object| object.size())
}
