//! StatefulSets, from their creation to their end.

use serde_json::{Value, json};

use super::{Api, PODS, STATEFUL_SETS, seconds, slow_cluster, workload};

const CLAIMS: &str = "/api/v1/namespaces/default/persistentvolumeclaims";

fn database(replicas: u32) -> Value {
    let mut set = workload("StatefulSet", "db", replicas, "postgres:16");
    set["spec"]["serviceName"] = "db-headless".into();
    set["spec"]["volumeClaimTemplates"] = json!([{
        "metadata": {"name": "data"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    }]);
    set
}

#[tokio::test(start_paused = true)]
async fn pods_come_up_one_after_the_other_with_bound_claims() {
    let cluster = slow_cluster();
    let api = Api::of(&cluster);
    api.post(STATEFUL_SETS, database(3)).await;
    seconds(1).await;
    assert_eq!(api.names(PODS).await, ["db-0"]);
    seconds(2).await;
    assert_eq!(api.names(PODS).await, ["db-0", "db-1"]);
    seconds(5).await;
    let set = api.get(&format!("{STATEFUL_SETS}/db")).await;
    let status = &set["status"];
    assert_eq!(status["readyReplicas"], 3, "{status}");
    assert_eq!(status["currentReplicas"], 3);
    assert_eq!(status["currentRevision"], status["updateRevision"]);
    assert_eq!(status["observedGeneration"], 1);
    assert_eq!(api.names(CLAIMS).await, ["data-db-0", "data-db-1", "data-db-2"]);
    let claim = api.get(&format!("{CLAIMS}/data-db-0")).await;
    assert_eq!(claim["status"]["phase"], "Bound", "{claim}");
    let pod = api.get(&format!("{PODS}/db-2")).await;
    assert_eq!(pod["spec"]["hostname"], "db-2");
    assert_eq!(pod["spec"]["nodeName"], "node-1");
}

#[tokio::test(start_paused = true)]
async fn a_new_template_replaces_pods_from_the_last_one_down() {
    let cluster = slow_cluster();
    let api = Api::of(&cluster);
    let path = format!("{STATEFUL_SETS}/db");
    api.post(STATEFUL_SETS, database(3)).await;
    seconds(10).await;
    let before = api.get(&path).await["status"]["currentRevision"].clone();
    let template = json!({"spec": {"containers": [{"name": "main", "image": "postgres:17"}]}});
    api.patch(&path, json!({"spec": {"template": template}})).await;
    seconds(1).await;
    let status = api.get(&path).await["status"].clone();
    assert_eq!(status["currentRevision"], before, "{status}");
    assert_ne!(status["updateRevision"], before);
    assert_eq!(status["updatedReplicas"], 1);
    let image = async |name: &str| {
        let pod = api.get(&format!("{PODS}/{name}")).await;
        pod["spec"]["containers"][0]["image"].clone()
    };
    assert_eq!(image("db-2").await, "postgres:17");
    assert_eq!(image("db-1").await, "postgres:16");
    seconds(10).await;
    assert_eq!(image("db-0").await, "postgres:17");
    let status = api.get(&path).await["status"].clone();
    assert_eq!(status["currentRevision"], status["updateRevision"], "{status}");
    assert_eq!(status["updatedReplicas"], 3);
}

#[tokio::test(start_paused = true)]
async fn scaling_down_takes_the_last_pod_and_keeps_its_claim() {
    let cluster = slow_cluster();
    let api = Api::of(&cluster);
    let path = format!("{STATEFUL_SETS}/db");
    api.post(STATEFUL_SETS, database(2)).await;
    seconds(10).await;
    api.patch(&path, json!({"spec": {"replicas": 1}})).await;
    seconds(1).await;
    assert_eq!(api.names(PODS).await, ["db-0"]);
    assert_eq!(api.names(CLAIMS).await, ["data-db-0", "data-db-1"]);
    api.delete(&path, json!(null)).await;
    seconds(1).await;
    assert!(api.names(PODS).await.is_empty());
    assert_eq!(api.names(CLAIMS).await.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_pod_that_is_not_ready_holds_up_the_next_one() {
    let cluster = slow_cluster();
    let api = Api::of(&cluster);
    cluster.pods().set(
        "default",
        "db-1",
        operator_testing::cluster::PodBehavior::NeverReady,
    );
    api.post(STATEFUL_SETS, database(3)).await;
    seconds(60).await;
    assert_eq!(api.names(PODS).await, ["db-0", "db-1"]);
    cluster.pods().reset("default", "db-1");
    seconds(10).await;
    assert_eq!(api.names(PODS).await, ["db-0", "db-1", "db-2"]);
}
