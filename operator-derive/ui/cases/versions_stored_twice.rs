use operator_derive::{CustomResource, versions};

#[versions(v1(storage), v2(storage))]
#[derive(CustomResource)]
#[kube(group = "example.com", kind = "Database")]
pub struct DatabaseSpec {
    pub replicas: i32,
}

fn main() {}
