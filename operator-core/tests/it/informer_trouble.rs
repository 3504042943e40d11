//! What goes wrong with an informer: objects that cannot be read, user code that panics, watches that do not get on.

use std::sync::{Arc, Mutex};

use k8s_openapi::api::core::v1::ConfigMap;
use kube::core::{ApiResource, GroupVersionKind};
use operator_core::controller::Metrics;
use operator_core::dice::Dice;
use operator_core::informer::{BadObject, Caches, Cause, Store, WatchState, Watched};
use operator_testing::apiserver::request::Verb;
use operator_testing::fault::{Fault, Faults, Refusal, Rule, WatchFault};
use prometheus_client::registry::Registry;

use super::notes::{Notes, is_map, text_of};
use super::world::{SECOND, World, pass};

#[tokio::test(start_paused = true)]
async fn an_index_that_panics_does_not_find_the_object_and_its_siblings_live() {
    let world = World::new();
    world.create_map("map-good", &[("colour", "red")]).await;
    world.create_map("map-odd", &[("colour", "red")]).await;
    let caches = Caches::builder()
        .dice(Dice::seeded(1))
        .build(world.client.clone());
    let store: Store<ConfigMap> = caches.store(&Watched::all::<ConfigMap>());
    store.index("colour", |map| {
        let odd = map.data.iter().flatten().any(|(_, value)| value == "none");
        assert!(
            !odd && map.metadata.name.as_deref() != Some("map-odd"),
            "not this one"
        );
        map.data
            .iter()
            .flatten()
            .map(|(_, value)| value.clone())
            .collect()
    });
    store.ready().await;
    let found = |colour: &str| store.find("colour", colour).unwrap().len();
    assert_eq!((found("red"), store.informer().status().panics), (1, 1));
    world.set_data("map-good", "colour", "none").await;
    pass(SECOND).await;
    assert_eq!(found("red"), 0, "its value is not known any more");
    world.set_data("map-good", "colour", "blue").await;
    world.create_map("map-new", &[("colour", "blue")]).await;
    pass(SECOND).await;
    assert_eq!(found("blue"), 2, "the watch goes on");
    assert_eq!(store.informer().status().trouble(), None);
}

