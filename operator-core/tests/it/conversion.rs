//! A kind in two versions, through the API server: every object in either version, converted by the operator over HTTPS.

use std::net::SocketAddr;

use kube::api::{ListParams, Patch, PatchParams, PostParams};
use kube::{Api, Client};
use operator_core::shutdown::Shutdown;
use operator_core::{CustomResource, Operator, versions};
use operator_testing::apiserver::{ApiServer, WebhookAddress};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

#[versions(v1beta1, v1)]
mod gizmo {
    use super::*;

    #[derive(CustomResource, Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
    #[kube(
        group = "example.com",
        kind = "Gizmo",
        namespaced,
        status = "GizmoStatus",
        derive = "PartialEq"
    )]
    pub(crate) struct GizmoSpec {
        #[version(renamed(v1, from = "size"))]
        #[selectable]
        pub(crate) memory: String,
        #[version(added = v1, default = three)]
        pub(crate) replicas: i32,
        #[version(removed = v1)]
        pub(crate) legacy: Option<bool>,
        pub(crate) disks: Vec<Disk>,
    }

    #[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
    pub(crate) struct Disk {
        #[version(renamed(v1, from = "gigabytes"))]
        pub(crate) size: u32,
        #[version(added = v1)]
        pub(crate) class: Option<String>,
    }

    #[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
    #[serde(default)]
    pub(crate) struct GizmoStatus {
        #[version(renamed(v1, from = "up"))]
        pub(crate) ready: bool,
    }

    fn three() -> i32 {
        3
    }
}

use gizmo::{GizmoVersions, v1, v1beta1};

/// A server that serves gizmos, with the operator behind it.
struct World {
    server: ApiServer,
    shutdown: Shutdown,
    serving: tokio::task::JoinHandle<()>,
}

impl World {
    async fn new() -> Self {
        let server = ApiServer::new();
        let client = server.client();
        let mut operator = Operator::new("gizmo-operator").versions(GizmoVersions::VERSIONS);
        operator.install(&client).await.unwrap();
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let webhooks = operator
            .webhook_server(&client, any, "default")
            .await
            .unwrap()
            .unwrap();
        webhooks.prepare().await.unwrap();
        server.lead_webhooks(
            WebhookAddress::service("default", "gizmo-operator"),
            webhooks.address().unwrap(),
        );
        let shutdown = Shutdown::new();
        let serving = tokio::spawn(webhooks.serve(shutdown.clone()));
        Self {
            server,
            shutdown,
            serving,
        }
    }

    fn client(&self) -> Client {
        self.server.client()
    }

    async fn end(self) {
        self.shutdown.drain();
        self.serving.await.unwrap();
    }
}

fn old() -> v1beta1::Gizmo {
    v1beta1::Gizmo::new(
        "a",
        v1beta1::GizmoSpec {
            size: "1Gi".into(),
            legacy: Some(true),
            disks: vec![v1beta1::Disk { gigabytes: 5 }],
        },
    )
}

#[tokio::test]
async fn an_object_is_read_and_written_in_either_version() {
    let world = World::new().await;
    let olds: Api<v1beta1::Gizmo> = Api::namespaced(world.client(), "default");
    let news: Api<v1::Gizmo> = Api::namespaced(world.client(), "default");

    let created = olds.create(&PostParams::default(), &old()).await.unwrap();
    assert_eq!(created.spec, old().spec);
    let mut new = news.get("a").await.unwrap();
    assert_eq!(
        new.spec,
        v1::GizmoSpec {
            memory: "1Gi".into(),
            replicas: 3,
            disks: vec![v1::Disk { size: 5, class: None }],
        }
    );

    // What only the new version can hold survives a client of the old one.
    new.spec.replicas = 7;
    new.spec.disks[0].class = Some("fast".into());
    news.replace("a", &PostParams::default(), &new).await.unwrap();
    let mut seen = olds.get("a").await.unwrap();
    assert_eq!(seen.spec, old().spec, "what v1 removed is kept for v1beta1");
    seen.spec.size = "2Gi".into();
    seen.spec.disks[0].gigabytes = 6;
    olds.replace("a", &PostParams::default(), &seen).await.unwrap();
    let merged = news.get("a").await.unwrap();
    assert_eq!(merged.spec.memory, "2Gi");
    assert_eq!(merged.spec.replicas, 7);
    assert_eq!(
        merged.spec.disks[0],
        v1::Disk {
            size: 6,
            class: Some("fast".into())
        }
    );

    let patch = Patch::Merge(json!({"status": {"ready": true}}));
    news.patch_status("a", &PatchParams::default(), &patch)
        .await
        .unwrap();
    let listed = olds.list(&ListParams::default()).await.unwrap();
    assert_eq!(listed.items[0].status, Some(v1beta1::GizmoStatus { up: true }));
    world.end().await;
}

#[tokio::test]
async fn what_cannot_be_converted_is_refused_with_the_reason() {
    let world = World::new().await;
    let olds: Api<v1beta1::Gizmo> = Api::namespaced(world.client(), "default");
    olds.create(&PostParams::default(), &old()).await.unwrap();
    // Nobody answers any more: the server cannot show the object in the other version.
    let client = world.client();
    world.end().await;
    let olds: Api<v1beta1::Gizmo> = Api::namespaced(client, "default");
    let error = olds.get("a").await.unwrap_err().to_string();
    assert!(error.contains("conversion webhook"), "{error}");
}
