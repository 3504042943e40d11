use operator_derive::KubeSchema;

#[derive(KubeSchema)]
#[x_kube(validations = "self.size > 0")]
pub struct Spec {
    #[x_kube(merge = ListMerge::Set)]
    pub size: Vec<String>,
}

fn main() {}
