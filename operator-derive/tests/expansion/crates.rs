#[derive(CustomResource, Clone, Debug)]
#[kube(group = "example.com", version = "v1", kind = "Renamed", status = "RenamedStatus")]
#[kube(crates(operator_core = "::sdk", kube = "::client", k8s_openapi = "::k8s", schemars = "::json_schema", serde = "::wire", std = "::alloc"))]
struct RenamedSpec {
    size: i32,
}
