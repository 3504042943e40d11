use operator_derive::{CustomResource, versions};

#[versions(v1, v2)]
#[derive(CustomResource)]
#[kube(group = "example.com", kind = "Database", no_spec)]
pub struct DatabaseSpec {
    pub replicas: i32,
}

fn main() {}
