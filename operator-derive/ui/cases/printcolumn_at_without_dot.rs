use operator_derive::CustomResource;

#[derive(CustomResource)]
#[kube(group = "example.com", version = "v1", kind = "Database")]
pub struct DatabaseSpec {
    #[printcolumn(at = "name")]
    pub replicas: Vec<String>,
}

fn main() {}
