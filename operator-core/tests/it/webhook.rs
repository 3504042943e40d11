//! Webhooks over HTTPS, with certificates that are kept in the embedded API server.

use std::net::SocketAddr;
use std::sync::Arc;

use jiff::Timestamp;
use k8s_openapi::ByteString;
use k8s_openapi::api::admissionregistration::v1::ValidatingWebhookConfiguration;
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::Api;
use kube::api::{DynamicObject, PostParams};
use kube::core::{ApiResource, GroupVersionKind};
use operator_core::clock::Clock;
use operator_core::shutdown::Shutdown;
use operator_core::webhook::{
    AdmissionRequest, CertificateKeeper, Trusted, Verdict, WebhookServer, Webhooks,
};
use operator_testing::apiserver::{ApiServer, WebhookAddress};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

fn keeper(server: &ApiServer, now: i64) -> CertificateKeeper {
    let clock = Clock::starting_at(Timestamp::from_second(now).unwrap());
    CertificateKeeper::of_service(server.client(), "default", "gadgets", clock)
        .also_named("localhost")
        .trusted_by(Trusted::Validating("gadgets".into()))
}

/// A time at which certificates made by the embedded server's clock are good for whoever checks them now.
fn now() -> i64 {
    Timestamp::now().as_second()
}

fn webhooks() -> Webhooks {
    Webhooks::new()
        .validate("/validate", |request: AdmissionRequest<ConfigMap>| async move {
            match request.object.and_then(|map| map.data) {
                Some(_) => Verdict::allow().warn("looked at"),
                None => Verdict::deny("it has no data"),
            }
        })
        .mutate(
            "/mutate",
            |_: &AdmissionRequest<ConfigMap>, map: &mut ConfigMap| {
                map.immutable = Some(true);
                Verdict::allow()
            },
        )
        .validate("/panic", |request: AdmissionRequest<ConfigMap>| async move {
            assert!(request.dry_run, "this webhook panics");
            Verdict::allow()
        })
}

fn review(object: &Value) -> Value {
    json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
           "request": {"uid": "q", "operation": "CREATE", "object": object}})
}

