use operator_derive::CustomResource;

#[derive(CustomResource)]
#[kube(group = "example.com", version = "v1", kind = "Database")]
pub struct DatabaseSpec {
    #[selectable]
    pub f0: i32,
    #[selectable]
    pub f1: i32,
    #[selectable]
    pub f2: i32,
    #[selectable]
    pub f3: i32,
    #[selectable]
    pub f4: i32,
    #[selectable]
    pub f5: i32,
    #[selectable]
    pub f6: i32,
    #[selectable]
    pub f7: i32,
    #[selectable]
    pub f8: i32,
}

fn main() {}
