//! Drives one watch: `kube`'s watcher on one side, a store on the other, and our own back-off between the attempts.

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;

use futures::{FutureExt, Stream, StreamExt};
use kube::Api;
use kube::core::Status;
use kube::runtime::watcher::{self, Event};

use super::drive::Drive;
use super::objects::Came;
use super::pace::Pace;
use super::raw::RawObject;
use super::state::Informer;
use super::status::Cause;
use crate::panics::message_of;

/// How many streams in a row may end before the first list in them is complete.
const UNFINISHED_STREAMS: u32 = 3;

/// Keeps the part of the informer's store that belongs to `namespace` current, for ever.
pub(super) async fn run(informer: Arc<Informer>, namespace: Option<String>, drive: Drive) {
    let namespace = namespace.as_deref();
    let mut panics = 0;
    loop {
        let Err(panic) = AssertUnwindSafe(watch(&informer, namespace, &drive))
            .catch_unwind()
            .await;
        // A mistake of ours. What the store holds is mended by the list that comes next.
        panics += 1;
        let panic = message_of(panic.as_ref());
        let delay = drive.backoff.delay(panics, &drive.dice);
        tracing::error!(watch = %informer.name(), namespace, panic, ?delay, "a watch panicked and is started again");
        informer.fail(namespace, panics, Cause::Panicked, panic.to_owned());
        drive.clock.sleep(delay).await;
    }
}

async fn watch(informer: &Arc<Informer>, namespace: Option<&str>, drive: &Drive) -> Infallible {
    let watched = informer.watched();
    match (watched.metadata_only, watched.managed_fields) {
        (false, false) => watch_as::<false, false>(informer, namespace, drive).await,
        (false, true) => watch_as::<false, true>(informer, namespace, drive).await,
        (true, false) => watch_as::<true, false>(informer, namespace, drive).await,
        (true, true) => watch_as::<true, true>(informer, namespace, drive).await,
    }
}

async fn watch_as<const METADATA_ONLY: bool, const MANAGED_FIELDS: bool>(
    informer: &Arc<Informer>,
    namespace: Option<&str>,
    drive: &Drive,
) -> Infallible {
    let watched = informer.watched();
    let pace = Pace::new(Arc::clone(informer), namespace, drive);
    let client = pace.client(&drive.client);
    let api: Api<RawObject<METADATA_ONLY, MANAGED_FIELDS>> = match namespace {
        Some(namespace) => Api::namespaced_with(client, namespace, &watched.kind),
        None => Api::all_with(client, &watched.kind),
    };
    let mut reflector = Reflector {
        informer,
        namespace,
        pace,
        round: 0,
        unfinished: 0,
        highest: 0,
        failures: 0,
        is_current: false,
        listed: false,
    };
    let mut streaming = watched.streaming && drive.may_stream();
    loop {
        let events = watcher::watcher(api.clone(), watched.config(streaming));
        match reflector.follow(events, drive, streaming).await {
            Outcome::StreamingRefused => {
                drive.streaming_refused();
                streaming = false;
            }
            Outcome::StreamingUnfinished => streaming = false,
            Outcome::Ended => {}
        }
    }
}

/// Why the watcher is given up for another.
enum Outcome {
    /// The server does not know streaming lists; pages it always knows.
    StreamingRefused,
    /// The first list never came to its end in a stream: something on the way may not know how.
    StreamingUnfinished,
    Ended,
}

struct Reflector<'a> {
    informer: &'a Informer,
    namespace: Option<&'a str>,
    pace: Arc<Pace>,
    /// The list that is under way, or the last one.
    round: u32,
    /// How many lists in a row had no end.
    unfinished: u32,
    /// The highest revision of any object seen.
    highest: u64,
    failures: u32,
    is_current: bool,
    /// Whether a list was complete.
    listed: bool,
}

