//! From a controller as it was declared to its running tasks.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use kube::Client;
use tokio::sync::Mutex;
use tokio::task::{JoinError, JoinSet};

use super::dispatch::{self, Dispatcher};
use super::metrics::Metrics;
use super::options::{self, Controller};
use super::outcome;
use super::timers::Timers;
use super::worker::Workshop;
use super::writes::{CatchingUp, Writes};
use crate::BoxError;
use crate::clock::Clock;
use crate::dice::Dice;
use crate::informer::{Caches, Change, Informer, Stores, Subscription};
use crate::meta::{Declaration, ObjectKey};
use crate::queue::{Priority, WorkQueue};
use crate::reconcile::{Context, Reason, Reasons, Reconciler};
use crate::shutdown::Shutdown;
use crate::source::{Origin, Relation, SpecChanged};
use crate::toolkit::Toolkit;

/// What a controller finds around it.
#[derive(Clone)]
pub(crate) struct Environment {
    pub(crate) client: Client,
    pub(crate) caches: Caches,
    pub(crate) metrics: Metrics,
    pub(crate) clock: Clock,
    pub(crate) dice: Dice,
    pub(crate) shutdown: Shutdown,
    /// The operator's name, if it has one.
    pub(crate) operator: Option<String>,
}

/// A controller of any kind, before it runs.
pub(crate) trait AnyController: Send {
    fn declaration(&self) -> Declaration;

    /// Starts its informers and lets its queue fill, but no reconcile.
    fn prepare(self: Box<Self>, environment: &Environment) -> Prepared;
}

type StartWorker = dyn Fn(&mut JoinSet<()>) + Send + Sync;

/// A controller whose caches fill; it reconciles while [`run`](Prepared::run) does.
pub(crate) struct Prepared {
    name: String,
    queue: WorkQueue<ObjectKey>,
    /// Its own kind first.
    informers: Vec<Arc<Informer>>,
    /// What wakes it for its own kind.
    main: Arc<Dispatcher>,
    dispatchers: Mutex<JoinSet<()>>,
    /// Starts one worker.
    start: Box<StartWorker>,
    concurrency: usize,
    /// The end of the process, as against the end of a term.
    shutdown: Shutdown,
    started_before: AtomicBool,
}

impl<R: Reconciler> AnyController for Controller<R> {
    fn declaration(&self) -> Declaration {
        Controller::declaration(self)
    }

    fn prepare(self: Box<Self>, environment: &Environment) -> Prepared {
        let finalizer = self.finalizer_name();
        let Self {
            reconciler,
            name,
            main,
            others,
            timer,
            settings,
            ..
        } = *self;
        let clock = &environment.clock;
        let queue: WorkQueue<ObjectKey> = WorkQueue::<ObjectKey>::builder()
            .clock(clock.clone())
            .dice(environment.dice.split())
            .backoff(settings.backoff)
            .bucket(settings.bucket)
            .metrics(environment.metrics.of_queue(&name))
            .build();
        let stats = queue.clone();
        environment.metrics.watch_queue(&name, move || stats.stats());

        let mut feeds = Vec::new();
        let mut dispatchers = JoinSet::new();
        for source in std::iter::once(main).chain(others) {
            let (relation, priority, origin) = source.into_parts();
            match origin {
                Origin::External(requests) => {
                    dispatchers.spawn(dispatch::run_external(requests, priority, queue.clone()));
                }
                Origin::Informer(mut feed) => {
                    let group = feed.watched.resource().group.clone();
                    if relation == Relation::Main
                        && settings.default_predicate
                        && !options::is_built_in(&group)
                    {
                        feed.set_default_predicate(SpecChanged);
                    }
                    if let (Relation::Main, Some(annotation)) = (relation, &settings.paused_by) {
                        feed.admit_always(annotation_changed(annotation.clone()));
                    }
                    let informer = environment.caches.informer(&feed.watched);
                    let subscription: Arc<Subscription> = informer.objects().subscribe();
                    feeds.push((relation, priority, feed, informer, subscription));
                }
            }
        }
        let informers: Vec<_> = feeds
            .iter()
            .map(|(_, _, _, informer, _)| Arc::clone(informer))
            .collect();
        let stores = Stores::new(informers.clone());
        let writes = Arc::new(Writes::default());
        let mut woken_by = Vec::new();
        for (relation, priority, feed, informer, subscription) in feeds {
            let dispatcher = Dispatcher {
                controller: name.clone(),
                source: informer.name().to_owned(),
                relation,
                priority,
                feed,
                stores: stores.clone(),
                writes: Arc::clone(&writes),
                queue: queue.clone(),
                panics: environment.metrics.of_sources(&name),
            };
            let dispatcher = Arc::new(dispatcher);
            dispatchers.spawn(Arc::clone(&dispatcher).run(subscription));
            woken_by.push(dispatcher);
        }
        let main = Arc::clone(&woken_by[0]);
        if let Some(next) = timer {
            let timers = Timers {
                controller: name.clone(),
                main: Arc::clone(&informers[0]),
                next,
                queue: queue.clone(),
                clock: clock.clone(),
                dice: environment.dice.split(),
                panics: environment.metrics.of_sources(&name),
            };
            dispatchers.spawn(timers.run());
        }
        if let Some(period) = settings.resync {
            let (queue, clock, dice) = (queue.clone(), clock.clone(), environment.dice.split());
            let main = Arc::clone(&informers[0]);
            dispatchers.spawn(async move {
                loop {
                    clock.sleep(period).await;
                    for key in main.objects().keys(None) {
                        let delay = outcome::spread(period, dice.unit());
                        queue.add_after(key, delay, Priority::LOW, Reasons::from(Reason::Resync).bits());
                    }
                }
            });
        }

        let field_manager = settings
            .field_manager
            .clone()
            .or_else(|| environment.operator.clone());
        let field_manager = field_manager.unwrap_or_else(|| name.clone());
        let metrics = environment.metrics.of_controller(&name);
        let catching_up = CatchingUp {
            stores: stores.clone(),
            clock: clock.clone(),
            caught_up: metrics.caught_up.clone(),
            gave_up: metrics.gave_up.clone(),
        };
        let observed = Arc::clone(&writes);
        let observing = clock.clone();
        let toolkit = Toolkit::new(environment.client.clone(), field_manager.clone(), clock.clone())
            .with_observer(Arc::new(move |written| {
                observed.observe(written, observing.instant());
            }));
        let context = Context::builder(environment.client.clone(), name.clone())
            .field_manager(field_manager)
            .clock(clock.clone())
            .dice(environment.dice.split())
            .shutdown(environment.shutdown.clone())
            .stores(stores.clone())
            .toolkit(toolkit)
            .catching_up(Arc::new(move |kind| {
                Box::pin(catching_up.clone().wait(kind.clone()))
            }))
            .build(ObjectKey::cluster(""));
        let concurrency = settings.concurrency;
        metrics
            .max_concurrent
            .set(i64::try_from(concurrency).unwrap_or(i64::MAX));
        let workshop = Arc::new(Workshop {
            reconciler,
            name: name.clone(),
            finalizer,
            settings,
            queue: queue.clone(),
            main: Arc::clone(&informers[0]),
            stores,
            writes,
            metrics,
            context,
        });
        Prepared {
            name,
            queue,
            informers,
            main,
            dispatchers: Mutex::new(dispatchers),
            start: Box::new(move |workers| {
                workers.spawn(Arc::clone(&workshop).work());
            }),
            concurrency,
            shutdown: environment.shutdown.clone(),
            started_before: AtomicBool::new(false),
        }
    }
}

