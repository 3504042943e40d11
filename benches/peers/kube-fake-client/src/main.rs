//! kube-fake-client beside the embedded server: `bench-kube-fake-client OBJECTS`.

mod measure;

use k8s_openapi::api::core::v1::ConfigMap;
use kube_fake_client::ClientBuilder;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let count = measure::count()?;
    let client = ClientBuilder::new().with_resource::<ConfigMap>().build().await?;
    measure::run("kube-fake-client", client, count).await?;
    Ok(())
}
