use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use kube::Client;

use crate::backoff::Backoff;
use crate::clock::Clock;
use crate::dice::Dice;

/// What a watch needs beside its informer.
#[derive(Clone)]
pub(super) struct Drive {
    pub(super) client: Client,
    pub(super) clock: Clock,
    pub(super) dice: Dice,
    pub(super) backoff: Backoff,
    /// Whether the server said that it knows no streaming lists. All watches share what one of them learned.
    pub(super) no_streaming: Arc<AtomicBool>,
}

impl Drive {
    pub(super) fn may_stream(&self) -> bool {
        !self.no_streaming.load(Ordering::Relaxed)
    }

    pub(super) fn streaming_refused(&self) {
        if !self.no_streaming.swap(true, Ordering::Relaxed) {
            tracing::info!("the server knows no streaming lists; first lists are read in pages");
        }
    }
}
