use std::time::Duration;

use super::Priority;

/// What a queue tells while it works; called under its lock, so it must not block.
pub trait QueueMetrics: Send + Sync + 'static {
    /// A key found a place.
    fn added(&self) {}
    /// A key was taken after it had been ready for `waited`.
    fn taken(&self, waited: Duration) {
        let _ = waited;
    }
    /// The work on a key took `worked`.
    fn done(&self, worked: Duration) {
        let _ = worked;
    }
    /// A key was added again after a failure.
    fn retried(&self) {}
}

/// A queue at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct QueueStats {
    /// Number of keys that are ready, by priority, highest first.
    pub depths: Vec<(Priority, usize)>,
    /// Number of keys that wait for their time.
    pub delayed: usize,
    /// Number of keys that are being worked on.
    pub processing: usize,
    /// How long the keys that are being worked on have been worked on, together.
    pub unfinished: Duration,
    /// How long the one that has been worked on longest has been.
    pub longest: Duration,
}

impl QueueStats {
    /// Number of keys that are ready.
    pub fn depth(&self) -> usize {
        self.depths.iter().map(|(_, depth)| depth).sum()
    }
}
