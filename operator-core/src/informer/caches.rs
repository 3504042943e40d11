use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use kube::Client;
use serde::de::DeserializeOwned;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::objects::Objects;
use super::reflector::{self, Drive};
use super::status::{InformerStatus, WatchState};
use super::{CachedObject, IndexFn, Store, Watched};
use crate::backoff::Backoff;
use crate::clock::Clock;
use crate::dice::Dice;
use crate::meta::{Object, ObjectKey};

/// All informers of a process; clones are the same set.
///
/// Dropping the last clone ends all watches.
#[derive(Clone)]
pub struct Caches {
    shared: Arc<Shared>,
}

struct Shared {
    drive: Drive,
    informers: Mutex<Informers>,
}

#[derive(Default)]
struct Informers {
    list: Vec<Arc<Informer>>,
    /// Dropping it ends the watches.
    watches: JoinSet<()>,
}

/// Sets up [`Caches`].
#[derive(Debug)]
pub struct CachesBuilder {
    clock: Clock,
    dice: Dice,
    backoff: Backoff,
}

/// A store of objects that a watch keeps current.
pub struct Informer {
    watched: Watched,
    name: String,
    objects: Objects,
    watches: Mutex<BTreeMap<Option<String>, Watch>>,
    ready: watch::Sender<bool>,
    bad_objects: AtomicU64,
}

/// One watch of an informer.
struct Watch {
    state: WatchState,
    /// Whether its first list is complete.
    listed: bool,
}

impl Caches {
    /// Caches of what `client` sees.
    pub fn new(client: Client) -> Self {
        Self::builder().build(client)
    }

    /// Sets up caches.
    pub fn builder() -> CachesBuilder {
        CachesBuilder {
            clock: Clock::real(),
            dice: Dice::unseeded(),
            backoff: Backoff::for_watches(),
        }
    }

    /// The informer for `watched`; it starts when it is first asked for.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn informer(&self, watched: &Watched) -> Arc<Informer> {
        let mut informers = self.lock();
        if let Some(informer) = informers
            .list
            .iter()
            .find(|informer| informer.watched == *watched)
        {
            return Arc::clone(informer);
        }
        let informer = Arc::new(Informer::new(watched.clone()));
        for namespace in watched.namespaces.each() {
            let drive = self.shared.drive.clone();
            informers
                .watches
                .spawn(reflector::run(Arc::clone(&informer), namespace, drive));
        }
        informers.list.push(Arc::clone(&informer));
        informer
    }

    /// The objects of `watched` as their type; the informer starts when it is first asked for.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn store<K: Object>(&self, watched: &Watched) -> Store<K> {
        Store::new(self.informer(watched))
    }

    /// How each informer is doing, in the order in which they were asked for.
    pub fn status(&self) -> Vec<InformerStatus> {
        self.lock()
            .list
            .iter()
            .map(|informer| informer.status())
            .collect()
    }

    /// Waits until the first list of every informer is complete.
    ///
    /// # Cancel safety
    /// Nothing is lost when it is dropped.
    pub async fn ready(&self) {
        let informers = self.lock().list.clone();
        for informer in informers {
            informer.ready().await;
        }
    }

    /// Ends all watches; what the stores hold stays readable.
    pub fn stop(&self) {
        self.lock().watches.abort_all();
    }

    fn lock(&self) -> MutexGuard<'_, Informers> {
        self.shared
            .informers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl CachesBuilder {
    /// Sets the clock.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Sets the source of chance for the jitter of the back-off.
    #[must_use]
    pub fn dice(mut self, dice: Dice) -> Self {
        self.dice = dice;
        self
    }

    /// Sets the back-off of each watch.
    #[must_use]
    pub fn backoff(mut self, backoff: Backoff) -> Self {
        self.backoff = backoff;
        self
    }

    /// Caches of what `client` sees.
    pub fn build(self, client: Client) -> Caches {
        Caches {
            shared: Arc::new(Shared {
                drive: Drive {
                    client,
                    clock: self.clock,
                    dice: self.dice,
                    backoff: self.backoff,
                },
                informers: Mutex::default(),
            }),
        }
    }
}

impl Informer {
    fn new(watched: Watched) -> Self {
        let watch = || Watch {
            state: WatchState::Listing,
            listed: false,
        };
        let watches = watched
            .namespaces
            .each()
            .into_iter()
            .map(|namespace| (namespace, watch()));
        Self {
            name: watched.name(),
            watches: Mutex::new(watches.collect()),
            watched,
            objects: Objects::new(),
            ready: watch::Sender::new(false),
            bad_objects: AtomicU64::new(0),
        }
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
        let watches = self.watches();
        InformerStatus {
            name: self.name.clone(),
            ready: self.is_ready(),
            watches: watches
                .iter()
                .map(|(namespace, watch)| (namespace.clone().unwrap_or_default(), watch.state.clone()))
                .collect(),
            objects: self.len(),
            bad_objects: self.bad_objects.load(Ordering::Relaxed),
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
    pub fn add_index(&self, name: &str, values: IndexFn) {
        self.objects.add_index(name, values);
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

    /// Decodes an object; one that does not fit is reported.
    pub(crate) fn decode<K: DeserializeOwned>(&self, object: &CachedObject) -> Result<K, serde_json::Error> {
        object
            .decode()
            .inspect_err(|error| self.bad_object(object.key().as_str(), error))
    }

    pub(super) fn bad_object(&self, object: &str, reason: &dyn fmt::Display) {
        self.bad_objects.fetch_add(1, Ordering::Relaxed);
        tracing::warn!(watch = %self.name, object, error = %reason, "an object cannot be read and is left out");
    }

    /// Tells that the list of `namespace` is complete and changes come in.
    pub(super) fn current(&self, namespace: Option<&str>) {
        let mut watches = self.watches();
        if let Some(watch) = watches.get_mut(&namespace.map(str::to_owned)) {
            watch.state = WatchState::Current;
            watch.listed = true;
        }
        if !self.is_ready() && watches.values().all(|watch| watch.listed) {
            drop(watches);
            self.ready.send_replace(true);
        }
    }

    /// Tells that the watch of `namespace` does not work.
    pub(super) fn fail(&self, namespace: Option<&str>, failures: u32, reason: String, now: Timestamp) {
        let mut watches = self.watches();
        let Some(watch) = watches.get_mut(&namespace.map(str::to_owned)) else {
            return;
        };
        let since = match watch.state {
            WatchState::Failing { since, .. } => since,
            _ => now,
        };
        watch.state = WatchState::Failing {
            since,
            failures,
            reason,
        };
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

impl fmt::Debug for Caches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.lock().list.iter()).finish()
    }
}
