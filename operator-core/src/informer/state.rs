use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;

use super::bad::{BadObjects, Hook};
use super::objects::Objects;
use super::status::{Cause, InformerStatus, WatchState};
use super::{CachedObject, IndexFn, Watched};
use crate::clock::{Clock, Instant};
use crate::meta::{ObjectKey, Subject};
use crate::panics::caught;

/// A watch that lived shorter than this, and told nothing, ended too soon.
pub(super) const SOON: Duration = Duration::from_secs(1);

/// A store of objects that a watch keeps current.
pub struct Informer {
    watched: Watched,
    name: String,
    clock: Clock,
    objects: Objects,
    watches: Mutex<BTreeMap<Option<String>, Watch>>,
    ready: watch::Sender<bool>,
    bad: BadObjects,
    panics: Arc<AtomicU64>,
}

/// One watch of an informer.
struct Watch {
    state: WatchState,
    /// Whether its first list is complete.
    listed: bool,
    /// Set while the server ends it again and again as soon as it has begun.
    hurried: Option<Hurried>,
}

/// A watch that does not get on.
#[derive(Clone, Copy)]
struct Hurried {
    since: Timestamp,
    /// How many in a row ended too soon.
    ended: u32,
    /// When the next one starts.
    next: Instant,
}

impl Watch {
    fn new() -> Self {
        Self {
            state: WatchState::Listing,
            listed: false,
            hurried: None,
        }
    }

    /// The state to show. A watch that outlived its predecessors is well again, though it has told nothing yet.
    fn shown(&self, now: Instant) -> WatchState {
        match (&self.state, self.hurried) {
            (WatchState::Failing { .. }, _) | (_, None) => self.state.clone(),
            (_, Some(hurried)) if now >= hurried.next + SOON => self.state.clone(),
            (_, Some(hurried)) => WatchState::Failing {
                since: hurried.since,
                failures: hurried.ended,
                cause: Cause::EndsAtOnce,
                reason: "the server ends the watch as soon as it has begun".to_owned(),
            },
        }
    }
}

impl Informer {
    pub(super) fn new(watched: Watched, clock: Clock, hook: Option<Hook>) -> Self {
        let watches = watched.namespaces.each().into_iter();
        let informer = Self {
            name: watched.name(),
            watches: Mutex::new(watches.map(|namespace| (namespace, Watch::new())).collect()),
            watched,
            clock,
            objects: Objects::new(),
            ready: watch::Sender::new(false),
            bad: BadObjects::telling(hook),
            panics: Arc::default(),
        };
        informer.settle();
        informer
    }

    /// What it looks at.
    pub fn watched(&self) -> &Watched {
        &self.watched
    }

    /// What it is called in logs and metrics.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether the first list is complete.
    pub fn is_ready(&self) -> bool {
        *self.ready.borrow()
    }

    /// Waits until the first list is complete.
    ///
    /// # Cancel safety
    /// Nothing is lost when it is dropped.
    pub async fn ready(&self) {
        let mut ready = self.ready.subscribe();
        // The sender lives as long as `self`, so that waiting cannot fail.
        let _ = ready.wait_for(|ready| *ready).await;
    }

    /// How it is doing.
    pub fn status(&self) -> InformerStatus {
        let now = self.clock.instant();
        let watches = self.watches();
        InformerStatus {
            name: self.name.clone(),
            ready: self.is_ready(),
            watches: watches
                .iter()
                .map(|(namespace, watch)| (namespace.clone().unwrap_or_default(), watch.shown(now)))
                .collect(),
            objects: self.len(),
            bad_objects: self.bad.count(),
            panics: self.panics.load(Ordering::Relaxed),
        }
    }

