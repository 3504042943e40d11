//! Predicates, mappers and classifications that panic, under paused time.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::Api;
use kube::api::{ObjectMeta, PostParams};
use operator_core::controller::{Controller, Metrics};
use operator_core::informer::{Change, Stores};
use operator_core::meta::ObjectKey;
use operator_core::reconcile::{Action, Context, ErrorClass, Reconciler};
use operator_core::toolkit::Reporting;
use prometheus_client::registry::Registry;

use super::notes::{is_map, text_of};
use super::world::{SECOND, World, pass};

#[derive(Debug, thiserror::Error)]
#[error("cannot do it")]
struct Failed;

/// Notes names and attempts; fails for `map-fails` at the first attempt, with an error that it cannot classify.
#[derive(Clone, Default)]
struct Notes {
    calls: Arc<Mutex<Vec<(String, u32)>>>,
    classified: Arc<AtomicUsize>,
}

impl Notes {
    fn take(&self) -> Vec<(String, u32)> {
        std::mem::take(&mut self.calls.lock().unwrap())
    }
}

impl Reconciler for Notes {
    type Resource = ConfigMap;
    type Error = Failed;

    async fn reconcile(&self, _: Arc<ConfigMap>, cx: &Context<ConfigMap>) -> Result<Action, Failed> {
        let name = cx.key().name().to_owned();
        let fails = name == "map-fails" && cx.attempt() == 1;
        self.calls.lock().unwrap().push((name, cx.attempt()));
        if fails {
            return Err(Failed);
        }
        Ok(Action::await_change())
    }

    fn classify(&self, error: &Failed) -> ErrorClass {
        self.classified.fetch_add(1, Ordering::SeqCst);
        panic!("what is {error}?")
    }
}

fn calls<const N: usize>(expected: [(&str, u32); N]) -> Vec<(String, u32)> {
    expected
        .map(|(name, attempt)| (name.to_owned(), attempt))
        .to_vec()
}

#[tokio::test(start_paused = true)]
async fn a_predicate_that_panics_admits_and_the_controller_goes_on() {
    let world = World::new();
    let mut registry = Registry::default();
    let manager = world.manager().metrics(Metrics::new(&mut registry));
    let notes = Notes::default();
    let predicate = |change: &Change| {
        assert_ne!(change.key().name(), "map-odd", "not this one");
        is_map(change)
    };
    let running = world.run(manager.controller(Controller::new(notes.clone()).when(predicate)));
    pass(SECOND).await;
    for name in ["map-odd", "other", "map-even"] {
        world.create_map(name, &[]).await;
        pass(SECOND).await;
    }
    assert_eq!(notes.take(), calls([("map-odd", 1), ("map-even", 1)]));
    let text = text_of(&registry);
    let part = |part: &str, count: u32| {
        format!(
            "controller_runtime_source_panics_total{{controller=\"configmap\",part=\"{part}\"}} {count}\n"
        )
    };
    assert!(
        text.contains(&part("predicate", 1)) && text.contains(&part("mapper", 0)),
        "{text}"
    );
    world.end(running).await;
}

#[tokio::test(start_paused = true)]
async fn a_mapper_that_panics_wakes_nobody_and_the_controller_goes_on() {
    let world = World::new();
    world.create_map("map-1", &[]).await;
    let mut registry = Registry::default();
    let manager = world.manager().metrics(Metrics::new(&mut registry));
    let notes = Notes::default();
    let mapper = |secret: &Secret, _: &Stores| match secret.metadata.name.as_deref() {
        Some("odd") => panic!("not this one"),
        Some("even") => vec![ObjectKey::namespaced("default", "map-1")],
        _ => Vec::new(),
    };
    let controller = Controller::new(notes.clone())
        .watches::<Secret>(mapper)
        .when(is_map);
    let running = world.run(manager.controller(controller));
    pass(SECOND).await;
    assert_eq!(notes.take(), calls([("map-1", 1)]));
    let secrets: Api<Secret> = Api::namespaced(world.client.clone(), "default");
    for (name, woken) in [("odd", calls([])), ("even", calls([("map-1", 1)]))] {
        let secret = Secret {
            metadata: ObjectMeta {
                name: Some(name.to_owned()),
                ..ObjectMeta::default()
            },
            ..Secret::default()
        };
        secrets.create(&PostParams::default(), &secret).await.unwrap();
        pass(SECOND).await;
        assert_eq!(notes.take(), woken, "{name}");
    }
    let text = text_of(&registry);
    let line = "controller_runtime_source_panics_total{controller=\"configmap\",part=\"mapper\"} 1\n";
    assert!(text.contains(line), "{text}");
    world.end(running).await;
}

#[tokio::test(start_paused = true)]
async fn an_error_that_cannot_be_classified_is_retried() {
    // With reports and without: what is reported depends on the class, too.
    for reporting in [Reporting::none(), Reporting::none().event()] {
        let world = World::new();
        world.create_map("map-fails", &[]).await;
        let mut registry = Registry::default();
        let manager = world.manager().metrics(Metrics::new(&mut registry));
        let notes = Notes::default();
        let controller = Controller::new(notes.clone())
            .when(is_map)
            .report_failures(reporting);
        let running = world.run(manager.controller(controller));
        pass(SECOND * 10).await;
        world.create_map("map-fine", &[]).await;
        pass(SECOND).await;
        let expected = calls([("map-fails", 1), ("map-fails", 2), ("map-fine", 1)]);
        assert_eq!(notes.take(), expected);
        assert_eq!(
            notes.classified.load(Ordering::SeqCst),
            1,
            "an error is classified once"
        );
        let text = text_of(&registry);
        for line in [
            "controller_runtime_reconcile_panics_total{controller=\"configmap\"} 1\n",
            "controller_runtime_reconcile_errors_total{controller=\"configmap\"} 1\n",
            "controller_runtime_terminal_reconcile_errors_total{controller=\"configmap\"} 0\n",
        ] {
            assert!(text.contains(line), "{line} is missing from\n{text}");
        }
        world.end(running).await;
    }
}

