//! What the server has nothing for says so.

use k8s_openapi::api::core::v1::Pod;
use kube::{Api, api::LogParams};
use operator_testing::apiserver::ApiServer;

#[tokio::test]
async fn logs_of_pods_that_run_nothing_are_refused_in_words() {
    let pods: Api<Pod> = Api::namespaced(ApiServer::new().client(), "default");
    match pods.logs("a", &LogParams::default()).await {
        Err(kube::Error::Api(status)) => {
            assert_eq!(status.code, 501);
            assert_eq!(
                status.message,
                "the embedded API server does not simulate pods/log"
            );
        }
        other => panic!("a refusal was expected: {other:?}"),
    }
}
