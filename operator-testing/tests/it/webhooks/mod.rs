//! Webhooks that the server calls: admission and conversion, answered in process.

#![allow(
    clippy::needless_pass_by_value,
    reason = "objects are made where they are used and belong to nobody afterwards"
)]

mod admission;
mod controllers;
mod conversion;
mod policies;

use std::sync::{Arc, Mutex};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use kube::{
    Api,
    api::{DynamicObject, PostParams},
    core::{ApiResource, GroupVersionKind},
};
use operator_testing::apiserver::{ApiServer, WebhookAddress};
use serde_json::{Value, json};

/// The reviews that a webhook was asked, oldest first.
#[derive(Clone, Default)]
struct Asked(Arc<Mutex<Vec<Value>>>);

impl Asked {
    fn all(&self) -> Vec<Value> {
        self.0.lock().unwrap().clone()
    }
}

/// Lets `answer` make the response of every review that comes for the service `hooks`; it is handed the path and the request.
fn serve(server: &ApiServer, answer: impl Fn(&str, &Value) -> Value + Send + Sync + 'static) -> Asked {
    let asked = Asked::default();
    let log = asked.clone();
    let answer = Arc::new(answer);
    server.answer_webhooks(WebhookAddress::service("default", "hooks"), move |request| {
        let review: Value = serde_json::from_slice(request.body()).unwrap();
        let mut response = answer(request.uri().path(), &review["request"]);
        response["uid"] = review["request"]["uid"].clone();
        log.0.lock().unwrap().push(review["request"].clone());
        let body = json!({"apiVersion": review["apiVersion"], "kind": review["kind"], "response": response});
        async move { http::Response::new(body.to_string()) }
    });
    asked
}

/// A response that allows a write and changes the object.
fn patching(operations: &Value) -> Value {
    json!({"allowed": true, "patchType": "JSONPatch", "patch": STANDARD.encode(operations.to_string())})
}

/// One webhook about ConfigMaps, answered on `path`.
fn hook(name: &str, path: &str, more: Value) -> Value {
    let mut hook = json!({
        "name": format!("{name}.example.com"),
        "clientConfig": {"service": {"namespace": "default", "name": "hooks", "path": path}},
        "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["*"], "resources": ["configmaps"]}],
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
    });
    for (field, value) in more.as_object().unwrap() {
        hook[field] = value.clone();
    }
    hook
}

/// Stores a `Mutating` or `Validating` configuration.
async fn configure(server: &ApiServer, kind: &str, hooks: &[Value]) {
    let kind = format!("{kind}WebhookConfiguration");
    let configuration = json!({"metadata": {"name": "hooks"}, "webhooks": hooks});
    create(
        server,
        "admissionregistration.k8s.io",
        "v1",
        &kind,
        "",
        configuration,
    )
    .await;
}

/// Creates an object of the cluster, or of a namespace if one is named.
async fn create(server: &ApiServer, group: &str, version: &str, kind: &str, namespace: &str, object: Value) {
    let api = api(server, group, version, kind, namespace);
    let object: DynamicObject = serde_json::from_value(typed(group, version, kind, object)).unwrap();
    api.create(&PostParams::default(), &object).await.unwrap();
}

fn typed(group: &str, version: &str, kind: &str, mut object: Value) -> Value {
    object["apiVersion"] = if group.is_empty() {
        version.into()
    } else {
        format!("{group}/{version}").into()
    };
    object["kind"] = kind.into();
    object
}

fn api(server: &ApiServer, group: &str, version: &str, kind: &str, namespace: &str) -> Api<DynamicObject> {
    let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, kind));
    if namespace.is_empty() {
        Api::all_with(server.client(), &resource)
    } else {
        Api::namespaced_with(server.client(), namespace, &resource)
    }
}
