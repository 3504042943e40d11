use std::fmt;
use std::hash::Hash;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use super::state::{State, Taken};
use super::sync::{Mutex, MutexGuard};
use super::{Finish, Priority, QueueMetrics, QueueStats, TokenBucket, Work};
use crate::backoff::Backoff;
use crate::clock::{Clock, Instant};
use crate::dice::Dice;

/// A queue of keys; see the [module](super) for what it guarantees. Clones are the same queue.
pub struct WorkQueue<K: Clone + Eq + Hash> {
    shared: Arc<Shared<K>>,
}

pub(super) struct Shared<K> {
    inner: Mutex<Inner<K>>,
    /// Wakes one taker: something is ready, or due earlier than it thinks.
    changed: Notify,
    /// Wakes who waits for the end of all work.
    idle: Notify,
    clock: Clock,
    backoff: Backoff,
    dice: Dice,
    metrics: Option<Box<dyn QueueMetrics>>,
}

struct Inner<K> {
    state: State<K>,
    bucket: Option<TokenBucket>,
    closed: bool,
}

/// Sets up a [`WorkQueue`].
pub struct WorkQueueBuilder {
    clock: Clock,
    backoff: Backoff,
    bucket: Option<TokenBucket>,
    dice: Dice,
    metrics: Option<Box<dyn QueueMetrics>>,
}

impl<K: Clone + Eq + Hash> WorkQueue<K> {
    /// A queue with the defaults of a controller: back-off from 5 ms to 1000 s, and ten retries a second after a
    /// burst of a hundred.
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// Sets up a queue.
    pub fn builder() -> WorkQueueBuilder {
        WorkQueueBuilder {
            clock: Clock::real(),
            backoff: Backoff::for_keys(),
            bucket: Some(TokenBucket::for_retries()),
            dice: Dice::unseeded(),
            metrics: None,
        }
    }

    /// Adds `key` now.
    pub fn add(&self, key: K) {
        self.add_with(key, Priority::NORMAL, 0);
    }

    /// Adds `key` now with a priority and with marks that whoever takes it finds again.
    pub fn add_with(&self, key: K, priority: Priority, marks: u16) {
        let shared = &*self.shared;
        let now = shared.measured_now();
        let mut inner = shared.lock();
        if inner.closed {
            return;
        }
        let found = inner.state.add(key, priority, marks, now);
        drop(inner);
        if found {
            shared.count_added();
            shared.changed.notify_one();
        }
    }

    /// Adds `key` after `delay`, unless it comes sooner anyway.
    pub fn add_after(&self, key: K, delay: Duration, priority: Priority, marks: u16) {
        if delay.is_zero() {
            return self.add_with(key, priority, marks);
        }
        let at = self.shared.clock.instant() + delay;
        let mut inner = self.shared.lock();
        if inner.closed {
            return;
        }
        let first = inner.state.add_at(key, at, priority, marks);
        drop(inner);
        if first {
            self.shared.changed.notify_one();
        }
    }

    /// Counts a failure of `key` and adds it after its back-off; the answer is how long that is.
    pub fn add_rate_limited(&self, key: K) -> Duration {
        let shared = &*self.shared;
        let mut inner = shared.lock();
        if inner.closed {
            return Duration::ZERO;
        }
        let now = shared.clock.instant();
        let Inner { state, bucket, .. } = &mut *inner;
        let (delay, first) = state.fail_key(key, now, Priority::NORMAL, |failures| {
            shared.retry_delay(bucket, failures)
        });
        drop(inner);
        if let Some(metrics) = &shared.metrics {
            metrics.retried();
        }
        if first {
            shared.changed.notify_one();
        }
        delay
    }

    /// Forgets the failures of `key`.
    pub fn forget(&self, key: &K) {
        self.shared.lock().state.forget_key(key);
    }

    /// Takes the next key, as soon as there is one; `None` when the queue is closed.
    ///
    /// # Cancel safety
    /// No key is lost when it is dropped.
    pub async fn get(&self) -> Option<Work<K>> {
        let shared = &*self.shared;
        let mut waited = false;
        loop {
            let changed = shared.changed.notified();
            let next = {
                let mut inner = shared.lock();
                if inner.closed {
                    return None;
                }
                let now = shared.clock.instant();
                if let Some(taken) = inner.take(now) {
                    // Another taker may have to look after what is left.
                    let more = waited && inner.state.ready() + inner.state.delayed() > 0;
                    drop(inner);
                    if more {
                        shared.changed.notify_one();
                    }
                    return Some(self.work(taken, now));
                }
                inner.state.next_due()
            };
            waited = true;
            match next {
                Some(at) => tokio::select! {
                    biased;
                    () = changed => {}
                    () = shared.clock.sleep_until(at) => {}
                },
                None => changed.await,
            }
        }
    }

    /// Takes the next key if there is one now.
    pub fn try_get(&self) -> Option<Work<K>> {
        let mut inner = self.shared.lock();
        if inner.closed {
            return None;
        }
        let now = self.shared.clock.instant();
        let taken = inner.take(now)?;
        drop(inner);
        Some(self.work(taken, now))
    }

    /// Takes no more keys in and gives none out; what is being worked on may finish.
    pub fn close(&self) {
        self.shared.lock().closed = true;
        self.shared.changed.notify_waiters();
        self.shared.idle.notify_waiters();
    }

    /// Whether the queue is closed.
    pub fn is_closed(&self) -> bool {
        self.shared.lock().closed
    }

    /// Waits until nothing is being worked on.
    ///
    /// # Cancel safety
    /// Nothing is lost when it is dropped.
    pub async fn idle(&self) {
        loop {
            let idle = self.shared.idle.notified();
            if self.shared.lock().state.processing() == 0 {
                return;
            }
            idle.await;
        }
    }

