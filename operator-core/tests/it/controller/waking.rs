//! What wakes a controller, and what stops it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::Api;
use kube::api::{DeleteParams, ObjectMeta, PostParams};
use operator_core::controller::Controller;
use operator_core::informer::Stores;
use operator_core::meta::ObjectKey;
use operator_core::reconcile::{Action, Reason};
use operator_core::source::Source;
use tokio::time::Instant;

use super::{Scripted, only_own};
use crate::world::{SECOND, World, pass};

#[tokio::test(start_paused = true)]
async fn a_mapper_reads_the_caches() {
    let world = World::new();
    world.create_map("user-1", &[("secret", "s1")]).await;
    world.create_map("user-2", &[("secret", "s2")]).await;
    fn users(secret: &Secret, stores: &Stores) -> Vec<ObjectKey> {
        let maps = stores.of::<ConfigMap>().list();
        let uses = |map: &&Arc<ConfigMap>| {
            map.data
                .iter()
                .flatten()
                .any(|(_, name)| Some(name) == secret.metadata.name.as_ref())
        };
        maps.iter()
            .filter(uses)
            .map(|map| ObjectKey::of(map.as_ref()))
            .collect()
    }
    let reconciler = Scripted::idle();
    let controller = Controller::new(reconciler.clone())
        .watches::<Secret>(users)
        .when(only_own("user"));
    let running = world.reconcile(controller);
    pass(SECOND).await;
    reconciler.clear();
    let secrets: Api<Secret> = Api::namespaced(world.client.clone(), "default");
    let mut secret = Secret::default();
    secret.metadata.name = Some("s2".to_owned());
    secrets.create(&PostParams::default(), &secret).await.unwrap();
    pass(SECOND).await;
    let calls: Vec<_> = reconciler
        .calls()
        .into_iter()
        .map(|call| (call.key, call.reasons))
        .collect();
    assert_eq!(calls, [("user-2".to_owned(), "mapped".to_owned())]);
    world.end(running).await;
}

#[tokio::test(start_paused = true)]
async fn the_world_outside_can_ask() {
    let world = World::new();
    world.create_map("x", &[]).await;
    let (trigger, source) = Source::external();
    let reconciler = Scripted::new(|_, cx| async move {
        assert!(!cx.reasons().contains(Reason::Owned));
        Ok(Action::await_change())
    });
    let controller = Controller::new(reconciler.clone())
        .source(source)
        .when(only_own("x"));
    let running = world.reconcile(controller);
    pass(SECOND).await;
    trigger.fire(ObjectKey::namespaced("default", "x"));
    trigger.fire(ObjectKey::namespaced("default", "not-there"));
    pass(SECOND).await;
    assert_eq!(reconciler.calls().len(), 2);
    assert_eq!(reconciler.calls()[1].reasons, "external");
    trigger.fire_after(ObjectKey::namespaced("default", "x"), SECOND * 30);
    pass(SECOND * 29).await;
    assert_eq!(reconciler.calls().len(), 2);
    pass(SECOND * 2).await;
    assert_eq!(reconciler.calls().len(), 3);
    world.end(running).await;
}

#[tokio::test(start_paused = true)]
async fn a_paused_object_is_left_alone_until_it_is_not() {
    let world = World::new();
    world.create_map("p", &[]).await;
    world
        .patch_map(
            "p",
            &serde_json::json!({"metadata": {"annotations": {"example.com/paused": "true"}}}),
        )
        .await;
    let reconciler = Scripted::idle();
    let controller = Controller::new(reconciler.clone())
        .paused_by("example.com/paused")
        .when(only_own("p"));
    let running = world.reconcile(controller);
    pass(SECOND).await;
    assert!(reconciler.calls().is_empty());
    world
        .patch_map("p", &serde_json::json!({"metadata": {"annotations": null}}))
        .await;
    pass(SECOND).await;
    assert_eq!(reconciler.calls().len(), 1);
    world.end(running).await;
}

