//! apply on the client's side and on the server's, and diff.

use super::Cluster;

const DEPLOYMENT: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: d, labels: {app: d}}
spec:
  replicas: 2
  selector: {matchLabels: {app: d}}
  template:
    metadata: {labels: {app: d}}
    spec:
      containers:
      - {name: main, image: 'main:1', env: [{name: A, value: a}, {name: B, value: b}]}
";

#[tokio::test(flavor = "multi_thread")]
async fn client_side_apply_merges_what_changed() {
    let Some(cluster) = Cluster::start().await else {
        return;
    };
    assert_eq!(
        cluster.piped("apply -f -", DEPLOYMENT).await,
        "deployment.apps/d created\n"
    );
    assert_eq!(
        cluster.piped("apply -f -", DEPLOYMENT).await,
        "deployment.apps/d unchanged\n"
    );
    cluster.ok("scale deployment/d --replicas=5").await;
    cluster.ok("label deployment d extra=kept").await;
    let next = DEPLOYMENT
        .replace("main:1", "main:2")
        .replace("  replicas: 2\n", "")
        .replace(", {name: B, value: b}", "");
    assert_eq!(
        cluster.piped("apply -f -", &next).await,
        "deployment.apps/d configured\n"
    );
    let get = |path: &str| cluster.ok(&format!("get deployment d -o jsonpath={path}"));
    assert_eq!(get("{.spec.template.spec.containers[0].image}").await, "main:2");
    assert_eq!(get("{.spec.template.spec.containers[0].env[*].name}").await, "A");
    assert_eq!(get("{.metadata.labels.extra}").await, "kept");
    assert!(
        cluster
            .ok("apply view-last-applied deployment d")
            .await
            .contains("main:2")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn client_side_apply_prunes_by_label() {
    let Some(cluster) = Cluster::start().await else {
        return;
    };
    let map = |name: &str| {
        format!("{{apiVersion: v1, kind: ConfigMap, metadata: {{name: {name}, labels: {{set: one}}}}}}\n")
    };
    let both = format!("{}---\n{}", map("a"), map("b"));
    cluster.piped("apply -f -", &both).await;
    let pruned = cluster
        .piped(
            "apply --prune -l set=one --prune-allowlist=core/v1/ConfigMap -f -",
            &map("a"),
        )
        .await;
    assert!(pruned.contains("configmap/b pruned"), "{pruned}");
    assert_eq!(cluster.ok("get cm -l set=one -o name").await, "configmap/a\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn server_side_apply_knows_its_owners() {
    let Some(cluster) = Cluster::start().await else {
        return;
    };
    let apply = "apply --server-side -f -";
    assert_eq!(
        cluster.piped(apply, DEPLOYMENT).await,
        "deployment.apps/d serverside-applied\n"
    );
    cluster.ok("scale deployment/d --replicas=5").await;
    let conflict = cluster.fails(apply, DEPLOYMENT).await;
    assert!(
        conflict.contains("Apply failed with 1 conflict") && conflict.contains(".spec.replicas"),
        "{conflict}"
    );
    cluster
        .piped("apply --server-side --force-conflicts -f -", DEPLOYMENT)
        .await;
    assert_eq!(
        cluster.ok("get deployment d -o jsonpath={.spec.replicas}").await,
        "2"
    );
    let managers = cluster
        .ok("get deployment d --show-managed-fields -o jsonpath={.metadata.managedFields[*].manager}")
        .await;
    assert!(
        managers.split(' ').any(|manager| manager == "kubectl"),
        "{managers}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn custom_resources_are_applied_both_ways() {
    let Some(cluster) = Cluster::start().await else {
        return;
    };
    cluster.install_widgets().await;
    let widget =
        "{apiVersion: example.com/v1, kind: Widget, metadata: {name: w}, spec: {size: 3, tags: [a]}}";
    assert_eq!(
        cluster.piped("apply -f -", widget).await,
        "widget.example.com/w created\n"
    );
    assert_eq!(
        cluster.piped("apply -f -", widget).await,
        "widget.example.com/w unchanged\n"
    );
    let next = widget.replace("size: 3", "size: 4");
    assert_eq!(
        cluster.piped("apply -f -", &next).await,
        "widget.example.com/w configured\n"
    );
    assert_eq!(
        cluster
            .piped(
                "apply --server-side --field-manager=other --force-conflicts -f -",
                widget
            )
            .await,
        "widget.example.com/w serverside-applied\n"
    );
    assert_eq!(cluster.ok("get widget w -o jsonpath={.spec.size}").await, "3");
}

#[tokio::test(flavor = "multi_thread")]
async fn diff_shows_what_apply_would_change() {
    let Some(cluster) = Cluster::start().await else {
        return;
    };
    cluster.piped("apply -f -", DEPLOYMENT).await;
    assert_eq!(cluster.piped("diff -f -", DEPLOYMENT).await, "");
    let changed = cluster
        .run("diff -f -", &DEPLOYMENT.replace("main:1", "main:2"))
        .await;
    let text = String::from_utf8_lossy(&changed.stdout).into_owned();
    assert_eq!(
        changed.status.code(),
        Some(1),
        "{}",
        String::from_utf8_lossy(&changed.stderr)
    );
    assert!(
        text.contains("-      - image: main:1") || text.contains("-        image: main:1"),
        "{text}"
    );
    assert!(text.contains("image: main:2"), "{text}");
    assert_eq!(
        cluster
            .ok("get deployment d -o jsonpath={.spec.template.spec.containers[0].image}")
            .await,
        "main:1"
    );
}
