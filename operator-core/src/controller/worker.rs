//! One reconcile: from a key that was taken to what becomes of it.

use std::any::Any;
use std::error::Error;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use tracing::Instrument;

use super::metrics::ControllerMetrics;
use super::options::Settings;
use super::outcome::Outcome;
use super::writes::Writes;
use crate::chain;
use crate::informer::{CachedObject, Informer, Stores, reference_to};
use crate::meta::{ObjectKey, Subject};
use crate::panics::{caught, message_of};
use crate::queue::{Finish, Work, WorkQueue};
use crate::reconcile::{
    Action, Context, ErrorClass, Reason, Reasons, Reconciler, implements_cleanup, implements_gone,
};
use crate::toolkit::{Claim, Note, Reporting, Target, WriteError};

/// How long a key is put off when the caches are behind its own writes.
const CATCH_UP: Duration = Duration::from_millis(20);

/// What all workers of a controller share.
pub(super) struct Workshop<R: Reconciler> {
    pub(super) reconciler: R,
    pub(super) name: String,
    pub(super) finalizer: String,
    pub(super) settings: Settings,
    pub(super) queue: WorkQueue<ObjectKey>,
    pub(super) main: Arc<Informer>,
    pub(super) stores: Stores,
    pub(super) writes: Arc<Writes>,
    pub(super) metrics: ControllerMetrics,
    /// The pattern of which each reconcile's context is made.
    pub(super) context: Context<R::Resource>,
}

/// Why there was no answer from the reconciler, or a bad one.
enum Failure<E> {
    /// The reconciler's own error.
    Reconciler(E),
    /// The finalizer could not be added or removed.
    Finalizer(WriteError),
}

