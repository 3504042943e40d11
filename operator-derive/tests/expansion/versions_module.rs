#[versions(v1beta1, v1)]
pub mod store {
    use super::*;

    #[derive(CustomResource, Clone, Debug, Deserialize, Serialize, JsonSchema)]
    #[kube(group = "example.com", kind = "Store", status = "StoreStatus")]
    pub struct StoreSpec {
        pub volumes: Vec<Disk>,
        #[serde(flatten)]
        pub limits: Limits,
        pub owner: Owner,
    }

    #[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
    pub struct Disk {
        #[version(renamed(v1, from = "gigabytes"))]
        pub size: u32,
    }

    #[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
    pub struct Limits {
        #[version(added = v1)]
        pub maximum: Option<u32>,
    }

    #[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
    pub struct Owner {
        pub name: String,
    }

    #[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
    pub struct StoreStatus {
        #[version(renamed(v1, from = "up"))]
        pub ready: bool,
    }
}
