//! What needs controllers: rollouts, deletion that cascades, namespaces.

use std::time::Duration;

use operator_testing::{
    apiserver::ApiServer,
    cluster::{self, PodBehavior},
};

use super::{Cluster, row};

/// A kubectl and a cluster whose pods are ready at once.
async fn start() -> Option<(Cluster, cluster::Cluster)> {
    let simulated = cluster::Cluster::builder()
        .server(ApiServer::builder().real_time())
        .pods(PodBehavior::ready_after(Duration::ZERO))
        .start();
    let kubectl = Cluster::around(simulated.server().clone()).await?;
    Some((kubectl, simulated))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rollout_is_followed_paused_and_undone() {
    let Some((cluster, _simulated)) = start().await else {
        return;
    };
    cluster
        .ok("create deployment d --image=main:1 --replicas=3")
        .await;
    let status = cluster.ok("rollout status deployment/d --timeout=20s").await;
    assert!(
        status.ends_with("deployment \"d\" successfully rolled out\n"),
        "{status}"
    );
    assert_eq!(
        row(&cluster.ok("get deployments").await, "d")[1..4],
        ["3/3", "3", "3"]
    );
    let pods = cluster.ok("get pods -l app=d --no-headers").await;
    assert_eq!(
        pods.lines().filter(|line| line.contains("Running")).count(),
        3,
        "{pods}"
    );
    cluster.ok("set image deployment/d main=main:2").await;
    cluster.ok("rollout status deployment/d --timeout=20s").await;
    let history = cluster.ok("rollout history deployment/d").await;
    assert!(history.lines().any(|line| line.starts_with('2')), "{history}");
    cluster.ok("rollout undo deployment/d").await;
    cluster.ok("rollout status deployment/d --timeout=20s").await;
    let image = cluster
        .ok("get deployment d -o jsonpath={.spec.template.spec.containers[0].image}")
        .await;
    assert_eq!(image, "main:1");
    assert_eq!(
        cluster.ok("rollout restart deployment/d").await,
        "deployment.apps/d restarted\n"
    );
    cluster.ok("rollout status deployment/d --timeout=20s").await;
    assert_eq!(
        cluster.ok("rollout pause deployment/d").await,
        "deployment.apps/d paused\n"
    );
    assert_eq!(
        cluster.ok("rollout resume deployment/d").await,
        "deployment.apps/d resumed\n"
    );
    cluster
        .ok("wait --for=condition=Available deployment/d --timeout=20s")
        .await;
    cluster.ok("scale deployment/d --replicas=1 --timeout=20s").await;
    cluster
        .ok("wait --for=jsonpath={.status.readyReplicas}=1 deployment/d --timeout=20s")
        .await;
    assert!(
        cluster
            .ok("describe deployment d")
            .await
            .contains("NewReplicaSet:   d-")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn deletion_cascades_as_asked() {
    let Some((cluster, _simulated)) = start().await else {
        return;
    };
    for (cascade, left) in [("background", false), ("foreground", false), ("orphan", true)] {
        cluster.ok("create deployment d --image=main:1").await;
        cluster.ok("rollout status deployment/d --timeout=20s").await;
        cluster
            .ok(&format!("delete deployment d --cascade={cascade}"))
            .await;
        if left {
            let sets = cluster
                .ok("get replicasets -l app=d -o jsonpath={.items[*].metadata.ownerReferences}")
                .await;
            assert_eq!(sets, "", "orphans have no owner");
            assert_eq!(
                cluster
                    .ok("get replicasets -l app=d -o name")
                    .await
                    .lines()
                    .count(),
                1
            );
        } else {
            cluster.ok("wait --for=delete pods -l app=d --timeout=20s").await;
            cluster
                .ok("wait --for=delete replicasets -l app=d --timeout=20s")
                .await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_namespace_goes_with_what_is_in_it() {
    let Some((cluster, _simulated)) = start().await else {
        return;
    };
    cluster.ok("create namespace other").await;
    cluster.ok("create configmap a -n other --from-literal=k=v").await;
    cluster.ok("create deployment d -n other --image=main:1").await;
    assert_eq!(
        cluster.ok("delete namespace other").await,
        "namespace \"other\" deleted\n"
    );
    assert!(
        cluster
            .fails("get ns other", "")
            .await
            .contains("namespaces \"other\" not found")
    );
    assert_eq!(cluster.ok("get configmaps -n other -o name").await, "");
    assert!(
        cluster
            .fails("delete ns default", "")
            .await
            .contains("this namespace may not be deleted")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_and_stateful_sets_come_up() {
    let Some((cluster, _simulated)) = start().await else {
        return;
    };
    let set = "{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: s}, spec: {replicas: 2, serviceName: s, selector: {matchLabels: {app: s}}, \
        template: {metadata: {labels: {app: s}}, spec: {containers: [{name: c, image: 'i:1'}]}}, \
        volumeClaimTemplates: [{metadata: {name: data}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}]}}";
    cluster.piped("apply -f -", set).await;
    let status = cluster.ok("rollout status statefulset/s --timeout=20s").await;
    assert!(
        status.contains("partitioned roll out complete")
            || status.contains("statefulset rolling update complete"),
        "{status}"
    );
    assert_eq!(cluster.ok("get pods -o name").await, "pod/s-0\npod/s-1\n");
    assert_eq!(row(&cluster.ok("get statefulsets").await, "s")[1], "2/2");
    assert_eq!(
        cluster.ok("get pvc -o name").await,
        "persistentvolumeclaim/data-s-0\npersistentvolumeclaim/data-s-1\n"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_is_drained_by_evictions() {
    let Some((cluster, _simulated)) = start().await else {
        return;
    };
    cluster
        .ok("create deployment d --image=main:1 --replicas=2")
        .await;
    cluster.ok("rollout status deployment/d --timeout=20s").await;
    let pods = cluster.ok("get pods -l app=d -o name").await;
    let node = cluster
        .ok("get nodes -o jsonpath={.items[0].metadata.name}")
        .await;
    let drained = cluster
        .ok(&format!("drain {node} --grace-period=1 --timeout=20s"))
        .await;
    assert!(drained.ends_with(&format!("node/{node} drained\n")), "{drained}");
    let left = cluster.ok("get pods -l app=d -o name").await;
    for pod in pods.lines() {
        assert!(drained.contains(&format!("{pod} evicted")), "{drained}");
        assert!(!left.contains(pod), "{left}");
    }
    assert!(cluster.ok("get nodes").await.contains("SchedulingDisabled"));
}
