//! The embedded server through `kube::Api`, in the same process: `in-process OBJECTS`, to be set beside
//! `bench-kube-fake-client OBJECTS`.
#![expect(clippy::print_stdout, reason = "prints a row of a table")]

#[path = "../../peers/kube-fake-client/src/measure.rs"]
mod measure;

use operator_testing::apiserver::ApiServer;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let count = measure::count()?;
    let server = ApiServer::new();
    measure::run("operator-testing", server.client(), count).await
}
