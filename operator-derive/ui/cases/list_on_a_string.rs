use operator_derive::CustomResource;

#[derive(CustomResource)]
#[kube(group = "example.com", version = "v1", kind = "Database")]
pub struct DatabaseSpec {
    #[list(set)]
    pub replicas: String,
}

fn main() {}
