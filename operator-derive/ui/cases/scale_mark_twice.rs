use operator_derive::CustomResource;

#[derive(CustomResource)]
#[kube(group = "example.com", version = "v1", kind = "Database", status = "DatabaseStatus")]
pub struct DatabaseSpec {
    #[scale(replicas)]
    pub replicas: i32,
    #[scale(replicas)]
    pub members: i32,
}

fn main() {}
