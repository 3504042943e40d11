use operator_derive::CustomResource;
use serde::Deserialize;

#[derive(CustomResource, Deserialize)]
#[kube(group = "example.com", version = "v1", kind = "Database", apply)]
pub struct DatabaseSpec {
    #[serde(with = "codec")]
    pub replicas: i32,
}

fn main() {}
