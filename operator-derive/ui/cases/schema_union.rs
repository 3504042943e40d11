use operator_derive::KubeSchema;

#[derive(KubeSchema)]
pub union Spec {
    pub size: i32,
}

fn main() {}
