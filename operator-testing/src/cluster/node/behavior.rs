//! What becomes of Pods, as a test wants it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::Notify;

use crate::apiserver::store::ObjectKey;

/// What becomes of a Pod after it is bound to a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PodBehavior {
    /// It runs and becomes ready after so long; one that is not restarted always (a Job's) succeeds so long after that.
    Ready {
        /// From bound to ready.
        after: Duration,
        /// From ready to succeeded, for Pods that end.
        runs_for: Duration,
    },
    /// It runs and never becomes ready.
    NeverReady,
    /// Its image cannot be pulled: it stays pending.
    ImagePullFails,
    /// Its containers crash and are started again, for ever.
    CrashLoops,
    /// It fails for good with this exit code, so long after it was bound.
    Fails {
        /// From bound to failed.
        after: Duration,
        /// The exit code of its containers.
        exit_code: i32,
    },
}

impl PodBehavior {
    /// Ready at once; Pods that end do so at once.
    pub const INSTANT: Self = Self::ready_after(Duration::ZERO);

    /// Ready after so long.
    pub const fn ready_after(after: Duration) -> Self {
        Self::Ready {
            after,
            runs_for: Duration::ZERO,
        }
    }
}

/// When a deleted Pod that ran on a node is gone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Termination {
    /// At once: its containers stop as soon as they are told.
    #[default]
    AtOnce,
    /// At the end of its grace period.
    AfterGrace,
}

/// Steers the Pods of a simulated cluster while it runs.
///
/// A clone steers the same Pods.
#[derive(Clone, Debug)]
pub struct PodControl {
    shared: Arc<Mutex<State>>,
    nudges: Nudges,
}

#[derive(Debug)]
struct State {
    default: PodBehavior,
    termination: Termination,
    of: BTreeMap<ObjectKey, PodBehavior>,
    crashes: BTreeMap<ObjectKey, u32>,
}

impl PodControl {
    /// Control over Pods that behave like `default`.
    pub fn new(default: PodBehavior, termination: Termination) -> Self {
        Self {
            shared: Arc::new(Mutex::new(State {
                default,
                termination,
                of: BTreeMap::new(),
                crashes: BTreeMap::new(),
            })),
            nudges: Nudges::default(),
        }
    }

    /// Makes this the behavior of all Pods that have none of their own.
    pub fn set_default(&self, behavior: PodBehavior) {
        self.state().default = behavior;
        self.nudges.add(None);
    }

    /// Gives the Pod of this name, now or later, a behavior of its own.
    pub fn set(&self, namespace: &str, name: &str, behavior: PodBehavior) {
        let key = ObjectKey::new(namespace, name);
        self.state().of.insert(key.clone(), behavior);
        self.nudges.add(Some(key));
    }

    /// Lets the Pod of this name behave like all others again.
    pub fn reset(&self, namespace: &str, name: &str) {
        let key = ObjectKey::new(namespace, name);
        self.state().of.remove(&key);
        self.nudges.add(Some(key));
    }

    /// Crashes the containers of a Pod once: they are restarted, and ready again after their usual time.
    pub fn crash(&self, namespace: &str, name: &str) {
        let key = ObjectKey::new(namespace, name);
        *self.state().crashes.entry(key.clone()).or_default() += 1;
        self.nudges.add(Some(key));
    }

    /// When deleted Pods are gone.
    pub fn set_termination(&self, termination: Termination) {
        self.state().termination = termination;
        self.nudges.add(None);
    }

    pub(super) fn behavior(&self, key: &ObjectKey) -> PodBehavior {
        let state = self.state();
        state.of.get(key).copied().unwrap_or(state.default)
    }

    pub(super) fn termination(&self) -> Termination {
        self.state().termination
    }

    /// Takes the crashes asked for since the last time.
    pub(super) fn take_crashes(&self, key: &ObjectKey) -> u32 {
        self.state().crashes.remove(key).unwrap_or_default()
    }

    pub(crate) fn nudges(&self) -> &Nudges {
        &self.nudges
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Pods to look at again because somebody said so, and not because the store changed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Nudges {
    waiting: Arc<Mutex<Waiting>>,
    notify: Arc<Notify>,
}

/// Pods that somebody asked to be looked at.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Waiting {
    /// All of them.
    pub(crate) all: bool,
    /// These.
    pub(crate) keys: BTreeSet<ObjectKey>,
}

impl Nudges {
    /// Adds a Pod, or all of them.
    fn add(&self, key: Option<ObjectKey>) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        match key {
            Some(key) => {
                waiting.keys.insert(key);
            }
            None => waiting.all = true,
        }
        drop(waiting);
        self.notify.notify_one();
    }

    pub(crate) fn take(&self) -> Waiting {
        std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) async fn added(&self) {
        self.notify.notified().await;
    }
}
