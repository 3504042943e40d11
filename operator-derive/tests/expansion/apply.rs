#[derive(CustomResource)]
#[kube(group = "example.com", version = "v1", kind = "Site", apply, schema = "manual", derive = "Default")]
#[serde(rename_all = "camelCase")]
pub struct SiteSpec {
    pub host_name: String,
    #[nested]
    #[serde(rename = "disk")]
    pub storage: Option<Storage>,
}