    /// The queue at this moment.
    pub fn stats(&self) -> QueueStats {
        let now = self.shared.clock.instant();
        let inner = self.shared.lock();
        let ages = || {
            inner
                .state
                .processing_since()
                .map(|since| now.saturating_duration_since(since))
        };
        QueueStats {
            depths: inner.state.depths().collect(),
            delayed: inner.state.delayed(),
            processing: inner.state.processing(),
            unfinished: ages().sum(),
            longest: ages().max().unwrap_or_default(),
        }
    }

    fn work(&self, taken: Taken<K>, now: Instant) -> Work<K> {
        if let Some(metrics) = &self.shared.metrics {
            let waited = taken
                .ready_since
                .map(|since| now.saturating_duration_since(since));
            metrics.taken(waited.unwrap_or_default());
        }
        Work {
            queue: Arc::clone(&self.shared),
            key: taken.key,
            slot: taken.slot,
            priority: taken.priority,
            marks: taken.marks,
            failures: taken.failures,
            finished: false,
        }
    }
}

impl<K: Clone + Eq + Hash> Inner<K> {
    fn take(&mut self, now: Instant) -> Option<Taken<K>> {
        if self.state.delayed() > 0 {
            self.state.advance(now);
        }
        self.state.take(now)
    }
}

impl<K: Clone + Eq + Hash> Shared<K> {
    pub(super) fn finish(
        &self,
        slot: u32,
        priority: Priority,
        finish: Finish,
        marks: u16,
    ) -> Option<Duration> {
        let mut inner = self.lock();
        let delay = match finish {
            Finish::Forget => {
                inner.state.forget(slot);
                None
            }
            Finish::After(delay) => {
                inner.state.forget(slot);
                Some(delay)
            }
            Finish::Retry => {
                let failures = inner.state.fail(slot);
                Some(self.retry_delay(&mut inner.bucket, failures))
            }
            Finish::RetryAfter(delay) => {
                inner.state.fail(slot);
                Some(delay)
            }
            Finish::Postpone(delay) => Some(delay),
        };
        let mut first = false;
        if let Some(delay) = delay
            && !inner.closed
        {
            let at = self.clock.instant() + delay;
            first = inner.state.again_at(slot, at, priority, marks);
        }
        if let (Finish::Retry | Finish::RetryAfter(_), Some(metrics)) = (finish, &self.metrics) {
            metrics.retried();
        }
        self.end(inner, slot, first);
        delay
    }

    pub(super) fn abandon(&self, slot: u32) {
        self.end(self.lock(), slot, false);
    }

    fn end(&self, mut inner: MutexGuard<'_, Inner<K>>, slot: u32, first_delayed: bool) {
        let (since, found) = inner.state.done(slot);
        let idle = inner.state.processing() == 0;
        drop(inner);
        if let (Some(since), Some(metrics)) = (since, &self.metrics) {
            metrics.done(self.clock.instant().saturating_duration_since(since));
        }
        if found || first_delayed {
            self.count_added();
            self.changed.notify_one();
        }
        if idle {
            self.idle.notify_waiters();
        }
    }

    fn retry_delay(&self, bucket: &mut Option<TokenBucket>, failures: u32) -> Duration {
        let own = self.backoff.delay(failures, &self.dice);
        match bucket {
            Some(bucket) => own.max(bucket.take(self.clock.instant())),
            None => own,
        }
    }

    /// The time, if anyone measures.
    fn measured_now(&self) -> Option<Instant> {
        self.metrics.is_some().then(|| self.clock.instant())
    }

    fn count_added(&self) {
        if let Some(metrics) = &self.metrics {
            metrics.added();
        }
    }
}

impl<K> Shared<K> {
    fn lock(&self) -> MutexGuard<'_, Inner<K>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl WorkQueueBuilder {
    /// Sets the back-off of each key.
    #[must_use]
    pub fn backoff(mut self, backoff: Backoff) -> Self {
        self.backoff = backoff;
        self
    }

    /// Sets what all retries together must pass; `None` for nothing.
    #[must_use]
    pub fn bucket(mut self, bucket: impl Into<Option<TokenBucket>>) -> Self {
        self.bucket = bucket.into();
        self
    }

    /// Sets the clock.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Sets the source of chance for jitter.
    #[must_use]
    pub fn dice(mut self, dice: Dice) -> Self {
        self.dice = dice;
        self
    }

    /// Sets who is told what happens.
    #[must_use]
    pub fn metrics(mut self, metrics: impl QueueMetrics) -> Self {
        self.metrics = Some(Box::new(metrics));
        self
    }

    /// The queue.
    pub fn build<K: Clone + Eq + Hash>(self) -> WorkQueue<K> {
        WorkQueue {
            shared: Arc::new(Shared {
                inner: Mutex::new(Inner {
                    state: State::new(),
                    bucket: self.bucket,
                    closed: false,
                }),
                changed: Notify::new(),
                idle: Notify::new(),
                clock: self.clock,
                backoff: self.backoff,
                dice: self.dice,
                metrics: self.metrics,
            }),
        }
    }
}

impl<K: Clone + Eq + Hash> Clone for WorkQueue<K> {
    fn clone(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
        }
    }
}

impl<K: Clone + Eq + Hash> Default for WorkQueue<K> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K: Clone + Eq + Hash> fmt::Debug for WorkQueue<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WorkQueue").field("stats", &self.stats()).finish()
    }
}

impl fmt::Debug for WorkQueueBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WorkQueueBuilder")
            .field("backoff", &self.backoff)
            .field("bucket", &self.bucket)
            .finish_non_exhaustive()
    }
}
