use operator_derive::CustomResource;

#[derive(CustomResource)]
#[kube(group = "example.com", version = "v1", kind = "Database", no_spec)]
pub enum DatabaseSpec {
    A { size: i32 },
}

fn main() {}
