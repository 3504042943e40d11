//! The manager: order, failures, elections, metrics.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use k8s_openapi::api::core::v1::ConfigMap;
use operator_core::BoxError;
use operator_core::clock::Clock;
use operator_core::controller::{Controller, Metrics};
use operator_core::dice::Dice;
use operator_core::informer::Change;
use operator_core::leader::Elector;
use operator_core::manager::{Health, Manager, Runnable, Stage};
use operator_core::reconcile::{Action, Context, Reconciler};
use operator_core::shutdown::Shutdown;
use prometheus_client::registry::Registry;

use super::wires::Wires;
use super::world::{SECOND, World, pass};

type Log = Arc<Mutex<Vec<String>>>;

fn note(log: &Log, line: impl Into<String>) {
    log.lock().unwrap().push(line.into());
}

fn lines(log: &Log) -> Vec<String> {
    log.lock().unwrap().clone()
}

/// Notes its beginning and its end; fails when it is told to.
struct Part {
    name: &'static str,
    stage: Stage,
    fails_after: Option<u32>,
    log: Log,
}

#[async_trait]
impl Runnable for Part {
    fn name(&self) -> String {
        self.name.to_owned()
    }

    fn stage(&self) -> Stage {
        self.stage
    }

    async fn run(self: Box<Self>, shutdown: Shutdown) -> Result<(), BoxError> {
        note(&self.log, format!("{} starts", self.name));
        if let Some(seconds) = self.fails_after {
            pass(SECOND * seconds).await;
            return Err("out of luck".into());
        }
        shutdown.draining().await;
        note(&self.log, format!("{} stops", self.name));
        Ok(())
    }
}

/// Notes who reconciles.
struct Signs {
    name: &'static str,
    log: Log,
}

impl Reconciler for Signs {
    type Resource = ConfigMap;
    type Error = Infallible;

    async fn reconcile(&self, _: Arc<ConfigMap>, cx: &Context<ConfigMap>) -> Result<Action, Infallible> {
        note(&self.log, format!("{} reconciles {}", self.name, cx.key().name()));
        Ok(Action::await_change())
    }
}

fn signs(name: &'static str, log: &Log) -> Controller<Signs> {
    let reconciler = Signs {
        name,
        log: Arc::clone(log),
    };
    Controller::new(reconciler).when(|change: &Change| change.key().name().starts_with("map"))
}

#[tokio::test(start_paused = true)]
async fn what_serves_starts_first_and_stops_last() {
    let world = World::new();
    let log = Log::default();
    let part = |name, stage| Part {
        name,
        stage,
        fails_after: None,
        log: Arc::clone(&log),
    };
    let manager = world
        .manager()
        .runnable(part("task", Stage::Leading))
        .runnable(part("server", Stage::Serving));
    let running = world.run(manager);
    pass(SECOND).await;
    world.end(running).await;
    assert_eq!(
        lines(&log),
        ["server starts", "task starts", "task stops", "server stops"]
    );
}

#[tokio::test(start_paused = true)]
async fn the_first_failure_ends_the_rest_and_is_told() {
    for stage in [Stage::Serving, Stage::Leading] {
        let world = World::new();
        world.create_map("map", &[]).await;
        let log = Log::default();
        let bad = Part {
            name: "bad",
            stage,
            fails_after: Some(5),
            log: Arc::clone(&log),
        };
        let good = Part {
            name: "good",
            stage: Stage::Leading,
            fails_after: None,
            log: Arc::clone(&log),
        };
        let running = world.run(
            world
                .manager()
                .runnable(bad)
                .runnable(good)
                .controller(signs("it", &log)),
        );
        pass(SECOND * 10).await;
        assert!(running.is_finished());
        let error = running.await.unwrap().unwrap_err();
        assert_eq!(operator_core::chain(&error), "bad failed: out of luck");
        assert!(lines(&log).contains(&"good stops".to_owned()));
        assert!(lines(&log).contains(&"it reconciles map".to_owned()));
        assert!(
            !world.shutdown.is_draining(),
            "the caller's switch is the caller's"
        );
    }
}

fn elected(world: &World, wires: &Wires, name: &'static str, log: &Log) -> Manager {
    let client = wires.client(&world.server);
    let elector =
        Elector::new(client.clone(), "default", "leader", name).clock(Clock::real(), Dice::seeded(3));
    world
        .manager_on(client)
        .elector(elector)
        .controller(signs(name, log))
}

