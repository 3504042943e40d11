use operator_derive::CustomResource;
use serde::Deserialize;

#[derive(CustomResource, Deserialize)]
#[kube(group = "example.com", version = "v1", kind = "Database")]
pub struct DatabaseSpec {
    #[printcolumn]
    #[serde(skip)]
    pub replicas: i32,
}

fn main() {}
