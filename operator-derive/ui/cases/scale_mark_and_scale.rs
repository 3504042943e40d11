use operator_derive::CustomResource;

#[derive(CustomResource)]
#[kube(group = "example.com", version = "v1", kind = "Database", status = "DatabaseStatus", scale(spec_replicas_path = ".spec.replicas", status_replicas_path = ".status.replicas"))]
pub struct DatabaseSpec {
    #[scale(replicas)]
    pub replicas: i32,
}

fn main() {}
