#[derive(ApiFields)]
#[kube(apply)]
#[serde(rename_all = "camelCase")]
struct Storage {
    #[printcolumn(name = "Disk", order = 2)]
    size_in_bytes: u64,
    #[list(set)]
    zones: Vec<String>,
}