impl Prepared {
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Reconciles until `term` drains: then what runs may finish, until it aborts. A term that aborts while the process
    /// goes on can be followed by another.
    pub(crate) async fn run(self: Arc<Self>, term: Shutdown) -> Result<(), BoxError> {
        let ready = async {
            for informer in &self.informers {
                informer.ready().await;
            }
        };
        tokio::select! {
            biased;
            () = term.draining() => return Ok(()),
            () = ready => {}
        }
        if self.started_before.swap(true, Ordering::Relaxed) {
            // While another led, anything may have been done or left undone.
            self.main.begin_anew(&self.informers[0]);
        }
        tracing::info!(controller = %self.name, workers = self.concurrency, "the controller starts");
        let mut workers = JoinSet::new();
        for _ in 0..self.concurrency {
            (self.start)(&mut workers);
        }
        tokio::select! {
            biased;
            ended = self.ended(&mut workers) => ended,
            // Dropping the workers ends them.
            () = self.dropped(&term) => Ok(()),
        }
    }

    /// Waits until no reconcile runs any more: one that was dropped goes on until it waits for something.
    pub(crate) async fn at_rest(&self) {
        self.queue.idle().await;
    }

    /// Waits until the workers have ended by themselves, or anything has gone wrong.
    async fn ended(&self, workers: &mut JoinSet<()>) -> Result<(), BoxError> {
        let mut dispatchers = self.dispatchers.lock().await;
        loop {
            tokio::select! {
                biased;
                Some(ended) = dispatchers.join_next() => broken(ended)?,
                ended = workers.join_next() => match ended {
                    Some(ended) => broken(ended)?,
                    None => return Ok(()),
                },
            }
        }
    }

    /// Waits until what still runs is to be dropped; takes no new work from the moment when the process is to end.
    async fn dropped(&self, term: &Shutdown) {
        term.draining().await;
        if self.shutdown.is_draining() {
            self.queue.close();
        }
        term.aborted().await;
    }
}

/// Whether an annotation is not what it was: an object must not miss the end of its pause.
fn annotation_changed(annotation: String) -> impl Fn(&Change) -> bool {
    move |change| {
        change.updated().is_some_and(|(old, new)| {
            !old.same_annotations(new)
                && old.annotations().get(annotation.as_str()) != new.annotations().get(annotation.as_str())
        })
    }
}

/// A source may end; a panic outside of what the user wrote is a mistake of ours that must not go unseen.
fn broken(ended: Result<(), JoinError>) -> Result<(), BoxError> {
    match ended {
        Ok(()) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