#[tokio::test(start_paused = true)]
async fn a_bad_object_is_told_once_for_each_version() {
    /// A kind whose data are numbers.
    #[derive(Clone, Debug, serde::Deserialize, serde::Serialize)]
    struct Numbers {
        metadata: kube::core::ObjectMeta,
        data: std::collections::BTreeMap<String, Number>,
    }
    #[derive(Clone, Debug, serde::Serialize)]
    struct Number(i32);
    impl<'de> serde::Deserialize<'de> for Number {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let text = String::deserialize(deserializer)?;
            text.parse().map(Self).map_err(serde::de::Error::custom)
        }
    }
    impl kube::Resource for Numbers {
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
        fn meta(&self) -> &kube::core::ObjectMeta {
            &self.metadata
        }
        fn meta_mut(&mut self) -> &mut kube::core::ObjectMeta {
            &mut self.metadata
        }
    }
    let world = World::new();
    world.create_map("bad", &[("k", "many")]).await;
    world.create_map("good", &[("k", "7")]).await;
    let told: Arc<Mutex<Vec<BadObject>>> = Arc::default();
    let telling = Arc::clone(&told);
    let caches = Caches::builder()
        .dice(Dice::seeded(1))
        .on_bad_object(move |bad| {
            telling.lock().unwrap().push(bad.clone());
            panic!("it is told all the same");
        })
        .build(world.client.clone());
    let watched =
        Watched::all::<Numbers>().fields("metadata.namespace=default,metadata.name!=kube-root-ca.crt");
    let store: Store<Numbers> = caches.store(&watched);
    store.ready().await;
    for _ in 0..3 {
        assert_eq!(store.list().len(), 1);
    }
    assert_eq!(store.named("default", "good").unwrap().data["k"].0, 7);
    let bad = told.lock().unwrap().clone();
    assert_eq!(bad.len(), 1, "{bad:?}");
    let reference = bad[0].reference().unwrap();
    assert_eq!(
        (
            reference.kind.as_deref(),
            reference.name.as_deref(),
            reference.namespace.as_deref()
        ),
        (Some("ConfigMap"), Some("bad"), Some("default"))
    );
    assert!(
        reference.uid.is_some() && bad[0].reason.contains("invalid digit"),
        "{bad:?}"
    );
    world.set_data("bad", "k", "some").await;
    pass(SECOND).await;
    assert!(store.named("default", "bad").is_none());
    assert_eq!(
        (told.lock().unwrap().len(), caches.status()[0].bad_objects),
        (2, 2)
    );
    world.set_data("bad", "k", "8").await;
    pass(SECOND).await;
    assert_eq!(store.list().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_watch_that_does_not_get_on_is_trouble_until_one_lasts() {
    let world = World::new();
    let faults = Faults::new();
    let ends = Fault::Watch {
        after: 0,
        fault: WatchFault::Ends,
    };
    let guard = faults.install(Rule::new(ends).times(2000));
    let caches = Caches::builder()
        .dice(Dice::seeded(1))
        .build(faults.client(&world.server));
    let store: Store<ConfigMap> = caches.store(&Watched::all::<ConfigMap>().page_size(500));
    store.ready().await;
    assert_eq!(caches.status()[0].trouble(), None);
    pass(SECOND * 30).await;
    let status = &caches.status()[0];
    let WatchState::Failing { cause, failures, .. } = &status.watches[0].1 else {
        panic!("{status:?}")
    };
    assert_eq!(
        (*cause, *failures >= 3, status.ready),
        (Cause::EndsAtOnce, true, true)
    );
    assert_eq!(
        status.trouble().as_deref(),
        Some("configmaps: EndsAtOnce: the server ends the watch as soon as it has begun")
    );
    // Nothing changes, and yet it is well again once a watch has outlived its predecessors.
    drop(guard);
    pass(SECOND * 60).await;
    assert_eq!(caches.status()[0].trouble(), None);
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_never_completes_its_list_gives_way_to_pages() {
    let world = World::new();
    world.create_map("map-a", &[]).await;
    let faults = Faults::new();
    let ends = Fault::Watch {
        after: 0,
        fault: WatchFault::Ends,
    };
    let _guard = faults.install(Rule::new(ends).times(2000));
    let caches = Caches::builder()
        .dice(Dice::seeded(1))
        .build(faults.client(&world.server));
    let store: Store<ConfigMap> = caches.store(&Watched::all::<ConfigMap>());
    pass(SECOND * 20).await;
    assert!(store.is_ready() && store.named("default", "map-a").is_some());
}

#[tokio::test(start_paused = true)]
async fn causes_are_told_apart() {
    let world = World::new();
    let faults = Faults::new();
    let caches = Caches::builder()
        .dice(Dice::seeded(1))
        .build(faults.client(&world.server));
    let cause = |caches: &Caches| match &caches.status()[0].watches[0].1 {
        WatchState::Failing { cause, .. } => Some(*cause),
        _ => None,
    };
    let store: Store<ConfigMap> = caches.store(&Watched::all::<ConfigMap>().page_size(500));
    for (fault, expected) in [
        (Fault::Refuse(Refusal::Forbidden), Cause::Forbidden),
        (Fault::Refuse(Refusal::NotFound), Cause::KindMissing),
        (Fault::Refuse(Refusal::Unavailable), Cause::Refused),
        (Fault::LoseRequest, Cause::Unreachable),
    ] {
        let _guard = faults.install(Rule::new(fault).verb(Verb::List).times(1000));
        pass(SECOND * 60).await;
        assert_eq!(cause(&caches), Some(expected));
        assert!(!store.is_ready());
    }
    pass(SECOND * 60).await;
    assert_eq!((cause(&caches), store.is_ready()), (None, true));
    let missing = ApiResource::from_gvk(&GroupVersionKind::gvk("example.com", "v1", "Gadget"));
    caches.informer(&Watched::kind(missing));
    pass(SECOND * 10).await;
    let trouble = caches.status()[1].trouble().unwrap();
    assert!(
        trouble.starts_with("gadgets.example.com: KindMissing: "),
        "{trouble}"
    );
}

#[tokio::test(start_paused = true)]
async fn metrics_name_the_watch_that_is_in_trouble() {
    let world = World::new();
    let faults = Faults::new();
    let _guard = faults.install(
        Rule::new(Fault::Refuse(Refusal::Forbidden))
            .when(|call| call.verb == Verb::Watch)
            .times(1000),
    );
    let mut registry = Registry::default();
    let manager = world
        .manager_on(faults.client(&world.server))
        .metrics(Metrics::new(&mut registry));
    let running = world
        .run(manager.controller(operator_core::controller::Controller::new(Notes::default()).when(is_map)));
    pass(SECOND * 30).await;
    let text = text_of(&registry);
    for part in [
        "informer_ready{watch=\"configmaps\"} 0\n",
        "informer_watch_state{watch=\"configmaps\",namespace=\"\",state=\"Forbidden\"} 1\n",
        "informer_panics_total{watch=\"configmaps\"} 0\n",
    ] {
        assert!(text.contains(part), "{part} is missing from\n{text}");
    }
    let failures = text
        .lines()
        .find(|line| line.starts_with("informer_watch_failures{watch=\"configmaps\""))
        .unwrap();
    assert!(
        failures.rsplit(' ').next().unwrap().parse::<u32>().unwrap() >= 3,
        "{failures}"
    );
    world.end(running).await;
}
