//! The example of the book: columns on fields of spec and status, in the order a person would want them.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::{CustomResourceExt as _, Resource as _};
use operator_core::{CustomResource, Status};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{golden, read};

/// A managed database.
#[derive(CustomResource, Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[kube(
    group = "example.com",
    version = "v1",
    kind = "Database",
    namespaced,
    status = "DatabaseStatus",
    shortname = "db",
    category = "all"
)]
pub(crate) struct DatabaseSpec {
    /// The database engine.
    #[printcolumn]
    pub engine: Engine,
    /// Major and minor version.
    #[printcolumn]
    #[schemars(regex(pattern = r"^[0-9]+\.[0-9]+$"))]
    pub version: String,
    /// How many members the cluster has.
    #[printcolumn(priority = 1)]
    #[schemars(range(min = 1, max = 10))]
    #[serde(default = "three")]
    pub replicas: i32,
    /// The size of each member's volume.
    #[schemars(regex(pattern = "^[0-9]+Gi$"))]
    pub storage: String,
    /// Settings of the engine.
    #[serde(default)]
    pub config: BTreeMap<String, String>,
}

fn three() -> i32 {
    3
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Engine {
    Postgresql,
    Mysql,
    Mongodb,
}

#[derive(Status, Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct DatabaseStatus {
    /// Whether every member is ready.
    #[printcolumn]
    pub ready: bool,
    pub phase: Option<String>,
    pub ready_replicas: i32,
    pub observed_generation: Option<i64>,
    pub conditions: Vec<Condition>,
}

#[test]
fn the_definition_is_the_golden_one() {
    golden::same("database", &Database::crd());
}

#[test]
fn columns_are_in_the_order_of_the_fields() {
    assert_eq!(
        read::columns(&Database::crd()),
        [
            ("Engine", "string", ".spec.engine"),
            ("Version", "string", ".spec.version"),
            ("Replicas", "integer", ".spec.replicas"),
            ("Ready", "boolean", ".status.ready"),
            ("Age", "date", ".metadata.creationTimestamp"),
        ]
    );
}

#[test]
fn an_object_reads_back_as_it_was_written() {
    let spec = DatabaseSpec {
        engine: Engine::Mysql,
        version: "8.4".into(),
        replicas: 3,
        storage: "10Gi".into(),
        config: BTreeMap::new(),
    };
    let mut database = Database::new("orders", spec);
    database.status = Some(DatabaseStatus {
        ready: true,
        ..DatabaseStatus::default()
    });
    let json = serde_json::to_value(&database).unwrap();
    assert_eq!(json["apiVersion"], "example.com/v1");
    assert_eq!(json["kind"], "Database");
    let back: Database = serde_json::from_value(json.clone()).unwrap();
    assert_eq!(serde_json::to_value(&back).unwrap(), json);
    assert_eq!(Database::plural(&()), "databases");
    assert_eq!(Database::shortnames(), ["db"]);
}
