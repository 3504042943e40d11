//! Wakes each object when its own time has come.

use std::collections::{BTreeMap, BTreeSet};
use std::future;
use std::sync::Arc;
use std::time::Duration;

use super::metrics::SourcePanics;
use super::outcome;
use crate::clock::{Clock, Instant};
use crate::dice::Dice;
use crate::informer::{CachedObject, Change, Informer};
use crate::meta::ObjectKey;
use crate::panics::caught;
use crate::queue::{Priority, WorkQueue};
use crate::reconcile::{Reason, Reasons};

/// How long it is from one time an object is woken to the next; `None` for not at all.
pub(super) type Next = Arc<dyn Fn(&CachedObject) -> Option<Duration> + Send + Sync>;

/// The timers of one controller.
pub(super) struct Timers {
    pub(super) controller: String,
    /// The informer of the controller's own kind.
    pub(super) main: Arc<Informer>,
    pub(super) next: Next,
    pub(super) queue: WorkQueue<ObjectKey>,
    pub(super) clock: Clock,
    pub(super) dice: Dice,
    pub(super) panics: SourcePanics,
}

impl Timers {
    /// Keeps a timer for each object that wants one, for ever.
    pub(super) async fn run(self) {
        let changes = self.main.objects().subscribe();
        let mut running = Running::default();
        loop {
            let due = async {
                match running.first() {
                    Some(at) => self.clock.sleep_until(at).await,
                    None => future::pending().await,
                }
            };
            tokio::select! {
                biased;
                changes = changes.next() => {
                    for change in changes {
                        self.set(&mut running, &change);
                    }
                }
                () = due => {
                    for key in running.due(self.clock.instant()) {
                        self.queue.add_with(key, Priority::NORMAL, Reasons::from(Reason::Timer).bits());
                    }
                }
            }
        }
    }

    fn set(&self, running: &mut Running, change: &Change) {
        let every = change.new.as_ref().and_then(|object| self.every(object));
        // What was there at the start does not come together again for ever.
        let early = match (every, change.initial) {
            (Some(every), true) => outcome::spread(every, self.dice.unit()),
            _ => Duration::ZERO,
        };
        running.set(change.key(), every, self.clock.instant(), early);
    }

    fn every(&self, object: &CachedObject) -> Option<Duration> {
        let told = caught(|| (self.next)(object)).unwrap_or_else(|panic| {
            self.panics.timer.inc();
            tracing::error!(controller = %self.controller, object = %object.key(), panic, "a timer panicked; the object has none");
            None
        });
        // Not at all is more likely to be meant than all the time.
        told.filter(|every| !every.is_zero())
    }
}

/// Which keys have a timer, and when each goes off.
#[derive(Debug, Default)]
struct Running {
    timers: BTreeMap<ObjectKey, Timer>,
    order: BTreeSet<(Instant, ObjectKey)>,
}

#[derive(Clone, Copy, Debug)]
struct Timer {
    every: Duration,
    at: Instant,
}

impl Running {
    fn first(&self) -> Option<Instant> {
        self.order.first().map(|(at, _)| *at)
    }

    /// Sets, changes or ends a timer. One whose time between two wakes stays the same goes on undisturbed.
    fn set(&mut self, key: &ObjectKey, every: Option<Duration>, now: Instant, early: Duration) {
        let known = self.timers.get(key).copied();
        if known.map(|timer| timer.every) == every {
            return;
        }
        if let Some(timer) = known {
            self.order.remove(&(timer.at, key.clone()));
            self.timers.remove(key);
        }
        if let Some(every) = every {
            self.start(key.clone(), every, now + every.saturating_sub(early));
        }
    }

    /// The keys whose time has come; each starts again.
    fn due(&mut self, now: Instant) -> Vec<ObjectKey> {
        let mut due = Vec::new();
        while self.first().is_some_and(|at| at <= now) {
            let Some((at, key)) = self.order.pop_first() else {
                break;
            };
            if let Some(timer) = self.timers.get(&key).copied() {
                // In step, unless the process stood still for longer than that.
                let next = (at + timer.every).max(now);
                self.start(
                    key.clone(),
                    timer.every,
                    if next > now { next } else { now + timer.every },
                );
                due.push(key);
            }
        }
        due
    }

    fn start(&mut self, key: ObjectKey, every: Duration, at: Instant) {
        self.order.insert((at, key.clone()));
        self.timers.insert(key, Timer { every, at });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn timers_keep_step_change_and_end() {
        let start = Clock::real().instant();
        let (a, b) = (ObjectKey::cluster("a"), ObjectKey::cluster("b"));
        let mut running = Running::default();
        running.set(&a, Some(SECOND * 10), start, Duration::ZERO);
        running.set(&b, Some(SECOND * 4), start, SECOND);
        assert_eq!(running.first(), Some(start + SECOND * 3));
        assert_eq!(running.due(start + SECOND * 3), std::slice::from_ref(&b));
        assert_eq!(running.due(start + SECOND * 6), []);
        // A change that leaves the time as it is does not put it off.
        running.set(&a, Some(SECOND * 10), start + SECOND * 6, Duration::ZERO);
        assert_eq!(running.due(start + SECOND * 10), [b.clone(), a.clone()]);
        running.set(&b, None, start + SECOND * 10, Duration::ZERO);
        running.set(&a, Some(SECOND), start + SECOND * 10, Duration::ZERO);
        assert_eq!(running.due(start + SECOND * 11), std::slice::from_ref(&a));
        // After standing still it goes off once, not once for each time that was missed.
        assert_eq!(running.due(start + SECOND * 100), std::slice::from_ref(&a));
        assert_eq!(running.first(), Some(start + SECOND * 101));
        running.set(&a, None, start + SECOND * 100, Duration::ZERO);
        assert!(running.first().is_none() && running.timers.is_empty());
    }
}
