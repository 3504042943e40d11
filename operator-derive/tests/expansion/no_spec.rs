#[derive(CustomResource)]
#[kube(group = "example.com", version = "v1", kind = "Flat", no_spec, status = "FlatStatus", schema = "disabled")]
struct FlatSpec {
    size: i32,
}
