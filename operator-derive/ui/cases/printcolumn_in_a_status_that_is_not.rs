use operator_derive::CustomResource;

#[derive(CustomResource)]
#[kube(group = "example.com", version = "v1", kind = "Database")]
pub struct DatabaseSpec {
    #[printcolumn(json_path = ".status.replicas", type = "integer")]
    pub replicas: i32,
}

fn main() {}
