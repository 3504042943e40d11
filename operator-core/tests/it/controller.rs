//! A controller against the embedded server, under paused time.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::future::BoxFuture;
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::Api;
use kube::api::{DeleteParams, ObjectMeta, PostParams};
use operator_core::controller::Controller;
use operator_core::informer::Stores;
use operator_core::meta::ObjectKey;
use operator_core::reconcile::{Action, Context, Reason, Reconciler, Terminal};
use operator_core::source::Source;
use tokio::time::Instant;

use super::world::{SECOND, World, pass};

type Script = dyn Fn(Arc<ConfigMap>, Context<ConfigMap>) -> BoxFuture<'static, Answer> + Send + Sync;
type Answer = Result<Action, operator_core::BoxError>;

#[derive(Debug, thiserror::Error)]
#[error("cannot do it")]
struct Failed(#[source] operator_core::BoxError);

/// A reconciler that notes its calls and answers as the test says.
#[derive(Clone)]
struct Scripted {
    calls: Arc<Mutex<Vec<Call>>>,
    answer: Arc<Script>,
}

#[derive(Clone, Debug)]
struct Call {
    key: String,
    attempt: u32,
    at: Duration,
    reasons: String,
}

impl Scripted {
    fn new<F>(answer: impl Fn(Arc<ConfigMap>, Context<ConfigMap>) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Answer> + Send + 'static,
    {
        Self {
            calls: Arc::default(),
            answer: Arc::new(move |object, cx| Box::pin(answer(object, cx))),
        }
    }

    fn idle() -> Self {
        Self::new(|_, _| async { Ok(Action::await_change()) })
    }

    fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }

    fn count(&self, key: &str) -> usize {
        self.calls().iter().filter(|call| call.key == key).count()
    }

    fn clear(&self) {
        self.calls.lock().unwrap().clear();
    }
}

fn start() -> Instant {
    use std::cell::OnceCell;
    thread_local!(static START: OnceCell<Instant> = const { OnceCell::new() });
    START.with(|start| *start.get_or_init(Instant::now))
}

impl Reconciler for Scripted {
    type Resource = ConfigMap;
    type Error = Failed;

    async fn reconcile(&self, object: Arc<ConfigMap>, cx: &Context<ConfigMap>) -> Result<Action, Failed> {
        self.calls.lock().unwrap().push(Call {
            key: cx.key().name().to_owned(),
            attempt: cx.attempt(),
            at: start().elapsed(),
            reasons: cx.reasons().to_string(),
        });
        let cx = cx.clone();
        (self.answer)(object, cx).await.map_err(Failed)
    }
}

fn only_own(name: &'static str) -> impl Fn(&operator_core::informer::Change) -> bool + Send + Sync + 'static {
    move |change| change.key().name().starts_with(name)
}

#[tokio::test(start_paused = true)]
async fn what_is_there_and_what_changes_is_reconciled() {
    let world = World::new();
    world.create_map("a", &[]).await;
    let reconciler = Scripted::idle();
    let running = world.run(
        world
            .manager()
            .controller(Controller::new(reconciler.clone()).when(only_own("a"))),
    );
    pass(SECOND).await;
    world.create_map("ab", &[]).await;
    pass(SECOND).await;
    world.set_data("a", "k", "v").await;
    pass(SECOND).await;
    let seen: Vec<_> = reconciler
        .calls()
        .into_iter()
        .map(|call| (call.key, call.reasons))
        .collect();
    let expected = [("a", "initial"), ("ab", "changed"), ("a", "changed")];
    assert_eq!(
        seen,
        expected.map(|(key, reasons)| (key.to_owned(), reasons.to_owned()))
    );
    world.end(running).await;
}

#[tokio::test(start_paused = true)]
async fn failures_come_back_with_their_own_backoff_and_attempt() {
    let world = World::new();
    world.create_map("bad", &[]).await;
    world.create_map("bystander", &[]).await;
    let reconciler = Scripted::new(|object, cx| async move {
        match object.metadata.name.as_deref() {
            Some("bad") if cx.attempt() < 5 => Err("not yet".into()),
            _ => Ok(Action::await_change()),
        }
    });
    let controller = Controller::new(reconciler.clone()).when(only_own("b"));
    let running = world.reconcile(controller);
    pass(SECOND * 10).await;
    let calls: Vec<_> = reconciler
        .calls()
        .into_iter()
        .filter(|call| call.key == "bad")
        .collect();
    assert_eq!(
        calls.iter().map(|call| call.attempt).collect::<Vec<_>>(),
        [1, 2, 3, 4, 5]
    );
    let gaps: Vec<_> = calls
        .windows(2)
        .map(|pair| (pair[1].at - pair[0].at).as_millis())
        .collect();
    for (gap, expected) in gaps.iter().zip([5, 10, 20, 40]) {
        assert!((expected..=expected + 1).contains(gap), "{gaps:?}");
    }
    assert_eq!(calls[1].reasons, "retried");
    assert_eq!(reconciler.count("bystander"), 1);
    // A success is forgotten.
    world.set_data("bad", "k", "v").await;
    pass(SECOND).await;
    assert_eq!(reconciler.calls()[6].attempt, 1);
    world.end(running).await;
}

#[tokio::test(start_paused = true)]
async fn terminal_errors_wait_for_a_change_and_panics_are_retried() {
    let world = World::new();
    world.create_map("terminal", &[]).await;
    world.create_map("throws", &[]).await;
    let reconciler = Scripted::new(|object, cx| async move {
        match object.metadata.name.as_deref() {
            Some("terminal") => Err(Terminal::new("hopeless").into()),
            Some("throws") if cx.attempt() == 1 => panic!("oh"),
            _ => Ok(Action::await_change()),
        }
    });
    let controller = Controller::new(reconciler.clone()).when(only_own("t"));
    let running = world.reconcile(controller);
    pass(SECOND * 60).await;
    assert_eq!((reconciler.count("terminal"), reconciler.count("throws")), (1, 2));
    world.set_data("terminal", "k", "v").await;
    pass(SECOND).await;
    assert_eq!(reconciler.count("terminal"), 2);
    world.end(running).await;
}

#[tokio::test(start_paused = true)]
async fn a_reconcile_that_takes_too_long_is_given_up() {
    let world = World::new();
    world.create_map("slow", &[]).await;
    let reconciler = Scripted::new(|_, cx| async move {
        if cx.attempt() == 1 {
            cx.clock().sleep(SECOND * 3600).await;
        }
        Ok(Action::await_change())
    });
    let controller = Controller::new(reconciler.clone())
        .timeout(SECOND * 5)
        .when(only_own("slow"));
    let running = world.reconcile(controller);
    pass(SECOND * 10).await;
    assert_eq!(reconciler.count("slow"), 2);
    world.end(running).await;
}

#[tokio::test(start_paused = true)]
async fn requeue_after_comes_back_once_unless_a_change_comes_first() {
    let world = World::new();
    world.create_map("again", &[]).await;
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let reconciler = Scripted::new(move |_, _| {
        let call = counted.fetch_add(1, Ordering::SeqCst);
        async move {
            Ok(if call < 2 {
                Action::requeue_after(SECOND * 60)
            } else {
                Action::await_change()
            })
        }
    });
    let running = world.run(
        world
            .manager()
            .controller(Controller::new(reconciler.clone()).when(only_own("again"))),
    );
    pass(SECOND * 30).await;
    assert_eq!(reconciler.count("again"), 1);
    world.set_data("again", "k", "v").await;
    pass(SECOND * 59).await;
    assert_eq!(
        reconciler.count("again"),
        2,
        "the change came first, and the old wish is void"
    );
    pass(SECOND * 600).await;
    assert_eq!(reconciler.count("again"), 3);
    assert_eq!(reconciler.calls()[2].reasons, "requeued");
    world.end(running).await;
}

#[tokio::test(start_paused = true)]
async fn one_key_runs_alone_and_a_change_meanwhile_runs_it_again() {
    let world = World::new();
    world.create_map("one", &[]).await;
    let running_now = Arc::new(AtomicUsize::new(0));
    let guard = Arc::clone(&running_now);
    let reconciler = Scripted::new(move |_, cx| {
        let guard = Arc::clone(&guard);
        async move {
            assert_eq!(guard.fetch_add(1, Ordering::SeqCst), 0);
            cx.clock().sleep(SECOND * 10).await;
            guard.fetch_sub(1, Ordering::SeqCst);
            Ok(Action::await_change())
        }
    });
    let running = world.run(
        world
            .manager()
            .controller(Controller::new(reconciler.clone()).when(only_own("one"))),
    );
    pass(SECOND).await;
    for round in 0..5 {
        world.set_data("one", "k", &round.to_string()).await;
    }
    pass(SECOND * 100).await;
    assert_eq!(
        reconciler.count("one"),
        2,
        "five changes while it ran are one more reconcile"
    );
    world.end(running).await;
}

#[tokio::test(start_paused = true)]
async fn concurrency_is_bounded_and_used() {
    let world = World::new();
    for number in 0..9 {
        world.create_map(&format!("c{number}"), &[]).await;
    }
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (running_now, at_most) = (Arc::clone(&now), Arc::clone(&most));
    let reconciler = Scripted::new(move |_, cx| {
        let (now, most) = (Arc::clone(&running_now), Arc::clone(&at_most));
        async move {
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            cx.clock().sleep(SECOND).await;
            now.fetch_sub(1, Ordering::SeqCst);
            Ok(Action::await_change())
        }
    });
    let controller = Controller::new(reconciler.clone())
        .concurrency(3)
        .when(only_own("c"));
    let running = world.reconcile(controller);
    pass(SECOND * 30).await;
    assert_eq!((most.load(Ordering::SeqCst), reconciler.calls().len()), (3, 9));
    world.end(running).await;
}

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
