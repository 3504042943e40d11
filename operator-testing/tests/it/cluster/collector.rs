//! Deletion with all that follows from it.

use serde_json::{Value, json};

use super::{Api, Cluster, seconds};

const MAPS: &str = "/api/v1/namespaces/default/configmaps";
const SECRETS: &str = "/api/v1/namespaces/default/secrets";

async fn owner_with_child(api: &Api, block: bool, finalizers: Value) -> String {
    let owner = api
        .post(
            MAPS,
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "owner"}}),
        )
        .await;
    let uid = owner["metadata"]["uid"].as_str().unwrap().to_owned();
    let child = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {
        "name": "child", "finalizers": finalizers,
        "ownerReferences": [{"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": uid, "blockOwnerDeletion": block}],
    }});
    api.post(SECRETS, child).await;
    uid
}

#[tokio::test(start_paused = true)]
async fn background_foreground_and_orphan() {
    let cluster = Cluster::start();
    let api = Api::of(&cluster);
    let (owner, child) = (format!("{MAPS}/owner"), format!("{SECRETS}/child"));

    owner_with_child(&api, true, json!([])).await;
    api.delete(&owner, json!({"propagationPolicy": "Background"}))
        .await;
    assert_eq!(api.get(&owner).await, Value::Null);
    seconds(1).await;
    assert_eq!(
        api.get(&child).await,
        Value::Null,
        "the child goes after its owner"
    );

    owner_with_child(&api, true, json!(["example.com/hold"])).await;
    api.delete(&owner, json!({"propagationPolicy": "Foreground"}))
        .await;
    seconds(1).await;
    assert_ne!(
        api.get(&owner).await,
        Value::Null,
        "the owner waits for its child"
    );
    assert_ne!(
        api.get(&child).await["metadata"]["deletionTimestamp"],
        Value::Null
    );
    api.patch(&child, json!({"metadata": {"finalizers": null}})).await;
    seconds(1).await;
    assert_eq!(api.get(&owner).await, Value::Null);

    owner_with_child(&api, true, json!([])).await;
    api.delete(&owner, json!({"propagationPolicy": "Orphan"})).await;
    seconds(1).await;
    assert_eq!(api.get(&owner).await, Value::Null);
    assert_eq!(api.get(&child).await["metadata"].get("ownerReferences"), None);
}

#[tokio::test(start_paused = true)]
async fn what_is_on_its_way_out_can_still_be_told_to_leave_its_dependents() {
    let cluster = Cluster::start();
    let api = Api::of(&cluster);
    let owner = format!("{MAPS}/owner");
    owner_with_child(&api, false, json!([])).await;
    api.patch(&owner, json!({"metadata": {"finalizers": ["example.com/hold"]}}))
        .await;
    api.delete(&owner, json!({"propagationPolicy": "Background"}))
        .await;
    seconds(1).await;
    api.delete(&owner, json!({"propagationPolicy": "Orphan"})).await;
    seconds(1).await;
    let finalizers = &api.get(&owner).await["metadata"]["finalizers"];
    assert_eq!(
        *finalizers,
        json!(["example.com/hold"]),
        "the dependents are forgotten"
    );
}

#[tokio::test(start_paused = true)]
async fn an_owner_that_came_back_under_its_name_is_another_one() {
    let cluster = Cluster::start();
    let api = Api::of(&cluster);
    let owner = format!("{MAPS}/owner");
    owner_with_child(&api, false, json!([])).await;
    api.delete(&owner, json!(null)).await;
    api.post(
        MAPS,
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "owner"}}),
    )
    .await;
    seconds(1).await;
    assert_ne!(api.get(&owner).await, Value::Null);
    assert_eq!(api.get(&format!("{SECRETS}/child")).await, Value::Null);
}

#[tokio::test(start_paused = true)]
async fn without_the_collector_nothing_is_collected() {
    let cluster = Cluster::builder()
        .controllers("*,-garbage-collector-controller".parse().unwrap())
        .start();
    let api = Api::of(&cluster);
    owner_with_child(&api, false, json!([])).await;
    api.delete(&format!("{MAPS}/owner"), json!(null)).await;
    seconds(100).await;
    assert_ne!(api.get(&format!("{SECRETS}/child")).await, Value::Null);
}

#[tokio::test(start_paused = true)]
async fn a_namespace_goes_when_it_is_empty() {
    let cluster = Cluster::start();
    let api = Api::of(&cluster);
    let namespace = "/api/v1/namespaces/team";
    api.post("/api/v1/namespaces", json!({"metadata": {"name": "team"}}))
        .await;
    seconds(1).await;
    let accounts = api.names("/api/v1/namespaces/team/serviceaccounts").await;
    assert_eq!(accounts, ["default"]);
    let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "held", "finalizers": ["example.com/hold"]}});
    api.post("/api/v1/namespaces/team/configmaps", map).await;
    api.delete(namespace, json!(null)).await;
    seconds(1).await;
    let waiting = api.get(namespace).await;
    let conditions = waiting["status"]["conditions"].as_array().unwrap();
    let remaining = conditions
        .iter()
        .find(|condition| condition["type"] == "NamespaceContentRemaining")
        .unwrap();
    assert_eq!(
        remaining["message"],
        "Some resources are remaining: configmaps. has 1 resource instances"
    );
    api.patch(
        "/api/v1/namespaces/team/configmaps/held",
        json!({"metadata": {"finalizers": null}}),
    )
    .await;
    seconds(1).await;
    assert_eq!(api.get(namespace).await, Value::Null);
}
