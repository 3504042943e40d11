//! Policies that change objects.

use k8s_openapi::api::core::v1::ConfigMap;
use kube::{Api, api::PostParams};
use operator_testing::apiserver::ApiServer;
use serde_json::{Value, json};

use super::{configure, create, hook, patching, serve};

const GROUP: &str = "admissionregistration.k8s.io";

async fn policy(server: &ApiServer, mutations: Value, more: Value) {
    let mut spec = json!({
        "matchConstraints": {"resourceRules": [
            {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"]},
        ]},
        "reinvocationPolicy": "Never",
        "mutations": mutations,
    });
    for (field, value) in more.as_object().unwrap() {
        spec[field] = value.clone();
    }
    let policy = json!({"metadata": {"name": "p"}, "spec": spec});
    create(server, GROUP, "v1", "MutatingAdmissionPolicy", "", policy).await;
    let binding = json!({"metadata": {"name": "b"}, "spec": {"policyName": "p"}});
    create(server, GROUP, "v1", "MutatingAdmissionPolicyBinding", "", binding).await;
}

fn apply(expression: &str) -> Value {
    json!({"patchType": "ApplyConfiguration", "applyConfiguration": {"expression": expression}})
}

fn patch(expression: &str) -> Value {
    json!({"patchType": "JSONPatch", "jsonPatch": {"expression": expression}})
}

/// What becomes of a ConfigMap, or the message of the refusal.
async fn made(server: &ApiServer) -> Result<Value, String> {
    let maps: Api<ConfigMap> = Api::namespaced(server.client(), "default");
    let map = serde_json::from_value(json!({"metadata": {"name": "a"}, "data": {"k": "v"}})).unwrap();
    match maps.create(&PostParams::default(), &map).await {
        Ok(map) => Ok(
            json!({"data": map.data, "labels": map.metadata.labels, "annotations": map.metadata.annotations}),
        ),
        Err(kube::Error::Api(status)) => Err(format!("{} {} {}", status.code, status.reason, status.message)),
        Err(other) => panic!("{other}"),
    }
}

async fn under(mutations: Value, more: Value) -> Result<Value, String> {
    let server = ApiServer::new();
    policy(&server, mutations, more).await;
    made(&server).await
}

#[tokio::test(start_paused = true)]
async fn policies_lay_configurations_over_objects_and_patch_them() {
    let made = under(
        json!([
            apply("Object{metadata: Object.metadata{labels: {'from': variables.who}}}"),
            patch("[JSONPatch{op: 'test', path: '/data/k', value: 'other'}, JSONPatch{op: 'remove', path: '/data'}]"),
            patch("[JSONPatch{op: 'copy', from: '/data/k', path: '/data/l'}, JSONPatch{op: 'add', path: '/metadata/labels/' + jsonpatch.escapeKey('a/b'), value: 'c'}]"),
        ]),
        json!({"variables": [{"name": "who", "expression": "request.userInfo.username"}]}),
    )
    .await
    .unwrap();
    assert_eq!(made["data"], json!({"k": "v", "l": "v"}));
    assert_eq!(made["labels"], json!({"from": "admin", "a/b": "c"}));
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_carried_out_is_refused_or_ignored() {
    let because = "403 Invalid policy 'p' with binding 'b' denied request:";
    for (mutation, expected) in [
        (
            apply("Object{metadata: Object.metadata{labels: {'a': object.data.nope}}}"),
            format!(
                "{because} expression 'Object{{metadata: Object.metadata{{labels: {{'a': object.data.nope}}}}}}' \
                 resulted in error: no such key: nope"
            ),
        ),
        (
            apply("Object{nope: 'x'}"),
            format!(
                "{because} error applying patch: failed to convert patch object to typed object: .nope: \
                 field not declared in schema"
            ),
        ),
        (
            apply(
                "Object{metadata: Object.metadata{ownerReferences: [Object.metadata.ownerReferences{uid: '1', \
                 name: 'x', kind: 'K', apiVersion: 'v1'}]}}",
            ),
            format!(
                "{because} error applying patch: invalid ApplyConfiguration: may not mutate atomic arrays, maps or \
                 structs: .metadata.ownerReferences[0]"
            ),
        ),
        (
            patch("[JSONPatch{op: 'remove', path: '/data/zz'}]"),
            format!(
                "{because} JSON Patch: error in remove for path: '/data/zz': Unable to remove nonexistent key: zz: \
                 missing value"
            ),
        ),
    ] {
        let refused = under(json!([mutation.clone()]), json!({})).await.unwrap_err();
        assert_eq!(refused, expected);
        let ignored = under(json!([mutation]), json!({"failurePolicy": "Ignore"}))
            .await
            .unwrap();
        assert_eq!(ignored["data"], json!({"k": "v"}));
    }
    let unreadable = under(
        json!([patch("[JSONPatch{op: 'add', path: '/bogus', value: 3}]")]),
        json!({}),
    )
    .await;
    assert_eq!(
        unreadable.unwrap_err(),
        "500 InternalError Internal error occurred: strict decoding error: unknown field \"bogus\""
    );
}

#[tokio::test(start_paused = true)]
async fn a_policy_has_another_turn_after_its_own_change_and_after_that_of_a_webhook() {
    let growing = "[JSONPatch{op: 'add', path: '/data', value: {'k': object.data.k + 'x'}}]";
    let again = json!({"reinvocationPolicy": "IfNeeded"});
    let made_alone = under(json!([patch(growing)]), again.clone()).await.unwrap();
    assert_eq!(made_alone["data"], json!({"k": "vxx"}));

    let server = ApiServer::new();
    policy(&server, json!([patch(growing)]), again).await;
    serve(&server, |_, _| {
        patching(&json!([{"op": "add", "path": "/metadata/annotations", "value": {"hooked": "yes"}}]))
    });
    configure(&server, "Mutating", &[hook("a", "/a", json!({}))]).await;
    let made = made(&server).await.unwrap();
    assert_eq!(
        (&made["data"], &made["annotations"]),
        (&json!({"k": "vxx"}), &json!({"hooked": "yes"}))
    );
}
