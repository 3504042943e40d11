use operator_derive::CustomResource;

#[derive(CustomResource)]
#[kube(group = "example.com", version = "v1", kind = "Database", no_spec)]
pub struct DatabaseSpec {
    pub metadata: String,
}

fn main() {}
