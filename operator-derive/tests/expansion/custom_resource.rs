/// A managed database.
#[derive(CustomResource, Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[kube(group = "example.com", version = "v1", kind = "Database", namespaced, status = "DatabaseStatus")]
#[kube(shortname = "db", category = "all", label("team", "storage"), validation = "self.metadata.name != 'x'")]
pub struct DatabaseSpec {
    /// The database engine.
    #[printcolumn]
    #[selectable]
    pub engine: String,
    #[printcolumn(priority = 1)]
    #[scale(replicas)]
    pub replicas: i32,
    #[list(map("name"))]
    pub users: Vec<User>,
    #[nested]
    pub storage: Option<Storage>,
}
