use std::time::Duration;

use tokio::sync::mpsc;

use crate::meta::ObjectKey;

/// Asks a controller to reconcile keys, from anywhere; clones ask the same controller.
#[derive(Clone, Debug)]
pub struct Trigger {
    requests: mpsc::UnboundedSender<Request>,
}

/// What was asked for, to be put into the queue.
pub(crate) type Requests = mpsc::UnboundedReceiver<Request>;

#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) key: ObjectKey,
    pub(crate) delay: Duration,
}

impl Trigger {
    pub(super) fn new() -> (Self, Requests) {
        let (requests, received) = mpsc::unbounded_channel();
        (Self { requests }, received)
    }

    /// Asks for a reconcile of `key`. Nothing happens when the controller has ended.
    pub fn fire(&self, key: ObjectKey) {
        self.fire_after(key, Duration::ZERO);
    }

    /// Asks for a reconcile of `key` after `delay`, unless it comes sooner anyway.
    pub fn fire_after(&self, key: ObjectKey, delay: Duration) {
        // The only failure is that nobody listens any more.
        let _ = self.requests.send(Request { key, delay });
    }
}
