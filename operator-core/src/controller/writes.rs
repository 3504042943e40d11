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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Map, Value, json};

    use super::*;
    use crate::clock::Clock;
    use crate::informer::CachedObject;

    const FIELDS: [&str; 4] = ["a", "b", "c", "d"];

    /// What happens to one object, and to who watches it.
    #[derive(Clone, Debug)]
    enum Event {
        /// We apply these fields, whatever version the object has.
        Apply(Vec<(usize, u8)>),
        /// We write these fields on the condition that the object is as the server has it now.
        Conditional(Vec<(usize, u8)>),
        /// Somebody else sets a field, or takes it away.
        Foreign(usize, Option<u8>),
        /// The watch tells of the next version that it has not told of.
        Tell,
        /// A list shows the object as it is.
        List,
    }

    fn steps() -> impl Strategy<Value = Vec<Event>> {
        let fields = || proptest::collection::vec((0..FIELDS.len(), 0..3_u8), 1..3);
        let step = prop_oneof![
            3 => fields().prop_map(Event::Apply),
            1 => fields().prop_map(Event::Conditional),
            3 => (0..FIELDS.len(), proptest::option::of(0..3_u8)).prop_map(|(field, value)| Event::Foreign(field, value)),
            5 => Just(Event::Tell),
            1 => Just(Event::List),
        ];
        proptest::collection::vec(step, 1..60)
    }

    /// One version of the object: the value of each field, and whether we were the last to change it.
    #[derive(Clone, Debug)]
    struct Version {
        revision: u64,
        fields: [(Option<u8>, bool); FIELDS.len()],
    }

    impl Version {
        fn cached(&self) -> Arc<CachedObject> {
            let data: Map<String, Value> = FIELDS
                .iter()
                .zip(&self.fields)
                .filter_map(|(name, (value, _))| Some(((*name).to_owned(), json!((*value)?))))
                .collect();
            let object = json!({"data": data, "metadata":
                {"name": "o", "namespace": "n", "uid": "u", "resourceVersion": self.revision.to_string()}});
            Arc::new(CachedObject::parse(&object.to_string()).unwrap())
        }

        /// The next version; none if nothing changes, as the server has it.
        fn with(&self, changes: &[(usize, Option<u8>)], ours: bool) -> Option<Self> {
            let mut next = self.clone();
            for (field, value) in changes {
                if next.fields[*field].0 != *value {
                    next.fields[*field] = (*value, ours);
                }
            }
            let changed = self
                .fields
                .iter()
                .zip(&next.fields)
                .any(|(before, after)| before.0 != after.0);
            next.revision += 1;
            changed.then_some(next)
        }
    }

    fn intent(fields: &[(usize, u8)]) -> Value {
        let data: Map<String, Value> = fields
            .iter()
            .map(|(field, value)| (FIELDS[*field].to_owned(), json!(value)))
            .collect();
        json!({"data": data})
    }

    fn written(revision: u64, step: Step) -> Written {
        let kind = ApiResource::erase::<k8s_openapi::api::core::v1::ConfigMap>(&());
        Written {
            target: Target::new(kind, Some("n".to_owned()), "o"),
            uid: "u".to_owned(),
            resource_version: revision.to_string(),
            step,
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

        /// A change that is passed over as an echo holds nothing that somebody else made and that we did not mean, in
        /// whatever order writes, their answers and their echoes come.
        #[test]
        fn a_foreign_change_is_never_hidden_behind_an_own_write(steps in steps()) {
            let writes = Arc::new(Writes::default());
            let now = Clock::real().instant();
            let mut versions = vec![Version { revision: 1, fields: [(None, false); FIELDS.len()] }];
            let mut told = 0;
            // What we meant by the last apply that was answered with a version.
            let mut meant: BTreeMap<u64, Vec<(usize, u8)>> = BTreeMap::new();
            for step in steps {
                let latest = versions[versions.len() - 1].clone();
                match step {
                    Event::Apply(fields) => {
                        let changes: Vec<_> = fields.iter().map(|(field, value)| (*field, Some(*value))).collect();
                        versions.extend(latest.with(&changes, true));
                        // The answer names the version that the object has, even if the apply changed nothing.
                        let step = Step::Intent { body: Arc::new(intent(&fields)), sole: false };
                        let revision = versions[versions.len() - 1].revision;
                        writes.observe(&written(revision, step), now);
                        meant.insert(revision, fields);
                    }
                    Event::Conditional(fields) => {
                        let changes: Vec<_> = fields.iter().map(|(field, value)| (*field, Some(*value))).collect();
                        if let Some(next) = latest.with(&changes, true) {
                            let step = Step::From(latest.revision.to_string());
                            writes.observe(&written(next.revision, step), now);
                            versions.push(next);
                        }
                    }
                    Event::Foreign(field, value) => versions.extend(latest.with(&[(field, value)], false)),
                    Event::Tell | Event::List => {
                        let single = matches!(step, Event::Tell);
                        let next = if single { (told + 1).min(versions.len() - 1) } else { versions.len() - 1 };
                        if next == told {
                            continue;
                        }
                        let (old, new) = (&versions[told], &versions[next]);
                        let change = Change { old: Some(old.cached()), new: Some(new.cached()), initial: false, single };
                        if writes.is_echo("", "ConfigMap", &change) {
                            let meant = meant.get(&new.revision).map(Vec::as_slice).unwrap_or_default();
                            for (field, (before, after)) in old.fields.iter().zip(&new.fields).enumerate() {
                                let changed = before.0 != after.0;
                                prop_assert!(
                                    !changed || after.1 || meant.iter().any(|(at, value)| *at == field && after.0 == Some(*value)),
                                    "{} changed from {:?} to {:?} unseen", FIELDS[field], before.0, after.0
                                );
                            }
                        }
                        told = next;
                    }
                }
            }
        }
    }
}
