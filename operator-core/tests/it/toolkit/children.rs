//! Children: applied, adopted, pruned, orphaned.

use std::sync::Arc;

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::ConfigMap;
use k8s_openapi::api::rbac::v1::ClusterRole;
use kube::api::{DeleteParams, ListParams, Patch, PatchParams, PostParams};
use kube::{Api, ResourceExt};
use operator_core::toolkit::{Adoption, Change, WriteError};
use serde_json::json;

use super::{Setup, cached, map, maps, requests, setup, toolkit};
use crate::gadget;

#[tokio::test]
async fn a_child_is_created_owned_and_left_alone_while_nothing_changes() {
    let Setup {
        server,
        client,
        owner,
        toolkit,
    } = setup().await;
    let applied = toolkit.apply(&owner, &map("child", "1"), None).await.unwrap();
    assert_eq!(applied.change, Change::Written);
    let child = cached(&client, "child").await.unwrap();
    let reference = &child.owner_references()[0];
    assert_eq!(
        (reference.kind.as_str(), Some(reference.uid.clone())),
        ("Gadget", owner.uid())
    );
    assert_eq!(
        (reference.controller, reference.block_owner_deletion),
        (Some(true), Some(true))
    );

    server.clear_audit_log();
    let again = toolkit
        .apply(&owner, &map("child", "1"), Some(child))
        .await
        .unwrap();
    assert_eq!((again.change, requests(&server)), (Change::Skipped, 0));
    let without_cache = toolkit.apply(&owner, &map("child", "1"), None).await.unwrap();
    assert_eq!((without_cache.change, requests(&server)), (Change::Unchanged, 1));
}

#[tokio::test]
async fn a_changed_intent_and_a_foreign_change_are_written() {
    let Setup {
        client,
        owner,
        toolkit,
        ..
    } = setup().await;
    toolkit.apply(&owner, &map("child", "1"), None).await.unwrap();
    let changed = toolkit
        .apply(&owner, &map("child", "2"), cached(&client, "child").await)
        .await
        .unwrap();
    assert_eq!(
        (
            changed.change,
            changed.object.data.as_ref().unwrap()["key"].as_str()
        ),
        (Change::Written, "2")
    );

    let patch = Patch::Merge(json!({"data": {"key": "foreign"}}));
    maps(&client)
        .patch("child", &PatchParams::default(), &patch)
        .await
        .unwrap();
    let back = toolkit
        .apply(&owner, &map("child", "2"), cached(&client, "child").await)
        .await
        .unwrap();
    assert_eq!(
        (back.change, back.object.data.as_ref().unwrap()["key"].as_str()),
        (Change::Written, "2")
    );

    maps(&client)
        .delete("child", &DeleteParams::default())
        .await
        .unwrap();
    let anew = toolkit
        .apply(&owner, &map("child", "2"), cached(&client, "child").await)
        .await
        .unwrap();
    assert_eq!(anew.change, Change::Written);
}

#[tokio::test]
async fn defaults_and_status_changes_of_a_child_cause_no_write() {
    let Setup {
        server,
        client,
        owner,
        toolkit,
    } = setup().await;
    let deployment: Deployment = serde_json::from_value(json!({
        "metadata": {"name": "child"},
        "spec": {
            "selector": {"matchLabels": {"a": "b"}},
            "template": {
                "metadata": {"labels": {"a": "b"}},
                "spec": {"containers": [{"name": "c", "image": "i"}]},
            },
        },
    }))
    .unwrap();
    toolkit.apply(&owner, &deployment, None).await.unwrap();
    let deployments: Api<Deployment> = Api::namespaced(client.clone(), "default");
    let patch = Patch::Merge(json!({"status": {"replicas": 1, "observedGeneration": 1}}));
    deployments
        .patch_status("child", &PatchParams::default(), &patch)
        .await
        .unwrap();
    let live = Arc::new(deployments.get("child").await.unwrap());
    assert_eq!(live.status.as_ref().unwrap().replicas, Some(1));
    server.clear_audit_log();
    let again = toolkit.apply(&owner, &deployment, Some(live)).await.unwrap();
    assert_eq!((again.change, requests(&server)), (Change::Skipped, 0));
}

#[tokio::test]
async fn fields_that_are_left_out_are_given_up() {
    let Setup {
        client,
        owner,
        toolkit,
        ..
    } = setup().await;
    let mut child = map("child", "1");
    child.data.as_mut().unwrap().insert("other".into(), "x".into());
    toolkit.apply(&owner, &child, None).await.unwrap();
    toolkit.apply(&owner, &map("child", "1"), None).await.unwrap();
    let live = cached(&client, "child").await.unwrap();
    assert_eq!(live.data.as_ref().unwrap().keys().collect::<Vec<_>>(), ["key"]);
}

