//! Events about objects, as `kubectl describe` shows them.
//!
//! An event is a courtesy: it never fails a reconcile, and a flood of them never burdens the API server. The same
//! event told again becomes a series, whose count is written now and then; an object that causes too many different
//! events has the rest dropped and counted.

use std::collections::BTreeMap;
use std::collections::hash_map::DefaultHasher;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::ObjectReference;
use k8s_openapi::api::events::v1::Event;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{MicroTime, ObjectMeta};
use kube::Client;
use kube::api::{Patch, PatchParams, PostParams};
use kube::core::ApiResource;
use serde_json::json;

use super::target::{Target, found};
use crate::clock::{Clock, Instant};
use crate::informer::reference_to;
use crate::meta::{ObjectKey, Subject};

/// A series that was quiet for this long is over; the next event of its kind starts a new one.
const SERIES_ENDS_AFTER: Duration = Duration::from_secs(6 * 60);
/// The count of a running series is written at most this often.
const SERIES_WRITE_EVERY: Duration = Duration::from_secs(10);
/// How many different events an object may cause at once, and how soon it may cause one more.
const BURST: u32 = 25;
const REFILL: Duration = Duration::from_secs(5 * 60);

/// Whether an event is good news.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// Something went as it should.
    Normal,
    /// Something needs attention.
    Warning,
}

impl Severity {
    fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "Normal",
            Self::Warning => "Warning",
        }
    }
}

/// What an event says.
#[derive(Clone, Debug, PartialEq)]
pub struct Note {
    severity: Severity,
    reason: String,
    action: String,
    text: String,
    related: Option<ObjectReference>,
}

impl Note {
    /// Good news: `reason` is one CamelCase word for programs, `text` a sentence for people.
    pub fn normal(reason: impl Into<String>, text: impl Into<String>) -> Self {
        Self::new(Severity::Normal, reason.into(), text.into())
    }

    /// Something that needs attention.
    pub fn warning(reason: impl Into<String>, text: impl Into<String>) -> Self {
        Self::new(Severity::Warning, reason.into(), text.into())
    }

    fn new(severity: Severity, reason: String, text: String) -> Self {
        Self {
            severity,
            reason,
            action: "Reconcile".to_owned(),
            text,
            related: None,
        }
    }

    /// What was done or tried, as one CamelCase word; `Reconcile` if it is not said.
    #[must_use]
    pub fn action(mut self, action: impl Into<String>) -> Self {
        self.action = action.into();
        self
    }

    /// A second object that the event is about.
    #[must_use]
    pub fn related<K: Subject>(mut self, object: &K) -> Self {
        let uid = object.metadata().uid.as_deref();
        self.related = Some(reference_to(
            &object.resource(),
            &ObjectKey::of_subject(object),
            uid,
        ));
        self
    }
}

/// Writes events.
///
/// Clones share their series and their limits.
#[derive(Clone)]
pub struct Recorder {
    shared: Arc<Shared>,
}

struct Shared {
    client: Client,
    controller: String,
    instance: String,
    clock: Clock,
    dropped: AtomicU64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    series: BTreeMap<Kind, Series>,
    limits: BTreeMap<String, Limit>,
    told: u64,
}

/// What makes two events the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Kind {
    regarding: String,
    severity: Severity,
    reason: String,
    action: String,
    text: String,
    related: Option<String>,
}

#[derive(Clone, Debug)]
struct Series {
    name: String,
    count: i32,
    last: Instant,
    written: Instant,
}

#[derive(Clone, Copy, Debug)]
struct Limit {
    left: u32,
    since: Instant,
}

/// What is to be sent for one event.
#[derive(Debug, PartialEq, Eq)]
enum Send {
    Create { name: String },
    Count { name: String, count: i32 },
    Nothing,
}

impl Recorder {
    /// A recorder that reports as `controller`, and as the instance that the environment names: `POD_NAME`, or the
    /// host's name.
    pub fn new(client: Client, controller: impl Into<String>, clock: Clock) -> Self {
        let controller = controller.into();
        let instance = std::env::var("POD_NAME").or_else(|_| std::env::var("HOSTNAME"));
        let instance = instance.unwrap_or_else(|_| controller.clone());
        Self {
            shared: Arc::new(Shared {
                client,
                controller: cut(&controller, 63).to_owned(),
                instance: cut(&instance, 128).to_owned(),
                clock,
                dropped: AtomicU64::new(0),
                state: Mutex::default(),
            }),
        }
    }

