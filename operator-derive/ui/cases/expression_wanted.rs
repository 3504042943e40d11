use operator_derive::CustomResource;

#[derive(CustomResource)]
#[kube(group = "example.com", version = "v1", kind = "Database", validation)]
pub struct DatabaseSpec {
    pub replicas: i32,
}

fn main() {}
