//! Manifests applied to the embedded API server.

use std::path::Path;

use k8s_openapi::api::core::v1::ConfigMap;
use kube::{Api, CustomResourceExt};
use operator_core::clock::Clock;
use operator_core::manifest::{apply, parse, to_yaml};
use operator_testing::apiserver::ApiServer;

use crate::gadget::{self, Gadget};

async fn apply_text(server: &ApiServer, text: &str) -> Result<Vec<String>, String> {
    let documents = parse(Path::new("all.yaml"), text).map_err(|error| error.to_string())?;
    let installed = apply(&server.client(), &documents, "default", "test", &Clock::default()).await;
    let installed = installed.map_err(|error| error.to_string())?;
    Ok(installed
        .iter()
        .map(|installed| installed.target.to_string())
        .collect())
}

#[tokio::test]
async fn several_documents_are_applied_in_their_order() {
    let server = gadget::server().await;
    let text = "apiVersion: v1\nkind: Namespace\nmetadata: {name: team}\n---\napiVersion: example.com/v1\n\
                kind: Gadget\nmetadata: {name: a, namespace: team}\nspec: {size: 3}\n---\napiVersion: v1\n\
                kind: ConfigMap\nmetadata: {name: b}\n";
    let applied = apply_text(&server, text).await.unwrap();
    assert_eq!(
        applied,
        ["Namespace team", "Gadget team/a", "ConfigMap default/b"]
    );
}

#[tokio::test]
async fn a_definition_and_its_objects_can_come_together() {
    let server = ApiServer::new();
    let mut text = to_yaml([Gadget::crd()]).unwrap();
    text.push_str("---\napiVersion: example.com/v1\nkind: Gadget\nmetadata: {name: a}\nspec: {size: 3}\n");
    let applied = apply_text(&server, &text).await.unwrap();
    assert_eq!(
        applied,
        ["CustomResourceDefinition gadgets.example.com", "Gadget default/a"]
    );
}

#[tokio::test]
async fn a_mistake_is_found_before_anything_is_applied() {
    let server = gadget::server().await;
    let good = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---\n";
    let unknown = format!("{good}apiVersion: example.com/v1\nkind: Gizmo\nmetadata: {{name: a}}\n");
    assert_eq!(
        apply_text(&server, &unknown).await.unwrap_err(),
        "all.yaml, document 2: no matches for kind \"Gizmo\" in version \"example.com/v1\" (nothing was applied)"
    );
    let wrong = format!(
        "{good}apiVersion: example.com/v1\nkind: Gadget\nmetadata: {{name: a}}\nspec: {{size: big}}\n"
    );
    let message = apply_text(&server, &wrong).await.unwrap_err();
    assert!(message.starts_with("all.yaml, document 2: "), "{message}");
    assert!(message.contains("spec.size"), "{message}");
    let maps: Api<ConfigMap> = Api::namespaced(server.client(), "default");
    assert!(maps.get_opt("a").await.unwrap().is_none());
}

#[tokio::test]
async fn what_was_applied_before_a_late_mistake_is_said() {
    let server = ApiServer::new();
    let mut text = to_yaml([Gadget::crd()]).unwrap();
    text.push_str("---\napiVersion: example.com/v1\nkind: Gadget\nmetadata: {name: a}\nspec: {size: big}\n");
    let message = apply_text(&server, &text).await.unwrap_err();
    let told = "(1 of 2 documents were applied before: CustomResourceDefinition gadgets.example.com)";
    assert!(
        message.starts_with("all.yaml, document 2: ") && message.ends_with(told),
        "{message}"
    );
}