    /// Reports as this instance instead.
    #[must_use]
    pub fn with_instance(self, instance: impl Into<String>) -> Self {
        let shared = &self.shared;
        Self {
            shared: Arc::new(Shared {
                client: shared.client.clone(),
                controller: shared.controller.clone(),
                instance: cut(&instance.into(), 128).to_owned(),
                clock: shared.clock.clone(),
                dropped: AtomicU64::new(0),
                state: Mutex::default(),
            }),
        }
    }

    /// How many events were dropped because their object caused too many.
    pub fn dropped(&self) -> u64 {
        self.shared.dropped.load(Ordering::Relaxed)
    }

    /// Tells an event about `object`. What goes wrong is logged.
    ///
    /// # Cancel safety
    /// If it is dropped the event may or may not have been written.
    pub async fn tell<K: Subject>(&self, object: &K, note: Note) {
        let uid = object.metadata().uid.as_deref();
        let regarding = reference_to(&object.resource(), &ObjectKey::of_subject(object), uid);
        self.tell_about(regarding, note).await;
    }

    /// Tells an event about the object that `regarding` refers to. What goes wrong is logged.
    pub async fn tell_about(&self, regarding: ObjectReference, note: Note) {
        let wall = self.shared.clock.now();
        let kind = Kind::of(&regarding, &note);
        let send = self.lock().next(
            &kind,
            &regarding,
            &self.shared.instance,
            self.shared.clock.instant(),
            wall,
        );
        let name = match send {
            Send::Nothing => {
                self.shared.dropped.fetch_add(1, Ordering::Relaxed);
                return;
            }
            Send::Count { name, count: 0 } => {
                tracing::trace!(event = name, "event repeated");
                return;
            }
            Send::Count { name, count } => {
                let target = event_target(&regarding, name.clone());
                let time = MicroTime(wall);
                let patch = Patch::Merge(json!({"series": {"count": count, "lastObservedTime": time}}));
                let params = PatchParams::default();
                match found(
                    target
                        .patch::<Event>(&self.shared.client, None, &params, &patch)
                        .await,
                ) {
                    Ok(Some(_)) => return,
                    // The server forgets events after an hour: the series starts again.
                    Ok(None) => name,
                    Err(error) => return self.log(&note, &target, &error),
                }
            }
            Send::Create { name } => name,
        };
        let target = event_target(&regarding, name.clone());
        let event = self.event(name, regarding, &note, wall);
        let params = PostParams::default();
        if let Err(error) = target.create::<Event>(&self.shared.client, &params, &event).await {
            self.lock().series.remove(&kind);
            self.log(&note, &target, &error);
        }
    }

    fn event(&self, name: String, regarding: ObjectReference, note: &Note, now: Timestamp) -> Event {
        Event {
            action: Some(cut(&note.action, 128).to_owned()),
            event_time: Some(MicroTime(now)),
            metadata: ObjectMeta {
                name: Some(name),
                namespace: Some(namespace_of(&regarding)),
                ..ObjectMeta::default()
            },
            note: Some(cut(&note.text, 1024).to_owned()),
            reason: Some(cut(&note.reason, 128).to_owned()),
            regarding: Some(regarding),
            related: note.related.clone(),
            reporting_controller: Some(self.shared.controller.clone()),
            reporting_instance: Some(self.shared.instance.clone()),
            type_: Some(note.severity.as_str().to_owned()),
            ..Event::default()
        }
    }

    fn log(&self, note: &Note, target: &Target, error: &kube::Error) {
        // Expected while a namespace goes away, and never a reason to fail.
        tracing::debug!(
            event = %target, reason = note.reason, note = note.text, error = %error, "an event was not written"
        );
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder")
            .field("controller", &self.shared.controller)
            .finish_non_exhaustive()
    }
}

impl State {
    /// Counts one event and says what to send for it.
    fn next(
        &mut self,
        kind: &Kind,
        regarding: &ObjectReference,
        instance: &str,
        now: Instant,
        wall: Timestamp,
    ) -> Send {
        self.series
            .retain(|_, series| now.duration_since(series.last) < SERIES_ENDS_AFTER);
        self.limits
            .retain(|_, limit| now.duration_since(limit.since) < REFILL * BURST);
        if let Some(series) = self.series.get_mut(kind) {
            series.count = series.count.saturating_add(1);
            series.last = now;
            let due = series.count == 2 || now.duration_since(series.written) >= SERIES_WRITE_EVERY;
            if due {
                series.written = now;
            }
            let count = if due { series.count } else { 0 };
            return Send::Count {
                name: series.name.clone(),
                count,
            };
        }
        let limit = self.limits.entry(kind.regarding.clone()).or_insert(Limit {
            left: BURST,
            since: now,
        });
        while limit.left < BURST && now.duration_since(limit.since) >= REFILL {
            limit.left += 1;
            limit.since += REFILL;
        }
        if limit.left == BURST {
            limit.since = now;
        }
        if limit.left == 0 {
            return Send::Nothing;
        }
        limit.left -= 1;
        self.told += 1;
        let mut hasher = DefaultHasher::new();
        (kind, instance, wall.as_nanosecond(), self.told).hash(&mut hasher);
        let about = regarding.name.as_deref().unwrap_or_default();
        let name = format!("{}.{:016x}", cut(about, 236), hasher.finish());
        self.series.insert(
            kind.clone(),
            Series {
                name: name.clone(),
                count: 1,
                last: now,
                written: now,
            },
        );
        Send::Create { name }
    }
}

