use operator_derive::CustomResource;

#[derive(CustomResource)]
pub struct DatabaseSpec {
    pub replicas: i32,
}

fn main() {}