/// Asks over HTTPS as the API server does: trusting the bundle and nothing else.
async fn ask(
    address: SocketAddr,
    authorities: &str,
    path: &str,
    body: &Value,
) -> Result<(u16, Value), String> {
    let mut roots = rustls::RootCertStore::empty();
    for authority in CertificateDer::pem_slice_iter(authorities.as_bytes()) {
        roots.add(authority.unwrap()).unwrap();
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(address).await.unwrap();
    let name = "gadgets.default.svc".try_into().unwrap();
    let connected = TlsConnector::from(Arc::new(config)).connect(name, stream).await;
    let mut stream = connected.map_err(|error| error.to_string())?;
    let body = body.to_string();
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: gadgets\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // A server may close without a farewell.
    let _ = stream.read_to_end(&mut answer).await;
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Ok((status, serde_json::from_str(body).unwrap_or(Value::Null)))
}

async fn configuration(server: &ApiServer) -> Api<ValidatingWebhookConfiguration> {
    let api: Api<ValidatingWebhookConfiguration> = Api::all(server.client());
    let configuration = serde_json::from_value(json!({
        "metadata": {"name": "gadgets"},
        "webhooks": [{
            "name": "gadgets.example.com", "admissionReviewVersions": ["v1"], "sideEffects": "None",
            "clientConfig": {"service": {"namespace": "default", "name": "gadgets", "path": "/validate"}},
            "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["nothing"]}],
        }],
    }))
    .unwrap();
    api.create(&PostParams::default(), &configuration).await.unwrap();
    api
}

#[tokio::test]
async fn it_answers_over_https_to_whoever_trusts_the_bundle() {
    let server = ApiServer::new();
    let api = configuration(&server).await;
    let keeper = keeper(&server, now());
    let identity = keeper.look().await.unwrap();
    let stored = api.get("gadgets").await.unwrap().webhooks.unwrap();
    assert_eq!(
        stored[0].client_config.ca_bundle,
        Some(ByteString(identity.authorities.clone().into_bytes()))
    );

    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let webhook = WebhookServer::bind(any, webhooks(), keeper).await.unwrap();
    let address = webhook.address().unwrap();
    let shutdown = Shutdown::new();
    let serving = tokio::spawn(webhook.serve(shutdown.clone()));
    let trusted = identity.authorities.as_str();

    let good = review(&json!({"metadata": {"name": "a"}, "data": {"k": "v"}}));
    let (status, answer) = ask(address, trusted, "/validate", &good).await.unwrap();
    assert_eq!((status, &answer["response"]["allowed"]), (200, &json!(true)));
    assert_eq!(answer["response"]["warnings"], json!(["looked at"]));
    let bad = review(&json!({"metadata": {"name": "a"}}));
    let (_, answer) = ask(address, trusted, "/validate", &bad).await.unwrap();
    assert_eq!(answer["response"]["status"]["message"], "it has no data");
    let (_, answer) = ask(address, trusted, "/mutate", &good).await.unwrap();
    let patch: ByteString = serde_json::from_value(answer["response"]["patch"].clone()).unwrap();
    let patch: Value = serde_json::from_slice(&patch.0).unwrap();
    assert_eq!(patch, json!([{"op": "add", "path": "/immutable", "value": true}]));

    // What is wrong with one question does no harm to the next.
    let unreadable = review(&json!({"metadata": {"name": 7}}));
    let (_, answer) = ask(address, trusted, "/validate", &unreadable).await.unwrap();
    assert_eq!(answer["response"]["allowed"], false);
    assert_eq!(ask(address, trusted, "/panic", &good).await.unwrap().0, 500);
    assert_eq!(ask(address, trusted, "/nowhere", &good).await.unwrap().0, 404);
    assert_eq!(ask(address, trusted, "/validate", &good).await.unwrap().0, 200);

    let stranger = operator_core::webhook::issue(&["x".into()], Timestamp::now(), None).unwrap();
    assert!(
        ask(address, &stranger.authorities, "/validate", &good)
            .await
            .is_err()
    );
    shutdown.drain();
    serving.await.unwrap();
}

#[tokio::test]
async fn replicas_share_one_certificate_and_renew_it_in_time() {
    let server = ApiServer::new();
    let start = now();
    let first = keeper(&server, start).look().await.unwrap();
    let second = keeper(&server, start + 30 * 86_400).look().await.unwrap();
    assert_eq!(first, second, "it is good for another while");
    let renewed = keeper(&server, start + 61 * 86_400).look().await.unwrap();
    assert_ne!(first.certificate, renewed.certificate);
    assert!(
        renewed.authorities.ends_with(&first.authorities),
        "the old one stays trusted"
    );
    let secrets: Api<Secret> = Api::namespaced(server.client(), "default");
    let stored = secrets.get("gadgets-webhook-tls").await.unwrap();
    assert_eq!(stored.type_.as_deref(), Some("kubernetes.io/tls"));
    assert_eq!(
        stored.data.unwrap()["tls.crt"].0,
        renewed.certificate.into_bytes()
    );
}

#[tokio::test]
async fn a_new_certificate_is_served_without_a_pause() {
    let server = ApiServer::new();
    let start = now();
    let old = keeper(&server, start - 70 * 86_400).look().await.unwrap();
    // The server takes over at a time when that certificate is due.
    let keeper = keeper(&server, start);
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let webhook = WebhookServer::bind(any, webhooks(), keeper.clone())
        .await
        .unwrap();
    let address = webhook.address().unwrap();
    let new = keeper.look().await.unwrap();
    assert_ne!(old.certificate, new.certificate);
    let shutdown = Shutdown::new();
    let serving = tokio::spawn(webhook.serve(shutdown.clone()));
    let question = review(&json!({"metadata": {"name": "a"}, "data": {"k": "v"}}));
    assert_eq!(
        ask(address, &new.authorities, "/validate", &question)
            .await
            .unwrap()
            .0,
        200
    );
    shutdown.drain();
    serving.await.unwrap();
}

/// Stores any object of the cluster.
async fn store(server: &ApiServer, group: &str, kind: &str, object: &Value) {
    let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(group, "v1", kind));
    let api: Api<DynamicObject> = Api::all_with(server.client(), &resource);
    let mut object = object.clone();
    object["apiVersion"] = format!("{group}/v1").into();
    object["kind"] = kind.into();
    let object = serde_json::from_value(object).unwrap();
    api.create(&PostParams::default(), &object).await.unwrap();
}