/// An error that cannot say what it is.
#[derive(Debug)]
struct Speechless;

impl std::fmt::Display for Speechless {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        panic!("no words")
    }
}

impl std::error::Error for Speechless {}

/// Fails without words for `map-fails`.
#[derive(Clone, Default)]
struct Mute(Arc<Mutex<Vec<String>>>);

impl Reconciler for Mute {
    type Resource = ConfigMap;
    type Error = Speechless;

    async fn reconcile(&self, _: Arc<ConfigMap>, cx: &Context<ConfigMap>) -> Result<Action, Speechless> {
        self.0.lock().unwrap().push(cx.key().name().to_owned());
        match (cx.key().name(), cx.attempt()) {
            ("map-fails", 1) => Err(Speechless),
            _ => Ok(Action::await_change()),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_whose_message_panics_is_an_error_of_its_key_alone() {
    for reporting in [
        Reporting::none(),
        Reporting::none().event().condition("Reconciled"),
    ] {
        let world = World::new();
        world.create_map("map-fails", &[]).await;
        let mut registry = Registry::default();
        let manager = world.manager().metrics(Metrics::new(&mut registry));
        let mute = Mute::default();
        let controller = Controller::new(mute.clone())
            .when(is_map)
            .report_failures(reporting);
        let running = world.run(manager.controller(controller));
        pass(SECOND * 10).await;
        world.create_map("map-fine", &[]).await;
        pass(SECOND).await;
        assert_eq!(*mute.0.lock().unwrap(), ["map-fails", "map-fails", "map-fine"]);
        let text = text_of(&registry);
        for line in [
            "controller_runtime_reconcile_panics_total{controller=\"configmap\"} 1\n",
            "controller_runtime_reconcile_errors_total{controller=\"configmap\"} 1\n",
        ] {
            assert!(text.contains(line), "{line} is missing from\n{text}");
        }
        world.end(running).await;
    }
}

/// A map that cannot bear to be read in two ways.
#[derive(Clone, Debug, serde::Serialize)]
struct Touchy {
    metadata: ObjectMeta,
}

impl<'de> serde::Deserialize<'de> for Touchy {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let map = ConfigMap::deserialize(deserializer)?;
        match map.metadata.name.as_deref() {
            Some("map-panics") => panic!("do not read me"),
            Some("map-refuses") => Err(serde::de::Error::custom("not for you")),
            _ => Ok(Self {
                metadata: map.metadata,
            }),
        }
    }
}

impl kube::Resource for Touchy {
    type DynamicType = ();
    type Scope = kube::core::NamespaceResourceScope;

    fn kind((): &()) -> std::borrow::Cow<'_, str> {
        "ConfigMap".into()
    }

    fn group((): &()) -> std::borrow::Cow<'_, str> {
        "".into()
    }

    fn version((): &()) -> std::borrow::Cow<'_, str> {
        "v1".into()
    }

    fn plural((): &()) -> std::borrow::Cow<'_, str> {
        "configmaps".into()
    }

    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        &mut self.metadata
    }
}

struct Readers(Arc<Mutex<Vec<String>>>);

impl Reconciler for Readers {
    type Resource = Touchy;
    type Error = Failed;

    async fn reconcile(&self, _: Arc<Touchy>, cx: &Context<Touchy>) -> Result<Action, Failed> {
        self.0.lock().unwrap().push(cx.key().name().to_owned());
        Ok(Action::await_change())
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_is_told_in_an_event_and_its_siblings_are_reconciled() {
    let world = World::new();
    for name in ["map-a", "map-panics", "map-refuses", "map-z"] {
        world.create_map(name, &[]).await;
    }
    let log = Arc::default();
    let mut registry = Registry::default();
    let controller = Controller::new(Readers(Arc::clone(&log)))
        .when(is_map)
        .report_failures(Reporting::none().event());
    let manager = world.manager().metrics(Metrics::new(&mut registry));
    let running = world.run(manager.controller(controller));
    pass(SECOND * 10).await;
    assert_eq!(*log.lock().unwrap(), ["map-a", "map-z"]);
    let events: Api<k8s_openapi::api::events::v1::Event> = Api::namespaced(world.client.clone(), "default");
    let mut told: Vec<_> = events
        .list(&Default::default())
        .await
        .unwrap()
        .into_iter()
        .map(|event| {
            (
                event.regarding.unwrap().name.unwrap(),
                event.reason.unwrap(),
                event.note.unwrap(),
            )
        })
        .collect();
    told.sort();
    let expected = [
        ("map-panics", "decoding it panicked: do not read me"),
        ("map-refuses", "not for you"),
    ];
    assert_eq!(told.len(), 2, "{told:?}");
    for ((name, reason, note), (expected, why)) in told.iter().zip(expected) {
        assert_eq!((name.as_str(), reason.as_str()), (expected, "Unreadable"));
        assert!(note.contains(why), "{note}");
    }
    assert!(text_of(&registry).contains("informer_bad_objects{watch=\"configmaps\"} 2\n"));
    world.end(running).await;
}
