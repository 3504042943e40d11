#[versions(v1beta1(deprecated = "use v1"), v1(storage))]
#[derive(CustomResource, Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[kube(group = "example.com", kind = "Cache", namespaced)]
pub struct CacheSpec {
    engine: String,
    #[version(added = v1, default = two)]
    replicas: i32,
    #[version(renamed(v1, from = "size"))]
    memory: String,
    #[version(retyped(v1, from = "u32", up = minutes_as_text, down = text_as_minutes))]
    ttl: String,
    #[version(removed = v1)]
    legacy: Option<bool>,
}
