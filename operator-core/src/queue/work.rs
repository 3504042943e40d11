use std::fmt;
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

use super::Priority;
use super::work_queue::Shared;

/// A key that was taken from the queue; it is nobody else's until this is dropped.
///
/// Dropping it without [`finish`](Work::finish) ends the work and keeps the count of its failures.
pub struct Work<K: Clone + Eq + Hash> {
    pub(super) queue: Arc<Shared<K>>,
    pub(super) key: K,
    pub(super) slot: u32,
    pub(super) priority: Priority,
    pub(super) marks: u16,
    pub(super) failures: u32,
    pub(super) finished: bool,
}

/// How the work on a key ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finish {
    /// Well: its failures are forgotten.
    Forget,
    /// Well, and it wants to come back after this time: its failures are forgotten.
    After(Duration),
    /// Badly: it comes back after its own back-off.
    Retry,
    /// Badly: it comes back after this time, and the failure counts.
    RetryAfter(Duration),
    /// Not at all: it comes back after this time, and its failures stay as they are.
    Postpone(Duration),
}

impl<K: Clone + Eq + Hash> Work<K> {
    /// The key.
    pub fn key(&self) -> &K {
        &self.key
    }

    /// All marks it was added with.
    pub fn marks(&self) -> u16 {
        self.marks
    }

    /// The highest priority it was added with.
    pub fn priority(&self) -> Priority {
        self.priority
    }

    /// How often in a row it has been tried, this time included.
    pub fn attempt(&self) -> u32 {
        self.failures.saturating_add(1)
    }

    /// Ends the work; a key that comes back carries `marks`. The answer is how long until it does.
    pub fn finish(mut self, finish: Finish, marks: u16) -> Option<Duration> {
        self.finished = true;
        self.queue.finish(self.slot, self.priority, finish, marks)
    }
}

impl<K: Clone + Eq + Hash> Drop for Work<K> {
    fn drop(&mut self) {
        if !self.finished {
            self.queue.abandon(self.slot);
        }
    }
}

impl<K: Clone + Eq + Hash + fmt::Debug> fmt::Debug for Work<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Work")
            .field("key", &self.key)
            .field("attempt", &self.attempt())
            .field("priority", &self.priority)
            .finish_non_exhaustive()
    }
}