#[tokio::test(start_paused = true)]
async fn resync_reaches_everyone_without_a_change() {
    let world = World::new();
    world.create_map("r1", &[]).await;
    world.create_map("r2", &[]).await;
    let reconciler = Scripted::idle();
    let controller = Controller::new(reconciler.clone())
        .resync(SECOND * 600)
        .when(only_own("r"));
    let running = world.reconcile(controller);
    pass(SECOND * 700).await;
    assert_eq!((reconciler.count("r1"), reconciler.count("r2")), (2, 2));
    world.end(running).await;
}

#[tokio::test(start_paused = true)]
async fn a_drain_lets_reconciles_finish_and_starts_none() {
    let world = World::new();
    world.create_map("d1", &[]).await;
    world.create_map("d2", &[]).await;
    let finished = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&finished);
    let reconciler = Scripted::new(move |_, cx| {
        let finished = Arc::clone(&counted);
        async move {
            cx.clock().sleep(SECOND * 10).await;
            finished.fetch_add(1, Ordering::SeqCst);
            Ok(Action::await_change())
        }
    });
    let controller = Controller::new(reconciler.clone())
        .concurrency(1)
        .when(only_own("d"));
    let running = world.reconcile(controller);
    pass(SECOND * 5).await;
    world.shutdown.drain();
    pass(SECOND).await;
    assert!(!running.is_finished());
    let drained = Instant::now();
    running.await.unwrap().unwrap();
    assert!(drained.elapsed() < SECOND * 5);
    assert_eq!(
        (finished.load(Ordering::SeqCst), reconciler.calls().len()),
        (1, 1)
    );
}

#[tokio::test(start_paused = true)]
async fn what_does_not_finish_in_time_is_dropped() {
    let world = World::new();
    world.create_map("stuck", &[]).await;
    let reconciler = Scripted::new(|_, _| std::future::pending());
    let manager = world.manager().grace_period(SECOND * 7);
    let running = world.run(manager.controller(Controller::new(reconciler.clone()).when(only_own("stuck"))));
    pass(SECOND).await;
    world.shutdown.drain();
    let drained = Instant::now();
    running.await.unwrap().unwrap();
    let took = drained.elapsed();
    assert!((SECOND * 7..SECOND * 8).contains(&took), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn two_controllers_share_a_watch_but_no_name() {
    let world = World::new();
    let twice = || Controller::new(Scripted::idle());
    let error = world
        .manager()
        .controller(twice())
        .controller(twice())
        .run(world.shutdown.clone())
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("two controllers are called configmap"),
        "{error}"
    );
    world.server.clear_audit_log();
    let running = world.run(
        world
            .manager()
            .controller(twice())
            .controller(twice().named("other")),
    );
    pass(SECOND).await;
    let watches = world
        .server
        .audit_log()
        .iter()
        .filter(|entry| entry.verb == "watch")
        .count();
    assert_eq!(watches, 1);
    world.end(running).await;
}
#[tokio::test(start_paused = true)]
async fn children_wake_their_owner_and_own_writes_do_not() {
    let world = World::new();
    world.create_map("parent", &[("k", "1")]).await;
    let reconciler = Scripted::new(|object, cx| async move {
        let child = Secret {
            metadata: ObjectMeta {
                name: Some("child".to_owned()),
                namespace: object.metadata.namespace.clone(),
                ..ObjectMeta::default()
            },
            string_data: None,
            type_: Some("example.com/kind".to_owned()),
            ..Secret::default()
        };
        cx.apply(&object, child).await?;
        Ok(Action::await_change())
    });
    let controller = Controller::new(reconciler.clone())
        .owns::<Secret>()
        .when(only_own("parent"));
    let running = world.reconcile(controller);
    pass(SECOND * 10).await;
    assert_eq!(reconciler.count("parent"), 1, "{:?}", reconciler.calls());
    let secrets: Api<Secret> = Api::namespaced(world.client.clone(), "default");
    secrets.delete("child", &DeleteParams::default()).await.unwrap();
    pass(SECOND * 10).await;
    assert_eq!(reconciler.count("parent"), 2, "{:?}", reconciler.calls());
    assert_eq!(reconciler.calls()[1].reasons, "owned");
    assert!(
        secrets.get_opt("child").await.unwrap().is_some(),
        "it is applied again"
    );
    world.end(running).await;
}
