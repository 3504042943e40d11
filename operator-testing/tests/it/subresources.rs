//! Subresources that write a part of an object, or something else than the object.

use k8s_openapi::api::{
    authentication::v1::{TokenRequest, TokenReview},
    certificates::v1::CertificateSigningRequest,
    core::v1::{ComponentStatus, ConfigMap, Pod, ServiceAccount},
    policy::v1::PodDisruptionBudget,
};
use kube::{
    Api, Client,
    api::{DeleteParams, EvictParams, ListParams, Patch, PatchParams, PostParams},
};
use operator_testing::apiserver::{ApiServer, Identity};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

fn of<T: DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}

/// The answer to a review of a token: whether it is good, for whom, and what is wrong with it.
async fn review(client: &Client, token: &str, audiences: &[&str]) -> Value {
    let reviews: Api<TokenReview> = Api::all(client.clone());
    let asked = of(json!({"spec": {"token": token, "audiences": audiences}}));
    let answer = reviews.create(&PostParams::default(), &asked).await.unwrap();
    serde_json::to_value(answer.status).unwrap()
}

#[tokio::test]
async fn a_token_of_a_service_account_is_good_until_the_account_is_gone() {
    let server = ApiServer::new();
    let client = server.client();
    let accounts: Api<ServiceAccount> = Api::namespaced(client.clone(), "default");
    let account = of(json!({"metadata": {"name": "robot"}}));
    accounts.create(&PostParams::default(), &account).await.unwrap();

    let asked: TokenRequest = of(json!({"spec": {"audiences": ["api"]}}));
    let issued = accounts
        .create_token_request("robot", &PostParams::default(), &asked)
        .await
        .unwrap();
    let token = issued.status.unwrap().token.unwrap();

    let good = review(&client, &token, &["api", "other"]).await;
    assert_eq!(good["authenticated"], true);
    assert_eq!(good["audiences"], json!(["api"]));
    assert_eq!(good["user"]["username"], "system:serviceaccount:default:robot");
    let elsewhere = review(&client, &token, &["other"]).await;
    assert_eq!(
        elsewhere["error"],
        r#"[invalid bearer token, token audiences ["api"] is invalid for the target audiences ["other"]]"#
    );

    accounts.delete("robot", &DeleteParams::default()).await.unwrap();
    assert_eq!(
        review(&client, &token, &["api"]).await["authenticated"],
        Value::Null
    );
}

#[tokio::test]
async fn a_token_for_the_server_lets_the_account_in() {
    let server = ApiServer::new();
    let accounts: Api<ServiceAccount> = Api::namespaced(server.client(), "default");
    let account = of(json!({"metadata": {"name": "robot"}}));
    accounts.create(&PostParams::default(), &account).await.unwrap();
    let asked: TokenRequest = of(json!({"spec": {"audiences": []}}));
    let issued = accounts
        .create_token_request("robot", &PostParams::default(), &asked)
        .await
        .unwrap();
    let token = issued.status.unwrap().token.unwrap();

    let service = server.service(Identity {
        user: None,
        ..Identity::default()
    });
    let with_token = tower::util::MapRequest::new(service, move |mut request: http::Request<_>| {
        let value = format!("Bearer {token}").parse().unwrap();
        request.headers_mut().insert("authorization", value);
        request
    });
    let maps: Api<ConfigMap> = Api::namespaced(Client::new(with_token, "default"), "default");
    let refused = maps.list(&ListParams::default()).await.unwrap_err().to_string();
    assert!(
        refused.contains("User \"system:serviceaccount:default:robot\" cannot list resource \"configmaps\""),
        "{refused}"
    );
}

#[tokio::test]
async fn ephemeral_containers_are_added_and_stay() {
    let pods: Api<Pod> = Api::namespaced(ApiServer::new().client(), "default");
    let pod =
        of(json!({"metadata": {"name": "p"}, "spec": {"containers": [{"name": "main", "image": "i"}]}}));
    pods.create(&PostParams::default(), &pod).await.unwrap();
    let added: Pod = of(json!({
        "metadata": {"name": "p", "labels": {"not": "written"}},
        "spec": {"ephemeralContainers": [{"name": "debug", "image": "busybox", "targetContainerName": "main"}]},
    }));
    let pod = pods
        .replace_ephemeral_containers("p", &PostParams::default(), &added)
        .await
        .unwrap();
    assert_eq!(pod.metadata.labels, None);
    let spec = pod.spec.unwrap();
    assert_eq!(spec.containers[0].name, "main");
    assert_eq!(spec.ephemeral_containers.unwrap()[0].name, "debug");

    let none: Pod = of(json!({"metadata": {"name": "p"}, "spec": {}}));
    let error = pods
        .replace_ephemeral_containers("p", &PostParams::default(), &none)
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("existing ephemeral containers \"debug\" may not be removed"),
        "{error}"
    );
}