#[tokio::test(start_paused = true)]
async fn only_the_leader_reconciles_and_another_takes_over_with_warm_caches() {
    let world = World::new();
    world.create_map("map-1", &[]).await;
    let log = Log::default();
    let (first, second) = (Shutdown::new(), Shutdown::new());
    let wires = Wires::default();
    let one = tokio::spawn(elected(&world, &wires, "one", &log).run(first.clone()));
    pass(SECOND).await;
    let two = tokio::spawn(elected(&world, &wires, "two", &log).run(second.clone()));
    pass(SECOND * 60).await;
    assert_eq!(lines(&log), ["one reconciles map-1"]);
    first.drain();
    one.await.unwrap().unwrap();
    let released = tokio::time::Instant::now();
    while lines(&log).len() < 2 {
        pass(SECOND / 10).await;
    }
    assert!(
        released.elapsed() < SECOND * 4,
        "the lease was released: {:?}",
        released.elapsed()
    );
    assert_eq!(lines(&log)[1], "two reconciles map-1");
    second.drain();
    two.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_leader_that_cannot_renew_ends_before_another_leads() {
    let world = World::new();
    world.create_map("map-1", &[]).await;
    let log = Log::default();
    let (cut, whole) = (Wires::default(), Wires::default());
    let one = tokio::spawn(elected(&world, &cut, "one", &log).run(Shutdown::new()));
    pass(SECOND).await;
    let end = Shutdown::new();
    let two = tokio::spawn(elected(&world, &whole, "two", &log).run(end.clone()));
    pass(SECOND * 5).await;
    cut.cut();
    while !one.is_finished() {
        assert_eq!(lines(&log), ["one reconciles map-1"], "one is not over yet");
        pass(SECOND / 10).await;
    }
    let error = one.await.unwrap().unwrap_err();
    assert!(
        operator_core::chain(&error).contains("the lease was lost"),
        "{error}"
    );
    pass(SECOND * 20).await;
    assert_eq!(lines(&log)[1], "two reconciles map-1");
    end.drain();
    two.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn readiness_says_what_the_caches_wait_for() {
    let world = World::new();
    let wires = Wires::default();
    wires.cut();
    let health = Health::new();
    let log = Log::default();
    let manager = world
        .manager_on(wires.client(&world.server))
        .health(health.clone())
        .controller(signs("it", &log));
    let running = world.run(manager);
    pass(SECOND * 10).await;
    let report = health.readiness();
    assert!(
        !report.ok && report.body.contains("configmaps") && report.body.contains("the wire is cut"),
        "{report:?}"
    );
    wires.mend();
    pass(SECOND * 60).await;
    assert!(health.readiness().ok);
    world.end(running).await;
}

#[tokio::test(start_paused = true)]
async fn metrics_have_the_names_that_dashboards_know() {
    let world = World::new();
    world.create_map("map-1", &[]).await;
    let mut registry = Registry::default();
    let metrics = Metrics::new(&mut registry);
    let log = Log::default();
    let running = world.run(world.manager().metrics(metrics).controller(signs("it", &log)));
    pass(SECOND).await;
    let mut text = String::new();
    prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
    for line in [
        "controller_runtime_reconcile_total{controller=\"configmap\",result=\"success\"} 1",
        "controller_runtime_reconcile_total{controller=\"configmap\",result=\"error\"} 0",
        "controller_runtime_reconcile_errors_total{controller=\"configmap\"} 0",
        "controller_runtime_terminal_reconcile_errors_total{controller=\"configmap\"} 0",
        "controller_runtime_reconcile_panics_total{controller=\"configmap\"} 0",
        "controller_runtime_reconcile_timeouts_total{controller=\"configmap\"} 0",
        "controller_runtime_reconcile_time_seconds_count{controller=\"configmap\"} 1",
        "controller_runtime_max_concurrent_reconciles{controller=\"configmap\"} 10",
        "controller_runtime_active_workers{controller=\"configmap\"} 0",
        "workqueue_depth{name=\"configmap\",controller=\"configmap\",priority=\"0\"} 0",
        "workqueue_adds_total{name=\"configmap\",controller=\"configmap\"} 1",
        "workqueue_retries_total{name=\"configmap\",controller=\"configmap\"} 0",
        "workqueue_queue_duration_seconds_count{name=\"configmap\",controller=\"configmap\"} 1",
        "workqueue_work_duration_seconds_count{name=\"configmap\",controller=\"configmap\"} 1",
        "workqueue_unfinished_work_seconds{name=\"configmap\",controller=\"configmap\"} 0.0",
        "workqueue_longest_running_processor_seconds{name=\"configmap\",controller=\"configmap\"} 0.0",
        "informer_ready{watch=\"configmaps\"} 1",
        "informer_watch_failures{watch=\"configmaps\",namespace=\"\"} 0",
    ] {
        assert!(text.contains(line), "{line} is missing from\n{text}");
    }
    world.end(running).await;
}
