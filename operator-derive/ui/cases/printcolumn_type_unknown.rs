use operator_derive::CustomResource;

#[derive(CustomResource)]
#[kube(group = "example.com", version = "v1", kind = "Database")]
pub struct DatabaseSpec {
    #[printcolumn(type = "int")]
    pub replicas: i32,
}

fn main() {}
