//! Reconciles on several threads at once.

use std::convert::Infallible;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use k8s_openapi::api::core::v1::ConfigMap;
use operator_core::controller::Controller;
use operator_core::reconcile::{Action, Context, Reconciler};

use super::notes::is_map;
use super::world::World;

/// How long two threads wait for each other before the test gives up.
const FAR_TOO_LONG: Duration = Duration::from_secs(60);

/// Holds its thread until as many reconciles run as are meant to meet.
#[derive(Clone, Default)]
struct Meeting {
    state: Arc<(Mutex<usize>, Condvar)>,
    over: Arc<tokio::sync::Notify>,
}

impl Reconciler for Meeting {
    type Resource = ConfigMap;
    type Error = Infallible;

    async fn reconcile(&self, _: Arc<ConfigMap>, _: &Context<ConfigMap>) -> Result<Action, Infallible> {
        let (here, changed) = &*self.state;
        let mut here = here.lock().unwrap();
        *here += 1;
        changed.notify_all();
        // The thread is held, as by a computation: a runtime that polls all reconciles on one task never gets on.
        let (here, waited) = changed
            .wait_timeout_while(here, FAR_TOO_LONG, |here| *here < 2)
            .unwrap();
        if *here == 2 && !waited.timed_out() {
            self.over.notify_one();
        }
        Ok(Action::await_change())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn reconciles_of_one_controller_run_on_several_threads_at_once() {
    let world = World::new();
    world.create_map("map-1", &[]).await;
    world.create_map("map-2", &[]).await;
    let meeting = Meeting::default();
    let running = world.reconcile(Controller::new(meeting.clone()).when(is_map));
    let met = tokio::time::timeout(FAR_TOO_LONG, meeting.over.notified()).await;
    assert!(met.is_ok(), "no two reconciles ran at once");
    world.end(running).await;
}
