use std::collections::BTreeSet;
use std::convert::Infallible;
use std::fmt;
use std::future::{self, Future};
use std::time::Duration;

use kube::Client;
use tokio::task::JoinSet;

use super::group::Group;
use super::{Gate, Health, Runnable, Stage};
use crate::clock::Clock;
use crate::controller::{AnyController, Controller, Environment, Metrics, Prepared};
use crate::dice::Dice;
use crate::informer::{Caches, InformerStatus};
use crate::leader::{Elector, End};
use crate::meta::{Declaration, KnownScope, Object};
use crate::reconcile::Reconciler;
use crate::shutdown::Shutdown;
use crate::{BoxError, Error};

/// How long running reconciles have to finish before they are dropped.
const GRACE: Duration = Duration::from_secs(30);

/// How often the reason why the caches are not filled is looked at.
const LOOK: Duration = Duration::from_secs(1);

/// Runs controllers, tasks and servers, in order, until it is told to stop or one of them fails.
///
/// # Example
/// ```no_run
/// # use std::sync::Arc;
/// # use k8s_openapi::api::core::v1::ConfigMap;
/// # use operator_core::reconcile::{Action, Context, Reconciler};
/// # struct Maps;
/// # impl Reconciler for Maps {
/// #     type Resource = ConfigMap;
/// #     type Error = kube::Error;
/// #     async fn reconcile(&self, _: Arc<ConfigMap>, _: &Context<ConfigMap>) -> Result<Action, kube::Error> {
/// #         Ok(Action::await_change())
/// #     }
/// # }
/// # async fn run(client: kube::Client) -> Result<(), operator_core::Error> {
/// use operator_core::{controller::Controller, manager::Manager, shutdown::Shutdown};
///
/// Manager::new(client).controller(Controller::new(Maps)).run(Shutdown::on_signal()).await
/// # }
/// ```
pub struct Manager {
    client: Client,
    name: Option<String>,
    controllers: Vec<Box<dyn AnyController>>,
    runnables: Vec<Box<dyn Runnable>>,
    elector: Option<Elector>,
    metrics: Metrics,
    clock: Clock,
    dice: Dice,
    grace: Duration,
    caches: Option<Caches>,
    health: Health,
}

impl Manager {
    /// A manager of nothing yet, on any client.
    pub fn new(client: Client) -> Self {
        Self {
            client,
            name: None,
            controllers: Vec::new(),
            runnables: Vec::new(),
            elector: None,
            metrics: Metrics::default(),
            clock: Clock::real(),
            dice: Dice::unseeded(),
            grace: GRACE,
            caches: None,
            health: Health::new(),
        }
    }

    /// Sets the operator's name, under which its controllers own fields.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Runs a controller.
    #[must_use]
    pub fn controller<R: Reconciler>(mut self, controller: Controller<R>) -> Self
    where
        R::Resource: Object<Scope: KnownScope>,
    {
        self.controllers.push(Box::new(controller));
        self
    }

    /// Runs a server or a task of your own.
    #[must_use]
    pub fn runnable(mut self, runnable: impl Runnable) -> Self {
        self.runnables.push(Box::new(runnable));
        self
    }

    /// Reconciles only while `elector` leads.
    #[must_use]
    pub fn elector(mut self, elector: Elector) -> Self {
        self.elector = Some(elector);
        self
    }

    /// Counts into these metrics.
    #[must_use]
    pub fn metrics(mut self, metrics: Metrics) -> Self {
        self.metrics = metrics;
        self
    }

    /// Sets the clock.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Sets the source of chance.
    #[must_use]
    pub fn dice(mut self, dice: Dice) -> Self {
        self.dice = dice;
        self
    }

