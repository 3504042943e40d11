//! What the controller wrote and has not seen in its caches yet.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kube::core::ApiResource;
use prometheus_client::metrics::histogram::Histogram;

use super::echo;
use crate::clock::{Clock, Instant};
use crate::informer::{Change, Stores};
use crate::meta::ObjectKey;
use crate::toolkit::{Step, Target, Written};

/// How long a key is held back for its own writes at most.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// How long after a write its echo is still recognised.
const MEMORY: Duration = Duration::from_secs(300);

tokio::task_local! {
    /// The writes of the reconcile that runs in this task.
    static CURRENT: Mutex<Vec<Written>>;
}

/// One object: kind, group, key.
type Name = (String, String, ObjectKey);

#[derive(Debug, Default)]
pub(super) struct Writes {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    /// By the key whose reconcile wrote: what its next reconcile must see.
    awaited: BTreeMap<ObjectKey, Awaited>,
    /// By object: the revisions that are ours.
    ours: BTreeMap<Name, Ours>,
    swept: Option<Instant>,
}

#[derive(Debug)]
struct Awaited {
    until: Instant,
    revisions: BTreeMap<Name, u64>,
}

#[derive(Debug)]
struct Ours {
    revisions: BTreeMap<u64, Step>,
    last: Instant,
}

impl Writes {
    /// Runs a reconcile of `key` and notes what it writes.
    pub(super) async fn note<F: Future>(
        &self,
        key: &ObjectKey,
        stores: &Stores,
        now: Instant,
        reconcile: F,
    ) -> F::Output {
        CURRENT
            .scope(Mutex::default(), async {
                // Noted when the future ends in any way: what was written is written.
                let noting = Noting {
                    writes: self,
                    key,
                    stores,
                    now,
                };
                let output = reconcile.await;
                drop(noting);
                output
            })
            .await
    }

    /// To be told of every write; those outside a reconcile concern nobody.
    pub(super) fn observe(self: &Arc<Self>, written: &Written, now: Instant) {
        if let Some((name, revision)) = name_of(written) {
            let mut inner = self.lock();
            inner.sweep(now);
            let ours = inner.ours.entry(name).or_insert_with(|| Ours {
                revisions: BTreeMap::new(),
                last: now,
            });
            ours.revisions.insert(revision, written.step.clone());
            ours.last = now;
        }
        let _ = CURRENT.try_with(|current| {
            current
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(written.clone());
        });
    }

    /// Whether the caches do not show yet what the last reconcile of `key` wrote.
    pub(super) fn is_behind(&self, key: &ObjectKey, stores: &Stores, now: Instant) -> bool {
        let mut inner = self.lock();
        let Some(awaited) = inner.awaited.get_mut(key) else {
            return false;
        };
        awaited
            .revisions
            .retain(|name, revision| !is_seen(name, *revision, stores));
        if awaited.revisions.is_empty() || now >= awaited.until {
            inner.awaited.remove(key);
            return false;
        }
        true
    }

    /// Whether a change is nothing but a write of our own coming back.
    pub(super) fn is_echo(&self, group: &str, kind: &str, change: &Change) -> bool {
        let (Some(new), true) = (&change.new, change.single) else {
            return false;
        };
        let mut inner = self.lock();
        let name = (kind.to_owned(), group.to_owned(), change.key().clone());
        let Some(ours) = inner.ours.get_mut(&name) else {
            return false;
        };
        // Whatever is older has come back, too.
        let later = ours.revisions.split_off(&(new.revision() + 1));
        let mut seen = std::mem::replace(&mut ours.revisions, later);
        if ours.revisions.is_empty() {
            inner.ours.remove(&name);
        }
        drop(inner);
        seen.remove(&new.revision())
            .is_some_and(|step| echo::is_echo(change.old.as_deref(), new, &step))
    }

    /// Forgets what a key waited for; to be called when it is gone.
    pub(super) fn forget(&self, key: &ObjectKey) {
        self.lock().awaited.remove(key);
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Drops what never came back: writes to kinds that are not watched, or to objects outside the selectors.
    fn sweep(&mut self, now: Instant) {
        if self
            .swept
            .is_none_or(|swept| now.saturating_duration_since(swept) >= MEMORY)
        {
            self.swept = Some(now);
            self.ours
                .retain(|_, ours| now.saturating_duration_since(ours.last) < MEMORY);
        }
    }
}

/// Lets a reconcile wait for its own writes, bounded and measured.
#[derive(Clone)]
pub(super) struct CatchingUp {
    pub(super) stores: Stores,
    pub(super) clock: Clock,
    pub(super) caught_up: Histogram,
    pub(super) gave_up: Histogram,
}

impl CatchingUp {
    /// Waits until the caches show what the reconcile in this task wrote to objects of `kind`; false when they do not
    /// after a while.
    pub(super) async fn wait(self, kind: ApiResource) -> bool {
        let written = CURRENT
            .try_with(|current| current.lock().unwrap_or_else(PoisonError::into_inner).clone())
            .unwrap_or_default();
        let shown = async {
            let informer = self.stores.named(&kind.kind, &kind.group);
            for written in &written {
                if let (Some(informer), Some(((kind_of, group, key), revision))) =
                    (informer, name_of(written))
                    && (kind_of, group) == (kind.kind.clone(), kind.group.clone())
                {
                    informer.until_shown(&key, revision).await;
                }
            }
        };
        let began = self.clock.instant();
        let in_time = self.clock.timeout(PATIENCE, shown).await.is_some();
        let waited = self.clock.instant().saturating_duration_since(began);
        let measured = if in_time { &self.caught_up } else { &self.gave_up };
        measured.observe(waited.as_secs_f64());
        in_time
    }
}

struct Noting<'a> {
    writes: &'a Writes,
    key: &'a ObjectKey,
    stores: &'a Stores,
    now: Instant,
}

impl Drop for Noting<'_> {
    fn drop(&mut self) {
        let written = CURRENT
            .try_with(|current| std::mem::take(&mut *current.lock().unwrap_or_else(PoisonError::into_inner)));
        let mut revisions = BTreeMap::new();
        for written in written.into_iter().flatten() {
            if let Some((name, revision)) = name_of(&written)
                && !is_seen(&name, revision, self.stores)
            {
                revisions.insert(name, revision);
            }
        }
        if !revisions.is_empty() {
            let awaited = Awaited {
                until: self.now + PATIENCE,
                revisions,
            };
            self.writes.lock().awaited.insert(self.key.clone(), awaited);
        }
    }
}

fn name_of(written: &Written) -> Option<(Name, u64)> {
    let target: &Target = &written.target;
    let key = ObjectKey::new(target.namespace(), target.name());
    let resource = target.resource();
    let revision = written.resource_version.parse().ok()?;
    Some(((resource.kind.clone(), resource.group.clone(), key), revision))
}

/// Whether the caches show `revision` of an object, or something newer. What nobody caches cannot be behind.
fn is_seen((kind, group, key): &Name, revision: u64, stores: &Stores) -> bool {
    stores
        .named(kind, group)
        .is_none_or(|informer| informer.shows(key, revision))
}
