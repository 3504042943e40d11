//! Objects of built-in kinds as a client sends them and as the server keeps them.

use serde_json::{Value, json};

use super::Nowhere;
use crate::apiserver::types::TypeTable;

fn created(group: &str, version: &str, plural: &str, mut object: Value) -> Value {
    let types = TypeTable::new().snapshot();
    let kind = types.resource(group, version, plural).unwrap();
    kind.read(&mut object).unwrap();
    kind.fill_defaults(&mut object);
    kind.prepare_create(&mut object, &Nowhere).unwrap();
    object
}

fn template() -> Value {
    json!({"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "main", "image": "nginx:1"}]}})
}

fn full_template() -> Value {
    json!({"metadata": {"labels": {"app": "web"}}, "spec": {
        "containers": [{"name": "main", "image": "nginx:1", "resources": {}, "terminationMessagePath": "/dev/termination-log",
            "terminationMessagePolicy": "File", "imagePullPolicy": "IfNotPresent"}],
        "restartPolicy": "Always", "terminationGracePeriodSeconds": 30, "dnsPolicy": "ClusterFirst", "securityContext": {},
        "schedulerName": "default-scheduler"}})
}

#[test]
fn a_deployment_gets_its_defaults() {
    let spec = json!({"selector": {"matchLabels": {"app": "web"}}, "template": template()});
    let object = created(
        "apps",
        "v1",
        "deployments",
        json!({"metadata": {"name": "web"}, "spec": spec}),
    );
    assert_eq!(
        object,
        json!({"metadata": {"name": "web"}, "status": {}, "spec": {
            "replicas": 1, "selector": {"matchLabels": {"app": "web"}}, "template": full_template(),
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%"}},
            "revisionHistoryLimit": 10, "progressDeadlineSeconds": 600}})
    );
}

#[test]
fn a_stateful_set_completes_its_claims() {
    let claim = json!({"metadata": {"name": "data"}, "spec": {
        "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1024Mi"}}}});
    let spec = json!({"selector": {"matchLabels": {"app": "web"}}, "template": template(), "serviceName": "db",
        "volumeClaimTemplates": [claim]});
    let object = created(
        "apps",
        "v1",
        "statefulsets",
        json!({"metadata": {"name": "db"}, "spec": spec}),
    );
    assert_eq!(
        object["spec"]["volumeClaimTemplates"],
        json!([{"kind": "PersistentVolumeClaim", "apiVersion": "v1", "metadata": {"name": "data"}, "spec": {
            "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}, "volumeMode": "Filesystem"},
            "status": {"phase": "Pending"}}])
    );
    assert_eq!(object["status"], json!({"replicas": 0, "availableReplicas": 0}));
}

#[test]
fn a_pod_is_admitted() {
    let object = created(
        "",
        "v1",
        "pods",
        json!({"metadata": {"name": "p"}, "spec": template()["spec"]}),
    );
    assert_eq!(object["spec"]["priority"], 0);
    assert_eq!(object["spec"]["tolerations"].as_array().unwrap().len(), 2);
    assert_eq!(
        object["status"],
        json!({"phase": "Pending", "qosClass": "BestEffort"})
    );
}

#[test]
fn defaults_are_filled_in_once() {
    let types = TypeTable::new().snapshot();
    let kind = types.resource("apps", "v1", "deployments").unwrap();
    let spec = json!({"selector": {"matchLabels": {"app": "web"}}, "template": template()});
    let once = created(
        "apps",
        "v1",
        "deployments",
        json!({"metadata": {"name": "web"}, "spec": spec}),
    );
    let mut twice = once.clone();
    kind.read(&mut twice).unwrap();
    kind.fill_defaults(&mut twice);
    kind.prepare_update(&mut twice, &once, &Nowhere).unwrap();
    assert_eq!(twice, once);
}

#[test]
fn texts_of_a_secret_become_data() {
    let object = created(
        "",
        "v1",
        "secrets",
        json!({"data": {"k": "YQ=="}, "stringData": {"k": "b", "e": ""}}),
    );
    assert_eq!(
        object,
        json!({"metadata": {}, "data": {"k": "Yg==", "e": ""}, "type": "Opaque"})
    );
}
