//! Pods as a test steers them, and the cluster at rest.

use std::time::Duration;

use operator_testing::cluster::{Cluster, PodBehavior, Termination};
use serde_json::{Value, json};

use super::{Api, PODS, seconds};

fn pod(restart: &str) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "one"},
        "spec": {"restartPolicy": restart, "terminationGracePeriodSeconds": 20, "containers": [{"name": "main", "image": "nginx:1"}]},
    })
}

fn state(pod: &Value) -> (&str, bool, i64) {
    let container = &pod["status"]["containerStatuses"][0];
    (
        pod["status"]["phase"].as_str().unwrap(),
        container["ready"].as_bool().unwrap_or_default(),
        container["restartCount"].as_i64().unwrap_or_default(),
    )
}

#[tokio::test(start_paused = true)]
async fn a_pod_crashes_and_comes_back() {
    let cluster = Cluster::builder()
        .pods(PodBehavior::ready_after(Duration::from_secs(3)))
        .start();
    let api = Api::of(&cluster);
    let path = format!("{PODS}/one");
    api.post(PODS, pod("Always")).await;
    seconds(5).await;
    assert_eq!(state(&api.get(&path).await), ("Running", true, 0));
    cluster.pods().crash("default", "one");
    seconds(1).await;
    assert!(!state(&api.get(&path).await).1);
    seconds(5).await;
    assert_eq!(state(&api.get(&path).await), ("Running", true, 1));
}

#[tokio::test(start_paused = true)]
async fn a_pod_that_ends_succeeds_or_fails() {
    let cluster = Cluster::start();
    let api = Api::of(&cluster);
    let path = format!("{PODS}/one");
    api.post(PODS, pod("Never")).await;
    seconds(1).await;
    assert_eq!(api.get(&path).await["status"]["phase"], "Succeeded");
    api.delete(&path, json!(null)).await;
    let fails = PodBehavior::Fails {
        after: Duration::from_secs(1),
        exit_code: 3,
    };
    cluster.pods().set("default", "one", fails);
    api.post(PODS, pod("Never")).await;
    seconds(3).await;
    let failed = api.get(&path).await;
    assert_eq!(failed["status"]["phase"], "Failed");
    let ended = &failed["status"]["containerStatuses"][0]["state"]["terminated"];
    assert_eq!(ended["exitCode"], 3, "{failed}");
}

#[tokio::test(start_paused = true)]
async fn a_deleted_pod_may_use_its_grace_period() {
    let cluster = Cluster::builder().termination(Termination::AfterGrace).start();
    let api = Api::of(&cluster);
    let path = format!("{PODS}/one");
    api.post(PODS, pod("Always")).await;
    seconds(1).await;
    api.delete(&path, json!(null)).await;
    seconds(15).await;
    assert_ne!(api.get(&path).await["metadata"]["deletionTimestamp"], Value::Null);
    seconds(10).await;
    assert_eq!(api.get(&path).await, Value::Null);
}

#[tokio::test(start_paused = true)]
async fn a_cluster_at_rest_writes_nothing() {
    let cluster = Cluster::start();
    seconds(10).await;
    let revision = cluster.server().revision();
    seconds(100_000).await;
    assert_eq!(cluster.server().revision(), revision);
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_gives_the_same_cluster() {
    let run = async || {
        let cluster = Cluster::start();
        let api = Api::of(&cluster);
        api.post(
            super::DEPLOYMENTS,
            super::workload("Deployment", "web", 5, "nginx:1"),
        )
        .await;
        seconds(10).await;
        let log = cluster.server().audit_log();
        log.iter().map(|entry| format!("{entry:?}\n")).collect::<String>()
    };
    let first = run().await;
    assert!(first.contains("replicaset-controller"), "{first}");
    assert_eq!(first, run().await);
}
