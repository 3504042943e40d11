use operator_derive::CustomResource;

#[derive(CustomResource)]
#[kube(group = "example.com", version = "v1", kind = "Database")]
pub enum DatabaseSpec {
    A {
        #[printcolumn]
        size: i32,
    },
}

fn main() {}
