use operator_derive::{CustomResource, versions};

#[versions(v1, v2)]
#[derive(CustomResource)]
#[kube(kind = "Database")]
pub struct DatabaseSpec {
    pub replicas: i32,
}

fn main() {}
