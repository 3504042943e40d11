use operator_derive::{CustomResource, versions};

#[versions(v1, v2)]
#[derive(CustomResource)]
#[kube(group = "example.com", kind = "Database")]
pub enum DatabaseSpec {
    A { size: i32 },
}

fn main() {}
