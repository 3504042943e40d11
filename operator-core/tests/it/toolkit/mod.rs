//! Children, status and events against the embedded API server.

mod children;
mod told;

use std::sync::Arc;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::{Api, Client};
use operator_core::clock::Clock;
use operator_core::toolkit::Toolkit;
use operator_testing::apiserver::ApiServer;
use serde_json::json;

use crate::gadget::{self, Gadget};

fn toolkit(server: &ApiServer) -> Toolkit {
    Toolkit::new(
        server.client(),
        "operator",
        Clock::starting_at(Timestamp::UNIX_EPOCH),
    )
}

/// A server with an owner, and what writes for it.
struct Setup {
    server: ApiServer,
    client: Client,
    owner: Gadget,
    toolkit: Toolkit,
}

async fn setup() -> Setup {
    let server = gadget::server().await;
    let client = server.client();
    Setup {
        owner: gadget::create(&client, "g").await,
        toolkit: toolkit(&server),
        client,
        server,
    }
}

fn maps(client: &Client) -> Api<ConfigMap> {
    Api::namespaced(client.clone(), "default")
}

fn map(name: &str, value: &str) -> ConfigMap {
    serde_json::from_value(json!({"metadata": {"name": name}, "data": {"key": value}})).unwrap()
}

/// How many requests were made since the log was cleared.
fn requests(server: &ApiServer) -> usize {
    server.audit_log().len()
}

async fn cached(client: &Client, name: &str) -> Option<Arc<ConfigMap>> {
    maps(client).get_opt(name).await.unwrap().map(Arc::new)
}
