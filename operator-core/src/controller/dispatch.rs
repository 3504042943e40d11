//! From changes to keys in the queue.

use std::sync::Arc;

use super::metrics::SourcePanics;
use super::writes::Writes;
use crate::informer::{Change, Informer, Stores, Subscription};
use crate::meta::ObjectKey;
use crate::panics::caught;
use crate::queue::{Priority, WorkQueue};
use crate::reconcile::{Reason, Reasons};
use crate::source::{Feed, Relation, Requests};

/// How many changes are looked at before others have their turn.
const BATCH: usize = 128;

/// Turns the changes of one informer into keys, for ever.
pub(super) struct Dispatcher {
    /// The controller that it wakes.
    pub(super) controller: String,
    /// The name of the informer.
    pub(super) source: String,
    pub(super) relation: Relation,
    pub(super) priority: Priority,
    pub(super) feed: Box<Feed>,
    pub(super) stores: Stores,
    pub(super) writes: Arc<Writes>,
    pub(super) queue: WorkQueue<ObjectKey>,
    pub(super) panics: SourcePanics,
}

impl Dispatcher {
    pub(super) async fn run(self: Arc<Self>, subscription: Arc<Subscription>) {
        loop {
            for (number, change) in subscription.next().await.into_iter().enumerate() {
                if number % BATCH == BATCH - 1 {
                    tokio::task::yield_now().await;
                }
                let resource = self.feed.watched.resource();
                if !self.writes.is_echo(&resource.group, &resource.kind, &change) {
                    self.dispatch(&change);
                }
            }
        }
    }

    /// Wakes for everything that is there, as at the start.
    pub(super) fn begin_anew(&self, informer: &Informer) {
        for object in informer.objects().list(None) {
            self.dispatch(&Change {
                old: None,
                new: Some(object),
                initial: true,
                single: false,
            });
        }
    }

    fn dispatch(&self, change: &Change) {
        if !self.admits(change) {
            return;
        }
        let reason = self.relation.reason(change);
        // What was there at the start can wait for what changes now.
        let priority = if change.initial {
            self.priority.min(Priority::LOW)
        } else {
            self.priority
        };
        for key in self.keys(change) {
            self.queue.add_with(key, priority, Reasons::from(reason).bits());
        }
    }

    /// Whether the change matters. Where the predicate cannot tell it does: a reconcile too many does no harm.
    fn admits(&self, change: &Change) -> bool {
        caught(|| self.feed.admits(change)).unwrap_or_else(|panic| {
            self.panics.predicate.inc();
            tracing::error!(
                controller = %self.controller,
                source = %self.source,
                object = %change.key(),
                panic,
                "a predicate panicked; the change counts as admitted"
            );
            true
        })
    }

    /// The keys that the change concerns.
    fn keys(&self, change: &Change) -> Vec<ObjectKey> {
        caught(|| self.feed.keys(change, &self.stores)).unwrap_or_else(|panic| {
            self.panics.mapper.inc();
            tracing::error!(
                controller = %self.controller,
                source = %self.source,
                object = %change.key(),
                panic,
                "a mapper panicked; the change wakes nobody"
            );
            Vec::new()
        })
    }
}

/// Puts what was asked for from outside into the queue, until nobody can ask any more.
pub(super) async fn run_external(mut requests: Requests, priority: Priority, queue: WorkQueue<ObjectKey>) {
    while let Some(request) = requests.recv().await {
        queue.add_after(
            request.key,
            request.delay,
            priority,
            Reasons::from(Reason::External).bits(),
        );
    }
}
