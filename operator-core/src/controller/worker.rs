//! One reconcile: from a key that was taken to what becomes of it.

use std::any::Any;
use std::error::Error;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use kube::core::ApiResource;
use tracing::Instrument;

use super::metrics::ControllerMetrics;
use super::options::Settings;
use super::outcome::Outcome;
use super::panics::{caught, message_of};
use super::writes::Writes;
use crate::chain;
use crate::informer::{CachedObject, Informer, Stores};
use crate::meta::ObjectKey;
use crate::queue::{Finish, Work, WorkQueue};
use crate::reconcile::{Action, Context, ErrorClass, Reason, Reasons, Reconciler, implements_cleanup};
use crate::toolkit::{Claim, Reporting, Target, WriteError};

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
        let Some(cached) = self.main.objects().get(&key) else {
            self.writes.forget(&key);
            let resource = ApiResource::erase::<R::Resource>(&());
            let gone = Target::new(resource, key.namespace().map(str::to_owned), key.name());
            self.context.toolkit().forget(&gone);
            work.finish(Finish::Forget, 0);
            return;
        };
        let Some(object) = self.read(&cached) else {
            work.finish(Finish::Forget, 0);
            return;
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

    /// The object as its type; `None` when there is nothing to do with it.
    fn read(&self, cached: &CachedObject) -> Option<Arc<R::Resource>> {
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
        // What cannot be read was reported; a change of the object brings its key back.
        self.main.decode(cached).ok().map(Arc::new)
    }

    async fn attempt(
        &self,
        object: Arc<R::Resource>,
        cx: &Context<R::Resource>,
        now: crate::clock::Instant,
    ) -> Outcome {
        self.metrics.active.inc();
        let reported = Arc::clone(&object);
        let reconcile = self
            .writes
            .note(cx.key(), &self.stores, now, self.protocol(object, cx));
        let guarded = AssertUnwindSafe(reconcile).catch_unwind();
        let ended = match self.settings.timeout {
            Some(limit) => cx.clock().timeout(limit, guarded).await,
            None => Some(guarded.await),
        };
        self.metrics.active.dec();
        let class = match &ended {
            Some(Ok(Err(Failure::Reconciler(error)))) => self.classify(error),
            _ => ErrorClass::Retryable,
        };
        if self.settings.reporting != Reporting::none() {
            let failure = failure(ended.as_ref(), class);
            self.tell(&reported, cx, failure, now).await;
        }
        match ended {
            Some(Ok(Ok(action))) => Outcome::Done(action),
            Some(Ok(Err(Failure::Reconciler(error)))) => {
                report(&error, class);
                Outcome::Failed(class)
            }
            Some(Ok(Err(Failure::Finalizer(error)))) => {
                report(&error, class);
                Outcome::Failed(class)
            }
            Some(Err(panic)) => {
                tracing::error!(panic = message_of(panic.as_ref()), "the reconciler panicked");
                Outcome::Panicked
            }
            None => {
                tracing::warn!(limit = ?self.settings.timeout, "the reconcile took too long and was given up");
                Outcome::TimedOut
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

    /// Reports how it ended where the controller was asked to, beside the log and the metrics.
    async fn tell(
        &self,
        object: &R::Resource,
        cx: &Context<R::Resource>,
        failure: Option<(&'static str, String)>,
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
        self.writes.note(cx.key(), &self.stores, now, report).await;
    }

    /// Calls the reconciler for an object that lives, or its cleanup for one that is being deleted.
    async fn protocol(
        &self,
        object: Arc<R::Resource>,
        cx: &Context<R::Resource>,
    ) -> Result<Action, Failure<R::Error>> {
        let meta = kube::Resource::meta(object.as_ref());
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

/// What went wrong, as one word for programs and a sentence for people.
fn failure<E: Error + 'static>(
    ended: Option<&Ended<E>>,
    class: ErrorClass,
) -> Option<(&'static str, String)> {
    Some(match ended {
        Some(Ok(Ok(_))) => return None,
        Some(Ok(Err(Failure::Reconciler(error)))) => match class {
            ErrorClass::Terminal => ("ReconcileFailedForGood", chain(error)),
            ErrorClass::Retryable | ErrorClass::RetryAfter(_) => ("ReconcileFailed", chain(error)),
        },
        Some(Ok(Err(Failure::Finalizer(error)))) => ("ReconcileFailed", chain(error)),
        Some(Err(panic)) => ("ReconcilePanicked", message_of(panic.as_ref()).to_owned()),
        None => (
            "ReconcileTimedOut",
            "it took too long and was given up".to_owned(),
        ),
    })
}

fn report(error: &(dyn Error + 'static), class: ErrorClass) {
    let error = chain(error);
    match class {
        ErrorClass::Terminal => tracing::error!(%error, "the reconcile failed for good"),
        ErrorClass::Retryable | ErrorClass::RetryAfter(_) => tracing::warn!(%error, "the reconcile failed"),
    }
}
