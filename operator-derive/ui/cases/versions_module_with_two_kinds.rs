use operator_derive::versions;

#[versions(v1, v2)]
pub mod database {
    #[derive(CustomResource)]
    #[kube(group = "example.com", kind = "Database")]
    pub struct DatabaseSpec {
        pub size: i32,
    }

    #[derive(CustomResource)]
    #[kube(group = "example.com", kind = "Backup")]
    pub struct BackupSpec {
        pub size: i32,
    }
}

fn main() {}