    /// Number of objects it holds.
    pub fn len(&self) -> usize {
        self.objects.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The object with this key, undecoded.
    pub fn get(&self, key: &ObjectKey) -> Option<Arc<CachedObject>> {
        self.objects.get(key)
    }

    /// Keeps an index under `name`, by the values that `values` gives for each object.
    ///
    /// An object for which `values` panics is reported, counted and not found.
    pub fn add_index(&self, name: &str, values: IndexFn) {
        let (panics, watch, index) = (Arc::clone(&self.panics), self.name.clone(), name.to_owned());
        let guarded = move |object: &CachedObject| {
            let told = caught(|| values(object)).inspect_err(|panic| {
                panics.fetch_add(1, Ordering::Relaxed);
                tracing::error!(%watch, index, object = %object.key(), panic, "an index panicked; it does not find the object");
            });
            told.ok()
        };
        self.objects.add_index(name, Arc::new(guarded));
    }

    pub(crate) fn objects(&self) -> &Objects {
        &self.objects
    }

    /// Whether it has seen `revision` of an object, or something newer.
    ///
    /// An object that it does not hold and may never come to hold cannot be waited for: it counts as seen.
    pub(crate) fn shows(&self, key: &ObjectKey, revision: u64) -> bool {
        match self.objects.get(key) {
            Some(object) if object.revision() >= revision => true,
            None if !self.watched.is_everything() => true,
            _ => self.objects.revision(key) >= revision,
        }
    }

    /// Waits until it has seen `revision` of an object, or something newer.
    pub(crate) async fn until_shown(&self, key: &ObjectKey, revision: u64) {
        loop {
            let advanced = self.objects.advanced();
            if self.shows(key, revision) {
                return;
            }
            advanced.await;
        }
    }

    /// Decodes an object; one that does not fit is reported.
    pub(crate) fn decode<K: Subject>(&self, object: &CachedObject) -> Result<K, serde_json::Error> {
        K::decode(object.json(), &self.watched.kind).inspect_err(|error| self.bad_object(Some(object), error))
    }

    pub(crate) fn bad_object(&self, object: Option<&CachedObject>, reason: &dyn fmt::Display) {
        self.bad.report(&self.name, &self.watched.kind, object, reason);
    }

    /// The object as it is to be stored; `None` if it cannot be, which was reported.
    pub(super) fn transformed(&self, object: Arc<CachedObject>) -> Option<Arc<CachedObject>> {
        let Some(transform) = &self.watched.transform else {
            return Some(object);
        };
        match transform.apply(&object) {
            Ok(changed) => Some(Arc::new(changed)),
            Err(unusable) => {
                let panics = u64::from(unusable.panicked);
                self.panics.fetch_add(panics, Ordering::Relaxed);
                self.bad_object(Some(&object), &unusable.reason);
                None
            }
        }
    }

    /// Takes out an object that is gone.
    pub(super) fn remove(&self, key: &ObjectKey) {
        self.objects.remove(key);
        self.bad.forget(key);
    }

    /// Tells that the list of `namespace` is complete and changes come in.
    pub(super) fn current(&self, namespace: Option<&str>) {
        if let Some(watch) = self.watches().get_mut(&namespace.map(str::to_owned)) {
            watch.state = WatchState::Current;
            watch.listed = true;
        }
        self.settle();
    }

    /// Tells that the watch of `namespace` does not work.
    pub(super) fn fail(&self, namespace: Option<&str>, failures: u32, cause: Cause, reason: String) {
        let mut watches = self.watches();
        let Some(watch) = watches.get_mut(&namespace.map(str::to_owned)) else {
            return;
        };
        let since = match watch.state {
            WatchState::Failing { since, .. } => since,
            _ => self.clock.now(),
        };
        watch.state = WatchState::Failing {
            since,
            failures,
            cause,
            reason,
        };
    }

    /// Tells that watches of `namespace` end too soon: how many did in a row, and when the next one starts. `None` when
    /// one got on.
    pub(super) fn hurried(&self, namespace: Option<&str>, ended: Option<(u32, Instant)>) {
        let mut watches = self.watches();
        if let Some(watch) = watches.get_mut(&namespace.map(str::to_owned)) {
            let since = watch.hurried.map(|hurried| hurried.since);
            watch.hurried = ended.map(|(ended, next)| Hurried {
                since: since.unwrap_or_else(|| self.clock.now()),
                ended,
                next,
            });
        }
    }

    /// Takes note that `namespace` is looked at from now on.
    pub(super) fn enter(&self, namespace: &str) {
        let name = Some(namespace.to_owned());
        self.watches().entry(name).or_insert_with(Watch::new);
    }

    /// Takes note that `namespace` is no longer looked at; its watch has ended.
    pub(super) fn leave(&self, namespace: &str) {
        self.watches().remove(&Some(namespace.to_owned()));
        self.objects.leave(namespace);
        self.settle();
    }

    /// It is ready once every watch has its first list. It does not cease to be: a namespace that comes later fills
    /// while the rest is read.
    fn settle(&self) {
        let listed = self.watches().values().all(|watch| watch.listed);
        if listed && !self.is_ready() {
            self.ready.send_replace(true);
        }
    }

    fn watches(&self) -> MutexGuard<'_, BTreeMap<Option<String>, Watch>> {
        self.watches.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Informer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Informer")
            .field("name", &self.name)
            .field("ready", &self.is_ready())
            .field("objects", &self.len())
            .finish_non_exhaustive()
    }
}
