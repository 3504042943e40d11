//! The server as its users reach it.

use futures::{StreamExt as _, TryStreamExt as _};
use k8s_openapi::api::core::v1::{ConfigMap, Namespace};
use kube::{
    Api, Client, Config, ResourceExt as _,
    api::{DeleteParams, ListParams, Patch, PatchParams, PostParams, WatchEvent, WatchParams},
};
use operator_testing::apiserver::ApiServer;
use serde_json::{Value, json};

fn map(name: &str, value: &str) -> ConfigMap {
    serde_json::from_value(json!({"metadata": {"name": name, "labels": {"app": "x"}}, "data": {"k": value}}))
        .unwrap()
}

#[tokio::test(start_paused = true)]
async fn an_object_lives_and_is_watched() {
    let server = ApiServer::new();
    let maps: Api<ConfigMap> = Api::namespaced(server.client(), "default");
    let created = maps.create(&PostParams::default(), &map("a", "1")).await.unwrap();
    let version = created.resource_version().unwrap();
    let events = maps.watch(&WatchParams::default(), &version).await.unwrap();

    let patch = Patch::Merge(json!({"data": {"k": "2"}}));
    let patched = maps.patch("a", &PatchParams::default(), &patch).await.unwrap();
    assert_eq!(patched.data.unwrap()["k"], "2");
    let stale = maps
        .replace("a", &PostParams::default(), &created)
        .await
        .unwrap_err();
    assert!(matches!(stale, kube::Error::Api(status) if status.is_conflict()));
    assert_eq!(
        maps.list(&ListParams::default().labels("app=x"))
            .await
            .unwrap()
            .items
            .len(),
        1
    );
    maps.delete("a", &DeleteParams::default()).await.unwrap();
    assert!(maps.get_opt("a").await.unwrap().is_none());

    let seen: Vec<_> = events.take(2).try_collect().await.unwrap();
    assert!(matches!(&seen[0], WatchEvent::Modified(map) if map.data.as_ref().unwrap()["k"] == "2"));
    assert!(matches!(&seen[1], WatchEvent::Deleted(map) if map.resource_version() != Some(version.clone())));
    let codes: Vec<_> = server
        .audit_log()
        .iter()
        .map(|entry| (entry.verb.clone(), entry.code))
        .collect();
    assert_eq!(
        codes,
        [
            ("create", 201),
            ("watch", 200),
            ("patch", 200),
            ("update", 409),
            ("list", 200),
            ("delete", 200),
            ("get", 404)
        ]
        .map(|(verb, code)| (verb.to_owned(), code))
    );
}

#[tokio::test]
async fn the_same_server_listens() {
    let server = ApiServer::new();
    let listener = server.listen("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let client = Client::try_from(Config::new(listener.url().parse().unwrap())).unwrap();
    let namespaces: Api<Namespace> = Api::all(client.clone());
    let names: Vec<_> = namespaces
        .list(&ListParams::default())
        .await
        .unwrap()
        .into_iter()
        .map(|n| n.name_any())
        .collect();
    assert_eq!(
        names,
        ["default", "kube-node-lease", "kube-public", "kube-system"]
    );
    let maps: Api<ConfigMap> = Api::default_namespaced(client);
    let mut events = maps.watch(&WatchParams::default(), "0").await.unwrap().boxed();
    Api::<ConfigMap>::default_namespaced(server.client())
        .create(&PostParams::default(), &map("a", "1"))
        .await
        .unwrap();
    let event = events.next().await.unwrap().unwrap();
    assert!(matches!(event, WatchEvent::Added(map) if map.name_any() == "a"));
}

#[test]
fn the_loopback_client_needs_no_runtime() {
    // the clock reads tokio's time, which stands still outside of a runtime that pauses it, but is always there
    let server = ApiServer::new();
    let loopback = server.loopback("system:serviceaccount:kube-system:deployment-controller");
    let before = loopback.revision();
    let body: Value = json!({"metadata": {"name": "a", "finalizers": ["example.com/f"]}});
    loopback.create("", "v1", "configmaps", "default", &body).unwrap();
    let pending = loopback
        .delete("", "v1", "configmaps", "default", "a", &Value::Null)
        .unwrap();
    assert!(pending["metadata"]["deletionTimestamp"].is_string());
    let patch = json!({"metadata": {"finalizers": null}});
    loopback
        .merge_patch("", "v1", "configmaps", "default", "a", None, &patch)
        .unwrap();
    let error = loopback.get("", "v1", "configmaps", "default", "a").unwrap_err();
    assert!(error.is_not_found());
    let changes = loopback.changes(before).unwrap();
    assert_eq!(changes.len(), 3);
    assert_eq!(changes[2].after, None);
    assert_eq!(
        server.audit_log()[0].user,
        "system:serviceaccount:kube-system:deployment-controller"
    );
}

#[tokio::test(start_paused = true)]
async fn old_watches_end_with_gone() {
    let server = ApiServer::new();
    let maps: Api<ConfigMap> = Api::namespaced(server.client(), "default");
    let first = maps.create(&PostParams::default(), &map("a", "1")).await.unwrap();
    maps.create(&PostParams::default(), &map("b", "1")).await.unwrap();
    server.compact(server.revision());
    let version = first.resource_version().unwrap();
    let events: Vec<_> = maps
        .watch(&WatchParams::default(), &version)
        .await
        .unwrap()
        .collect()
        .await;
    assert_eq!(events.len(), 1);
    assert!(matches!(&events[0], Ok(WatchEvent::Error(status)) if status.code == 410));
}
