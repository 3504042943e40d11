//! What wakes a reconciler beside changes, and what it can wait for: keys without an object, timers, own writes.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::api::{DeleteParams, ObjectMeta};
use operator_core::BoxError;
use operator_core::controller::{Controller, Metrics};
use operator_core::informer::{Change, NamespaceSet, Namespaces};
use operator_core::meta::ObjectKey;
use operator_core::queue::Priority;
use operator_core::reconcile::{Action, BehindOwnWrites, Context, Reconciler};
use operator_core::source::Source;
use prometheus_client::registry::Registry;
use tokio::time::Instant;

use super::notes::{Notes, is_map, text_of};
use super::wires::Wires;
use super::world::{SECOND, World, pass};

type Log = Arc<Mutex<Vec<String>>>;

fn lines(log: &Log) -> Vec<String> {
    std::mem::take(&mut log.lock().unwrap())
}

#[derive(Debug, thiserror::Error)]
#[error("not yet")]
struct Failed(#[source] BoxError);

/// Notes what is there and what is gone; fails once for each that is gone.
#[derive(Clone, Default)]
struct Census(Log);

impl Reconciler for Census {
    type Resource = ConfigMap;
    type Error = Failed;

    async fn reconcile(&self, _: Arc<ConfigMap>, cx: &Context<ConfigMap>) -> Result<Action, Failed> {
        self.0.lock().unwrap().push(format!("there {}", cx.key()));
        Ok(Action::await_change())
    }

    async fn gone(&self, key: &ObjectKey, cx: &Context<ConfigMap>) -> Result<Action, Failed> {
        assert_eq!(key, cx.key());
        self.0
            .lock()
            .unwrap()
            .push(format!("gone {key} {}", cx.attempt()));
        if cx.attempt() == 1 {
            return Err(Failed("the registry does not answer".into()));
        }
        Ok(Action::await_change())
    }
}

#[tokio::test(start_paused = true)]
async fn keys_without_an_object_are_reconciled_where_they_are_asked_for() {
    let world = World::new();
    world.create_map("map-a", &[]).await;
    let census = Census::default();
    let (trigger, source) = Source::external();
    let namespaces = NamespaceSet::new(["default"]);
    let controller = Controller::new(census.clone())
        .source(source)
        .when(is_map)
        .confined_to(&Namespaces::from(&namespaces));
    let running = world.reconcile(controller);
    pass(SECOND).await;
    assert_eq!(lines(&census.0), ["there default/map-a"]);
    world
        .maps()
        .delete("map-a", &DeleteParams::default())
        .await
        .unwrap();
    pass(SECOND).await;
    let twice = |name: &str| [1, 2].map(|attempt| format!("gone default/{name} {attempt}"));
    assert_eq!(lines(&census.0), twice("map-a"));
    trigger.fire(ObjectKey::namespaced("default", "map-never"));
    pass(SECOND).await;
    assert_eq!(lines(&census.0), twice("map-never"));
    // Where nobody looks, nobody can say that something is gone.
    world.create_map("map-b", &[]).await;
    pass(SECOND).await;
    lines(&census.0);
    namespaces.remove("default");
    pass(SECOND).await;
    assert!(lines(&census.0).is_empty());
    world.end(running).await;
}

/// Notes when each map was reconciled, and why.
#[derive(Clone)]
struct Times {
    began: Instant,
    log: Log,
}

impl Reconciler for Times {
    type Resource = ConfigMap;
    type Error = Failed;

    async fn reconcile(&self, _: Arc<ConfigMap>, cx: &Context<ConfigMap>) -> Result<Action, Failed> {
        let line = format!(
            "{} {} {}",
            self.began.elapsed().as_secs(),
            cx.key().name(),
            cx.reasons()
        );
        self.log.lock().unwrap().push(line);
        Ok(Action::await_change())
    }
}

#[tokio::test(start_paused = true)]
async fn each_object_has_a_timer_of_its_own() {
    let world = World::new();
    let times = Times {
        began: Instant::now(),
        log: Log::default(),
    };
    let mut registry = Registry::default();
    let every = |map: &ConfigMap| {
        let every = map.data.as_ref()?.get("every")?;
        every
            .parse()
            .map(Duration::from_secs)
            .map_or_else(|_| panic!("{every} is no number"), Some)
    };
    let controller = Controller::new(times.clone()).timer(every).when(is_map);
    let manager = world.manager().metrics(Metrics::new(&mut registry));
    let running = world.run(manager.controller(controller));
    pass(SECOND / 2).await;
    world.create_map("map-slow", &[("every", "40")]).await;
    world.create_map("map-fast", &[("every", "20")]).await;
    world.create_map("map-none", &[]).await;
    world.create_map("map-odd", &[("every", "often")]).await;
    pass(SECOND * 45).await;
    // Neither puts the next wake off.
    world.set_data("map-slow", "other", "x").await;
    pass(SECOND * 20).await;
    let woken: Vec<_> = lines(&times.log)
        .into_iter()
        .filter(|line| line.ends_with("timer"))
        .collect();
    assert_eq!(
        woken,
        [
            "20 map-fast timer",
            "40 map-fast timer",
            "40 map-slow timer",
            "60 map-fast timer"
        ]
    );
    world.set_data("map-slow", "every", "0").await;
    world
        .maps()
        .delete("map-fast", &DeleteParams::default())
        .await
        .unwrap();
    pass(SECOND * 600).await;
    assert_eq!(lines(&times.log), ["65 map-slow changed"]);
    let line = "controller_runtime_source_panics_total{controller=\"configmap\",part=\"timer\"} 1\n";
    assert!(text_of(&registry).contains(line));
    world.end(running).await;
}

#[tokio::test(start_paused = true)]
async fn timers_of_what_is_there_at_the_start_are_spread() {
    let world = World::new();
    for number in 0..20 {
        world.create_map(&format!("map-{number}"), &[]).await;
    }
    let times = Times {
        began: Instant::now(),
        log: Log::default(),
    };
    let controller = Controller::new(times.clone())
        .timer(|_| Some(SECOND * 1000))
        .when(is_map);
    let running = world.reconcile(controller);
    pass(SECOND * 1001).await;
    let mut at: Vec<_> = lines(&times.log)
        .iter()
        .filter(|line| line.ends_with("timer") && line.contains("map-"))
        .map(|line| line.split(' ').next().unwrap().parse::<u64>().unwrap())
        .collect();
    assert!(
        at.len() == 20 && at.iter().all(|at| (900..=1000).contains(at)),
        "{at:?}"
    );
    at.dedup();
    assert!(at.len() > 10, "{at:?}");
    world.end(running).await;
}

/// Takes a second for each key and notes it.
#[derive(Clone, Default)]
struct Slow(Log);

impl Reconciler for Slow {
    type Resource = ConfigMap;
    type Error = Failed;

    async fn reconcile(&self, _: Arc<ConfigMap>, cx: &Context<ConfigMap>) -> Result<Action, Failed> {
        self.0.lock().unwrap().push(cx.key().name().to_owned());
        cx.clock().sleep(SECOND).await;
        Ok(Action::await_change())
    }
}

#[tokio::test(start_paused = true)]
async fn a_source_gives_its_keys_the_priority_that_it_was_given() {
    let world = World::new();
    for name in ["map-1", "map-2", "map-3", "map-4"] {
        world.create_map(name, &[]).await;
    }
    let slow = Slow::default();
    let (urgent, first) = Source::external();
    let (patient, last) = Source::external();
    let controller = Controller::new(slow.clone())
        .concurrency(1)
        .source(first.priority(Priority::HIGH))
        .source(last.priority(Priority::LOW))
        .priority(Priority(50))
        .when(is_map);
    let running = world.reconcile(controller);
    pass(SECOND * 10).await;
    slow.0.lock().unwrap().clear();
    world.set_data("map-1", "k", "v").await;
    pass(SECOND / 10).await;
    // While map-1 is worked on the others come in, the least urgent first.
    patient.fire(ObjectKey::namespaced("default", "map-2"));
    pass(SECOND / 10).await;
    world.set_data("map-3", "k", "v").await;
    pass(SECOND / 10).await;
    urgent.fire(ObjectKey::namespaced("default", "map-4"));
    pass(SECOND * 10).await;
    assert_eq!(lines(&slow.0), ["map-1", "map-4", "map-3", "map-2"]);
    world.end(running).await;
}

#[tokio::test(start_paused = true)]
async fn the_end_of_a_pause_is_not_missed_whatever_the_predicate_says() {
    let world = World::new();
    let pause = |value| serde_json::json!({"metadata": {"annotations": {"example.com/paused": value}}});
    world.create_map("map-a", &[]).await;
    world.patch_map("map-a", &pause("true")).await;
    let notes = Notes::default();
    let controller = Controller::new(notes.clone())
        .paused_by("example.com/paused")
        .when(|change: &Change| is_map(change) && change.is_created());
    let running = world.reconcile(controller);
    pass(SECOND).await;
    world.set_data("map-a", "k", "v").await;
    pass(SECOND).await;
    assert!(notes.take().is_empty());
    world.patch_map("map-a", &pause("false")).await;
    pass(SECOND).await;
    assert_eq!(notes.take(), ["default/map-a"]);
    world.set_data("map-a", "k", "w").await;
    pass(SECOND).await;
    assert!(notes.take().is_empty(), "the predicate still says what matters");
    world.end(running).await;
}

/// Writes a secret and reads it back from the cache, both ways.
#[derive(Clone, Default)]
struct ReadsBack(Log);

impl Reconciler for ReadsBack {
    type Resource = ConfigMap;
    type Error = Failed;

    async fn reconcile(&self, map: Arc<ConfigMap>, cx: &Context<ConfigMap>) -> Result<Action, Failed> {
        let version = map
            .data
            .as_ref()
            .and_then(|data| data.get("version"))
            .cloned()
            .unwrap_or_default();
        let secret = Secret {
            metadata: ObjectMeta {
                name: Some("child".to_owned()),
                labels: Some([("version".to_owned(), version)].into()),
                ..ObjectMeta::default()
            },
            ..Secret::default()
        };
        cx.apply(&map, secret)
            .await
            .map_err(|error| Failed(error.into()))?;
        let seen = |store: &operator_core::informer::Store<Secret>| {
            let child = store.named("default", "child")?;
            child.metadata.labels.as_ref()?.get("version").cloned()
        };
        let stale = seen(&cx.stale_cache());
        let began = cx.clock().instant();
        let caught_up = match cx.caught_up_cache::<Secret>().await {
            Ok(store) => format!("{:?}", seen(&store)),
            Err(BehindOwnWrites { kind }) => format!("behind on {kind}"),
        };
        let waited = (cx.clock().instant() - began).as_secs_f32().round();
        self.0
            .lock()
            .unwrap()
            .push(format!("{stale:?}, then {caught_up} after {waited} s"));
        Ok(Action::await_change())
    }
}

#[tokio::test(start_paused = true)]
async fn a_read_after_a_write_waits_for_it_or_is_stale_as_its_name_says() {
    let world = World::new();
    world.create_map("map-a", &[("version", "1")]).await;
    let wires = Wires::default();
    let mut registry = Registry::default();
    let reader = ReadsBack::default();
    let manager = world
        .manager_on(wires.client(&world.server))
        .metrics(Metrics::new(&mut registry));
    let controller = Controller::new(reader.clone()).owns::<Secret>().when(is_map);
    let running = world.run(manager.controller(controller));
    pass(SECOND).await;
    lines(&reader.0);
    // What watches tell comes two seconds late.
    wires.delay_watches(SECOND * 2);
    wires.cut();
    wires.mend();
    pass(SECOND * 60).await;
    world.set_data("map-a", "version", "2").await;
    pass(SECOND * 30).await;
    assert_eq!(lines(&reader.0), ["Some(\"1\"), then Some(\"2\") after 2 s"]);
    wires.delay_watches(SECOND * 3);
    wires.cut();
    wires.mend();
    pass(SECOND * 60).await;
    let text = text_of(&registry);
    let name = "controller_runtime_client_consistency_wait_duration_seconds_count";
    let line = format!("{name}{{operation=\"list\",result=\"success\"}} 2\n");
    assert!(text.contains(&line), "{text}");
    world.end(running).await;
}

#[tokio::test(start_paused = true)]
async fn the_wait_for_own_writes_is_bounded() {
    let world = World::new();
    world.create_map("map-a", &[("version", "1")]).await;
    let wires = Wires::default();
    wires.refuse_streaming("sendInitialEvents: Forbidden");
    wires.delay_watches(SECOND * 3600);
    let reader = ReadsBack::default();
    let controller = Controller::new(reader.clone()).owns::<Secret>().when(is_map);
    let running = world.run(
        world
            .manager_on(wires.client(&world.server))
            .controller(controller),
    );
    pass(SECOND * 20).await;
    assert_eq!(lines(&reader.0), ["None, then behind on Secret after 5 s"]);
    world.end(running).await;
}
