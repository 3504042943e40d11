use operator_derive::CustomResource;
use serde::Deserialize;

#[derive(CustomResource, Deserialize)]
#[kube(group = "example.com", version = "v1", kind = "Database", no_spec)]
pub struct DatabaseSpec {
    #[serde(rename = "status")]
    pub state: String,
}

fn main() {}
