use std::fmt;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kube::Client;
use tokio::task::JoinSet;

use super::bad::{BadObject, Hook};
use super::drive::Drive;
use super::state::Informer;
use super::status::InformerStatus;
use super::{Namespaces, Store, Watched, chosen, reflector};
use crate::backoff::Backoff;
use crate::clock::Clock;
use crate::dice::Dice;
use crate::meta::Subject;

/// All informers of a process; clones are the same set.
///
/// Dropping the last clone ends all watches.
#[derive(Clone)]
pub struct Caches {
    shared: Arc<Shared>,
}

struct Shared {
    drive: Drive,
    hook: Option<Hook>,
    informers: Mutex<Informers>,
}

#[derive(Default)]
struct Informers {
    list: Vec<Arc<Informer>>,
    /// Dropping it ends the watches.
    watches: JoinSet<()>,
}

/// Sets up [`Caches`].
pub struct CachesBuilder {
    clock: Clock,
    dice: Dice,
    backoff: Backoff,
    paged: bool,
    hook: Option<Hook>,
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
            paged: false,
            hook: None,
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
            .find(|informer| *informer.watched() == *watched)
        {
            return Arc::clone(informer);
        }
        let drive = &self.shared.drive;
        let informer = Informer::new(watched.clone(), drive.clock.clone(), self.shared.hook.clone());
        let informer = Arc::new(informer);
        if let Namespaces::Chosen(set) = &watched.namespaces {
            let watching = chosen::run(Arc::clone(&informer), set.clone(), drive.clone());
            informers.watches.spawn(watching);
        } else {
            for namespace in watched.namespaces.each() {
                let watching = reflector::run(Arc::clone(&informer), namespace, drive.clone());
                informers.watches.spawn(watching);
            }
        }
        informers.list.push(Arc::clone(&informer));
        informer
    }

    /// The objects of `watched` as their type; the informer starts when it is first asked for.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn store<K: Subject>(&self, watched: &Watched) -> Store<K> {
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

    /// Reads all first lists in pages, even where the server could stream them: for what is between them and holds
    /// streams back.
    #[must_use]
    pub fn paged(mut self) -> Self {
        self.paged = true;
        self
    }

    /// Calls `tell` for each object that cannot be read, once per version, so that an event or an alert can be made of
    /// it. It is called between two events of a watch, so it must not block.
    ///
    /// # Example
    /// ```
    /// use operator_core::informer::{BadObject, Caches};
    /// use operator_core::toolkit::{Note, Recorder};
    ///
    /// fn caches(client: kube::Client, recorder: Recorder) -> Caches {
    ///     let tell = move |bad: &BadObject| {
    ///         let (recorder, note) = (recorder.clone(), Note::warning("Unreadable", &bad.reason));
    ///         if let Some(reference) = bad.reference() {
    ///             tokio::spawn(async move { recorder.tell_about(reference, note).await });
    ///         }
    ///     };
    ///     Caches::builder().on_bad_object(tell).build(client)
    /// }
    /// ```
    #[must_use]
    pub fn on_bad_object(mut self, tell: impl Fn(&BadObject) + Send + Sync + 'static) -> Self {
        self.hook = Some(Arc::new(tell));
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
                    no_streaming: Arc::new(AtomicBool::new(self.paged)),
                },
                hook: self.hook,
                informers: Mutex::default(),
            }),
        }
    }
}

impl fmt::Debug for Caches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.lock().list.iter()).finish()
    }
}

impl fmt::Debug for CachesBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CachesBuilder")
            .field("backoff", &self.backoff)
            .finish_non_exhaustive()
    }
}
