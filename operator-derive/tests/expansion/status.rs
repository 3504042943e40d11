#[derive(Status)]
#[serde(rename_all = "camelCase")]
struct DatabaseStatus {
    #[printcolumn]
    #[scale(replicas)]
    ready_replicas: i32,
    #[scale(selector)]
    selector: String,
    observed_generation: Option<i64>,
    conditions: Vec<Condition>,
}
