//! Drives one watch: `kube`'s watcher on one side, a store on the other, and our own back-off between the attempts.

use std::pin::pin;
use std::sync::Arc;

use futures::{Stream, StreamExt};
use kube::runtime::watcher::{self, Event};
use kube::{Api, Client};

use super::caches::Informer;
use super::objects::Came;
use super::pace::Pace;
use super::raw::RawObject;
use crate::backoff::Backoff;
use crate::clock::Clock;
use crate::dice::Dice;

/// What a watch needs beside its informer.
#[derive(Clone)]
pub(super) struct Drive {
    pub(super) client: Client,
    pub(super) clock: Clock,
    pub(super) dice: Dice,
    pub(super) backoff: Backoff,
}

/// Keeps the part of the informer's store that belongs to `namespace` current, for ever.
pub(super) async fn run(informer: Arc<Informer>, namespace: Option<String>, drive: Drive) {
    if informer.watched().metadata_only {
        run_typed::<true>(&informer, namespace.as_deref(), &drive).await;
    } else {
        run_typed::<false>(&informer, namespace.as_deref(), &drive).await;
    }
}

async fn run_typed<const METADATA_ONLY: bool>(informer: &Informer, namespace: Option<&str>, drive: &Drive) {
    let watched = informer.watched();
    let pace = Pace::new(informer.name(), drive);
    let client = pace.client(&drive.client);
    let api: Api<RawObject<METADATA_ONLY>> = match namespace {
        Some(namespace) => Api::namespaced_with(client, namespace, &watched.kind),
        None => Api::all_with(client, &watched.kind),
    };
    let mut reflector = Reflector {
        informer,
        namespace,
        pace,
        round: 0,
        highest: 0,
        failures: 0,
        is_current: false,
        listed: false,
    };
    let mut config = watched.config();
    loop {
        let events = watcher::watcher(api.clone(), config.clone());
        match reflector.follow(events, drive).await {
            // An older server knows no streaming lists; pages it always knows.
            Outcome::StreamingRefused => {
                config.initial_list_strategy = watcher::InitialListStrategy::ListWatch;
            }
            Outcome::Ended => {}
        }
    }
}

enum Outcome {
    StreamingRefused,
    Ended,
}

struct Reflector<'a> {
    informer: &'a Informer,
    namespace: Option<&'a str>,
    pace: Arc<Pace>,
    /// The list that is under way, or the last one.
    round: u32,
    /// The highest revision of any object seen.
    highest: u64,
    failures: u32,
    is_current: bool,
    /// Whether a list was complete.
    listed: bool,
}

impl Reflector<'_> {
    async fn follow<const METADATA_ONLY: bool>(
        &mut self,
        events: impl Stream<Item = watcher::Result<Event<RawObject<METADATA_ONLY>>>>,
        drive: &Drive,
    ) -> Outcome {
        let mut events = pin!(events);
        while let Some(event) = events.next().await {
            match event {
                Ok(event) => self.accept(event),
                Err(error) => {
                    // An error has its own back-off below, or another kind of list is asked for instead.
                    self.pace.excuse();
                    if self.round == 0 && streaming_refused(&error) {
                        return Outcome::StreamingRefused;
                    }
                    self.fail(&error, drive).await;
                }
            }
        }
        Outcome::Ended
    }

    fn accept<const METADATA_ONLY: bool>(&mut self, event: Event<RawObject<METADATA_ONLY>>) {
        let objects = self.informer.objects();
        match event {
            Event::Init => self.round = self.round.wrapping_add(1),
            Event::InitApply(raw) => {
                let came = if self.listed { Came::Again } else { Came::First };
                self.put(raw, came);
            }
            Event::InitDone => {
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
                        objects.remove(object.key());
                    }
                    Err(reason) => self.informer.bad_object("an object", &reason),
                }
                self.current();
                objects.reached(self.namespace, self.highest);
            }
        }
    }

    fn put<const METADATA_ONLY: bool>(&mut self, raw: RawObject<METADATA_ONLY>, came: Came) {
        match raw.object {
            Ok(object) => {
                self.highest = self.highest.max(object.revision());
                self.informer.objects().put(object, self.round, came);
            }
            Err(reason) => self.informer.bad_object("an object", &reason),
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
                .fail(self.namespace, self.failures, reason, drive.clock.now());
        }
        drive.clock.sleep(delay).await;
    }
}

/// Whether the server said that it does not know streaming lists.
fn streaming_refused(error: &watcher::Error) -> bool {
    match error {
        watcher::Error::WatchStartFailed(kube::Error::Api(status)) => {
            (status.code == 400 || status.code == 422) && status.message.contains("sendInitialEvents")
        }
        _ => false,
    }
}

/// One line that says why: the server's own words where there are any.
fn reason_of(error: &watcher::Error) -> String {
    match error {
        watcher::Error::InitialListFailed(kube::Error::Api(status))
        | watcher::Error::WatchStartFailed(kube::Error::Api(status))
        | watcher::Error::WatchFailed(kube::Error::Api(status))
        | watcher::Error::WatchError(status) => {
            if status.code == 404 {
                "the kind is not known to the server; is its CustomResourceDefinition installed?".to_owned()
            } else {
                status.message.clone()
            }
        }
        error => crate::chain(error),
    }
}