impl Reflector<'_> {
    async fn follow<const METADATA_ONLY: bool, const MANAGED_FIELDS: bool>(
        &mut self,
        events: impl Stream<Item = watcher::Result<Event<RawObject<METADATA_ONLY, MANAGED_FIELDS>>>>,
        drive: &Drive,
        streaming: bool,
    ) -> Outcome {
        let mut events = pin!(events);
        while let Some(event) = events.next().await {
            match event {
                Ok(event) => self.accept(event),
                Err(error) => {
                    // An error has its own back-off below, or another kind of list is asked for instead.
                    self.pace.excuse();
                    if streaming && streaming_refused(&error) {
                        return Outcome::StreamingRefused;
                    }
                    self.fail(&error, drive).await;
                }
            }
            if streaming && self.unfinished > UNFINISHED_STREAMS {
                return Outcome::StreamingUnfinished;
            }
        }
        Outcome::Ended
    }

    fn accept<const METADATA_ONLY: bool, const MANAGED_FIELDS: bool>(
        &mut self,
        event: Event<RawObject<METADATA_ONLY, MANAGED_FIELDS>>,
    ) {
        let objects = self.informer.objects();
        match event {
            Event::Init => {
                self.round = self.round.wrapping_add(1);
                self.unfinished += 1;
            }
            Event::InitApply(raw) => {
                let came = if self.listed { Came::Again } else { Came::First };
                self.put(raw, came);
            }
            Event::InitDone => {
                self.unfinished = 0;
                objects.retain_round(self.namespace, self.round);
                objects.reached(self.namespace, self.highest);
                self.listed = true;
                self.current();
            }
            Event::Apply(raw) => {
                self.put(raw, Came::Live);
                self.current();
                objects.reached(self.namespace, self.highest);
            }
            Event::Delete(raw) => {
                match raw.object {
                    Ok(object) => {
                        self.highest = self.highest.max(object.revision());
                        self.informer.remove(object.key());
                    }
                    Err(reason) => self.informer.bad_object(None, &reason),
                }
                self.current();
                objects.reached(self.namespace, self.highest);
            }
        }
    }

    fn put<const METADATA_ONLY: bool, const MANAGED_FIELDS: bool>(
        &mut self,
        raw: RawObject<METADATA_ONLY, MANAGED_FIELDS>,
        came: Came,
    ) {
        match raw.object {
            Ok(object) => {
                self.highest = self.highest.max(object.revision());
                if let Some(object) = self.informer.transformed(object) {
                    self.informer.objects().put(object, self.round, came);
                }
            }
            Err(reason) => self.informer.bad_object(None, &reason),
        }
    }

    fn current(&mut self) {
        self.failures = 0;
        // A watch that tells something gets on, however short it lives.
        self.pace.excuse();
        if !self.is_current {
            self.is_current = true;
            self.informer.current(self.namespace);
        }
    }

    async fn fail(&mut self, error: &watcher::Error, drive: &Drive) {
        // The watch was interrupted for longer than the server remembers: no trouble, the list comes next.
        let expired = matches!(error, watcher::Error::WatchError(status) if status.code == 410);
        self.failures = self.failures.saturating_add(1);
        let delay = drive.backoff.delay(self.failures, &drive.dice);
        let reason = reason_of(error);
        let watch = self.informer.name();
        if expired && self.failures == 1 {
            tracing::debug!(%watch, "listing again, since the watch was away for too long");
        } else {
            tracing::warn!(
                %watch,
                namespace = self.namespace.unwrap_or_default(),
                failures = self.failures,
                ?delay,
                error = %reason,
                "a watch failed and is tried again"
            );
            self.is_current = false;
            self.informer
                .fail(self.namespace, self.failures, cause_of(error), reason);
        }
        drive.clock.sleep(delay).await;
    }
}

/// Whether the server said that it does not know streaming lists.
fn streaming_refused(error: &watcher::Error) -> bool {
    match error {
        watcher::Error::WatchStartFailed(kube::Error::Api(status)) => {
            // Before Kubernetes 1.27 it is the other of the two parameters that is not known.
            let names = ["sendInitialEvents", "resourceVersionMatch"];
            (status.code == 400 || status.code == 422)
                && names.iter().any(|name| status.message.contains(name))
        }
        _ => false,
    }
}

/// What the server said, if it said something.
fn status_of(error: &watcher::Error) -> Option<&Status> {
    match error {
        watcher::Error::InitialListFailed(kube::Error::Api(status))
        | watcher::Error::WatchStartFailed(kube::Error::Api(status))
        | watcher::Error::WatchFailed(kube::Error::Api(status))
        | watcher::Error::WatchError(status) => Some(status),
        _ => None,
    }
}

fn cause_of(error: &watcher::Error) -> Cause {
    match status_of(error).map(|status| status.code) {
        Some(404) => Cause::KindMissing,
        Some(403) => Cause::Forbidden,
        Some(401) => Cause::Unauthorized,
        Some(410) => Cause::Expired,
        Some(_) => Cause::Refused,
        None => Cause::Unreachable,
    }
}

/// One line that says why: the server's own words where there are any.
fn reason_of(error: &watcher::Error) -> String {
    match status_of(error) {
        Some(status) if status.code == 404 => {
            "the kind is not known to the server; is its CustomResourceDefinition installed?".to_owned()
        }
        Some(status) => status.message.clone(),
        None => crate::chain(error),
    }
}
