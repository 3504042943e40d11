//! From a controller as it was declared to its running tasks.

use std::sync::Arc;

use kube::Client;
use tokio::task::{JoinError, JoinSet};

use super::dispatch::{self, Dispatcher};
use super::metrics::Metrics;
use super::options::{self, Controller};
use super::outcome;
use super::worker::Workshop;
use super::writes::Writes;
use crate::BoxError;
use crate::clock::Clock;
use crate::dice::Dice;
use crate::informer::{Caches, Informer, Stores, Subscription};
use crate::meta::{Declaration, KnownScope, Object, ObjectKey};
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

type StartWorker = dyn Fn(&mut JoinSet<()>) + Send;

/// A controller whose caches fill; reconciles start with [`run`](Prepared::run).
pub(crate) struct Prepared {
    name: String,
    queue: WorkQueue<ObjectKey>,
    informers: Vec<Arc<Informer>>,
    dispatchers: JoinSet<()>,
    /// Starts one worker.
    start: Box<StartWorker>,
    concurrency: usize,
}

impl<R: Reconciler> AnyController for Controller<R>
where
    R::Resource: Object<Scope: KnownScope>,
{
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
            settings,
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
            dispatchers.spawn(dispatcher.run(subscription));
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
            .build(ObjectKey::cluster(""));
        let concurrency = settings.concurrency;
        let metrics = environment.metrics.of_controller(&name);
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
            dispatchers,
            start: Box::new(move |workers| {
                workers.spawn(Arc::clone(&workshop).work());
            }),
            concurrency,
        }
    }
}

impl Prepared {
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Reconciles until `shutdown` drains: then what runs may finish, until it aborts.
    pub(crate) async fn run(self, shutdown: Shutdown) -> Result<(), BoxError> {
        let Self {
            name,
            queue,
            informers,
            mut dispatchers,
            start,
            concurrency,
        } = self;
        let ready = async {
            for informer in &informers {
                informer.ready().await;
            }
        };
        tokio::select! {
            biased;
            () = shutdown.draining() => return Ok(()),
            () = ready => {}
        }
        tracing::info!(controller = %name, workers = concurrency, "the controller starts");
        let mut workers = JoinSet::new();
        for _ in 0..concurrency {
            start(&mut workers);
        }
        let draining = async {
            shutdown.draining().await;
            queue.close();
            shutdown.aborted().await;
        };
        let ended = async {
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
        };
        tokio::select! {
            biased;
            ended = ended => ended,
            // Dropping the workers ends them.
            () = draining => Ok(()),
        }
    }
}

/// A source may end; a panic outside of what the user wrote is a mistake of ours that must not go unseen.
fn broken(ended: Result<(), JoinError>) -> Result<(), BoxError> {
    match ended {
        Ok(()) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
