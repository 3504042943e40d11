#[derive(CustomResource)]
#[kube(group = "example.com", version = "v1", kind = "Plain")]
struct PlainSpec {
    size: i32,
}
