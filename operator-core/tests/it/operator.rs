//! A whole operator: its kinds, its rights, and a run on the embedded API server.

use std::net::SocketAddr;
use std::sync::Arc;

use k8s_openapi::api::admissionregistration::v1::ValidatingWebhookConfiguration;
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::{Api, ResourceExt};
use operator_core::Operator;
use operator_core::cli::{Command, CrdArgs, InstallArgs};
use operator_core::controller::Controller;
use operator_core::meta::{ConditionIntent, Conditions};
use operator_core::reconcile::{Action, Context, Reconciler};
use operator_core::shutdown::Shutdown;
use operator_core::toolkit::{Note, WriteError};
use operator_core::webhook::{AdmissionRequest, Operation, Verdict, Webhooks};
use operator_testing::apiserver::request::User;
use operator_testing::apiserver::{ApiServer, Identity};
use serde_json::json;

use crate::gadget::{self, Gadget, GadgetStatus};

/// Gives each gadget a ConfigMap.
struct Gadgets;

impl Reconciler for Gadgets {
    type Resource = Gadget;
    type Error = WriteError;

    async fn reconcile(&self, gadget: Arc<Gadget>, cx: &Context<Gadget>) -> Result<Action, WriteError> {
        let child: ConfigMap = serde_json::from_value(json!({
            "metadata": {"name": format!("{}-settings", gadget.name_any())},
            "data": {"size": gadget.spec.size.to_string()},
        }))
        .unwrap();
        cx.apply(&gadget, child).await?;
        let mut status = GadgetStatus {
            phase: Some("Ready".into()),
            observed_generation: gadget.metadata.generation,
            ..GadgetStatus::default()
        };
        status
            .conditions
            .set(ConditionIntent::new("Ready", true, "Applied"), cx.now());
        cx.update_status(&gadget, &status).await?;
        Ok(Action::await_change())
    }

    async fn cleanup(&self, gadget: Arc<Gadget>, cx: &Context<Gadget>) -> Result<Action, WriteError> {
        cx.event(&gadget, Note::normal("Removed", "it is being removed"))
            .await;
        Ok(Action::await_change())
    }
}

/// A reconciler of a kind that comes with Kubernetes.
struct Secrets;

impl Reconciler for Secrets {
    type Resource = Secret;
    type Error = WriteError;

    async fn reconcile(&self, _: Arc<Secret>, _: &Context<Secret>) -> Result<Action, WriteError> {
        Ok(Action::await_change())
    }
}

fn operator() -> Operator {
    Operator::new("gadget-operator").controller(Controller::new(Gadgets).owns::<ConfigMap>())
}

#[tokio::test]
async fn it_knows_its_kinds_and_its_rights() {
    let operator = operator().controller(Controller::new(Secrets).named("secrets"));
    let names: Vec<_> = operator.definitions().iter().map(ResourceExt::name_any).collect();
    assert_eq!(
        names,
        ["gadgets.example.com"],
        "a built-in kind brings no definition"
    );
    let rights = operator.rights();
    for (group, resource, verb, may) in [
        ("example.com", "gadgets", "watch", true),
        ("example.com", "gadgets", "patch", true),
        ("example.com", "gadgets", "delete", false),
        ("example.com", "gadgets/status", "patch", true),
        ("example.com", "gadgets/finalizers", "update", true),
        ("", "configmaps", "create", true),
        ("", "secrets", "list", true),
        ("", "secrets", "patch", false),
        ("events.k8s.io", "events", "create", true),
    ] {
        assert_eq!(
            rights.allow(group, resource, verb),
            may,
            "{verb} {group} {resource}"
        );
    }
}

#[tokio::test]
async fn its_manifests_can_be_applied() {
    let server = ApiServer::new();
    let args = InstallArgs {
        operator_namespace: "default".into(),
        namespaces: Vec::new(),
        image: None,
        replicas: 1,
        port: 8080,
    };
    let yaml = operator().installation(&args).yaml().unwrap();
    let documents = operator_core::manifest::parse(std::path::Path::new("all.yaml"), &yaml).unwrap();
    let clock = operator_core::clock::Clock::default();
    let installed =
        operator_core::manifest::apply(&server.client(), &documents, "default", "test", &clock).await;
    assert_eq!(installed.unwrap().len(), 7);
}

/// An operator that is asked about gadgets.
fn asked() -> Operator {
    let webhooks = Webhooks::new()
        .validate("/validate-gadget", |_: AdmissionRequest<Gadget>| async {
            Verdict::allow()
        })
        .mutate(
            "/mutate-gadget",
            |_: &AdmissionRequest<Gadget>, _: &mut Gadget| Verdict::allow(),
        )
        .on([Operation::Create]);
    operator().webhooks(webhooks)
}

