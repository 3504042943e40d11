use operator_derive::CustomResource;
use serde::Deserialize;

#[derive(CustomResource, Deserialize)]
#[kube(group = "example.com", version = "v1", kind = "Database", apply, no_spec)]
pub struct DatabaseSpec {
    pub replicas: i32,
}

fn main() {}
