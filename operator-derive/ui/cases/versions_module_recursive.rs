use operator_derive::versions;

#[versions(v1, v2)]
pub mod database {
    #[derive(CustomResource)]
    #[kube(group = "example.com", kind = "Database")]
    pub struct DatabaseSpec {
        pub storage: Storage,
    }

    pub struct Storage {
        #[version(added = v2)]
        pub class: Option<String>,
        pub inner: Option<Box<Storage>>,
    }
}

fn main() {}