#[tokio::test]
async fn what_it_is_asked_is_in_its_manifests() {
    let server = ApiServer::new();
    let args = InstallArgs {
        operator_namespace: "default".into(),
        namespaces: vec!["default".into()],
        image: None,
        replicas: 2,
        port: 8080,
    };
    let yaml = asked().installation(&args).yaml().unwrap();
    let documents = operator_core::manifest::parse(std::path::Path::new("all.yaml"), &yaml).unwrap();
    let clock = operator_core::clock::Clock::default();
    let client = server.client();
    operator_core::manifest::apply(&client, &documents, "default", "test", &clock)
        .await
        .unwrap();
    let get = |kind: &str| {
        let found = documents.iter().find(|document| document.kind.kind == kind);
        found.unwrap().object.clone()
    };
    let service = get("Service");
    assert_eq!(service["spec"]["publishNotReadyAddresses"], true);
    assert_eq!(service["spec"]["ports"][0]["targetPort"], "webhooks");
    let ports = &get("Deployment")["spec"]["template"]["spec"]["containers"][0]["ports"];
    assert_eq!(ports[1], json!({"name": "webhooks", "containerPort": 9443}));
    let validating = &get("ValidatingWebhookConfiguration")["webhooks"][0];
    assert_eq!(validating["name"], "validate-gadget.gadgets.example.com");
    assert_eq!(
        validating["clientConfig"]["service"],
        json!({"name": "gadget-operator", "namespace": "default", "path": "/validate-gadget"})
    );
    assert_eq!(validating["rules"][0]["operations"], json!(["CREATE", "UPDATE"]));
    assert_eq!(
        validating["namespaceSelector"]["matchExpressions"][0]["values"],
        json!(["default"])
    );
    let mutating = &get("MutatingWebhookConfiguration")["webhooks"][0];
    assert_eq!(mutating["rules"][0]["operations"], json!(["CREATE"]));
}

#[tokio::test]
async fn its_rights_suffice_to_keep_the_certificate() {
    let server = ApiServer::new();
    let args = InstallArgs {
        operator_namespace: "default".into(),
        namespaces: Vec::new(),
        image: None,
        replicas: 1,
        port: 8080,
    };
    let mut operator = asked();
    let yaml = operator.installation(&args).yaml().unwrap();
    let documents = operator_core::manifest::parse(std::path::Path::new("all.yaml"), &yaml).unwrap();
    let clock = operator_core::clock::Clock::default();
    operator_core::manifest::apply(&server.client(), &documents, "default", "test", &clock)
        .await
        .unwrap();
    let account = server.client_as(Identity {
        user: Some(User::service_account("default", "gadget-operator")),
        ..Identity::default()
    });
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let webhooks = operator
        .webhook_server(&account, any, "default")
        .await
        .unwrap()
        .unwrap();
    // Once to make it, and once to find it.
    webhooks.prepare().await.unwrap();
    webhooks.prepare().await.unwrap();
    let stored: Api<ValidatingWebhookConfiguration> = Api::all(server.client());
    let stored = stored.get("gadget-operator").await.unwrap().webhooks.unwrap();
    assert!(stored[0].client_config.ca_bundle.is_some());
}

#[tokio::test(start_paused = true)]
async fn it_runs_where_it_is_embedded() {
    let server = gadget::server().await;
    let client = server.client();
    let shutdown = Shutdown::new();
    let run = tokio::spawn(operator().run_with(client.clone(), shutdown.clone()));
    gadget::create(&client, "g").await;
    let gadgets: Api<Gadget> = Api::namespaced(client.clone(), "default");
    let maps: Api<ConfigMap> = Api::namespaced(client.clone(), "default");
    let ready = async {
        loop {
            let gadget = gadgets.get("g").await.unwrap();
            if gadget
                .status
                .is_some_and(|status| status.conditions.is_true("Ready"))
            {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), ready)
        .await
        .unwrap();
    assert_eq!(maps.get("g-settings").await.unwrap().data.unwrap()["size"], "1");

    // A child that somebody deletes comes back, and one that somebody changes is put right.
    maps.delete("g-settings", &Default::default()).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(5)).await;
    let patch = kube::api::Patch::Merge(json!({"data": {"size": "9"}}));
    maps.patch("g-settings", &Default::default(), &patch)
        .await
        .unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(5)).await;
    assert_eq!(maps.get("g-settings").await.unwrap().data.unwrap()["size"], "1");

    // At rest nothing is written.
    server.clear_audit_log();
    tokio::time::sleep(std::time::Duration::from_secs(600)).await;
    let writes: Vec<_> = server
        .audit_log()
        .into_iter()
        .filter(|entry| !matches!(entry.verb.as_str(), "get" | "list" | "watch"))
        .collect();
    assert_eq!(writes, []);

    gadgets.delete("g", &Default::default()).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(5)).await;
    assert!(gadgets.get_opt("g").await.unwrap().is_none());
    shutdown.drain();
    run.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_definition_is_printed_without_a_cluster() {
    // Standard output is not looked at here; that nothing is asked of a cluster is the point.
    operator()
        .execute(Command::Crd(CrdArgs::default()))
        .await
        .unwrap();
    let yaml = operator_core::manifest::to_yaml(operator().definitions()).unwrap();
    assert!(
        yaml.starts_with("apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n"),
        "{yaml}"
    );
}
