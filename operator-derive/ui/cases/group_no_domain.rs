use operator_derive::CustomResource;

#[derive(CustomResource)]
#[kube(group = "Example", version = "v1", kind = "Database")]
pub struct DatabaseSpec {
    pub replicas: i32,
}

fn main() {}
