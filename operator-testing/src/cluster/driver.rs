//! Feeds the simulated controllers: changes in the order of the store, one reconcile at a time, timers by the clock.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    convert::Infallible,
    sync::Arc,
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};

use super::{
    client::Client,
    controller::{Context, Controller, Next, Seen},
    node::{Nudges, Waiting},
};
use crate::{
    apiserver::{
        Loopback,
        store::{Change, ObjectKey, Revision},
    },
    clock::Clock,
};

/// The first wait after a reconcile failed; it doubles with every further failure.
const FIRST_RETRY: Duration = Duration::from_millis(5);
/// The longest wait after a failure.
const LAST_RETRY: Duration = Duration::from_secs(1000);

/// All simulated controllers of a cluster and what they have left to do.
///
/// # Guarantees
/// Nothing here depends on anything but the store and the clock: the same history gives the same reconciles in the same order.
/// With nothing to do it waits for a change or for the next timer and does not poll.
pub(crate) struct Driver {
    loopback: Loopback,
    clock: Clock,
    actors: Vec<(Box<dyn Controller>, Client)>,
    /// The clients of the actors, whose calls may wait for webhooks.
    waiting: Vec<Loopback>,
    nudges: Nudges,
    seen: Revision,
    ready: VecDeque<Task>,
    queued: BTreeSet<Task>,
    timers: BTreeSet<(Timestamp, Task)>,
    due: BTreeMap<Task, Timestamp>,
    failures: BTreeMap<Task, u32>,
}

/// Asks the webhooks that the last reconcile could not wait for.
async fn ask_webhooks(waiting: &[Loopback]) {
    for client in waiting {
        client.ask_webhooks().await;
    }
}

/// A key of the controller at a position.
type Task = (usize, ObjectKey);

impl Driver {
    /// A driver that has seen nothing yet.
    pub(crate) fn new(
        loopback: Loopback,
        clock: Clock,
        actors: Vec<(Box<dyn Controller>, Client)>,
        nudges: Nudges,
    ) -> Self {
        let mut driver = Self {
            loopback,
            clock,
            waiting: actors.iter().map(|(_, client)| client.loopback()).collect(),
            actors,
            nudges,
            seen: 0,
            ready: VecDeque::new(),
            queued: BTreeSet::new(),
            timers: BTreeSet::new(),
            due: BTreeMap::new(),
            failures: BTreeMap::new(),
        };
        let mut wake = Vec::new();
        for actor in 0..driver.actors.len() {
            driver.actors[actor].0.start(&mut wake);
            driver.enqueue_all(actor, &mut wake);
        }
        driver
    }

    /// Runs the reconcile that has waited longest; says whether there was one.
    pub(crate) fn step(&mut self) -> bool {
        self.take_in();
        let Some(task) = self.ready.pop_front() else {
            return false;
        };
        self.queued.remove(&task);
        self.reconcile(task);
        true
    }

    /// When the next timer is due.
    pub(crate) fn next_timer(&self) -> Option<Timestamp> {
        self.timers.first().map(|(at, _)| *at)
    }

    /// Works for as long as it is polled.
    pub(crate) async fn run(mut self) -> Infallible {
        loop {
            while self.step() {
                ask_webhooks(&self.waiting).await;
                // between two reconciles everybody else has a turn
                tokio::task::yield_now().await;
            }
            let timer = self.next_timer();
            let clock = self.clock.clone();
            tokio::select! {
                biased;
                _ = self.loopback.changed(self.seen) => {}
                () = self.nudges.added() => {}
                () = async {
                    match timer {
                        Some(at) => clock.sleep_until(at).await,
                        None => std::future::pending().await,
                    }
                } => {}
            }
        }
    }

    /// Shows every controller what is new, and puts keys whose time has come into the queue.
    fn take_in(&mut self) {
        let now = self.clock.now();
        while let Some((at, _)) = self.timers.first()
            && *at <= now
        {
            if let Some((_, task)) = self.timers.pop_first() {
                self.due.remove(&task);
                self.enqueue(task);
            }
        }
        let mut wake = Vec::new();
        let nudged = self.nudges.take();
        if nudged != Waiting::default() {
            for actor in 0..self.actors.len() {
                let (controller, client) = &mut self.actors[actor];
                controller.nudged(&nudged, &Context { client, now }, &mut wake);
                self.enqueue_all(actor, &mut wake);
            }
        }
        for change in self.news() {
            let seen = Seen::new(change);
            for actor in 0..self.actors.len() {
                let (controller, client) = &mut self.actors[actor];
                controller.observe(&seen, &Context { client, now }, &mut wake);
                self.enqueue_all(actor, &mut wake);
            }
        }
    }

    /// What happened since the last time; what is there now, if the history does not reach back that far.
    fn news(&mut self) -> Vec<Arc<Change>> {
        let Ok(changes) = self.loopback.raw_changes(self.seen) else {
            self.seen = self.loopback.revision();
            return self.loopback.everything();
        };
        if let Some(last) = changes.last() {
            self.seen = last.revision;
        }
        changes
    }

    fn enqueue_all(&mut self, actor: usize, wake: &mut Vec<ObjectKey>) {
        for key in wake.drain(..) {
            self.enqueue((actor, key));
        }
    }

    fn enqueue(&mut self, task: Task) {
        if self.queued.insert(task.clone()) {
            self.ready.push_back(task);
        }
    }

    fn reconcile(&mut self, task: Task) {
        if let Some(at) = self.due.remove(&task) {
            self.timers.remove(&(at, task.clone()));
        }
        let (controller, client) = &mut self.actors[task.0];
        let now = self.clock.now();
        let wait = match controller.reconcile(&task.1, &Context { client, now }) {
            Ok(next) => {
                self.failures.remove(&task);
                match next {
                    Next::Done => None,
                    Next::After(wait) => Some(wait),
                }
            }
            Err(error) if error.awaits_webhooks() => {
                // they are asked before the next reconcile
                self.enqueue(task);
                return;
            }
            Err(error) => {
                tracing::debug!(
                    controller = controller.name(),
                    key = task.1.as_str(),
                    error = error.message,
                    "reconcile failed"
                );
                let failures = self.failures.entry(task.clone()).or_default();
                let wait = FIRST_RETRY.saturating_mul(1 << (*failures).min(20));
                *failures += 1;
                Some(wait.min(LAST_RETRY))
            }
        };
        if let Some(wait) = wait {
            let wait = SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX);
            let at = now.checked_add(wait).unwrap_or(Timestamp::MAX);
            self.due.insert(task.clone(), at);
            self.timers.insert((at, task));
        }
    }
}