#[tokio::test]
async fn what_another_controls_is_refused_and_what_nobody_owns_is_adopted() {
    let server = gadget::server().await;
    let client = server.client();
    let (first, second) = (
        gadget::create(&client, "one").await,
        gadget::create(&client, "two").await,
    );
    let toolkit = toolkit(&server);
    toolkit.apply(&first, &map("child", "1"), None).await.unwrap();
    for cached in [None, cached(&client, "child").await] {
        let error = toolkit
            .apply(&second, &map("child", "1"), cached)
            .await
            .unwrap_err();
        assert!(matches!(error, WriteError::Controlled { .. }), "{error}");
        assert!(error.is_transient());
    }
    maps(&client)
        .create(&PostParams::default(), &map("free", "1"))
        .await
        .unwrap();
    let error = toolkit
        .apply_with(&first, &map("free", "2"), None, Adoption::Refuse)
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "ConfigMap default/free exists and does not belong to this owner"
    );
    let adopted = toolkit
        .apply(&first, &map("free", "2"), None)
        .await
        .unwrap()
        .object;
    assert_eq!(adopted.owner_references()[0].name, "one");
}

#[tokio::test]
async fn a_child_elsewhere_is_refused_before_anything_is_sent() {
    let Setup {
        server,
        owner,
        toolkit,
        ..
    } = setup().await;
    let mut child = map("child", "1");
    child.metadata.namespace = Some("kube-system".into());
    server.clear_audit_log();
    let error = toolkit.apply(&owner, &child, None).await.unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("Gadget g in namespace default cannot own ConfigMap child in namespace")
    );
    let mut role = ClusterRole::default();
    role.metadata.name = Some("r".into());
    let error = toolkit.apply(&owner, &role, None).await.unwrap_err();
    assert!(
        !error.is_transient() && error.to_string().contains("which is cluster-scoped"),
        "{error}"
    );
    assert_eq!(requests(&server), 0);
}

#[tokio::test]
async fn the_server_s_refusal_is_told_in_its_own_words() {
    let Setup { owner, toolkit, .. } = setup().await;
    let mut child = map("child", "1");
    child.metadata.labels = Some([("a".to_owned(), "not a label!".to_owned())].into());
    let error = toolkit.apply(&owner, &child, None).await.unwrap_err();
    assert!(error.is_invalid() && !error.is_transient());
    let text = error.to_string();
    assert!(
        text.starts_with("apply ConfigMap default/child: ConfigMap \"child\" is invalid: metadata.labels"),
        "{text}"
    );
}

#[tokio::test]
async fn a_desired_set_is_applied_and_the_rest_is_pruned() {
    let server = gadget::server().await;
    let client = server.client();
    let (owner, other) = (
        gadget::create(&client, "g").await,
        gadget::create(&client, "other").await,
    );
    let toolkit = toolkit(&server);
    toolkit.apply(&other, &map("others", "1"), None).await.unwrap();
    maps(&client)
        .create(&PostParams::default(), &map("free", "1"))
        .await
        .unwrap();
    let commit = async |names: &[&str]| {
        let mut children = toolkit.children(&owner);
        for name in names {
            children.add(map(name, "1")).unwrap();
        }
        children.prune::<ConfigMap>().commit().await.unwrap()
    };
    let first = commit(&["a", "b", "c"]).await;
    assert_eq!(
        (first.applied, first.deleted.len()),
        (vec![Change::Written; 3], 0)
    );
    let second = commit(&["b"]).await;
    let deleted: Vec<_> = second.deleted.iter().map(ToString::to_string).collect();
    assert_eq!(deleted, ["ConfigMap default/a", "ConfigMap default/c"]);
    let names: Vec<_> = maps(&client)
        .list(&ListParams::default())
        .await
        .unwrap()
        .iter()
        .map(ResourceExt::name_any)
        .collect();
    assert_eq!(names, ["b", "free", "others"]);
}

#[tokio::test]
async fn a_failed_apply_keeps_everything_from_being_pruned() {
    let Setup {
        client,
        owner,
        toolkit,
        ..
    } = setup().await;
    toolkit.apply(&owner, &map("old", "1"), None).await.unwrap();
    let mut bad = map("bad", "1");
    bad.metadata.labels = Some([("a".to_owned(), "not a label!".to_owned())].into());
    let mut children = toolkit.children(&owner);
    children
        .add(bad)
        .unwrap()
        .add(map("good", "1"))
        .unwrap()
        .prune::<ConfigMap>();
    assert!(children.commit().await.unwrap_err().is_invalid());
    assert!(cached(&client, "old").await.is_some());
    assert!(cached(&client, "good").await.is_some());
}

#[tokio::test]
async fn an_orphan_keeps_everything_but_its_owner() {
    let Setup {
        client,
        owner,
        toolkit,
        ..
    } = setup().await;
    toolkit.apply(&owner, &map("child", "1"), None).await.unwrap();
    toolkit.orphan(&owner, &map("child", "1")).await.unwrap();
    let live = cached(&client, "child").await.unwrap();
    assert_eq!(
        (
            live.owner_references().len(),
            live.data.as_ref().unwrap()["key"].as_str()
        ),
        (0, "1")
    );
    toolkit.orphan(&owner, &map("child", "1")).await.unwrap();
    toolkit.orphan(&owner, &map("missing", "1")).await.unwrap();
}
