//! What the server has nothing for says so.

use k8s_openapi::api::core::v1::Pod;
use kube::{
    Api,
    api::{LogParams, PostParams},
};
use operator_testing::apiserver::ApiServer;
use serde_json::json;

async fn refusal(pods: &Api<Pod>, name: &str) -> (u16, String) {
    match pods.logs(name, &LogParams::default()).await {
        Err(kube::Error::Api(status)) => (status.code, status.message.clone()),
        other => panic!("a refusal was expected: {other:?}"),
    }
}

#[tokio::test]
async fn logs_of_pods_that_run_nothing_are_refused_in_words() {
    let pods: Api<Pod> = Api::namespaced(ApiServer::new().client(), "default");
    assert_eq!(
        refusal(&pods, "a").await,
        (404, "pods \"a\" not found".to_owned())
    );
    let pod =
        json!({"metadata": {"name": "a"}, "spec": {"containers": [{"name": "main", "image": "nginx"}]}});
    let pod = serde_json::from_value(pod).unwrap();
    pods.create(&PostParams::default(), &pod).await.unwrap();
    assert_eq!(
        refusal(&pods, "a").await,
        (
            501,
            "the embedded API server does not simulate pods/log".to_owned()
        )
    );
}
