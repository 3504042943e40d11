//! Finalizers, own writes and caches that lag, through a whole controller.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::api::{DeleteParams, ObjectMeta};
use operator_core::controller::Controller;
use operator_core::informer::Change;
use operator_core::reconcile::{Action, Context, Reconciler};
use operator_core::toolkit::WriteError;

use super::wires::Wires;
use super::world::{SECOND, World, pass};

/// Notes what it was called for; cleans up at the second attempt.
#[derive(Clone, Default)]
struct Careful {
    log: Arc<Mutex<Vec<String>>>,
}

impl Careful {
    fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }
}

impl Reconciler for Careful {
    type Resource = ConfigMap;
    type Error = Infallible;

    async fn reconcile(&self, map: Arc<ConfigMap>, cx: &Context<ConfigMap>) -> Result<Action, Infallible> {
        let held = map.metadata.finalizers.clone().unwrap_or_default();
        self.log
            .lock()
            .unwrap()
            .push(format!("reconcile {} {held:?}", cx.key().name()));
        Ok(Action::await_change())
    }

    async fn cleanup(&self, map: Arc<ConfigMap>, cx: &Context<ConfigMap>) -> Result<Action, Infallible> {
        assert!(map.metadata.deletion_timestamp.is_some());
        let mut log = self.log.lock().unwrap();
        log.push(format!("cleanup {}", cx.key().name()));
        let first = log.iter().filter(|line| line.starts_with("cleanup")).count() == 1;
        Ok(if first {
            Action::requeue_after(SECOND)
        } else {
            Action::await_change()
        })
    }
}

fn only(prefix: &'static str) -> impl Fn(&Change) -> bool + Send + Sync + 'static {
    move |change| change.key().name().starts_with(prefix)
}

#[tokio::test(start_paused = true)]
async fn a_finalizer_comes_before_work_and_goes_after_cleanup() {
    let world = World::new();
    world.create_map("mine", &[]).await;
    let reconciler = Careful::default();
    let controller = Controller::new(reconciler.clone())
        .finalizer("example.com/careful")
        .when(only("mine"));
    assert!(controller.declaration().finalizer);
    let running = world.reconcile(controller);
    pass(SECOND).await;
    assert_eq!(
        reconciler.log(),
        ["reconcile mine [\"example.com/careful\"]"],
        "the echo of the finalizer wakes nobody"
    );
    world
        .maps()
        .delete("mine", &DeleteParams::default())
        .await
        .unwrap();
    pass(SECOND * 10).await;
    assert_eq!(reconciler.log()[1..], ["cleanup mine", "cleanup mine"]);
    assert!(world.maps().get_opt("mine").await.unwrap().is_none());
    world.end(running).await;
}

/// Works without a cleanup.
struct Careless(Arc<Mutex<usize>>);

impl Reconciler for Careless {
    type Resource = ConfigMap;
    type Error = Infallible;

    async fn reconcile(&self, _: Arc<ConfigMap>, _: &Context<ConfigMap>) -> Result<Action, Infallible> {
        *self.0.lock().unwrap() += 1;
        Ok(Action::await_change())
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_cleanup_there_is_no_finalizer_and_an_old_one_is_released() {
    let world = World::new();
    world.create_map("mine", &[]).await;
    world
        .patch_map(
            "mine",
            &serde_json::json!({"metadata": {"finalizers": ["example.com/old", "other.com/x"]}}),
        )
        .await;
    let count = Arc::new(Mutex::new(0));
    let controller = Controller::new(Careless(Arc::clone(&count)))
        .finalizer("example.com/old")
        .when(only("mine"));
    assert!(!controller.declaration().finalizer);
    let running = world.reconcile(controller);
    pass(SECOND).await;
    world
        .maps()
        .delete("mine", &DeleteParams::default())
        .await
        .unwrap();
    pass(SECOND * 5).await;
    let map = world.maps().get("mine").await.unwrap();
    assert_eq!(map.metadata.finalizers, Some(vec!["other.com/x".to_owned()]));
    assert_eq!(
        *count.lock().unwrap(),
        1,
        "not called for an object that is being deleted"
    );
    world.end(running).await;
}

/// Counts up in a secret, from what the cache shows.
struct Counter {
    seen: Arc<Mutex<Vec<u32>>>,
}

impl Reconciler for Counter {
    type Resource = ConfigMap;
    type Error = WriteError;

    async fn reconcile(&self, map: Arc<ConfigMap>, cx: &Context<ConfigMap>) -> Result<Action, WriteError> {
        let cached = cx.stale_cache::<Secret>().named("default", "count");
        let count = cached
            .and_then(|secret| secret.metadata.labels.clone()?.get("count")?.parse().ok())
            .unwrap_or(0);
        self.seen.lock().unwrap().push(count);
        if count < 3 {
            let secret = Secret {
                metadata: ObjectMeta {
                    name: Some("count".to_owned()),
                    labels: Some([("count".to_owned(), (count + 1).to_string())].into()),
                    ..ObjectMeta::default()
                },
                ..Secret::default()
            };
            cx.apply(&map, secret).await?;
            // At once: before the watch can have shown the write.
            return Ok(Action::requeue_after(SECOND / 1000));
        }
        Ok(Action::await_change())
    }
}

/// A controller that counts, and what it saw.
fn counting() -> (Arc<Mutex<Vec<u32>>>, Controller<Counter>) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let counter = Counter {
        seen: Arc::clone(&seen),
    };
    (
        seen,
        Controller::new(counter).owns::<Secret>().when(only("counter")),
    )
}

#[tokio::test(start_paused = true)]
async fn a_key_does_not_see_its_own_writes_undone_by_a_stale_cache() {
    let world = World::new();
    world.create_map("counter", &[]).await;
    let wires = Wires::default();
    let (seen, controller) = counting();
    // The cache hears of everything a second late; writes go through at once.
    wires.delay_watches(SECOND);
    let manager = world
        .manager_on(wires.client(&world.server))
        .controller(controller);
    let running = world.run(manager);
    pass(SECOND * 30).await;
    assert_eq!(*seen.lock().unwrap(), [0, 1, 2, 3]);
    world.end(running).await;
}

#[tokio::test(start_paused = true)]
async fn a_cache_that_never_catches_up_holds_a_key_for_a_bounded_time() {
    let world = World::new();
    world.create_map("counter", &[]).await;
    let wires = Wires::default();
    let (seen, controller) = counting();
    // The first list comes in pages, and the watch that follows tells nothing.
    wires.refuse_streaming("sendInitialEvents: Forbidden");
    wires.delay_watches(SECOND * 3600);
    let running = world.run(
        world
            .manager_on(wires.client(&world.server))
            .controller(controller),
    );
    pass(SECOND * 4).await;
    assert_eq!(*seen.lock().unwrap(), [0]);
    pass(SECOND * 11 / 10).await;
    assert_eq!(
        seen.lock().unwrap()[..2],
        [0, 0],
        "after five seconds it goes on with what there is"
    );
    world.end(running).await;
}
