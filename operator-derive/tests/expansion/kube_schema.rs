#[derive(KubeSchema)]
#[x_kube(validation = "self.max >= self.min", cel)]
#[serde(default)]
struct Range {
    /// The lower end.
    #[x_kube(validation = Rule::new("self >= 0").message("must not be negative"))]
    min: i32,
    max: i32,
    #[x_kube(merge_strategy = ListMerge::Set)]
    tags: Vec<String>,
}
