//! Failed reconciles in events and conditions.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use k8s_openapi::api::events::v1::Event;
use kube::api::ListParams;
use kube::{Api, Client};
use operator_core::Operator;
use operator_core::controller::Controller;
use operator_core::meta::Conditions;
use operator_core::reconcile::{Action, Context, Reconciler};
use operator_core::shutdown::Shutdown;
use operator_core::toolkit::Reporting;

use crate::gadget::{self, Gadget};

#[derive(Debug, thiserror::Error)]
#[error("the size is out of range")]
struct OutOfRange;

/// Fails until it is allowed to succeed.
struct Fails(Arc<AtomicBool>);

impl Reconciler for Fails {
    type Resource = Gadget;
    type Error = OutOfRange;

    async fn reconcile(&self, _: Arc<Gadget>, _: &Context<Gadget>) -> Result<Action, OutOfRange> {
        if self.0.load(Ordering::SeqCst) {
            return Ok(Action::await_change());
        }
        Err(OutOfRange)
    }
}

async fn condition(client: &Client) -> Option<(String, String, String)> {
    let gadget = Api::<Gadget>::namespaced(client.clone(), "default")
        .get("g")
        .await
        .unwrap();
    let conditions = gadget.status?.conditions;
    let condition = conditions.find("Reconciled")?.clone();
    Some((condition.status, condition.reason, condition.message))
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_told_once_and_taken_back_when_it_is_over() {
    let server = gadget::server().await;
    let client = server.client();
    gadget::create(&client, "g").await;
    let allowed = Arc::new(AtomicBool::new(false));
    let controller = Controller::new(Fails(Arc::clone(&allowed)))
        .report_failures(Reporting::none().event().condition("Reconciled"));
    let shutdown = Shutdown::new();
    let operator = Operator::new("gadget-operator").controller(controller);
    let run = tokio::spawn(operator.run_with(client.clone(), shutdown.clone()));

    tokio::time::sleep(Duration::from_secs(30)).await;
    let told =
        |status: &str, reason: &str, message: &str| Some((status.into(), reason.into(), message.into()));
    assert_eq!(
        condition(&client).await,
        told("False", "ReconcileFailed", "the size is out of range")
    );
    let events: Api<Event> = Api::namespaced(client.clone(), "default");
    let all = events.list(&ListParams::default()).await.unwrap().items;
    assert_eq!(all.len(), 1, "the same failure again is a series");
    assert_eq!(all[0].note.as_deref(), Some("the size is out of range"));
    assert!(all[0].series.as_ref().unwrap().count >= 2);
    let writes = server
        .audit_log()
        .iter()
        .filter(|entry| entry.subresource == "status")
        .count();
    assert_eq!(writes, 1, "the condition is written once");

    allowed.store(true, Ordering::SeqCst);
    tokio::time::sleep(Duration::from_secs(2000)).await;
    assert_eq!(condition(&client).await, told("True", "Reconciled", ""));
    shutdown.drain();
    run.await.unwrap().unwrap();
}
