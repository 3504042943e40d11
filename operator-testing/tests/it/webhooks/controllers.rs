//! Writes of the simulated controllers go through webhooks too.

use k8s_openapi::api::{apps::v1::Deployment, core::v1::Pod};
use kube::{
    Api,
    api::{ListParams, PostParams},
};
use operator_testing::cluster::Cluster;
use serde_json::json;

use super::{configure, hook, patching, serve};

#[tokio::test(start_paused = true)]
async fn pods_of_a_deployment_are_changed_by_a_webhook() {
    let cluster = Cluster::start();
    serve(cluster.server(), |_, _| {
        patching(
            &json!([{"op": "add", "path": "/spec/containers/-", "value": {"name": "sidecar", "image": "s"}}]),
        )
    });
    let about_pods = json!({"rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}]});
    configure(
        cluster.server(),
        "Mutating",
        &[hook("sidecar", "/inject", about_pods)],
    )
    .await;
    let deployment: Deployment = serde_json::from_value(json!({
        "metadata": {"name": "web"},
        "spec": {"replicas": 3, "selector": {"matchLabels": {"app": "web"}},
                 "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "main", "image": "m"}]}}},
    }))
    .unwrap();
    let deployments: Api<Deployment> = Api::namespaced(cluster.client(), "default");
    deployments
        .create(&PostParams::default(), &deployment)
        .await
        .unwrap();
    let pods: Api<Pod> = Api::namespaced(cluster.client(), "default");
    for _ in 0..1000 {
        let ready = deployments
            .get("web")
            .await
            .unwrap()
            .status
            .and_then(|status| status.ready_replicas);
        if ready == Some(3) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let pods = pods.list(&ListParams::default()).await.unwrap().items;
    assert_eq!(pods.len(), 3);
    for pod in pods {
        let names: Vec<_> = pod
            .spec
            .unwrap()
            .containers
            .into_iter()
            .map(|container| container.name)
            .collect();
        assert_eq!(names, ["main", "sidecar"]);
    }
}
