//! Watches that end at once, under paused time.

use std::time::Duration;

use k8s_openapi::api::core::v1::ConfigMap;
use operator_core::dice::Dice;
use operator_core::informer::{Caches, Store, Watched};
use operator_testing::apiserver::request::Verb;
use operator_testing::fault::{Fault, Faults, Rule, WatchFault};

use super::world::{SECOND, World, pass};

/// Where a loop without a pause comes to its end, so that the test fails and does not hang.
const FAR_TOO_MANY: usize = 2000;

fn ends_after(events: usize) -> Rule {
    Rule::new(Fault::Watch {
        after: events,
        fault: WatchFault::Ends,
    })
    .times(FAR_TOO_MANY)
}

fn store(world: &World, faults: &Faults, watched: &Watched) -> (Caches, Store<ConfigMap>) {
    let caches = Caches::builder()
        .dice(Dice::seeded(1))
        .build(faults.client(&world.server));
    let store = caches.store(watched);
    (caches, store)
}

fn watches(faults: &Faults) -> usize {
    faults
        .calls()
        .iter()
        .filter(|call| call.verb == Verb::Watch)
        .count()
}

fn value(store: &Store<ConfigMap>) -> Option<String> {
    store.named("default", "a")?.data.as_ref()?.get("k").cloned()
}

#[tokio::test(start_paused = true)]
async fn a_watch_that_ends_at_once_is_started_again_with_growing_pauses() {
    for watched in [
        Watched::all::<ConfigMap>().page_size(500),
        Watched::all::<ConfigMap>(),
    ] {
        let world = World::new();
        world.create_map("a", &[("k", "1")]).await;
        let faults = Faults::new();
        let guard = faults.install(ends_after(0));
        let (_caches, store) = store(&world, &faults, &watched);

        pass(SECOND * 60).await;
        let first = watches(&faults);
        assert!((5..=12).contains(&first), "{first} watches in the first minute");
        pass(SECOND * 60).await;
        let second = watches(&faults) - first;
        assert!((1..=5).contains(&second), "{second} watches in the second minute");

        // Once watches last, nothing is missing, and nothing waits any more.
        drop(guard);
        world.set_data("a", "k", "2").await;
        pass(SECOND * 45).await;
        assert_eq!(value(&store).as_deref(), Some("2"));
        let healthy = watches(&faults);
        world.set_data("a", "k", "3").await;
        pass(Duration::from_millis(10)).await;
        assert_eq!(value(&store).as_deref(), Some("3"));
        pass(SECOND * 60).await;
        assert_eq!(watches(&faults), healthy);
    }
}

#[tokio::test(start_paused = true)]
async fn a_watch_that_gets_on_is_not_slowed_down() {
    let world = World::new();
    world.create_map("a", &[("k", "0")]).await;
    let faults = Faults::new();
    let guard = faults.install(ends_after(1));
    let watched = Watched::all::<ConfigMap>().page_size(500);
    let (_caches, store) = store(&world, &faults, &watched);
    store.ready().await;
    pass(SECOND * 5).await;
    for round in 1..=5 {
        let expected = round.to_string();
        world.set_data("a", "k", &expected).await;
        pass(Duration::from_millis(10)).await;
        assert_eq!(value(&store), Some(expected));
    }
    assert_eq!(guard.hits(), 6, "each watch told one change and ended");
}