/// What went wrong, as one word for programs and a sentence for people.
type Told = (&'static str, String);

/// How a guarded reconcile ended.
type Ended<E> = Result<Result<Action, Failure<E>>, Box<dyn Any + Send>>;

impl<R: Reconciler> Workshop<R> {
    /// Takes keys and reconciles them until the queue is closed.
    pub(super) async fn work(self: Arc<Self>) {
        while let Some(work) = self.queue.get().await {
            self.process(work).await;
        }
    }

    async fn process(&self, work: Work<ObjectKey>) {
        let key = work.key().clone();
        let now = self.context.clock().instant();
        if self.writes.is_behind(&key, &self.stores, now) {
            self.metrics.held_back.inc();
            let marks = Reasons::from_bits(work.marks()) | Reason::CaughtUp.into();
            work.finish(Finish::Postpone(CATCH_UP), marks.bits());
            return;
        }
        let object = match self.main.objects().get(&key) {
            Some(cached) => match self.read(&cached).await {
                Some(object) => Some(object),
                None => return finished(work),
            },
            None => {
                self.forget(&key);
                if !self.hears_of_gone(&key) {
                    return finished(work);
                }
                None
            }
        };
        let reasons = Reasons::from_bits(work.marks());
        let cx = self.context.of_attempt(key, work.attempt(), reasons);
        let span = tracing::info_span!(
            "reconcile",
            controller = %self.name,
            key = %cx.key(),
            attempt = cx.attempt(),
            reason = %reasons
        );
        let outcome = self.attempt(object, &cx, now).instrument(span.clone()).await;
        self.metrics.count(
            outcome,
            self.context.clock().instant().saturating_duration_since(now),
        );
        let (finish, reason) = outcome.finish();
        let delay = work.finish(finish, reason.map_or(Reasons::NONE, Reasons::from).bits());
        span.in_scope(|| tracing::debug!(result = outcome.result(), again_after = ?delay, "reconciled"));
    }

    /// Forgets what was written for an object that is gone.
    fn forget(&self, key: &ObjectKey) {
        self.writes.forget(key);
        let resource = self.main.watched().resource().clone();
        let gone = Target::new(resource, key.namespace().map(str::to_owned), key.name());
        self.context.toolkit().forget(&gone);
    }

    /// Whether the reconciler wants to know of keys without an object. What is not looked at may well be there.
    fn hears_of_gone(&self, key: &ObjectKey) -> bool {
        implements_gone::<R>() && self.main.watched().namespaces().contain(key.namespace())
    }

    /// The object as its type; `None` when there is nothing to do with it.
    async fn read(&self, cached: &CachedObject) -> Option<Arc<R::Resource>> {
        if let Some(annotation) = &self.settings.paused_by
            && cached.has_annotations()
            && cached
                .annotations()
                .get(annotation.as_str())
                .is_some_and(|value| value == "true")
        {
            tracing::debug!(controller = %self.name, key = %cached.key(), "paused");
            return None;
        }
        let decoded = caught(|| self.main.decode(cached)).unwrap_or_else(|panic| {
            self.metrics.panics.inc();
            let error = serde::de::Error::custom(format_args!("decoding it panicked: {panic}"));
            self.main.bad_object(Some(cached), &error);
            Err(error)
        });
        match decoded {
            Ok(object) => Some(Arc::new(object)),
            // What cannot be read was reported; a change of the object brings its key back.
            Err(error) => {
                if self.settings.reporting.tells_events() {
                    let kind = self.main.watched().resource();
                    let regarding = reference_to(kind, cached.key(), Some(cached.uid()));
                    let note = Note::warning("Unreadable", error.to_string());
                    self.context
                        .toolkit()
                        .recorder()
                        .tell_about(regarding, note)
                        .await;
                }
                None
            }
        }
    }

    /// Reconciles an object, or a key that has none.
    async fn attempt(
        &self,
        object: Option<Arc<R::Resource>>,
        cx: &Context<R::Resource>,
        now: crate::clock::Instant,
    ) -> Outcome {
        self.metrics.active.inc();
        let reported = object.clone();
        let reconcile = self
            .writes
            .note(cx.key(), &self.stores, now, self.protocol(object, cx));
        let guarded = AssertUnwindSafe(reconcile).catch_unwind();
        let ended = match self.settings.timeout {
            Some(limit) => cx.clock().timeout(limit, guarded).await,
            None => Some(guarded.await),
        };
        self.metrics.active.dec();
        let (outcome, failure) = self.judge(ended);
        if let (Some(object), true) = (reported, self.settings.reporting != Reporting::none()) {
            self.tell(&object, cx, failure, now).await;
        }
        outcome
    }

    /// What the end of a reconcile means, and what is to be told of it.
    fn judge(&self, ended: Option<Ended<R::Error>>) -> (Outcome, Option<Told>) {
        match ended {
            Some(Ok(Ok(action))) => (Outcome::Done(action), None),
            Some(Ok(Err(failure))) => {
                let (class, error) = match &failure {
                    Failure::Reconciler(error) => (self.classify(error), self.words_of(error)),
                    Failure::Finalizer(error) => (ErrorClass::Retryable, self.words_of(error)),
                };
                let reason = if class == ErrorClass::Terminal {
                    tracing::error!(%error, "the reconcile failed for good");
                    "ReconcileFailedForGood"
                } else {
                    tracing::warn!(%error, "the reconcile failed");
                    "ReconcileFailed"
                };
                (Outcome::Failed(class), Some((reason, error)))
            }
            Some(Err(panic)) => {
                let panic = message_of(panic.as_ref()).to_owned();
                tracing::error!(panic, "the reconciler panicked");
                (Outcome::Panicked, Some(("ReconcilePanicked", panic)))
            }
            None => {
                tracing::warn!(limit = ?self.settings.timeout, "the reconcile took too long and was given up");
                let message = "it took too long and was given up".to_owned();
                (Outcome::TimedOut, Some(("ReconcileTimedOut", message)))
            }
        }
    }

    /// What an error means for its key. Where the reconciler cannot tell, trying again may help.
    fn classify(&self, error: &R::Error) -> ErrorClass {
        caught(|| self.reconciler.classify(error)).unwrap_or_else(|panic| {
            self.metrics.panics.inc();
            tracing::error!(panic, "`classify` panicked; the key is tried again");
            ErrorClass::Retryable
        })
    }

    /// What an error says, with its sources.
    fn words_of(&self, error: &(dyn Error + 'static)) -> String {
        caught(|| chain(error)).unwrap_or_else(|panic| {
            self.metrics.panics.inc();
            format!("an error whose message panicked: {panic}")
        })
    }

    /// Reports how it ended where the controller was asked to, beside the log and the metrics.
    async fn tell(
        &self,
        object: &R::Resource,
        cx: &Context<R::Resource>,
        failure: Option<Told>,
        now: crate::clock::Instant,
    ) {
        let (toolkit, reporting) = (cx.toolkit(), &self.settings.reporting);
        let report = async {
            match failure {
                Some((reason, message)) => toolkit.report_failure(object, reporting, reason, &message).await,
                None => toolkit.report_success(object, reporting).await,
            }
        };
        // A report is a write like any other: its echo wakes nobody.
        let noted = self.writes.note(cx.key(), &self.stores, now, report);
        if let Err(panic) = AssertUnwindSafe(noted).catch_unwind().await {
            self.metrics.panics.inc();
            let panic = message_of(panic.as_ref());
            tracing::error!(panic, "the object panicked while it was reported on");
        }
    }

    /// Calls the reconciler for an object that lives, or its cleanup for one that is being deleted.
    async fn protocol(
        &self,
        object: Option<Arc<R::Resource>>,
        cx: &Context<R::Resource>,
    ) -> Result<Action, Failure<R::Error>> {
        let Some(object) = object else {
            let gone = self.reconciler.gone(cx.key(), cx).await;
            return gone.map_err(Failure::Reconciler);
        };
        let meta = object.metadata();
        if !implements_cleanup::<R>() {
            if meta.deletion_timestamp.is_none() {
                return self
                    .reconciler
                    .reconcile(object, cx)
                    .await
                    .map_err(Failure::Reconciler);
            }
            if meta
                .finalizers
                .iter()
                .flatten()
                .any(|held| *held == self.finalizer)
            {
                // An earlier version of the operator had a cleanup.
                let released = cx.toolkit().release_finalizer(object, &self.finalizer).await;
                released.map_err(Failure::Finalizer)?;
            }
            return Ok(Action::await_change());
        }
        let claim = cx
            .toolkit()
            .claim_finalizer(object, &self.finalizer)
            .await
            .map_err(Failure::Finalizer)?;
        match claim {
            Claim::Reconcile(object) => self
                .reconciler
                .reconcile(object, cx)
                .await
                .map_err(Failure::Reconciler),
            Claim::Cleanup(object) => {
                let action = self
                    .reconciler
                    .cleanup(Arc::clone(&object), cx)
                    .await
                    .map_err(Failure::Reconciler)?;
                if action == Action::AwaitChange {
                    let released = cx.toolkit().release_finalizer(object, &self.finalizer).await;
                    released.map_err(Failure::Finalizer)?;
                }
                Ok(action)
            }
            Claim::Nothing => Ok(Action::await_change()),
        }
    }
}

/// Ends the work on a key with which there is nothing to do.
fn finished(work: Work<ObjectKey>) {
    work.finish(Finish::Forget, 0);
}
