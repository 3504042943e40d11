//! What an informer looks at and keeps: namespaces that come and go, transforms, the kind of its first list.

use std::sync::Arc;

use k8s_openapi::api::core::v1::{ConfigMap, Namespace};
use kube::Api;
use kube::api::PostParams;
use operator_core::controller::Controller;
use operator_core::dice::Dice;
use operator_core::informer::{Caches, NamespaceSet, Namespaces, Store, Transform, WatchState, Watched};
use operator_core::meta::ObjectKey;

use super::notes::Notes;
use super::wires::Wires;
use super::world::{SECOND, World, map, pass};

async fn map_in(world: &World, namespace: &str, name: &str) {
    let mut map = map(name, &[]);
    map.metadata.namespace = None;
    let maps: Api<ConfigMap> = Api::namespaced(world.client.clone(), namespace);
    maps.create(&PostParams::default(), &map).await.unwrap();
}

/// A server with these namespaces, each with a map of its name.
async fn world_of(names: &[&str]) -> World {
    let world = World::new();
    let namespaces: Api<Namespace> = Api::all(world.client.clone());
    for name in names {
        let mut namespace = Namespace::default();
        namespace.metadata.name = Some((*name).to_owned());
        namespaces
            .create(&PostParams::default(), &namespace)
            .await
            .unwrap();
        map_in(&world, name, &format!("map-{name}")).await;
    }
    world
}

fn keys(store: &Store<ConfigMap>) -> Vec<String> {
    let keys = store.keys().into_iter().map(|key| key.as_str().to_owned());
    keys.filter(|key| key.contains("/map-")).collect()
}

