//! delete, with and without waiting, and finalizers.

use super::Cluster;

const MAP: &str = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, labels: {app: x}}}";

#[tokio::test(flavor = "multi_thread")]
async fn delete_removes_by_name_by_label_and_by_file() {
    let Some(cluster) = Cluster::start().await else {
        return;
    };
    cluster.piped("create -f -", MAP).await;
    assert_eq!(cluster.ok("delete cm a").await, "configmap \"a\" deleted\n");
    cluster.piped("create -f -", MAP).await;
    assert_eq!(
        cluster.ok("delete cm -l app=x").await,
        "configmap \"a\" deleted\n"
    );
    cluster.piped("create -f -", MAP).await;
    assert_eq!(
        cluster.piped("delete -f - --now", MAP).await,
        "configmap \"a\" deleted\n"
    );
    assert!(
        cluster
            .fails("delete cm a", "")
            .await
            .contains("configmaps \"a\" not found")
    );
    assert_eq!(cluster.ok("delete cm a --ignore-not-found").await, "");
    cluster.piped("create -f -", MAP).await;
    cluster.ok("delete cm --all --dry-run=server").await;
    assert_eq!(cluster.ok("get cm a -o name").await, "configmap/a\n");
    cluster.ok("delete cm --all --cascade=background").await;
    cluster.ok("run p --image=i").await;
    assert!(
        cluster
            .ok("delete pod p --grace-period=0 --force")
            .await
            .contains("pod \"p\" force deleted")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn delete_waits_for_finalizers() {
    let Some(cluster) = Cluster::start().await else {
        return;
    };
    let held = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, finalizers: [example.com/hold]}}";
    cluster.piped("create -f -", held).await;
    cluster.ok("delete cm a --wait=false").await;
    assert!(
        cluster
            .ok("get cm a -o jsonpath={.metadata.deletionTimestamp}")
            .await
            .starts_with("20")
    );
    let waiting = cluster.run("delete cm a --timeout=20s", "");
    let release = cluster.ok("patch cm a --type=merge -p {\"metadata\":{\"finalizers\":null}}");
    let (waited, _) = tokio::join!(waiting, release);
    // whoever comes first, the object is gone in the end
    assert!(waited.status.success() || String::from_utf8_lossy(&waited.stderr).contains("not found"));
    cluster.ok("wait --for=delete cm/a --timeout=20s").await;
}
