//! create, replace, edit, patch, label, annotate, scale.

use super::{Cluster, row};

const MAP: &str = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {k: v}}";

#[tokio::test(flavor = "multi_thread")]
async fn create_makes_objects_of_every_sort() {
    let Some(cluster) = Cluster::start().await else {
        return;
    };
    assert_eq!(cluster.piped("create -f -", MAP).await, "configmap/a created\n");
    let again = cluster.fails("create -f -", MAP).await;
    assert!(
        again.contains("(AlreadyExists)") && again.contains("configmaps \"a\" already exists"),
        "{again}"
    );
    for line in [
        "namespace other",
        "configmap b --from-literal=x=y",
        "secret generic s --from-literal=password=hush",
        "serviceaccount robot",
        "role r --verb=get --resource=pods",
        "rolebinding rb --role=r --serviceaccount=default:robot",
        "clusterrole cr --verb=get --resource=nodes",
        "deployment d --image=nginx:1 --replicas=2",
        "service clusterip svc --tcp=80:8080",
        "job j --image=busybox",
        "cronjob cj --image=busybox --schedule=@daily",
        "poddisruptionbudget pdb --selector=app=d --min-available=1",
        "quota q --hard=pods=5",
        "priorityclass high --value=1000",
        "ingress i --rule=example.com/=svc:80",
    ] {
        let made = cluster.ok(&format!("create {line}")).await;
        assert!(made.trim_end().ends_with("created"), "{made}");
    }
    assert_eq!(
        cluster.ok("get secret s -o jsonpath={.data.password}").await,
        "aHVzaA=="
    );
    assert_eq!(cluster.ok("run p --image=nginx:1").await, "pod/p created\n");
    assert_eq!(
        cluster.ok("expose deployment d --port=80").await,
        "service/d exposed\n"
    );
    let table = cluster.ok("get services").await;
    assert_eq!(row(&table, "d")[4], "80/TCP");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_said() {
    let Some(cluster) = Cluster::start().await else {
        return;
    };
    cluster.install_widgets().await;
    let unknown = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, date: {k: v}}";
    let refused = cluster.fails("create -f -", unknown).await;
    assert!(
        refused.contains("strict decoding error: unknown field \"date\""),
        "{refused}"
    );
    let warned = cluster.run("create --validate=warn -f -", unknown).await;
    assert!(warned.status.success());
    assert!(String::from_utf8_lossy(&warned.stderr).contains("Warning: unknown field \"date\""));
    let widget = "{apiVersion: example.com/v1, kind: Widget, metadata: {name: w}, spec: {size: 0}}";
    let refused = cluster.fails("create -f -", widget).await;
    assert!(refused.contains("spec.size: Invalid value: 0"), "{refused}");
    let widget = "{apiVersion: example.com/v1, kind: Gadget, metadata: {name: w}}";
    let refused = cluster.fails("create -f -", widget).await;
    assert!(
        refused.contains("no matches for kind \"Gadget\" in version \"example.com/v1\""),
        "{refused}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn dry_runs_leave_nothing_behind() {
    let Some(cluster) = Cluster::start().await else {
        return;
    };
    let made = cluster.piped("create --dry-run=server -o yaml -f -", MAP).await;
    assert!(made.contains("uid: "), "{made}");
    assert_eq!(
        cluster.piped("apply --dry-run=server -f -", MAP).await,
        "configmap/a created (server dry run)\n"
    );
    assert_eq!(cluster.ok("get cm -o name --ignore-not-found").await, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn patches_of_every_type_change_an_object() {
    let Some(cluster) = Cluster::start().await else {
        return;
    };
    cluster.ok("create deployment d --image=nginx:1").await;
    let image = || cluster.ok("get deployment d -o jsonpath={.spec.template.spec.containers[*].image}");
    cluster
        .ok("patch deployment d -p {\"spec\":{\"template\":{\"spec\":{\"containers\":[{\"name\":\"side\",\"image\":\"side:1\"}]}}}}")
        .await;
    assert_eq!(image().await, "side:1 nginx:1");
    cluster
        .ok("patch deployment d --type=json -p [{\"op\":\"replace\",\"path\":\"/spec/template/spec/containers/0/image\",\"value\":\"side:2\"}]")
        .await;
    assert_eq!(image().await, "side:2 nginx:1");
    cluster
        .ok("patch deployment d --type=merge -p {\"spec\":{\"template\":{\"spec\":{\"containers\":[{\"name\":\"only\",\"image\":\"only:1\"}]}}}}")
        .await;
    assert_eq!(image().await, "only:1");
    assert_eq!(
        cluster.ok("patch deployment d --type=merge -p {}").await,
        "deployment.apps/d patched (no change)\n"
    );
    cluster
        .ok("patch deployment d --subresource=scale --type=merge -p {\"spec\":{\"replicas\":4}}")
        .await;
    assert_eq!(
        cluster.ok("get deployment d -o jsonpath={.spec.replicas}").await,
        "4"
    );
    cluster
        .ok("patch deployment d --subresource=status --type=merge -p {\"status\":{\"readyReplicas\":1,\"replicas\":4}}")
        .await;
    assert_eq!(row(&cluster.ok("get deployments").await, "d")[1], "1/4");
    let bad = cluster
        .fails(
            "patch deployment d --type=json -p [{\"op\":\"test\",\"path\":\"/spec/replicas\",\"value\":7}]",
            "",
        )
        .await;
    assert!(
        bad.contains("the server rejected our request due to an error in our request"),
        "{bad}"
    );
    cluster.ok("set image deployment/d only=only:2").await;
    assert_eq!(image().await, "only:2");
    cluster.ok("set env deployment/d MODE=fast").await;
    assert!(
        cluster
            .ok("get deployment d -o yaml")
            .await
            .contains("value: fast")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn labels_annotations_and_scale_are_set() {
    let Some(cluster) = Cluster::start().await else {
        return;
    };
    cluster.install_widgets().await;
    cluster.piped("create -f -", MAP).await;
    assert_eq!(cluster.ok("label cm a app=x").await, "configmap/a labeled\n");
    assert!(
        cluster
            .fails("label cm a app=y", "")
            .await
            .contains("already has a value (x), and --overwrite is false")
    );
    cluster.ok("label cm a app=y --overwrite").await;
    assert_eq!(cluster.ok("get cm -l app=y -o name").await, "configmap/a\n");
    assert_eq!(cluster.ok("label cm a app-").await, "configmap/a unlabeled\n");
    assert_eq!(
        cluster.ok("annotate cm a note=hello").await,
        "configmap/a annotated\n"
    );
    assert_eq!(
        cluster
            .ok("get cm a -o jsonpath={.metadata.annotations.note}")
            .await,
        "hello"
    );
    cluster
        .piped(
            "create -f -",
            "{apiVersion: example.com/v1, kind: Widget, metadata: {name: w}, spec: {size: 3}}",
        )
        .await;
    assert_eq!(
        cluster.ok("scale widget w --replicas=5").await,
        "widget.example.com/w scaled\n"
    );
    assert_eq!(cluster.ok("get widget w -o jsonpath={.spec.replicas}").await, "5");
    cluster.ok("create deployment d --image=i").await;
    assert_eq!(
        cluster
            .ok("scale deployment/d --replicas=3 --current-replicas=1")
            .await,
        "deployment.apps/d scaled\n"
    );
    assert!(
        cluster
            .fails("scale deployment/d --replicas=2 --current-replicas=1", "")
            .await
            .contains("Expected replicas to be 1, was 3")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_editor_changes_an_object() {
    let Some(cluster) = Cluster::start().await else {
        return;
    };
    cluster.piped("create -f -", MAP).await;
    let editor = cluster.shell.home.path().join("editor");
    std::fs::write(&editor, "#!/bin/sh\nsed -i 's/k: v/k: edited/' \"$1\"\n").unwrap();
    let script = format!("sh {}", editor.display());
    let mut command = cluster.shell.command("edit cm a");
    command.env("KUBE_EDITOR", script);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap())
        .await
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(cluster.ok("get cm a -o jsonpath={.data.k}").await, "edited");
}

#[tokio::test(flavor = "multi_thread")]
async fn replace_needs_the_version_it_read() {
    let Some(cluster) = Cluster::start().await else {
        return;
    };
    cluster.piped("create -f -", MAP).await;
    let read = cluster.ok("get cm a -o yaml").await;
    let changed = read.replace("k: v", "k: w");
    assert_eq!(
        cluster.piped("replace -f -", &changed).await,
        "configmap/a replaced\n"
    );
    let stale = cluster
        .fails("replace -f -", &changed.replace("k: w", "k: x"))
        .await;
    assert!(stale.contains("the object has been modified"), "{stale}");
    assert_eq!(
        cluster.piped("replace --force -f -", MAP).await.lines().last(),
        Some("configmap/a replaced")
    );
}