#[tokio::test]
async fn an_approval_writes_conditions_and_nothing_else() {
    let requests: Api<CertificateSigningRequest> = Api::all(ApiServer::new().client());
    let request = of(json!({"metadata": {"name": "r"}, "spec": {
        "request": "LS0t", "signerName": "example.com/s", "usages": ["client auth"]}}));
    requests.create(&PostParams::default(), &request).await.unwrap();
    let approval = Patch::Merge(json!({
        "spec": {"signerName": "example.com/other"},
        "status": {"conditions": [{"type": "Approved", "status": "True", "reason": "R"}], "certificate": "eA=="},
    }));
    let approved = requests
        .patch_approval("r", &PatchParams::default(), &approval)
        .await
        .unwrap();
    assert_eq!(approved.spec.signer_name, "example.com/s");
    let status = approved.status.unwrap();
    assert_eq!(status.certificate, None);
    let condition = &status.conditions.unwrap()[0];
    assert!(condition.last_transition_time.is_some() && condition.last_update_time.is_some());
}

#[tokio::test]
async fn the_components_are_well() {
    let components: Api<ComponentStatus> = Api::all(ApiServer::new().client());
    let names: Vec<_> = components
        .list(&ListParams::default())
        .await
        .unwrap()
        .into_iter()
        .filter_map(|component| component.metadata.name)
        .collect();
    assert_eq!(names, ["controller-manager", "scheduler", "etcd-0"]);
    let missing = components.get("x").await.unwrap_err().to_string();
    assert!(missing.contains("componentstatus \"x\" not found"), "{missing}");
}

/// The code and the cause of an eviction that is refused.
async fn refused_eviction(pods: &Api<Pod>, name: &str) -> (u16, String) {
    match pods.evict(name, &EvictParams::default()).await {
        Err(kube::Error::Api(status)) => {
            let cause = status.details.iter().flat_map(|details| &details.causes).next();
            (
                status.code,
                cause.map(|cause| cause.message.clone()).unwrap_or_default(),
            )
        }
        other => panic!("a refusal was expected: {other:?}"),
    }
}

#[tokio::test]
async fn evictions_spend_a_budget() {
    let client = ApiServer::new().client();
    let pods: Api<Pod> = Api::namespaced(client.clone(), "default");
    let budgets: Api<PodDisruptionBudget> = Api::namespaced(client, "default");
    for name in ["a", "b"] {
        let pod = of(json!({
            "metadata": {"name": name, "labels": {"app": "x"}},
            "spec": {"nodeName": "n", "containers": [{"name": "main", "image": "nginx"}]},
        }));
        pods.create(&PostParams::default(), &pod).await.unwrap();
        let ready =
            json!({"status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}});
        pods.patch_status(name, &PatchParams::default(), &Patch::Merge(ready))
            .await
            .unwrap();
    }
    let budget = of(json!({
        "metadata": {"name": "g"},
        "spec": {"minAvailable": 1, "selector": {"matchExpressions": [{"key": "app", "operator": "In", "values": ["x"]}]}},
    }));
    budgets.create(&PostParams::default(), &budget).await.unwrap();
    let waiting = "The disruption budget g is still being processed by the server.";
    assert_eq!(refused_eviction(&pods, "a").await, (429, waiting.to_owned()));

    let status = json!({"status": {
        "observedGeneration": 1, "disruptionsAllowed": 1, "currentHealthy": 2, "desiredHealthy": 1, "expectedPods": 2,
    }});
    budgets
        .patch_status("g", &PatchParams::default(), &Patch::Merge(status))
        .await
        .unwrap();
    pods.evict("a", &EvictParams::default()).await.unwrap();
    assert!(pods.get("a").await.unwrap().metadata.deletion_timestamp.is_some());
    let status = budgets.get("g").await.unwrap().status.unwrap();
    assert_eq!(status.disruptions_allowed, Some(0));
    assert!(status.disrupted_pods.unwrap().contains_key("a"));
    let spent = "The disruption budget g does not allow evicting pods currently";
    assert_eq!(refused_eviction(&pods, "b").await, (429, spent.to_owned()));
    assert!(pods.get("b").await.unwrap().metadata.deletion_timestamp.is_none());
}