/// How the API server reaches a path of the webhooks.
fn at(path: &str) -> Value {
    json!({"service": {"namespace": "default", "name": "gadgets", "path": path}})
}

/// Configurations and a definition that name the webhooks.
async fn configure(server: &ApiServer) {
    for (kind, path) in [("Mutating", "/mutate"), ("Validating", "/validate")] {
        let configuration = json!({"metadata": {"name": "gadgets"}, "webhooks": [{
            "name": "gadgets.example.com", "admissionReviewVersions": ["v1"], "sideEffects": "None",
            "clientConfig": at(path),
            "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"]}],
        }]});
        let kind = format!("{kind}WebhookConfiguration");
        store(server, "admissionregistration.k8s.io", &kind, &configuration).await;
    }
    let version = |name: &str, field: &str| {
        json!({"name": name, "served": true, "storage": name == "v1", "schema": {"openAPIV3Schema": {
            "type": "object", "properties": {"spec": {"type": "object", "properties": {field: {"type": "integer"}}}},
        }}})
    };
    let definition = json!({"metadata": {"name": "gizmos.example.com"}, "spec": {
        "group": "example.com", "scope": "Namespaced", "names": {"plural": "gizmos", "kind": "Gizmo"},
        "conversion": {"strategy": "Webhook", "webhook": {"conversionReviewVersions": ["v1"], "clientConfig": at("/convert")}},
        "versions": [version("v1", "size"), version("v2", "replicas")],
    }});
    store(
        server,
        "apiextensions.k8s.io",
        "CustomResourceDefinition",
        &definition,
    )
    .await;
}

fn gizmos(server: &ApiServer, version: &str) -> Api<DynamicObject> {
    let kind = GroupVersionKind::gvk("example.com", version, "Gizmo");
    Api::namespaced_with(server.client(), "default", &ApiResource::from_gvk(&kind))
}

#[tokio::test]
async fn the_api_server_asks_it_over_https() {
    let server = ApiServer::new();
    configure(&server).await;
    let keeper = keeper(&server, now())
        .trusted_by(Trusted::Mutating("gadgets".into()))
        .trusted_by(Trusted::Conversion("gizmos.example.com".into()));
    keeper.look().await.unwrap();
    let webhooks = webhooks().convert("/convert", |mut object, version| {
        let (from, to) = if version.ends_with("v2") {
            ("size", "replicas")
        } else {
            ("replicas", "size")
        };
        object["spec"] = json!({to: object["spec"][from]});
        Ok(object)
    });
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let webhook = WebhookServer::bind(any, webhooks, keeper).await.unwrap();
    let address = WebhookAddress::service("default", "gadgets");
    server.lead_webhooks(address, webhook.address().unwrap());
    let shutdown = Shutdown::new();
    let serving = tokio::spawn(webhook.serve(shutdown.clone()));

    let maps: Api<ConfigMap> = Api::namespaced(server.client(), "default");
    let map = |object: Value| serde_json::from_value::<ConfigMap>(object).unwrap();
    let good = map(json!({"metadata": {"name": "a"}, "data": {"k": "v"}}));
    let created = maps.create(&PostParams::default(), &good).await.unwrap();
    assert_eq!(
        created.immutable,
        Some(true),
        "one webhook changed it, the other allowed it"
    );
    let refused = maps
        .create(&PostParams::default(), &map(json!({"metadata": {"name": "b"}})))
        .await
        .unwrap_err();
    assert!(
        matches!(&refused, kube::Error::Api(status) if status.code == 403
            && status.message == "admission webhook \"gadgets.example.com\" denied the request: it has no data"),
        "{refused}"
    );

    let gizmo = json!({"apiVersion": "example.com/v1", "kind": "Gizmo", "metadata": {"name": "g"}, "spec": {"size": 3}});
    let gizmo = serde_json::from_value(gizmo).unwrap();
    gizmos(&server, "v1")
        .create(&PostParams::default(), &gizmo)
        .await
        .unwrap();
    let shown = gizmos(&server, "v2").get("g").await.unwrap();
    assert_eq!(shown.data["spec"], json!({"replicas": 3}));
    shutdown.drain();
    serving.await.unwrap();
    let unconverted = gizmos(&server, "v2").get("g").await.unwrap_err();
    assert!(
        unconverted.to_string().contains("connect: connection refused"),
        "{unconverted}"
    );
}
