//! The endpoints of Services.

use std::time::Duration;

use operator_testing::cluster::PodBehavior;
use serde_json::json;

use super::{Api, STATEFUL_SETS, seconds, slow_cluster, workload};

#[tokio::test(start_paused = true)]
async fn endpoints_follow_the_pods() {
    let cluster = slow_cluster();
    let api = Api::of(&cluster);
    let service = json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": "db"},
        "spec": {"clusterIP": "None", "selector": {"app": "db"}, "ports": [{"name": "sql", "port": 5432}]},
    });
    api.post("/api/v1/namespaces/default/services", service).await;
    let mut set = workload("StatefulSet", "db", 2, "postgres:16");
    set["spec"]["serviceName"] = "db".into();
    cluster.pods().set("default", "db-1", PodBehavior::NeverReady);
    api.post(STATEFUL_SETS, set).await;
    seconds(10).await;
    let slices = api
        .get("/apis/discovery.k8s.io/v1/namespaces/default/endpointslices")
        .await;
    let slice = &slices["items"][0];
    let found: Vec<_> = slice["endpoints"]
        .as_array()
        .unwrap()
        .iter()
        .map(|endpoint| {
            (
                endpoint["hostname"].as_str().unwrap(),
                endpoint["conditions"]["ready"].as_bool().unwrap(),
            )
        })
        .collect();
    assert_eq!(found, [("db-0", true), ("db-1", false)], "{slice}");
    assert_eq!(slice["ports"][0]["port"], 5432);
    let endpoints = api.get("/api/v1/namespaces/default/endpoints/db").await;
    let subset = &endpoints["subsets"][0];
    assert_eq!(subset["addresses"][0]["targetRef"]["name"], "db-0", "{endpoints}");
    assert_eq!(subset["notReadyAddresses"][0]["targetRef"]["name"], "db-1");
    let revision = cluster.server().revision();
    tokio::time::sleep(Duration::from_secs(1000)).await;
    assert_eq!(
        cluster.server().revision(),
        revision,
        "nothing is written while nothing changes"
    );
    api.delete("/api/v1/namespaces/default/services/db", json!(null))
        .await;
    seconds(1).await;
    assert!(
        api.names("/apis/discovery.k8s.io/v1/namespaces/default/endpointslices")
            .await
            .is_empty()
    );
    assert!(api.names("/api/v1/namespaces/default/endpoints").await.is_empty());
}
