//! What becomes of a reconcile.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use operator_core::controller::Controller;
use operator_core::reconcile::{Action, Terminal};

use super::{Scripted, only_own};
use crate::world::{SECOND, World, pass};

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
