//! Assertions over time, and an operator that crashes at every write.

use std::{panic::AssertUnwindSafe, time::Duration};

use futures::FutureExt as _;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::{
    Api, Client,
    api::{ListParams, Patch, PatchParams, PostParams},
};
use operator_testing::{
    fault::{Fault, Rule},
    harness::Harness,
};
use serde_json::json;

const MINUTE: Duration = Duration::from_secs(60);

/// An operator of a few lines: makes three maps, then marks the first one as done.
async fn three_maps(client: Client) {
    let maps: Api<ConfigMap> = Api::namespaced(client, "default");
    for name in ["one", "two", "three"] {
        if maps.get_opt(name).await.unwrap().is_none() {
            let map = serde_json::from_value(json!({"metadata": {"name": name}})).unwrap();
            maps.create(&PostParams::default(), &map).await.unwrap();
        }
    }
    let patch = Patch::Merge(json!({"data": {"done": "yes"}}));
    maps.patch("one", &PatchParams::default(), &patch).await.unwrap();
    std::future::pending::<()>().await;
}

async fn done(maps: &Api<ConfigMap>) -> Option<usize> {
    let first = maps.get_opt("one").await.ok()??;
    (first.data?.get("done")? == "yes").then_some(())?;
    Some(maps.list(&ListParams::default()).await.ok()?.items.len())
}

#[tokio::test(start_paused = true)]
async fn an_operator_that_crashes_at_any_write_gets_there_in_the_end() {
    for fault in [Fault::Hang, Fault::HangAfter] {
        for number in 0..4 {
            let harness = Harness::start();
            let maps: Api<ConfigMap> = Api::namespaced(harness.client(), "default");
            let guard = harness
                .faults()
                .install(Rule::new(fault.clone()).writes().nth(number));
            let operator = harness.run(three_maps);
            guard.hit().await;
            tokio::time::sleep(Duration::from_secs(1)).await;
            operator.crash().await;
            drop(guard);
            let operator = harness.run(three_maps);
            let count = harness
                .eventually("the operator is done", MINUTE, async || done(&maps).await)
                .await;
            // and the certificate bundle that every namespace gets
            assert_eq!(count, 4, "{fault:?} {number}");
            harness.settles(MINUTE).await;
            assert!(!operator.has_ended());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_never_comes_fails_with_the_story_so_far() {
    let harness = Harness::start();
    let operator = harness.run(three_maps);
    let failed = AssertUnwindSafe(harness.eventually("pigs fly", MINUTE, async || None::<()>))
        .catch_unwind()
        .await
        .unwrap_err();
    let message = failed.downcast_ref::<String>().unwrap();
    assert!(message.starts_with("not within 60s: pigs fly"), "{message}");
    assert!(message.contains("+ configmaps default/three"), "{message}");
    assert!(message.contains("data: null -> {\"done\":\"yes\"}"), "{message}");
    assert!(
        message.contains("patch configmaps default/one -> 200"),
        "{message}"
    );
    drop(operator);
}

#[tokio::test(start_paused = true)]
async fn never_watches_until_the_end() {
    let harness = Harness::start();
    let maps: Api<ConfigMap> = Api::namespaced(harness.client(), "default");
    let operator = harness.run(three_maps);
    harness
        .never("a fourth map", MINUTE, async || {
            maps.get_opt("four").await.ok().flatten()
        })
        .await;
    let failed = AssertUnwindSafe(harness.never("a third map", MINUTE, async || {
        maps.get_opt("three").await.ok().flatten()
    }))
    .catch_unwind()
    .await;
    assert!(failed.is_err());
    drop(operator);
}

#[tokio::test(start_paused = true)]
async fn two_that_undo_each_other_never_settle() {
    let harness = Harness::start();
    let flip = |value: &'static str| {
        async move |client: Client| {
            let maps: Api<ConfigMap> = Api::namespaced(client, "default");
            loop {
                let patch = Patch::Merge(json!({"metadata": {"name": "x"}, "data": {"k": value}}));
                let _ = maps.patch("x", &PatchParams::default(), &patch).await;
                tokio::time::sleep(Duration::from_secs(10)).await;
            }
        }
    };
    let maps: Api<ConfigMap> = Api::namespaced(harness.client(), "default");
    let map = serde_json::from_value(json!({"metadata": {"name": "x"}})).unwrap();
    maps.create(&PostParams::default(), &map).await.unwrap();
    harness.settles(MINUTE).await;
    let (one, other) = (harness.run(flip("a")), harness.run(flip("b")));
    let failed = AssertUnwindSafe(harness.settles(10 * MINUTE))
        .catch_unwind()
        .await;
    let failed = failed.unwrap_err();
    let message = failed.downcast_ref::<String>().unwrap();
    assert!(message.starts_with("does not settle within 600s"), "{message}");
    assert!(message.contains("data/k: \"a\" -> \"b\""), "{message}");
    one.crash().await;
    other.crash().await;
    harness.settles(MINUTE).await;
}
