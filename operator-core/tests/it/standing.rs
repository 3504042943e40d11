//! The election under trouble: clocks that are wrong, a process that stands still, a lease that is lost and won again.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{Patch, PatchParams};
use kube::{Api, Client};
use operator_core::clock::Clock;
use operator_core::controller::{Controller, Metrics};
use operator_core::dice::Dice;
use operator_core::leader::{Elector, NotLeading};
use operator_core::manager::{LeaseLoss, Manager, Runnable};
use operator_core::reconcile::{Action, Context, Reconciler};
use operator_core::shutdown::Shutdown;
use operator_core::{BoxError, Error};
use operator_testing::apiserver::{ApiServer, Identity};
use prometheus_client::registry::Registry;
use serde_json::json;
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

use super::notes::{is_map, text_of};
use super::wires::Wires;
use super::world::{SECOND, World, pass};

/// Writes its name into a map every second.
struct Marks(&'static str);

impl Reconciler for Marks {
    type Resource = ConfigMap;
    type Error = kube::Error;

    async fn reconcile(&self, _: Arc<ConfigMap>, cx: &Context<ConfigMap>) -> Result<Action, kube::Error> {
        let maps: Api<ConfigMap> = Api::namespaced(cx.client().clone(), "default");
        let patch = Patch::Merge(json!({"data": {"by": self.0, "at": cx.now().to_string()}}));
        maps.patch("mark", &PatchParams::default(), &patch).await?;
        Ok(Action::requeue_after(SECOND))
    }
}

fn marking(client: &Client, name: &'static str, clock: &Clock) -> Manager {
    let elector =
        Elector::new(client.clone(), "default", "leader", name).clock(clock.clone(), Dice::seeded(3));
    Manager::new(client.clone())
        .dice(Dice::seeded(1))
        .clock(clock.clone())
        .elector(elector)
        .controller(Controller::new(Marks(name)).when(is_map))
}

/// Who wrote into the map, in order; each only when it was another than the one before.
fn writers(server: &ApiServer) -> Vec<String> {
    let log = server.audit_log();
    let writes = log
        .iter()
        .filter(|entry| entry.name == "mark" && entry.verb == "patch" && entry.code == 200);
    let mut writers: Vec<_> = writes.map(|entry| entry.agent.clone()).collect();
    writers.dedup();
    writers
}

fn client_of(server: &ApiServer, name: &str) -> Client {
    server.client_as(Identity {
        agent: name.into(),
        ..Identity::default()
    })
}

async fn prepared() -> World {
    let world = World::new();
    world.create_map("map-1", &[]).await;
    world.create_map("mark", &[]).await;
    world
}

/// A process of its own: it can stand still while others go on.
struct Process {
    runtime: Runtime,
    running: Option<JoinHandle<Result<(), Error>>>,
}

impl Process {
    fn start(server: &ApiServer, name: &'static str) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .unwrap();
        let client = runtime.block_on(async { client_of(server, name) });
        let inside = runtime.enter();
        let clock = Clock::starting_at(Timestamp::UNIX_EPOCH);
        let running = tokio::spawn(marking(&client, name, &clock).run(Shutdown::new()));
        drop(inside);
        Self {
            runtime,
            running: Some(running),
        }
    }

    fn goes_on(&self, time: Duration) {
        self.runtime.block_on(async { tokio::time::sleep(time).await });
    }

    /// Time passes, and nobody in the process gets to do anything.
    fn stood_still(&self, time: Duration) {
        self.runtime.block_on(async { tokio::time::advance(time).await });
    }

    fn end(&mut self) -> Result<(), Error> {
        let running = self.running.take().unwrap();
        assert!(running.is_finished());
        self.runtime.block_on(running).unwrap()
    }
}

#[test]
fn a_process_that_stood_still_writes_nothing_when_it_goes_on() {
    let setup = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let world = setup.block_on(prepared());
    for still in [11, 16, 40] {
        world.server.clear_audit_log();
        let mut one = Process::start(&world.server, "one");
        let two = Process::start(&world.server, "two");
        // The lease of the last round has to expire first.
        for _ in 0..60 {
            one.goes_on(SECOND);
        }
        for _ in 0..10 {
            one.goes_on(SECOND);
            two.goes_on(SECOND);
        }
        assert_eq!(writers(&world.server), ["one"]);
        two.goes_on(SECOND * still);
        one.stood_still(SECOND * still);
        for _ in 0..30 {
            one.goes_on(SECOND);
            two.goes_on(SECOND);
        }
        assert_eq!(writers(&world.server), ["one", "two"], "after {still} s");
        let error = one.end().unwrap_err();
        assert!(
            operator_core::chain(&error).contains("the lease was lost"),
            "{error}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_fenced_client_reads_at_any_time_and_writes_only_while_it_leads() {
    let world = World::new();
    world.create_map("map-1", &[]).await;
    let elector = Elector::new(world.client.clone(), "default", "leader", "one")
        .clock(Clock::starting_at(Timestamp::UNIX_EPOCH), Dice::seeded(1));
    let tenure = elector.tenure();
    let maps: Api<ConfigMap> = Api::namespaced(tenure.fence(&world.client), "default");
    let write = async || {
        let patch = Patch::Merge(json!({"data": {"k": "v"}}));
        maps.patch("map-1", &PatchParams::default(), &patch).await
    };
    let refused = |answer: kube::Result<ConfigMap>| match answer {
        Err(kube::Error::Service(error)) => error.is::<NotLeading>(),
        _ => false,
    };
    assert!(refused(write().await) && maps.get("map-1").await.is_ok());
    let shutdown = Shutdown::new();
    let switch = shutdown.clone();
    let led = tokio::spawn(async move {
        let work = |term: Shutdown| async move { term.draining().await };
        elector.run(&switch, work).await
    });
    pass(SECOND).await;
    assert!(tenure.leads() && write().await.is_ok());
    // Nobody has had the time to find out anything.
    tokio::time::advance(SECOND * 10).await;
    assert!(refused(write().await) && maps.get("map-1").await.is_ok());
    shutdown.drain();
    pass(SECOND).await;
    assert!(led.is_finished() && refused(write().await));
}

#[tokio::test(start_paused = true)]
async fn clocks_that_disagree_and_jump_do_not_make_two_leaders() {
    let day = SignedDuration::from_hours(24);
    for (rates, epochs) in [
        ((1.0, 1.0), (0, 0)),
        ((0.8, 1.15), (0, 1_000_000_000)),
        ((1.15, 0.8), (1_000_000_000, 0)),
    ] {
        let world = prepared().await;
        let clock = |rate, epoch| Clock::starting_at(Timestamp::from_second(epoch).unwrap()).running_at(rate);
        let (first, second) = (clock(rates.0, epochs.0), clock(rates.1, epochs.1));
        let wires = Wires::default();
        let one = marking(&wires.client_of(&world.server, "one"), "one", &first).run(Shutdown::new());
        let one = tokio::spawn(one);
        pass(SECOND).await;
        let end = Shutdown::new();
        let two = tokio::spawn(marking(&client_of(&world.server, "two"), "two", &second).run(end.clone()));
        for round in 0..20 {
            let by = if round % 2 == 0 { day * 2 } else { -day };
            first.jump(by);
            second.jump(-by);
            pass(SECOND * 7).await;
        }
        assert_eq!(
            writers(&world.server),
            ["one"],
            "a clock that jumps is no reason to take over"
        );
        // The leader is cut off. It stops before the other begins, whichever clock is the slower.
        wires.cut();
        while !one.is_finished() {
            first.jump(day);
            second.jump(-day);
            pass(SECOND / 10).await;
            assert_eq!(writers(&world.server), ["one"]);
        }
        assert!(one.await.unwrap().is_err());
        pass(SECOND * 30).await;
        assert_eq!(writers(&world.server), ["one", "two"]);
        end.drain();
        two.await.unwrap().unwrap();
    }
}

type Log = Arc<Mutex<Vec<String>>>;

/// Notes who reconciles what.
struct Signs {
    name: &'static str,
    log: Log,
}

impl Reconciler for Signs {
    type Resource = ConfigMap;
    type Error = Infallible;

    async fn reconcile(&self, _: Arc<ConfigMap>, cx: &Context<ConfigMap>) -> Result<Action, Infallible> {
        let line = format!("{} reconciles {}", self.name, cx.key().name());
        self.log.lock().unwrap().push(line);
        Ok(Action::await_change())
    }
}

/// Notes its terms.
struct Task {
    log: Log,
    repeatable: bool,
}

#[async_trait]
impl Runnable for Task {
    fn name(&self) -> String {
        "task".to_owned()
    }

    fn again(&self) -> Option<Box<dyn Runnable>> {
        self.repeatable.then(|| {
            Box::new(Self {
                log: Arc::clone(&self.log),
                repeatable: true,
            }) as Box<dyn Runnable>
        })
    }

    async fn run(self: Box<Self>, shutdown: Shutdown) -> Result<(), BoxError> {
        self.log.lock().unwrap().push("task begins".to_owned());
        shutdown.draining().await;
        Ok(())
    }
}

fn standing(client: &Client, name: &'static str, log: &Log) -> Manager {
    let elector =
        Elector::new(client.clone(), "default", "leader", name).clock(Clock::real(), Dice::seeded(3));
    let signs = Signs {
        name,
        log: Arc::clone(log),
    };
    Manager::new(client.clone())
        .dice(Dice::seeded(1))
        .elector(elector)
        .on_lease_loss(LeaseLoss::StandAgain)
        .controller(Controller::new(signs).when(is_map))
}

#[tokio::test(start_paused = true)]
async fn a_replica_that_lost_the_lease_stands_again_and_begins_anew() {
    let world = World::new();
    world.create_map("map-1", &[]).await;
    world.create_map("map-2", &[]).await;
    let log = Log::default();
    let lines = || std::mem::take(&mut *log.lock().unwrap());
    let wires = Wires::default();
    let task = Task {
        log: Arc::clone(&log),
        repeatable: true,
    };
    let mut registry = Registry::default();
    let one = standing(&wires.client(&world.server), "one", &log)
        .runnable(task)
        .metrics(Metrics::new(&mut registry));
    let (end_one, end_two) = (Shutdown::new(), Shutdown::new());
    let one = tokio::spawn(one.run(end_one.clone()));
    pass(SECOND).await;
    let began = ["task begins", "one reconciles map-1", "one reconciles map-2"];
    assert_eq!(lines(), began);
    let two = tokio::spawn(standing(&world.client, "two", &log).run(end_two.clone()));
    pass(SECOND * 5).await;
    let master = |status: u8| format!("leader_election_master_status{{name=\"leader\"}} {status}\n");
    assert!(text_of(&registry).contains(&master(1)));

    wires.cut();
    pass(SECOND * 30).await;
    assert!(!one.is_finished(), "it goes on without leading");
    assert_eq!(lines(), ["two reconciles map-1", "two reconciles map-2"]);
    assert!(text_of(&registry).contains(&master(0)));
    wires.mend();
    world.set_data("map-2", "k", "v").await;
    pass(SECOND * 60).await;
    assert_eq!(lines(), ["two reconciles map-2"]);

    end_two.drain();
    two.await.unwrap().unwrap();
    pass(SECOND * 10).await;
    let mut anew = lines();
    anew.sort();
    assert_eq!(
        anew,
        ["one reconciles map-1", "one reconciles map-2", "task begins"]
    );
    let text = text_of(&registry);
    assert!(
        text.contains(&master(1)) && text.contains("leader_election_slowpath_total{name=\"leader\"}"),
        "{text}"
    );
    end_one.drain();
    one.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_can_be_started_only_once_is_no_part_of_a_replica_that_stands_again() {
    let world = World::new();
    let log = Log::default();
    let task = Task {
        log: Arc::clone(&log),
        repeatable: false,
    };
    let error = standing(&world.client, "one", &log)
        .runnable(task)
        .run(Shutdown::new())
        .await
        .unwrap_err();
    assert!(
        error.to_string().starts_with("task can be started only once"),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn requests_are_counted_under_the_names_that_dashboards_know() {
    let world = World::new();
    world.create_map("map-1", &[]).await;
    world.create_map("mark", &[]).await;
    for (host, shown) in [(None, ""), (Some("10.0.0.1:443"), "10.0.0.1:443")] {
        let mut registry = Registry::default();
        let metrics = Metrics::new(&mut registry);
        let client = match host {
            Some(host) => metrics.count_requests(&world.client, host),
            None => world.client.clone(),
        };
        let controller = Controller::new(Marks("one")).when(is_map);
        let shutdown = Shutdown::new();
        let running = Manager::new(client)
            .dice(Dice::seeded(1))
            .metrics(metrics)
            .controller(controller);
        let running = tokio::spawn(running.run(shutdown.clone()));
        pass(SECOND * 5 / 2).await;
        let text = text_of(&registry);
        for line in [
            format!("rest_client_requests_total{{code=\"200\",method=\"PATCH\",host=\"{shown}\"}} 3\n"),
            format!("rest_client_requests_total{{code=\"200\",method=\"GET\",host=\"{shown}\"}} 1\n"),
            format!("rest_client_request_duration_seconds_count{{verb=\"PATCH\",host=\"{shown}\"}} 3\n"),
        ] {
            assert!(text.contains(&line), "{line} is missing from\n{text}");
        }
        assert!(
            !text.contains("verb=\"GET\""),
            "how long a watch lives is no latency"
        );
        shutdown.drain();
        running.await.unwrap().unwrap();
    }
}