#[tokio::test(start_paused = true)]
async fn namespaces_come_and_go_while_everything_runs() {
    let world = world_of(&["a", "b", "c"]).await;
    let caches = Caches::builder()
        .dice(Dice::seeded(1))
        .build(world.client.clone());
    let set = NamespaceSet::new(["a"]);
    let watched = Watched::all::<ConfigMap>().in_namespaces(Namespaces::from(&set));
    let store: Store<ConfigMap> = caches.store(&watched);
    store.ready().await;
    assert_eq!(keys(&store), ["a/map-a"]);

    assert!(set.insert("b"));
    pass(SECOND).await;
    assert_eq!(keys(&store), ["a/map-a", "b/map-b"]);
    map_in(&world, "b", "map-later").await;
    map_in(&world, "c", "map-later").await;
    pass(SECOND).await;
    assert_eq!(keys(&store), ["a/map-a", "b/map-b", "b/map-later"]);

    set.set(["b", "c"]);
    pass(SECOND).await;
    assert_eq!(keys(&store), ["b/map-b", "b/map-later", "c/map-c", "c/map-later"]);
    let watches: Vec<_> = caches.status()[0]
        .watches
        .iter()
        .map(|(name, state)| (name.clone(), state.clone()))
        .collect();
    assert_eq!(
        watches,
        ["b", "c"].map(|name| (name.to_owned(), WatchState::Current))
    );

    // What happens where nobody looks any more costs nothing.
    world.server.clear_audit_log();
    map_in(&world, "a", "map-unseen").await;
    pass(SECOND * 400).await;
    let asked = world.server.audit_log();
    assert!(
        !asked
            .iter()
            .any(|entry| entry.path.contains("/namespaces/a/") && entry.verb == "watch"),
        "{asked:?}"
    );
    assert_eq!(keys(&store).len(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_list_of_no_namespaces_is_ready_and_waits_for_some() {
    let world = world_of(&["a"]).await;
    let set = NamespaceSet::new::<String>([]);
    let notes = Notes::default();
    let controller = Controller::new(notes.clone())
        .confined_to(&Namespaces::from(&set))
        .when(super::notes::is_map);
    let running = world.reconcile(controller);
    pass(SECOND).await;
    assert!(notes.take().is_empty());
    set.insert("a");
    pass(SECOND).await;
    assert_eq!(notes.take(), ["a/map-a"]);
    // Leaving is no deletion: nothing is reconciled, and coming back shows everything anew.
    set.remove("a");
    pass(SECOND).await;
    assert!(notes.take().is_empty());
    set.insert("a");
    pass(SECOND).await;
    assert_eq!(notes.take(), ["a/map-a"]);
    world.end(running).await;
}

#[tokio::test(start_paused = true)]
async fn objects_are_stored_as_the_transform_leaves_them() {
    let world = World::new();
    world.create_map("map-good", &[("k", "v"), ("secret", "s")]).await;
    world.create_map("map-bad", &[("k", "v")]).await;
    let caches = Caches::builder()
        .dice(Dice::seeded(1))
        .build(world.client.clone());
    let transform = Transform::new("no secrets", |object| {
        assert_ne!(object["metadata"]["name"], "map-bad", "not this one");
        if let Some(data) = object["data"].as_object_mut() {
            data.remove("secret");
        }
    });
    let watched = Watched::all::<ConfigMap>().fields("metadata.namespace=default");
    let store: Store<ConfigMap> = caches.store(&watched.clone().transform(transform.clone()));
    let whole: Store<ConfigMap> = caches.store(&watched.clone());
    let same: Store<ConfigMap> = caches.store(&watched.transform(transform));
    caches.ready().await;
    let data = |store: &Store<ConfigMap>| store.named("default", "map-good").unwrap().data.clone().unwrap();
    assert!(!data(&store).contains_key("secret") && data(&whole).contains_key("secret"));
    assert!(
        Arc::ptr_eq(store.informer(), same.informer()) && !Arc::ptr_eq(store.informer(), whole.informer())
    );
    assert!(store.named("default", "map-bad").is_none());
    let status = &caches.status()[0];
    assert_eq!((status.bad_objects, status.panics), (1, 1));
    world.set_data("map-good", "secret", "t").await;
    pass(SECOND).await;
    assert!(!data(&store).contains_key("secret"));
}

#[tokio::test(start_paused = true)]
async fn managed_fields_are_kept_where_somebody_wants_them() {
    let world = World::new();
    world.create_map("map-a", &[("k", "v")]).await;
    let caches = Caches::builder()
        .dice(Dice::seeded(1))
        .build(world.client.clone());
    for (watched, kept) in [
        (Watched::all::<ConfigMap>(), false),
        (Watched::all::<ConfigMap>().keep_managed_fields(), true),
        (
            Watched::all::<ConfigMap>().keep_managed_fields().metadata_only(),
            true,
        ),
    ] {
        let informer = caches.informer(&watched);
        informer.ready().await;
        let object = informer.get(&ObjectKey::namespaced("default", "map-a")).unwrap();
        assert_eq!(object.json().contains("managedFields"), kept, "{watched:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_first_list_is_a_stream_where_the_server_knows_how_and_pages_where_not() {
    let world = World::new();
    for number in 0..3 {
        world.create_map(&format!("map-{number}"), &[]).await;
    }
    for refusal in [
        None,
        Some(
            "sendInitialEvents: Forbidden: sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled",
        ),
        Some("resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch"),
    ] {
        let wires = Wires::default();
        if let Some(message) = refusal {
            wires.refuse_streaming(message);
        }
        let caches = Caches::builder()
            .dice(Dice::seeded(1))
            .build(wires.client(&world.server));
        let store: Store<ConfigMap> = caches.store(&Watched::all::<ConfigMap>());
        world.server.clear_audit_log();
        let began = tokio::time::Instant::now();
        store.ready().await;
        assert_eq!(keys(&store).len(), 3);
        assert!(began.elapsed() < SECOND / 10, "a refusal is no reason to wait");
        let lists = world
            .server
            .audit_log()
            .iter()
            .filter(|entry| entry.verb == "list")
            .count();
        assert_eq!(lists, usize::from(refusal.is_some()));
        world.create_map("map-later", &[]).await;
        pass(SECOND).await;
        assert_eq!(keys(&store).len(), 4);
        world
            .maps()
            .delete("map-later", &Default::default())
            .await
            .unwrap();
        assert_eq!(caches.status()[0].trouble(), None);
    }
}
