//! Informers against the embedded server, under paused time.

use std::sync::Arc;
use std::time::Duration;

use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Secret};
use kube::Api;
use kube::api::{DeleteParams, PostParams};
use kube::core::{ApiResource, GroupVersionKind};
use operator_core::dice::Dice;
use operator_core::informer::{Caches, Namespaces, Store, WatchState, Watched};
use operator_core::meta::ObjectKey;
use serde_json::json;

use super::wires::Wires;
use super::world::{SECOND, World, map, pass};

fn caches(world: &World) -> Caches {
    Caches::builder()
        .dice(Dice::seeded(1))
        .build(world.client.clone())
}

fn names<K: operator_core::meta::Object>(store: &Store<K>) -> Vec<String> {
    store
        .keys()
        .iter()
        .map(|key| key.as_str().to_owned())
        .filter(|key| !key.starts_with("kube-") && !key.ends_with("kube-root-ca.crt"))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn a_store_follows_the_server() {
    let world = World::new();
    world.create_map("a", &[("k", "1")]).await;
    let caches = caches(&world);
    let store: Store<ConfigMap> = caches.store(&Watched::all::<ConfigMap>());
    assert!(!store.is_ready() && store.is_empty());
    store.ready().await;
    assert_eq!(names(&store), ["default/a"]);
    let cached = store.named("default", "a").unwrap();
    assert_eq!(cached.data.as_ref().unwrap()["k"], "1");
    assert!(
        cached.metadata.managed_fields.is_none(),
        "nobody needs them in a cache"
    );
    world.create_map("b", &[]).await;
    world.set_data("a", "k", "2").await;
    pass(SECOND).await;
    assert_eq!(names(&store), ["default/a", "default/b"]);
    assert_eq!(
        store.named("default", "a").unwrap().data.as_ref().unwrap()["k"],
        "2"
    );
    world.maps().delete("a", &DeleteParams::default()).await.unwrap();
    pass(SECOND).await;
    assert_eq!(names(&store), ["default/b"]);
}

#[tokio::test(start_paused = true)]
async fn a_lost_watch_lists_again_without_a_gap_or_a_false_delete() {
    let world = World::new();
    for name in ["kept", "changed", "gone"] {
        world.create_map(name, &[("k", "1")]).await;
    }
    let wires = Wires::default();
    let caches = Caches::builder()
        .dice(Dice::seeded(1))
        .build(wires.client(&world.server));
    let store: Store<ConfigMap> = caches.store(&Watched::all::<ConfigMap>());
    store.ready().await;
    pass(SECOND).await;
    // The watch is away, and what happens meanwhile is compacted away before it comes back.
    wires.cut();
    world.set_data("changed", "k", "2").await;
    world
        .maps()
        .delete("gone", &DeleteParams::default())
        .await
        .unwrap();
    world.create_map("new", &[]).await;
    world.server.compact(world.server.revision());
    pass(SECOND * 5).await;
    assert!(matches!(
        caches.status()[0].watches[0].1,
        WatchState::Failing { .. }
    ));
    assert_eq!(
        names(&store),
        ["default/changed", "default/gone", "default/kept"],
        "old, but not lost"
    );
    wires.mend();
    pass(SECOND * 60).await;
    assert_eq!(names(&store), ["default/changed", "default/kept", "default/new"]);
    assert_eq!(
        store.named("default", "changed").unwrap().data.as_ref().unwrap()["k"],
        "2"
    );
    let status = &caches.status()[0];
    assert_eq!(
        (status.trouble(), status.watches[0].1.clone()),
        (None, WatchState::Current)
    );
}

#[tokio::test(start_paused = true)]
async fn selectors_and_namespaces_narrow_an_informer() {
    let world = World::new();
    let namespaces: Api<Namespace> = Api::all(world.client.clone());
    for name in ["one", "two", "three"] {
        let mut namespace = Namespace::default();
        namespace.metadata.name = Some(name.to_owned());
        namespaces
            .create(&PostParams::default(), &namespace)
            .await
            .unwrap();
        let maps: Api<ConfigMap> = Api::namespaced(world.client.clone(), name);
        for (number, team) in [(1, "red"), (2, "blue")] {
            let mut map = map(&format!("m{number}"), &[]);
            map.metadata.namespace = None;
            map.metadata.labels = Some([("team".to_owned(), team.to_owned())].into());
            maps.create(&PostParams::default(), &map).await.unwrap();
        }
    }
    let caches = caches(&world);
    let some =
        Watched::all::<ConfigMap>().in_namespaces(["one", "three"].into_iter().collect::<Namespaces>());
    let some: Store<ConfigMap> = caches.store(&some);
    let red: Store<ConfigMap> = caches.store(&Watched::all::<ConfigMap>().labels("team=red"));
    let named: Store<ConfigMap> = caches.store(&Watched::all::<ConfigMap>().fields("metadata.name=m2"));
    caches.ready().await;
    assert_eq!(names(&some), ["one/m1", "one/m2", "three/m1", "three/m2"]);
    assert_eq!(names(&red), ["one/m1", "three/m1", "two/m1"]);
    assert_eq!(names(&named), ["one/m2", "three/m2", "two/m2"]);
    assert_eq!(some.list_in("three").len(), 2);
    // An object that leaves the selector leaves the store.
    let maps: Api<ConfigMap> = Api::namespaced(world.client.clone(), "one");
    let patch = kube::api::Patch::Merge(json!({"metadata": {"labels": {"team": "blue"}}}));
    maps.patch("m1", &Default::default(), &patch).await.unwrap();
    pass(SECOND).await;
    assert_eq!(names(&red), ["three/m1", "two/m1"]);
}

#[tokio::test(start_paused = true)]
async fn those_who_ask_for_the_same_share_a_watch() {
    let world = World::new();
    let caches = caches(&world);
    let first: Store<ConfigMap> = caches.store(&Watched::all::<ConfigMap>());
    let second: Store<ConfigMap> = caches.store(&Watched::all::<ConfigMap>());
    let other: Store<ConfigMap> = caches.store(&Watched::all::<ConfigMap>().labels("a=b"));
    caches.ready().await;
    assert!(Arc::ptr_eq(first.informer(), second.informer()));
    assert!(!Arc::ptr_eq(first.informer(), other.informer()));
    let watches = world
        .server
        .audit_log()
        .iter()
        .filter(|entry| entry.verb == "watch")
        .count();
    assert_eq!(watches, 2);
}

#[tokio::test(start_paused = true)]
async fn a_missing_kind_is_told_and_tried_again_until_it_is_there() {
    let world = World::new();
    let caches = caches(&world);
    let kind = ApiResource::from_gvk(&GroupVersionKind::gvk("example.com", "v1", "Gadget"));
    let informer = caches.informer(&Watched::kind(kind));
    pass(SECOND * 30).await;
    let trouble = caches.status()[0].trouble().unwrap();
    assert!(
        trouble.contains("gadgets.example.com") && trouble.contains("CustomResourceDefinition"),
        "{trouble}"
    );
    assert!(!informer.is_ready());
    let tries = world.server.audit_log().len();
    assert!((3..40).contains(&tries), "{tries} requests in half a minute");
    let crd = json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "gadgets.example.com"},
        "spec": {"group": "example.com", "scope": "Namespaced", "names": {"kind": "Gadget", "plural": "gadgets"},
            "versions": [{"name": "v1", "served": true, "storage": true,
                "schema": {"openAPIV3Schema": {"type": "object"}}}]}});
    let crds: Api<
        k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition,
    > = Api::all(world.client.clone());
    crds.create(&PostParams::default(), &serde_json::from_value(crd).unwrap())
        .await
        .unwrap();
    pass(SECOND * 60).await;
    assert!(informer.is_ready());
    assert_eq!(caches.status()[0].trouble(), None);
}

