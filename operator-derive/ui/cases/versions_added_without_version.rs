use operator_derive::{CustomResource, versions};

#[versions(v1, v2)]
#[derive(CustomResource)]
#[kube(group = "example.com", kind = "Database")]
pub struct DatabaseSpec {
    #[version(added)]
    pub replicas: Option<i32>,
}

fn main() {}
