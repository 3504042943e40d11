//! A custom kind for tests, and a server that serves it.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::api::PostParams;
use kube::{Api, Client, CustomResourceExt};
use operator_core::CustomResource;
use operator_core::clock::Clock;
use operator_core::manifest::install_definitions;
use operator_testing::apiserver::ApiServer;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Something with a status.
#[derive(CustomResource, Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[kube(
    group = "example.com",
    version = "v1",
    kind = "Gadget",
    namespaced,
    status = "GadgetStatus"
)]
pub(crate) struct GadgetSpec {
    #[serde(default)]
    pub(crate) size: i32,
}

/// What is known of it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GadgetStatus {
    #[serde(default)]
    pub(crate) phase: Option<String>,
    #[serde(default)]
    pub(crate) observed_generation: Option<i64>,
    #[serde(default)]
    pub(crate) conditions: Vec<Condition>,
}

/// A server that serves gadgets.
pub(crate) async fn server() -> ApiServer {
    let server = ApiServer::new();
    install_definitions(&server.client(), &[Gadget::crd()], "test", &Clock::default())
        .await
        .unwrap();
    server
}

/// Creates a gadget and answers with it as the server has it.
pub(crate) async fn create(client: &Client, name: &str) -> Gadget {
    let gadgets: Api<Gadget> = Api::namespaced(client.clone(), "default");
    gadgets
        .create(&PostParams::default(), &Gadget::new(name, GadgetSpec { size: 1 }))
        .await
        .unwrap()
}
