use operator_derive::{CustomResource, versions};

#[versions(v1, v2, v3)]
#[derive(CustomResource)]
#[kube(group = "example.com", kind = "Database")]
pub struct DatabaseSpec {
    #[version(added = v3, removed = v2, default = three)]
    pub replicas: i32,
}

fn main() {}
