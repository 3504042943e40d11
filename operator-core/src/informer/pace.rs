//! Keeps a watch that ends as soon as it has begun from being started again without a pause.
//!
//! `kube`'s watcher starts a watch anew at once when the server has ended it. That is right once in some minutes; but a
//! proxy, or a server in trouble, that ends every watch at once would be asked thousands of times a second. The watcher
//! tells nobody of such an end, so the pause is made where it asks again: in its client.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::Request;
use kube::Client;
use kube::client::Body;
use tower::service_fn;

use super::drive::Drive;
use super::state::{Informer, SOON};
use crate::backoff::Backoff;
use crate::clock::{Clock, Instant};
use crate::dice::Dice;

/// How many watches in a row that ended too soon are worth a warning, in the log and in the informer's status.
const WORTH_A_WARNING: u32 = 3;

/// The pace at which one watch is started again and again.
pub(super) struct Pace {
    informer: Arc<Informer>,
    namespace: Option<String>,
    clock: Clock,
    dice: Dice,
    backoff: Backoff,
    starts: Mutex<Starts>,
}

impl Pace {
    pub(super) fn new(informer: Arc<Informer>, namespace: Option<&str>, drive: &Drive) -> Arc<Self> {
        Arc::new(Self {
            informer,
            namespace: namespace.map(str::to_owned),
            clock: drive.clock.clone(),
            dice: drive.dice.clone(),
            backoff: drive.backoff,
            starts: Mutex::default(),
        })
    }

    /// A client for this watch alone, which keeps the pace.
    pub(super) fn client(self: &Arc<Self>, client: &Client) -> Client {
        let (inner, pace) = (client.clone(), Arc::clone(self));
        let paced = service_fn(move |request: Request<Body>| {
            let (inner, pace) = (inner.clone(), Arc::clone(&pace));
            async move {
                if is_watch(&request) {
                    pace.keep().await;
                }
                inner.send(request).await
            }
        });
        Client::new(paced, client.default_namespace())
    }

    /// Lets the next start happen at once: the watch got on, or somebody has already waited.
    pub(super) fn excuse(&self) {
        let soon = std::mem::take(&mut *self.starts()).soon;
        if soon >= WORTH_A_WARNING {
            self.informer.hurried(self.namespace.as_deref(), None);
        }
    }

    async fn keep(&self) {
        let now = self.clock.instant();
        let (soon, delay) = self
            .starts()
            .next(now, |soon| self.backoff.delay(soon, &self.dice));
        let hurried = (soon >= WORTH_A_WARNING).then_some((soon, now + delay));
        self.informer.hurried(self.namespace.as_deref(), hurried);
        if delay.is_zero() {
            return;
        }
        let (watch, namespace) = (self.informer.name(), self.namespace.as_deref());
        if soon == WORTH_A_WARNING {
            tracing::warn!(%watch, namespace, "the server ends the watch as soon as it has begun, again and again");
        } else {
            tracing::debug!(%watch, namespace, soon, ?delay, "the watch ended as soon as it had begun");
        }
        self.clock.sleep(delay).await;
    }

    fn starts(&self) -> MutexGuard<'_, Starts> {
        self.starts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// When the watch was started last, and how that went.
#[derive(Debug, Default)]
struct Starts {
    /// `None` before the first start, and when the last one is excused.
    last: Option<Instant>,
    /// How many in a row ended too soon.
    soon: u32,
}

impl Starts {
    /// How many watches ended too soon now that another is to be started, and how long to wait first.
    fn next(&mut self, now: Instant, delay: impl FnOnce(u32) -> Duration) -> (u32, Duration) {
        let ended_soon = self
            .last
            .is_some_and(|last| now.saturating_duration_since(last) < SOON);
        self.soon = if ended_soon {
            self.soon.saturating_add(1)
        } else {
            0
        };
        let delay = match self.soon {
            0 => Duration::ZERO,
            soon => delay(soon),
        };
        self.last = Some(now + delay);
        (self.soon, delay)
    }
}

/// Whether a request opens a watch.
pub(crate) fn is_watch<B>(request: &Request<B>) -> bool {
    request
        .uri()
        .query()
        .is_some_and(|query| query.split('&').any(|pair| pair == "watch=true"))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn double(soon: u32) -> Duration {
        SOON * 2_u32.pow(soon - 1)
    }

    #[test]
    fn only_what_ends_too_soon_waits_and_longer_each_time() {
        let mut now = Clock::starting_at(Timestamp::UNIX_EPOCH).instant();
        let mut starts = Starts::default();
        let mut waited = Vec::new();
        // How long each watch lives.
        for lived in [0, 999, 0, 1000, 0, 300_000] {
            let (_, delay) = starts.next(now, double);
            waited.push(delay.as_secs());
            now += delay + Duration::from_millis(lived);
        }
        assert_eq!(waited, [0, 1, 2, 4, 0, 1]);
        assert_eq!(starts.next(now, double), (0, Duration::ZERO));
    }

    #[test]
    fn an_excused_start_is_not_held_against_the_next() {
        let now = Clock::starting_at(Timestamp::UNIX_EPOCH).instant();
        let mut starts = Starts::default();
        starts.next(now, double);
        assert_eq!(starts.next(now, double), (1, SOON));
        starts = Starts::default();
        assert_eq!(starts.next(now, double), (0, Duration::ZERO));
    }

    #[test]
    fn lists_are_told_from_watches() {
        let is_watch = |uri: &str| is_watch(&Request::get(uri).body(()).unwrap());
        assert!(is_watch("/api/v1/pods?watch=true&resourceVersion=1"));
        assert!(is_watch("/api/v1/pods?allowWatchBookmarks=true&watch=true"));
        assert!(!is_watch("/api/v1/pods?labelSelector=watch%3Dtrue"));
        assert!(!is_watch("/api/v1/pods"));
    }
}
