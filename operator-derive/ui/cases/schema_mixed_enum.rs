use operator_derive::KubeSchema;

#[derive(KubeSchema)]
pub enum Storage {
    None,
    Volume { size: i32 },
}

fn main() {}
