//! A database's whole life: create, scale, upgrade, bad edit, delete.

use database_operator::api::{Database, Phase};
use k8s_openapi::api::{
    apps::v1::StatefulSet,
    core::v1::{ConfigMap, PersistentVolumeClaim, Pod, Secret, Service},
    events::v1::Event,
};
use kube::api::ListParams;
use operator_core::meta::Conditions;
use operator_testing::{
    apiserver::ApiServer,
    cluster::{Cluster, PodBehavior},
};
use serde_json::json;

use crate::world::{NAMESPACE, World, postgres};

#[tokio::test(start_paused = true)]
async fn a_database_comes_up_with_everything_it_needs() {
    let world = World::start().await;
    world.create("db", postgres()).await;
    world.settle().await;

    let status = world.status("db").await;
    assert_eq!(
        (status.phase, status.ready, status.ready_replicas),
        (Phase::Running, true, 3),
        "{status:#?}"
    );
    assert_eq!(status.observed_generation, Some(1));
    assert!(status.conditions.is_true("Ready"), "{status:#?}");

    let database: Database = world.get("db").await;
    let set: StatefulSet = world.get("db").await;
    let owner = &set.metadata.owner_references.as_ref().unwrap()[0];
    assert_eq!(
        (Some(&owner.uid), owner.controller),
        (database.metadata.uid.as_ref(), Some(true))
    );
    let spec = set.spec.unwrap();
    assert_eq!(spec.service_name.as_deref(), Some("db-headless"));
    let container = &spec.template.spec.unwrap().containers[0];
    assert_eq!(
        container.image.as_deref(),
        Some("docker.io/library/postgres:16.3")
    );
    assert_eq!(container.args.as_ref().unwrap(), &["-c", "max_connections=200"]);

    assert_eq!(
        world
            .get::<Service>("db-headless")
            .await
            .spec
            .unwrap()
            .cluster_ip
            .as_deref(),
        Some("None")
    );
    let settings = world.get::<ConfigMap>("db-config").await.data.unwrap();
    assert_eq!(settings["max_connections"], "200");
    assert_eq!(
        world.get::<Secret>("db-credentials").await.data.unwrap()["password"]
            .0
            .len(),
        24
    );
    for ordinal in 0..3 {
        world.get::<Pod>(&format!("db-{ordinal}")).await;
        world
            .get::<PersistentVolumeClaim>(&format!("data-db-{ordinal}"))
            .await;
    }
    assert_eq!(
        world.events("db").await.last().map(String::as_str),
        Some("Running")
    );
}

#[tokio::test(start_paused = true)]
async fn a_database_at_rest_is_left_alone() {
    let world = World::start().await;
    world.create("db", postgres()).await;
    world.settle().await;
    world.cluster.server().clear_audit_log();
    // Longer than any resync or retry.
    tokio::time::sleep(std::time::Duration::from_secs(24 * 3600)).await;
    assert!(world.writes().is_empty(), "{:#?}", world.writes());
}

