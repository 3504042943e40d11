use operator_derive::versions;

#[versions(v1, v2)]
pub mod database {
    pub struct Storage {
        #[version(added = v2)]
        pub class: Option<String>,
    }
}

fn main() {}
