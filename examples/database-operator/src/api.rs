//! The `Database` kind: what a user asks for and what the operator reports.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use operator_core::{CustomResource, Status};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A managed database.
#[derive(CustomResource, Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[kube(
    group = "example.com",
    version = "v1",
    kind = "Database",
    namespaced,
    status = "DatabaseStatus",
    shortname = "db",
    category = "all",
    scale(
        spec_replicas_path = ".spec.replicas",
        status_replicas_path = ".status.replicas",
        label_selector_path = ".status.selector"
    ),
    derive = "PartialEq"
)]
#[serde(rename_all = "camelCase")]
pub struct DatabaseSpec {
    /// The database software. It cannot be changed later: the data on disk belongs to it.
    #[printcolumn]
    pub engine: Engine,
    /// The version of the software, for example `16.3`.
    #[printcolumn]
    #[schemars(regex(pattern = r"^[0-9]+\.[0-9]+$"))]
    pub version: String,
    /// How many servers run.
    #[printcolumn]
    #[schemars(range(min = 1, max = 10))]
    #[serde(default = "three")]
    pub replicas: i32,
    /// The size of each server's volume, for example `10Gi`. It cannot be changed later.
    #[schemars(regex(pattern = r"^[0-9]+Gi$"))]
    pub storage: String,
    /// Settings of the database software, by their own names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub config: BTreeMap<String, String>,
}

fn three() -> i32 {
    3
}

/// Database software that the operator can run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// PostgreSQL.
    PostgreSql,
    /// MySQL.
    MySql,
    /// MongoDB.
    MongoDb,
}

/// What the operator has observed of a database.
#[derive(Clone, Debug, Default, PartialEq, Status, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DatabaseStatus {
    /// Whether every server that was asked for is ready.
    #[printcolumn]
    pub ready: bool,
    /// A one-word summary of the conditions.
    pub phase: Phase,
    /// How many servers exist.
    #[serde(default)]
    pub replicas: i32,
    /// How many of them are ready.
    #[serde(default)]
    pub ready_replicas: i32,
    /// Selects the Pods of this database, for `kubectl scale` and autoscalers.
    #[serde(default)]
    pub selector: String,
    /// The generation of the spec that this status speaks of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// What is true of the database, one entry a question.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["type"]))]
    pub conditions: Vec<Condition>,
}

/// A one-word summary of a database's conditions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub enum Phase {
    /// It is coming up, or on its way to a new version or size.
    #[default]
    Pending,
    /// Every server is ready.
    Running,
    /// It needs a person: the spec asks for something that cannot be, or servers have failed.
    Degraded,
}
