use operator_derive::CustomResource;

#[derive(CustomResource)]
#[kube(group = "example.com", version = "V1", kind = "Database")]
pub struct DatabaseSpec {
    pub replicas: i32,
}

fn main() {}