#[tokio::test(start_paused = true)]
async fn what_does_not_decode_is_left_out_and_counted_and_its_siblings_live() {
    let world = World::new();
    world.create_map("good", &[]).await;
    world.create_map("other", &[("k", "v")]).await;
    /// A kind that wants data.
    #[derive(Clone, Debug, serde::Deserialize, serde::Serialize)]
    struct Strict {
        metadata: kube::core::ObjectMeta,
        data: std::collections::BTreeMap<String, String>,
    }
    impl kube::Resource for Strict {
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
    let caches = caches(&world);
    let store: Store<Strict> = caches.store(&Watched::all::<Strict>());
    store.ready().await;
    assert!(store.named("default", "good").is_none());
    assert!(store.named("default", "other").is_some());
    assert_eq!(caches.status()[0].bad_objects, 1);
}

#[tokio::test(start_paused = true)]
async fn indexes_and_owners_find_objects() {
    let world = World::new();
    let owner = world.create_map("owner", &[]).await;
    let uid = owner.metadata.uid.clone().unwrap();
    let mut child = map("child", &[("colour", "red")]);
    child.metadata.owner_references = Some(vec![kube::Resource::owner_ref(&owner, &()).unwrap()]);
    world.maps().create(&PostParams::default(), &child).await.unwrap();
    let caches = caches(&world);
    let store: Store<ConfigMap> = caches.store(&Watched::all::<ConfigMap>());
    store.index("colour", |map| {
        map.data
            .iter()
            .flatten()
            .filter(|(key, _)| *key == "colour")
            .map(|(_, value)| value.clone())
            .collect()
    });
    store.ready().await;
    let found = |value: &str| -> Vec<ObjectKey> {
        store
            .find("colour", value)
            .unwrap()
            .iter()
            .map(|map| ObjectKey::of(map.as_ref()))
            .collect()
    };
    let child = ObjectKey::namespaced("default", "child");
    assert_eq!(found("red"), std::slice::from_ref(&child));
    assert_eq!(store.owned_by(&uid).len(), 1);
    world.set_data("child", "colour", "blue").await;
    pass(SECOND).await;
    assert_eq!((found("red"), found("blue")), (vec![], vec![child]));
    assert!(store.find("shape", "x").is_none());
}

#[tokio::test(start_paused = true)]
async fn only_metadata_is_kept_when_only_metadata_is_asked_for() {
    let world = World::new();
    world.create_map("a", &[("k", "v")]).await;
    let caches = caches(&world);
    let informer = caches.informer(&Watched::all::<ConfigMap>().metadata_only());
    informer.ready().await;
    let object = informer.get(&ObjectKey::namespaced("default", "a")).unwrap();
    assert!(!object.json().contains("\"data\""), "{}", object.json());
    world.set_data("a", "k", "w").await;
    pass(SECOND).await;
    let newer = informer.get(&ObjectKey::namespaced("default", "a")).unwrap();
    assert!(newer.revision() > object.revision() && !newer.json().contains("\"data\""));
}

#[tokio::test(start_paused = true)]
async fn a_streaming_list_fills_the_store() {
    let world = World::new();
    for number in 0..20 {
        world.create_map(&format!("m{number:02}"), &[]).await;
    }
    let caches = caches(&world);
    let store: Store<ConfigMap> = caches.store(&Watched::all::<ConfigMap>().streaming());
    assert!(tokio::time::timeout(SECOND * 5, store.ready()).await.is_ok());
    assert_eq!(names(&store).len(), 20);
    assert!(world.server.audit_log().iter().all(|entry| entry.verb != "list"));
    world.create_map("later", &[]).await;
    pass(SECOND).await;
    assert!(store.named("default", "later").is_some());
}

#[tokio::test(start_paused = true)]
async fn pages_are_followed() {
    let world = World::new();
    for number in 0..25 {
        world.create_map(&format!("m{number:02}"), &[]).await;
    }
    let caches = caches(&world);
    let store: Store<ConfigMap> = caches.store(&Watched::all::<ConfigMap>().page_size(10));
    store.ready().await;
    assert_eq!(names(&store).len(), 25);
    let lists = world
        .server
        .audit_log()
        .iter()
        .filter(|entry| entry.verb == "list")
        .count();
    assert!(lists >= 3, "{lists} lists");
}

#[tokio::test(start_paused = true)]
async fn one_failing_watch_does_not_stall_another() {
    let world = World::new();
    let caches = caches(&world);
    let missing = ApiResource::from_gvk(&GroupVersionKind::gvk("example.com", "v1", "Gadget"));
    let missing = caches.informer(&Watched::kind(missing));
    let secrets: Store<Secret> = caches.store(&Watched::all::<Secret>());
    let began = tokio::time::Instant::now();
    secrets.ready().await;
    assert!(began.elapsed() < Duration::from_millis(100));
    assert!(!missing.is_ready());
}