#[tokio::test(start_paused = true)]
async fn it_scales_up_and_down() {
    let world = World::start().await;
    world.create("db", postgres()).await;
    world.settle().await;
    for replicas in [5, 1] {
        world.edit("db", json!({ "replicas": replicas })).await;
        world.settle().await;
        let status = world.status("db").await;
        assert_eq!(
            (status.phase, status.replicas, status.ready_replicas),
            (Phase::Running, replicas, replicas)
        );
        assert!(world.find::<Pod>(&format!("db-{}", replicas - 1)).await.is_some());
        assert!(world.find::<Pod>(&format!("db-{replicas}")).await.is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn a_new_version_reaches_every_server() {
    let world = World::start().await;
    world.create("db", postgres()).await;
    world.settle().await;
    world
        .edit(
            "db",
            json!({ "version": "16.4", "config": {"max_connections": "300"} }),
        )
        .await;
    world.settle().await;

    assert_eq!(world.status("db").await.phase, Phase::Running);
    for ordinal in 0..3 {
        let pod: Pod = world.get(&format!("db-{ordinal}")).await;
        let container = &pod.spec.unwrap().containers[0];
        assert_eq!(
            container.image.as_deref(),
            Some("docker.io/library/postgres:16.4")
        );
        assert_eq!(container.args.as_ref().unwrap(), &["-c", "max_connections=300"]);
    }
    assert_eq!(
        world.get::<ConfigMap>("db-config").await.data.unwrap()["max_connections"],
        "300"
    );
}

#[tokio::test(start_paused = true)]
async fn an_impossible_edit_is_reported_and_changes_nothing() {
    let world = World::start().await;
    world.create("db", postgres()).await;
    world.settle().await;
    let before: StatefulSet = world.get("db").await;
    for (edit, reason) in [
        (json!({"engine": "mysql", "version": "8.4"}), "EngineImmutable"),
        (
            json!({"engine": "postgresql", "version": "16.3", "storage": "20Gi"}),
            "StorageImmutable",
        ),
        (
            json!({"storage": "10Gi", "config": {"not a key": "1"}}),
            "Invalid",
        ),
    ] {
        world.edit("db", edit).await;
        world.settle().await;
        let status = world.status("db").await;
        let condition = status.conditions.find("Degraded").unwrap();
        assert_eq!(
            (status.phase, &*condition.reason),
            (Phase::Degraded, reason),
            "{status:#?}"
        );
        assert_eq!(
            condition.observed_generation,
            world.get::<Database>("db").await.metadata.generation
        );
        assert!(status.ready, "the servers of before go on: {status:#?}");
        let after: StatefulSet = world.get("db").await;
        assert_eq!(after.spec, before.spec);

        world.cluster.server().clear_audit_log();
        tokio::time::sleep(std::time::Duration::from_secs(3600)).await;
        assert!(world.writes().is_empty(), "no hot loop: {:#?}", world.writes());
    }
    world.edit("db", json!({"config": {"not a key": null}})).await;
    world.settle().await;
    assert_eq!(world.status("db").await.phase, Phase::Running);
}

#[tokio::test(start_paused = true)]
async fn a_deleted_database_asks_for_a_backup_and_takes_its_children_along() {
    let world = World::start().await;
    let database = world.create("db", postgres()).await;
    world.settle().await;
    assert!(
        !world
            .get::<Database>("db")
            .await
            .metadata
            .finalizers
            .unwrap_or_default()
            .is_empty()
    );
    world
        .api::<Database>()
        .delete("db", &Default::default())
        .await
        .unwrap();
    world.settle().await;

    assert!(world.find::<Database>("db").await.is_none());
    assert!(world.find::<StatefulSet>("db").await.is_none());
    assert!(world.find::<Service>("db-headless").await.is_none());
    assert!(world.find::<ConfigMap>("db-config").await.is_none());
    assert!(world.find::<Pod>("db-0").await.is_none());
    assert!(
        world.find::<PersistentVolumeClaim>("data-db-0").await.is_some(),
        "the data stays"
    );
    let password = world.get::<Secret>("db-credentials").await.data;
    let events = world.api::<Event>().list(&ListParams::default()).await.unwrap();
    let requests: Vec<_> = events
        .into_iter()
        .filter(|event| event.reason.as_deref() == Some("FinalBackupRequested"))
        .collect();
    assert!(
        requests.len() == 1 && requests[0].series.is_none(),
        "one backup: {requests:#?}"
    );

    // A database of the same name is a new one.
    let again = world.create("db", postgres()).await;
    world.settle().await;
    assert_ne!(database.metadata.uid, again.metadata.uid);
    assert_eq!(
        world.get::<Secret>("db-credentials").await.data,
        password,
        "it opens the data that stayed"
    );
    assert_eq!(world.status("db").await.phase, Phase::Running);
}

#[tokio::test(start_paused = true)]
async fn children_that_somebody_deletes_or_edits_come_back() {
    let world = World::start().await;
    world.create("db", postgres()).await;
    world.settle().await;
    world
        .api::<Service>()
        .delete("db-headless", &Default::default())
        .await
        .unwrap();
    world
        .api::<Secret>()
        .delete("db-credentials", &Default::default())
        .await
        .unwrap();
    let edit = kube::api::Patch::Merge(json!({"spec": {"replicas": 1}}));
    world
        .api::<StatefulSet>()
        .patch("db", &Default::default(), &edit)
        .await
        .unwrap();
    world.settle().await;
    assert!(world.find::<Service>("db-headless").await.is_some());
    assert!(world.find::<Secret>("db-credentials").await.is_some());
    assert!(
        world
            .events("db")
            .await
            .iter()
            .any(|reason| reason == "CredentialsReplaced")
    );
    assert_eq!(
        world.get::<StatefulSet>("db").await.spec.unwrap().replicas,
        Some(3)
    );
    assert_eq!(world.status("db").await.phase, Phase::Running);
}

#[tokio::test(start_paused = true)]
async fn another_ones_objects_are_not_taken() {
    let world = World::start().await;
    let mut foreign = ConfigMap::default();
    foreign.metadata.name = Some("db-config".into());
    foreign.data = Some([("mine".to_owned(), "yes".to_owned())].into());
    world
        .api::<ConfigMap>()
        .create(&Default::default(), &foreign)
        .await
        .unwrap();
    world.create("db", postgres()).await;
    world.settle().await;
    let status = world.status("db").await;
    assert_eq!(
        status.conditions.find("Degraded").unwrap().reason,
        "NameTaken",
        "{status:#?}"
    );
    assert_eq!(world.get::<ConfigMap>("db-config").await.data, foreign.data);
    assert!(world.find::<StatefulSet>("db").await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_server_that_fails_degrades_the_database_until_it_is_back() {
    let cluster = Cluster::builder()
        .server(ApiServer::builder().seed(1))
        .pods(PodBehavior::INSTANT);
    let world = World::around(cluster).await;
    world.create("db", postgres()).await;
    world.settle().await;
    world
        .cluster
        .pods()
        .set(NAMESPACE, "db-1", PodBehavior::NeverReady);
    world.settle().await;
    let status = world.status("db").await;
    assert_eq!(
        (status.phase, status.ready_replicas),
        (Phase::Degraded, 2),
        "{status:#?}"
    );
    world.cluster.pods().reset(NAMESPACE, "db-1");
    world.settle().await;
    assert_eq!(world.status("db").await.phase, Phase::Running);
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_lets_running_reconciles_finish() {
    let world = World::start().await;
    world.create("db", postgres()).await;
    tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    world.shutdown.drain();
    world.running.await.unwrap().unwrap();
}
