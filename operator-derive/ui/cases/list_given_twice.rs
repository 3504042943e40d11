use operator_derive::CustomResource;

#[derive(CustomResource)]
#[kube(group = "example.com", version = "v1", kind = "Database")]
pub struct DatabaseSpec {
    #[list(set)]
    #[list(atomic)]
    pub tags: Vec<String>,
}

fn main() {}
