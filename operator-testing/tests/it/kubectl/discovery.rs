//! What kubectl asks the server about itself.

use super::{Cluster, row};

#[tokio::test(flavor = "multi_thread")]
async fn resources_and_versions_are_discovered() {
    let Some(cluster) = Cluster::start().await else {
        return;
    };
    cluster.install_widgets().await;
    let resources = cluster.ok("api-resources").await;
    assert_eq!(
        row(&resources, "deployments"),
        ["deployments", "deploy", "apps/v1", "true", "Deployment"]
    );
    assert_eq!(
        row(&resources, "namespaces"),
        ["namespaces", "ns", "v1", "false", "Namespace"]
    );
    assert_eq!(
        row(&resources, "widgets"),
        ["widgets", "wd", "example.com/v1", "true", "Widget"]
    );
    let in_group = cluster.ok("api-resources --api-group=batch -o name").await;
    assert_eq!(in_group, "cronjobs.batch\njobs.batch\n");
    let versions = cluster.ok("api-versions").await;
    for version in ["apps/v1", "v1", "autoscaling/v2", "example.com/v1"] {
        assert!(versions.lines().any(|line| line == version), "{versions}");
    }
    let version = cluster.ok("version -o json").await;
    let version: serde_json::Value = serde_json::from_str(&version).unwrap();
    assert_eq!(version["serverVersion"]["minor"], "36");
    assert!(
        cluster
            .ok("cluster-info")
            .await
            .contains("Kubernetes control plane")
    );
    assert_eq!(cluster.ok("get --raw /readyz").await, "ok");
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_are_explained() {
    let Some(cluster) = Cluster::start().await else {
        return;
    };
    cluster.install_widgets().await;
    let explained = cluster.ok("explain deployment.spec.replicas").await;
    assert!(
        explained.contains("KIND:       Deployment") && explained.contains("FIELD: replicas <integer>"),
        "{explained}"
    );
    let explained = cluster.ok("explain pods --recursive").await;
    assert!(
        explained.contains("containers\t<[]Container> -required-"),
        "{explained}"
    );
    let explained = cluster.ok("explain widget.spec").await;
    assert!(explained.contains("How large it is."), "{explained}");
    assert!(explained.contains("size\t<integer> -required-"), "{explained}");
    let unknown = cluster.fails("explain widget.spec.colour", "").await;
    assert!(unknown.contains("field \"colour\" does not exist"), "{unknown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn kubectl_knows_who_it_is() {
    let Some(cluster) = Cluster::start().await else {
        return;
    };
    let whoami = cluster.ok("auth whoami").await;
    assert_eq!(row(&whoami, "Username"), ["Username", "admin"]);
    assert!(whoami.contains("system:masters"), "{whoami}");
    assert_eq!(cluster.ok("auth can-i create pods").await, "yes\n");
}
