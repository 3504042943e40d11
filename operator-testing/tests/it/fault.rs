//! Calls and watches that go wrong.

use std::time::Duration;

use futures::{StreamExt as _, TryStreamExt as _};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::{
    Api,
    api::{PostParams, WatchEvent, WatchParams},
};
use operator_testing::{
    apiserver::{ApiServer, request::Verb},
    fault::{Fault, Faults, Refusal, Rule, WatchFault},
};
use serde_json::json;

fn map(name: &str) -> ConfigMap {
    serde_json::from_value(json!({"metadata": {"name": name}})).unwrap()
}

struct Setup {
    faults: Faults,
    broken: Api<ConfigMap>,
    healthy: Api<ConfigMap>,
}

fn setup() -> Setup {
    let server = ApiServer::new();
    let faults = Faults::new();
    Setup {
        broken: Api::namespaced(faults.client(&server), "default"),
        healthy: Api::namespaced(server.client(), "default"),
        faults,
    }
}

#[tokio::test(start_paused = true)]
async fn a_fault_before_the_commit_writes_nothing_and_one_after_it_does() {
    let options = PostParams::default();
    for (name, fault, written) in [
        ("refused", Fault::Refuse(Refusal::Unavailable), false),
        ("request-lost", Fault::LoseRequest, false),
        ("answer-lost", Fault::LoseAnswer, true),
        ("lied-about", Fault::Lie(Refusal::Timeout), true),
    ] {
        let setup = setup();
        let guard = setup.faults.install(Rule::new(fault).writes().times(1));
        setup.broken.create(&options, &map(name)).await.unwrap_err();
        assert_eq!(guard.hits(), 1, "{name}");
        assert_eq!(
            setup.healthy.get_opt(name).await.unwrap().is_some(),
            written,
            "{name}"
        );
        setup.broken.create(&options, &map("second")).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_rule_ends_with_its_guard_and_concerns_only_what_it_names() {
    let setup = setup();
    let options = PostParams::default();
    let rule = Rule::new(Fault::Refuse(Refusal::Conflict))
        .verb(Verb::Create)
        .resource("configmaps")
        .skip(1);
    let guard = setup.faults.install(rule);
    setup.broken.create(&options, &map("first")).await.unwrap();
    assert!(setup.broken.get("first").await.is_ok(), "reads are not concerned");
    let error = setup.broken.create(&options, &map("second")).await.unwrap_err();
    assert!(matches!(error, kube::Error::Api(status) if status.is_conflict()));
    setup.healthy.create(&options, &map("third")).await.unwrap();
    drop(guard);
    setup.broken.create(&options, &map("second")).await.unwrap();
    let verbs: Vec<Verb> = setup.faults.calls().iter().map(|call| call.verb).collect();
    assert_eq!(verbs, [Verb::Create, Verb::Get, Verb::Create, Verb::Create]);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_hangs_is_known_to_hang() {
    let setup = setup();
    let guard = setup.faults.install(Rule::new(Fault::HangAfter).writes());
    let broken = setup.broken.clone();
    let task = tokio::spawn(async move { broken.create(&PostParams::default(), &map("a")).await });
    guard.hit().await;
    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert!(!task.is_finished());
    assert!(setup.healthy.get_opt("a").await.unwrap().is_some());
    task.abort();
}

#[tokio::test(start_paused = true)]
async fn a_delayed_call_takes_its_time() {
    let setup = setup();
    let _guard = setup
        .faults
        .install(Rule::new(Fault::Delay(Duration::from_secs(7))));
    let before = tokio::time::Instant::now();
    setup
        .broken
        .create(&PostParams::default(), &map("a"))
        .await
        .unwrap();
    assert_eq!(before.elapsed(), Duration::from_secs(7));
}

#[tokio::test(start_paused = true)]
async fn a_watch_goes_wrong_after_some_events() {
    for (fault, expected) in [
        (WatchFault::Ends, "added, end"),
        (WatchFault::Breaks, "added, error"),
        (WatchFault::Expires, "added, expired, end"),
        (WatchFault::Stalls, "added, nothing"),
    ] {
        let setup = setup();
        let _guard = setup.faults.install(Rule::new(Fault::Watch { after: 1, fault }));
        let mut events = setup
            .broken
            .watch(&WatchParams::default(), "1")
            .await
            .unwrap()
            .boxed();
        // the roots of a fresh cluster are no ConfigMaps of this namespace
        setup
            .healthy
            .create(&PostParams::default(), &map("a"))
            .await
            .unwrap();
        setup
            .healthy
            .create(&PostParams::default(), &map("b"))
            .await
            .unwrap();
        let mut seen = Vec::new();
        loop {
            let next = tokio::time::timeout(Duration::from_secs(60), events.try_next()).await;
            seen.push(match next {
                Ok(Ok(Some(WatchEvent::Added(_)))) => "added",
                Ok(Ok(Some(WatchEvent::Error(status)))) if status.code == 410 => "expired",
                Ok(Ok(Some(other))) => panic!("{other:?}"),
                Ok(Ok(None)) => "end",
                Ok(Err(_)) => "error",
                Err(_) => "nothing",
            });
            if !matches!(seen.last(), Some(&("added" | "expired"))) {
                break;
            }
        }
        assert_eq!(seen.join(", "), expected, "{fault:?}");
    }
}