impl Kind {
    fn of(regarding: &ObjectReference, note: &Note) -> Self {
        Self {
            regarding: identity(regarding),
            severity: note.severity,
            reason: note.reason.clone(),
            action: note.action.clone(),
            text: note.text.clone(),
            related: note.related.as_ref().map(identity),
        }
    }
}

fn identity(reference: &ObjectReference) -> String {
    let part = |part: &Option<String>| part.clone().unwrap_or_default();
    format!(
        "{}/{}/{}/{}/{}",
        part(&reference.api_version),
        part(&reference.kind),
        part(&reference.namespace),
        part(&reference.name),
        part(&reference.uid)
    )
}

fn namespace_of(regarding: &ObjectReference) -> String {
    regarding
        .namespace
        .clone()
        .unwrap_or_else(|| "default".to_owned())
}

fn event_target(regarding: &ObjectReference, name: String) -> Target {
    Target::new(
        ApiResource::erase::<Event>(&()),
        Some(namespace_of(regarding)),
        name,
    )
}

/// The longest beginning of `text` that has at most `bytes` bytes.
fn cut(text: &str, bytes: usize) -> &str {
    let mut end = bytes.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn regarding() -> ObjectReference {
        ObjectReference {
            name: Some("db".into()),
            uid: Some("u".into()),
            ..ObjectReference::default()
        }
    }

    fn next(state: &mut State, text: &str, now: Instant) -> Send {
        let kind = Kind::of(&regarding(), &Note::normal("Applied", text));
        state.next(&kind, &regarding(), "pod-1", now, Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn a_repeated_event_becomes_a_series_that_is_written_now_and_then() {
        let (mut state, start) = (State::default(), Instant::now());
        let Send::Create { name } = next(&mut state, "a", start) else {
            panic!("the first is created");
        };
        let count = |count| Send::Count {
            name: name.clone(),
            count,
        };
        assert_eq!(next(&mut state, "a", start), count(2));
        assert_eq!(next(&mut state, "a", start), count(0));
        assert_eq!(next(&mut state, "a", start + SERIES_WRITE_EVERY), count(4));
        let later = start + SERIES_WRITE_EVERY + SERIES_ENDS_AFTER;
        assert!(matches!(next(&mut state, "a", later), Send::Create { name: other } if other != name));
    }

    #[test]
    fn an_object_that_causes_too_many_events_is_cut_off_until_it_has_been_quiet() {
        let (mut state, start) = (State::default(), Instant::now());
        for i in 0..BURST {
            assert!(matches!(
                next(&mut state, &i.to_string(), start),
                Send::Create { .. }
            ));
        }
        assert_eq!(next(&mut state, "more", start), Send::Nothing);
        assert!(matches!(
            next(&mut state, "more", start + REFILL),
            Send::Create { .. }
        ));
        assert_eq!(next(&mut state, "even more", start + REFILL), Send::Nothing);
    }

    #[test]
    fn the_state_does_not_grow_for_ever() {
        let (mut state, start) = (State::default(), Instant::now());
        next(&mut state, "a", start);
        let much_later = start + REFILL * BURST + SERIES_ENDS_AFTER;
        next(&mut state, "b", much_later);
        assert_eq!((state.series.len(), state.limits.len()), (1, 1));
    }

    #[test]
    fn names_differ_at_the_same_instant_and_follow_from_the_input() {
        let names = || {
            let mut state = State::default();
            let start = Instant::now();
            ["a", "b"].map(|text| match next(&mut state, text, start) {
                Send::Create { name } => name,
                other => panic!("{other:?}"),
            })
        };
        let [first, second] = names();
        assert_ne!(first, second);
        assert_eq!([first, second], names());
    }

    #[test]
    fn text_is_cut_between_characters() {
        assert_eq!(cut("aé", 2), "a");
        assert_eq!(cut("aé", 3), "aé");
    }
}
