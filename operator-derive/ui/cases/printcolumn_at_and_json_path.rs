use operator_derive::CustomResource;

#[derive(CustomResource)]
#[kube(group = "example.com", version = "v1", kind = "Database")]
pub struct DatabaseSpec {
    #[printcolumn(at = ".name", json_path = ".spec.replicas")]
    pub replicas: i32,
}

fn main() {}
