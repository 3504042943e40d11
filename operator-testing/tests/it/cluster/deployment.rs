//! Deployments, from their creation to their end.

use serde_json::json;

use super::{Api, DEPLOYMENTS, PODS, REPLICA_SETS, seconds, slow_cluster, workload};

fn conditions(deployment: &serde_json::Value) -> Vec<String> {
    let conditions = deployment["status"]["conditions"].as_array().unwrap();
    let mut conditions: Vec<String> = conditions
        .iter()
        .map(|condition| {
            format!(
                "{}={} {}",
                condition["type"].as_str().unwrap(),
                condition["status"].as_str().unwrap(),
                condition["reason"].as_str().unwrap()
            )
        })
        .collect();
    conditions.sort();
    conditions
}

#[tokio::test(start_paused = true)]
async fn a_deployment_comes_up_when_its_pods_do() {
    let cluster = slow_cluster();
    let api = Api::of(&cluster);
    api.post(DEPLOYMENTS, workload("Deployment", "web", 3, "nginx:1"))
        .await;
    seconds(1).await;
    let path = format!("{DEPLOYMENTS}/web");
    let early = api.get(&path).await;
    assert_eq!(early["status"]["replicas"], 3, "{early}");
    assert_eq!(early["status"]["unavailableReplicas"], 3);
    assert_eq!(
        conditions(&early),
        [
            "Available=False MinimumReplicasUnavailable",
            "Progressing=True ReplicaSetUpdated"
        ]
    );
    seconds(2).await;
    let late = api.get(&path).await;
    assert_eq!(late["status"]["availableReplicas"], 3, "{late}");
    assert_eq!(late["status"]["observedGeneration"], 1);
    assert_eq!(
        late["metadata"]["annotations"]["deployment.kubernetes.io/revision"],
        "1"
    );
    assert_eq!(
        conditions(&late),
        [
            "Available=True MinimumReplicasAvailable",
            "Progressing=True NewReplicaSetAvailable"
        ]
    );
    let pods = api.names(PODS).await;
    let set = api.names(REPLICA_SETS).await.remove(0);
    assert!(
        pods.iter().all(|pod| pod.starts_with(&format!("{set}-"))),
        "{set} {pods:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_new_image_rolls_out_without_losing_availability() {
    let cluster = slow_cluster();
    let api = Api::of(&cluster);
    let path = format!("{DEPLOYMENTS}/web");
    api.post(DEPLOYMENTS, workload("Deployment", "web", 4, "nginx:1"))
        .await;
    seconds(5).await;
    let template = json!({"spec": {"containers": [{"name": "main", "image": "nginx:2"}]}});
    api.patch(&path, json!({"spec": {"template": template}})).await;
    let mut least = 4;
    for _ in 0..30 {
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        let available = api.get(&path).await["status"]["availableReplicas"].as_i64();
        least = least.min(available.unwrap_or_default());
    }
    assert_eq!(least, 3, "a quarter of four may be missing");
    let done = api.get(&path).await;
    assert_eq!(done["status"]["updatedReplicas"], 4, "{done}");
    assert_eq!(done["status"]["replicas"], 4);
    assert_eq!(
        done["metadata"]["annotations"]["deployment.kubernetes.io/revision"],
        "2"
    );
    let sets = api.get(REPLICA_SETS).await;
    let mut sizes: Vec<_> = sets["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|set| set["spec"]["replicas"].as_i64().unwrap())
        .collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [0, 4]);
}

#[tokio::test(start_paused = true)]
async fn recreate_waits_until_the_old_pods_are_gone() {
    let cluster = slow_cluster();
    let api = Api::of(&cluster);
    let path = format!("{DEPLOYMENTS}/web");
    let mut deployment = workload("Deployment", "web", 2, "nginx:1");
    deployment["spec"]["strategy"] = json!({"type": "Recreate"});
    api.post(DEPLOYMENTS, deployment).await;
    seconds(5).await;
    let old = api.names(PODS).await;
    let template = json!({"spec": {"containers": [{"name": "main", "image": "nginx:2"}]}});
    api.patch(&path, json!({"spec": {"template": template}})).await;
    seconds(1).await;
    let new = api.names(PODS).await;
    assert_eq!(new.len(), 2);
    assert!(new.iter().all(|pod| !old.contains(pod)), "{old:?} {new:?}");
    seconds(3).await;
    assert_eq!(api.get(&path).await["status"]["availableReplicas"], 2);
}

#[tokio::test(start_paused = true)]
async fn scaling_down_deletes_pods_and_deleting_takes_the_rest() {
    let cluster = slow_cluster();
    let api = Api::of(&cluster);
    let path = format!("{DEPLOYMENTS}/web");
    api.post(DEPLOYMENTS, workload("Deployment", "web", 3, "nginx:1"))
        .await;
    seconds(5).await;
    api.patch(&path, json!({"spec": {"replicas": 1}})).await;
    seconds(1).await;
    assert_eq!(api.names(PODS).await.len(), 1);
    api.delete(&path, json!(null)).await;
    seconds(1).await;
    assert!(api.names(PODS).await.is_empty());
    assert!(api.names(REPLICA_SETS).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_stuck_rollout_is_reported_after_its_deadline() {
    let cluster = slow_cluster();
    cluster
        .pods()
        .set_default(operator_testing::cluster::PodBehavior::NeverReady);
    let api = Api::of(&cluster);
    let mut deployment = workload("Deployment", "web", 1, "nginx:1");
    deployment["spec"]["progressDeadlineSeconds"] = 60.into();
    api.post(DEPLOYMENTS, deployment).await;
    seconds(50).await;
    let path = format!("{DEPLOYMENTS}/web");
    assert!(conditions(&api.get(&path).await).contains(&"Progressing=True ReplicaSetUpdated".to_owned()));
    seconds(20).await;
    assert!(
        conditions(&api.get(&path).await).contains(&"Progressing=False ProgressDeadlineExceeded".to_owned())
    );
}
