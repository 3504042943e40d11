//! Status and events.

use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Namespace;
use k8s_openapi::api::events::v1::Event;
use kube::api::{DeleteParams, ListParams, Patch, PatchParams};
use kube::{Api, Client, ResourceExt};
use operator_core::clock::Clock;
use operator_core::meta::{ConditionIntent, Conditions};
use operator_core::toolkit::{Change, Note, Toolkit};
use operator_testing::apiserver::ApiServer;
use serde_json::json;

use super::{map, requests, toolkit};
use crate::gadget::{self, Gadget, GadgetStatus};

fn status(gadget: &Gadget, phase: &str, ready: bool) -> GadgetStatus {
    let mut status = GadgetStatus {
        phase: Some(phase.into()),
        observed_generation: gadget.metadata.generation,
        ..GadgetStatus::default()
    };
    let condition =
        ConditionIntent::new("Ready", ready, "Checked").observed_generation(gadget.metadata.generation);
    status
        .conditions
        .set(condition, Timestamp::from_second(1_000_000).unwrap());
    status
}

async fn gadget_of(client: &Client) -> Gadget {
    Api::<Gadget>::namespaced(client.clone(), "default")
        .get("g")
        .await
        .unwrap()
}

#[tokio::test]
async fn a_status_is_written_once() {
    let server = gadget::server().await;
    let client = server.client();
    let gadget = gadget::create(&client, "g").await;
    let toolkit = toolkit(&server);
    assert_eq!(
        toolkit
            .update_status(&gadget, &status(&gadget, "Pending", false))
            .await
            .unwrap(),
        Change::Written
    );
    let live = gadget_of(&client).await;
    assert_eq!(live.status, Some(status(&gadget, "Pending", false)));
    server.clear_audit_log();
    let again = toolkit
        .update_status(&live, &status(&live, "Pending", false))
        .await
        .unwrap();
    // With the object from before the write, too: the write itself is remembered.
    let stale = toolkit
        .update_status(&gadget, &status(&gadget, "Pending", false))
        .await
        .unwrap();
    assert_eq!(
        (again, stale, requests(&server)),
        (Change::Skipped, Change::Skipped, 0)
    );
    let fresh = self::toolkit(&server)
        .update_status(&live, &status(&live, "Pending", false))
        .await
        .unwrap();
    assert_eq!(
        (fresh, requests(&server)),
        (Change::Skipped, 0),
        "a new process compares with the object"
    );
}

#[tokio::test]
async fn a_stale_object_moves_neither_times_nor_generations() {
    let server = gadget::server().await;
    let client = server.client();
    let stale = gadget::create(&client, "g").await;
    let toolkit = toolkit(&server);
    let patch = Patch::Merge(json!({"spec": {"size": 2}}));
    Api::<Gadget>::namespaced(client.clone(), "default")
        .patch("g", &PatchParams::default(), &patch)
        .await
        .unwrap();
    let current = gadget_of(&client).await;
    assert_eq!(current.metadata.generation, Some(2));
    toolkit
        .update_status(&current, &status(&current, "Running", true))
        .await
        .unwrap();
    let before = gadget_of(&client).await.status.unwrap();

    let mut late = status(&stale, "Degraded", true);
    late.conditions[0].last_transition_time.0 = Timestamp::from_second(2_000_000).unwrap();
    assert_eq!(
        toolkit.update_status(&stale, &late).await.unwrap(),
        Change::Written
    );
    let after = gadget_of(&client).await.status.unwrap();
    assert_eq!(
        (after.phase.as_deref(), after.observed_generation),
        (Some("Degraded"), Some(2))
    );
    assert_eq!(after.conditions, before.conditions);
}

#[tokio::test]
async fn a_status_does_not_reach_the_next_object_of_the_name() {
    let server = gadget::server().await;
    let client = server.client();
    let old = gadget::create(&client, "g").await;
    let gadgets: Api<Gadget> = Api::namespaced(client.clone(), "default");
    gadgets.delete("g", &DeleteParams::default()).await.unwrap();
    let toolkit = toolkit(&server);
    assert_eq!(
        toolkit
            .update_status(&old, &status(&old, "Running", true))
            .await
            .unwrap(),
        Change::Gone
    );
    gadget::create(&client, "g").await;
    assert_eq!(
        toolkit
            .update_status(&old, &status(&old, "Running", true))
            .await
            .unwrap(),
        Change::Gone
    );
    assert_eq!(gadget_of(&client).await.status, None);
}

#[tokio::test(start_paused = true)]
async fn a_repeated_event_becomes_a_series() {
    let server = gadget::server().await;
    let client = server.client();
    let gadget = gadget::create(&client, "g").await;
    let clock = Clock::starting_at(Timestamp::UNIX_EPOCH);
    let toolkit = Toolkit::new(client.clone(), "operator", clock.clone());
    let events: Api<Event> = Api::namespaced(client.clone(), "default");
    let tell = async || {
        toolkit
            .recorder()
            .tell(&gadget, Note::warning("Broken", "it is").action("Check"))
            .await;
    };
    tell().await;
    let event = events.list(&ListParams::default()).await.unwrap().items.remove(0);
    assert_eq!(event.regarding.as_ref().unwrap().uid, gadget.uid());
    assert_eq!(
        (event.type_.as_deref(), event.reason.as_deref()),
        (Some("Warning"), Some("Broken"))
    );
    assert_eq!(
        (event.note.as_deref(), event.action.as_deref()),
        (Some("it is"), Some("Check"))
    );
    tell().await;
    clock.sleep(Duration::from_secs(60)).await;
    tell().await;
    let all = events.list(&ListParams::default()).await.unwrap().items;
    let series = all[0].series.clone().unwrap();
    assert_eq!((all.len(), series.count), (1, 3));
    assert_eq!(series.last_observed_time.0, Timestamp::from_second(60).unwrap());

    // The server has forgotten the event: it is told anew.
    events
        .delete(&all[0].name_any(), &DeleteParams::default())
        .await
        .unwrap();
    clock.sleep(Duration::from_secs(60)).await;
    tell().await;
    assert_eq!(events.list(&ListParams::default()).await.unwrap().items.len(), 1);
}

#[tokio::test]
async fn an_event_about_the_cluster_is_in_the_default_namespace_and_no_event_ever_fails() {
    let server = ApiServer::new();
    let client = server.client();
    let namespace = Api::<Namespace>::all(client.clone())
        .get("kube-system")
        .await
        .unwrap();
    let toolkit = toolkit(&server);
    toolkit
        .recorder()
        .tell(&namespace, Note::normal("Seen", "it is there"))
        .await;
    let events: Api<Event> = Api::namespaced(client, "default");
    assert_eq!(events.list(&ListParams::default()).await.unwrap().items.len(), 1);
    let mut nowhere = map("a", "1");
    nowhere.metadata.namespace = Some("missing".into());
    toolkit
        .recorder()
        .tell(&nowhere, Note::normal("Seen", "it is not there"))
        .await;
}