    /// Sets how long running reconciles have to finish; 30 s by default.
    #[must_use]
    pub fn grace_period(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// Reads through these caches instead of its own.
    #[must_use]
    pub fn caches(mut self, caches: Caches) -> Self {
        self.caches = Some(caches);
        self
    }

    /// Reports to `health` when the caches are filled, under the name `caches`, and what they wait for until then.
    #[must_use]
    pub fn health(mut self, health: Health) -> Self {
        self.health = health;
        self
    }

    /// What each controller reads, and why.
    pub fn declarations(&self) -> Vec<Declaration> {
        self.controllers
            .iter()
            .map(|controller| controller.declaration())
            .collect()
    }

    /// Runs everything until `shutdown` drains and what runs has ended, or until a part fails.
    ///
    /// # Errors
    /// That of the first part that failed; the lost lease is one. [`Error::Configuration`], before anything runs, when
    /// the parts do not fit together.
    ///
    /// # Cancel safety
    /// If it is dropped everything ends at once, as in a crash.
    pub async fn run(self, shutdown: Shutdown) -> Result<(), Error> {
        self.check()?;
        let scope = shutdown.child();
        let Self {
            client,
            name,
            controllers,
            runnables,
            elector,
            metrics,
            clock,
            dice,
            grace,
            caches,
            health,
        } = self;
        let caches = caches.unwrap_or_else(|| {
            let builder = Caches::builder().clock(clock.clone()).dice(dice.split());
            builder.build(client.clone())
        });
        metrics.watch_caches(&caches);
        let environment = Environment {
            client,
            caches: caches.clone(),
            metrics,
            clock: clock.clone(),
            dice,
            shutdown: scope.clone(),
            operator: name,
        };

        // What serves outlives the drain of the rest, but not an abort.
        let serving_scope = Shutdown::new();
        let mut serving = Group::default();
        let mut leading = Vec::new();
        for runnable in runnables {
            match runnable.stage() {
                Stage::Serving => serving.start(runnable.name(), runnable.run(serving_scope.clone())),
                Stage::Leading => leading.push(runnable),
            }
        }
        let prepared = controllers
            .into_iter()
            .map(|controller| controller.prepare(&environment))
            .collect();

        let mut reporting = JoinSet::new();
        reporting.spawn(report_caches(
            health.gate("caches"),
            caches.clone(),
            clock.clone(),
        ));

        let work = lead_all(elector, &scope, prepared, leading);
        let ended = with_grace(
            &scope,
            &clock,
            grace,
            while_serving(&mut serving, &serving_scope, &scope, work),
        )
        .await;
        serving_scope.drain();
        let served = tokio::select! {
            biased;
            served = serving.ended(&serving_scope) => served,
            () = scope.aborted() => Ok(()),
            () = clock.sleep(grace) => Ok(()),
        };
        caches.stop();
        ended.and(served)
    }

    fn check(&self) -> Result<(), Error> {
        let mut names = BTreeSet::new();
        for declaration in self.declarations() {
            if !names.insert(declaration.controller.clone()) {
                let name = declaration.controller;
                return Err(Error::Configuration(format!(
                    "two controllers are called {name}; give one of them another name with `named`"
                )));
            }
        }
        Ok(())
    }
}

/// Says what the caches wait for until they are filled; the gate stays as long as the task.
async fn report_caches(gate: Gate, caches: Caches, clock: Clock) {
    loop {
        let status = caches.status();
        match status
            .iter()
            .filter(|informer| !informer.ready)
            .find_map(InformerStatus::trouble)
        {
            Some(trouble) => gate.not_ready(trouble),
            None => break,
        }
        clock.timeout(LOOK, caches.ready()).await;
    }
    gate.ready();
    future::pending::<()>().await;
}

/// Runs what only the leader may do, for as long as this replica leads.
async fn lead_all(
    elector: Option<Elector>,
    scope: &Shutdown,
    prepared: Vec<Prepared>,
    runnables: Vec<Box<dyn Runnable>>,
) -> Result<(), Error> {
    let failed = |source: BoxError| Error::Part {
        name: "leader election".to_owned(),
        source,
    };
    let Some(elector) = elector else {
        return lead(scope.clone(), prepared, runnables).await;
    };
    match elector.run(scope, |term| lead(term, prepared, runnables)).await {
        Ok(End::Stopped) => Ok(()),
        Ok(End::Finished(ended)) => ended,
        Ok(End::Lost(_)) => Err(failed("the lease was lost".into())),
        Err(error) => Err(failed(error.into())),
    }
}

async fn lead(
    term: Shutdown,
    prepared: Vec<Prepared>,
    runnables: Vec<Box<dyn Runnable>>,
) -> Result<(), Error> {
    let mut group = Group::default();
    for controller in prepared {
        group.start(
            format!("controller {}", controller.name()),
            controller.run(term.clone()),
        );
    }
    for runnable in runnables {
        group.start(runnable.name(), runnable.run(term.clone()));
    }
    let ended = group.ended(&term).await;
    if ended.is_ok() && !term.is_draining() {
        // A replica without controllers still serves.
        term.draining().await;
    }
    ended
}

/// Runs `work` to its end; when a server fails meanwhile, `work` is drained and the failure is the answer.
async fn while_serving(
    serving: &mut Group,
    serving_scope: &Shutdown,
    scope: &Shutdown,
    work: impl Future<Output = Result<(), Error>>,
) -> Result<(), Error> {
    let mut work = std::pin::pin!(work);
    let failure = async {
        if let Err(error) = serving.ended(serving_scope).await {
            return error;
        }
        future::pending().await
    };
    tokio::select! {
        biased;
        ended = &mut work => ended,
        error = failure => {
            scope.drain();
            let _ = work.await;
            Err(error)
        }
    }
}

/// Aborts what still runs a while after the drain began.
async fn with_grace<T>(scope: &Shutdown, clock: &Clock, grace: Duration, work: impl Future<Output = T>) -> T {
    let patience = async {
        scope.draining().await;
        clock.sleep(grace).await;
        tracing::warn!(?grace, "what still runs after the grace period is dropped");
        scope.abort();
        future::pending::<Infallible>().await
    };
    tokio::select! {
        biased;
        ended = work => ended,
        never = patience => match never {},
    }
}

impl fmt::Debug for Manager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let controllers: Vec<_> = self
            .declarations()
            .into_iter()
            .map(|declaration| declaration.controller)
            .collect();
        f.debug_struct("Manager")
            .field("controllers", &controllers)
            .finish_non_exhaustive()
    }
}
