use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::future::{self, Future};
use std::sync::Arc;
use std::time::Duration;

use kube::Client;

use super::crew::{Crew, LeaseLoss};
use super::group::Group;
use super::{Health, Runnable, Stage};
use crate::Error;
use crate::clock::Clock;
use crate::controller::{AnyController, Controller, Environment, Metrics};
use crate::dice::Dice;
use crate::informer::Caches;
use crate::leader::Elector;
use crate::meta::Declaration;
use crate::reconcile::Reconciler;
use crate::shutdown::Shutdown;

/// How long running reconciles have to finish before they are dropped.
const GRACE: Duration = Duration::from_secs(30);

/// How long what was dropped has to be gone. Only what never waits takes longer than a moment.
const LAST_WAIT: Duration = Duration::from_secs(5);

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
    on_lease_loss: LeaseLoss,
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
            on_lease_loss: LeaseLoss::default(),
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
    pub fn controller<R: Reconciler>(mut self, controller: Controller<R>) -> Self {
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
    ///
    /// What controllers write passes a [fence](crate::leader::Tenure::fence): a process that stood still while its lease
    /// expired writes nothing.
    #[must_use]
    pub fn elector(mut self, elector: Elector) -> Self {
        self.elector = Some(elector);
        self
    }

    /// Sets what a lost lease ends; the process by default.
    #[must_use]
    pub fn on_lease_loss(mut self, loss: LeaseLoss) -> Self {
        self.on_lease_loss = loss;
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

    /// Reports to `health` how each informer is doing, under `informer` and its name: what it waits for, or why it does
    /// not work.
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
            on_lease_loss,
            metrics,
            clock,
            dice,
            grace,
            caches,
            health,
        } = self;
        let client = metrics.count_unless_counted(client);
        let elector = elector.map(|elector| measured(elector, &metrics));
        let caches = caches.unwrap_or_else(|| {
            let builder = Caches::builder().clock(clock.clone()).dice(dice.split());
            builder.build(client.clone())
        });
        metrics.watch_caches(&caches);
        let watched = caches.clone();
        health.probe(move || informers(&watched));
        let environment = Environment {
            client: match &elector {
                Some(elector) => elector.tenure().fence(&client),
                None => client,
            },
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
        let mut tasks = Vec::new();
        for runnable in runnables {
            match runnable.stage() {
                Stage::Serving => serving.start(runnable.name(), runnable.run(serving_scope.clone())),
                Stage::Leading => tasks.push(runnable),
            }
        }
        let controllers = controllers
            .into_iter()
            .map(|controller| Arc::new(controller.prepare(&environment)))
            .collect();
        let work = Crew { controllers, tasks }.serve(elector, &scope, on_lease_loss);
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
        if self.elector.is_some() && self.on_lease_loss == LeaseLoss::StandAgain {
            let leading = self
                .runnables
                .iter()
                .filter(|task| task.stage() == Stage::Leading);
            for task in leading {
                if task.again().is_none() {
                    return Err(Error::Configuration(format!(
                        "{} can be started only once, so the operator cannot go on after a lost lease; implement \
                         `Runnable::again` or let the process end",
                        task.name()
                    )));
                }
            }
        }
        Ok(())
    }
}

/// How the informers are doing, by name.
fn informers(caches: &Caches) -> Vec<(String, Option<String>)> {
    let mut reasons = BTreeMap::new();
    for status in caches.status() {
        let trouble = reasons.entry(format!("informer {}", status.name)).or_insert(None);
        // Two that look at different namespaces have one name.
        *trouble = trouble.take().or(status.reason());
    }
    reasons.into_iter().collect()
}

/// Lets the metrics see how an election goes.
fn measured(elector: Elector, metrics: &Metrics) -> Elector {
    let lease = metrics.of_lease(elector.name());
    let slow = lease.slow;
    elector
        .on_change(move |leads| {
            lease.leading.set(i64::from(leads));
        })
        .on_slow_path(move || {
            slow.inc();
        })
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

/// Aborts what still runs a while after the drain began, and soon after that no longer waits for it.
async fn with_grace(
    scope: &Shutdown,
    clock: &Clock,
    grace: Duration,
    work: impl Future<Output = Result<(), Error>>,
) -> Result<(), Error> {
    let patience = async {
        scope.draining().await;
        tokio::select! {
            biased;
            () = scope.aborted() => {}
            () = clock.sleep(grace) => {
                tracing::warn!(?grace, "what still runs after the grace period is dropped");
                scope.abort();
            }
        }
        clock.sleep(LAST_WAIT).await;
    };
    tokio::select! {
        biased;
        ended = work => ended,
        () = patience => Err(Error::Part {
            name: "shutdown".to_owned(),
            source: "something does not stop though it was dropped: a task that never waits".into(),
        }),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_does_not_stop_is_not_waited_for_for_ever() {
        let (scope, clock) = (Shutdown::new(), Clock::real());
        let began = clock.instant();
        scope.drain();
        let grace = Duration::from_secs(30);
        let ended = with_grace(&scope, &clock, grace, future::pending()).await;
        assert!(ended.is_err() && scope.is_aborted());
        assert_eq!(clock.instant() - began, grace + LAST_WAIT);
    }
}
