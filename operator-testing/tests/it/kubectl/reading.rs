//! get in all its forms, describe, watch.

use std::io::{BufRead as _, BufReader};

use super::{Cluster, row};

const MAPS: &str = "
{apiVersion: v1, kind: ConfigMap, metadata: {name: a, labels: {app: x, tier: one}}, data: {k: v, l: w}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: b, labels: {app: z}}, data: {k: z}}
";

#[tokio::test(flavor = "multi_thread")]
async fn get_prints_every_form() {
    let Some(cluster) = Cluster::start().await else {
        return;
    };
    cluster.piped("create -f -", MAPS).await;
    let table = cluster.ok("get configmaps").await;
    assert_eq!(row(&table, "NAME"), ["NAME", "DATA", "AGE"]);
    assert_eq!(row(&table, "a")[1], "2");
    assert_eq!(
        cluster.ok("get cm a b -o name").await,
        "configmap/a\nconfigmap/b\n"
    );
    cluster.ok("create service clusterip web --tcp=80").await;
    let wide = cluster.ok("get pods,services -o wide -A").await;
    assert!(wide.contains("service/web"), "{wide}");
    let json: serde_json::Value = serde_json::from_str(&cluster.ok("get cm a -o json").await).unwrap();
    assert_eq!(json["data"]["l"], "w");
    assert!(json["metadata"].get("managedFields").is_none());
    let yaml = cluster.ok("get cm a -o yaml").await;
    assert!(
        yaml.contains("\nkind: ConfigMap\n") && yaml.contains("  k: v\n"),
        "{yaml}"
    );
    assert_eq!(cluster.ok("get cm a -o jsonpath={.data.k}").await, "v");
    assert_eq!(
        cluster
            .ok("get cm -o go-template={{.kind}}{{range.items}}+{{end}}")
            .await
            .trim(),
        "List++"
    );
    let custom = cluster
        .ok("get cm -o custom-columns=N:.metadata.name,K:.data.k")
        .await;
    assert_eq!(row(&custom, "b"), ["b", "z"]);
    assert_eq!(
        cluster
            .ok("get --raw /api/v1/namespaces/default/configmaps/a")
            .await
            .matches("\"k\":\"v\"")
            .count(),
        1
    );
    let missing = cluster.fails("get cm none", "").await;
    assert_eq!(
        missing.trim(),
        "Error from server (NotFound): configmaps \"none\" not found"
    );
    assert!(
        cluster
            .fails("get nonsense", "")
            .await
            .contains("the server doesn't have a resource type \"nonsense\"")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn get_selects_sorts_and_pages() {
    let Some(cluster) = Cluster::start().await else {
        return;
    };
    cluster.piped("create -f -", MAPS).await;
    assert_eq!(cluster.ok("get cm -l app=x -o name").await, "configmap/a\n");
    assert_eq!(cluster.ok("get cm -l app!=x -o name").await, "configmap/b\n");
    assert_eq!(
        cluster
            .ok("get cm -l app -L tier --no-headers")
            .await
            .lines()
            .count(),
        2
    );
    assert_eq!(
        cluster
            .ok("get cm --field-selector metadata.name=b -o name")
            .await,
        "configmap/b\n"
    );
    assert_eq!(
        cluster
            .ok("get ns --field-selector status.phase=Active -o name")
            .await
            .lines()
            .count(),
        4
    );
    let sorted = cluster.ok("get cm --sort-by=.data.k -o name").await;
    assert_eq!(sorted, "configmap/a\nconfigmap/b\n");
    assert_eq!(
        cluster.ok("get cm --chunk-size=1 -o name").await,
        "configmap/a\nconfigmap/b\n"
    );
    let labels = cluster.ok("get cm a --show-labels").await;
    assert_eq!(row(&labels, "a")[3], "app=x,tier=one");
    let everywhere = cluster.ok("get cm -A").await;
    assert_eq!(row(&everywhere, "default")[1], "a");
    cluster.ok("create service clusterip web --tcp=80").await;
    let all = cluster.ok("get all").await;
    assert!(all.contains("service/web"), "{all}");
    let nothing = cluster.run("get pods", "").await;
    assert_eq!(
        String::from_utf8_lossy(&nothing.stderr),
        "No resources found in default namespace.\n"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn describe_tells_about_an_object_and_its_events() {
    let Some(cluster) = Cluster::start().await else {
        return;
    };
    cluster.piped("create -f -", MAPS).await;
    let uid = cluster.ok("get cm a -o jsonpath={.metadata.uid}").await;
    let event = format!(
        "{{apiVersion: v1, kind: Event, metadata: {{name: e}}, involvedObject: {{apiVersion: v1, kind: ConfigMap, namespace: default, name: a, uid: {uid}}}, \
         type: Normal, reason: Noticed, message: it is there, count: 2, source: {{component: test}}, firstTimestamp: '2026-01-01T00:00:00Z', lastTimestamp: '2026-01-01T00:00:00Z'}}"
    );
    cluster.piped("create -f -", &event).await;
    let described = cluster.ok("describe cm a").await;
    assert!(described.contains("Labels:       app=x\n"), "{described}");
    assert!(
        described.contains("Noticed") && described.contains("it is there"),
        "{described}"
    );
    let events = cluster.ok("get events").await;
    assert_eq!(row(&events, "LAST")[..4], ["LAST", "SEEN", "TYPE", "REASON"]);
    assert!(events.contains("configmap/a"), "{events}");
    assert!(cluster.ok("events --for=configmap/a").await.contains("Noticed"));
    assert!(
        cluster
            .ok("describe ns default")
            .await
            .contains("Status:       Active")
    );
    cluster.ok("create service clusterip web --tcp=80").await;
    assert!(cluster.ok("describe service web").await.contains("80/TCP"));
}

#[tokio::test(flavor = "multi_thread")]
async fn watch_prints_changes_as_they_come() {
    let Some(cluster) = Cluster::start().await else {
        return;
    };
    cluster.piped("create -f -", MAPS).await;
    let mut watch = cluster.shell.command("get cm -w").spawn().unwrap();
    let mut lines = BufReader::new(watch.stdout.take().unwrap()).lines();
    let mut next = move || -> Vec<String> {
        let line = lines.next().unwrap().unwrap();
        line.split_whitespace().map(str::to_owned).collect()
    };
    for first in ["NAME", "a", "b"] {
        assert_eq!(next()[0], first);
    }
    cluster.ok("create configmap c --from-literal=x=y").await;
    assert_eq!(next()[..2], ["c", "1"]);
    cluster.ok("delete configmap c").await;
    assert_eq!(next()[..2], ["c", "1"]);
    watch.kill().unwrap();
    watch.wait().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn custom_resources_show_their_columns() {
    let Some(cluster) = Cluster::start().await else {
        return;
    };
    cluster.install_widgets().await;
    cluster
        .piped(
            "create -f -",
            "{apiVersion: example.com/v1, kind: Widget, metadata: {name: w}, spec: {size: 3}}",
        )
        .await;
    let table = cluster.ok("get wd").await;
    assert_eq!(row(&table, "NAME"), ["NAME", "SIZE", "READY", "AGE"]);
    assert_eq!(row(&table, "w")[1], "3");
    cluster
        .ok("patch widget w --subresource=status --type=merge -p {\"status\":{\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\"}]}}")
        .await;
    assert_eq!(
        row(&cluster.ok("get widgets.example.com").await, "w")[1..3],
        ["3", "True"]
    );
    cluster
        .ok("wait --for=condition=Ready widget/w --timeout=20s")
        .await;
    cluster
        .ok("wait --for=jsonpath={.spec.size}=3 widget/w --timeout=20s")
        .await;
    assert!(cluster.ok("get all").await.contains("widget.example.com/w"));
    assert!(cluster.ok("describe widget w").await.contains("Size:      3"));
}
