//! Every dependency has another name here, so that whatever the macros reach by its usual name does not compile.

use std::{convert::Infallible, sync::Arc};

use client::{CustomResourceExt as _, Resource as _};
use json_schema::JsonSchema;
use k8s::{api::core::v1::ConfigMap, apimachinery::pkg::apis::meta::v1::Condition};
use sdk::{
    ApiFields, CustomResource, KubeSchema, Resource, Status,
    meta::{HasConditions as _, lint::assert_accepted},
    rbac,
    reconcile::{Action, Context, Reconciler},
    versions,
};
use wire::{Deserialize, Serialize};

/// Everything is reached through the SDK: only that is named.
#[derive(CustomResource, KubeSchema, Clone, Debug, Deserialize, Serialize)]
#[kube(
    group = "example.com",
    version = "v1",
    kind = "Database",
    namespaced,
    status = "DatabaseStatus",
    apply
)]
#[kube(validation = "self.metadata.name != 'x'", crates(operator_core = "::sdk"))]
#[x_kube(validation = "self.replicas > 0", crates(operator_core = "::sdk"))]
#[serde(crate = "wire")]
pub struct DatabaseSpec {
    #[printcolumn]
    #[scale(replicas)]
    #[x_kube(validation = Rule::new("self < 9").message("too many"))]
    replicas: i32,
    #[nested]
    storage: Storage,
}

#[derive(ApiFields, Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[kube(apply, crates(operator_core = "::sdk"))]
#[serde(crate = "wire")]
#[schemars(crate = "json_schema")]
struct Storage {
    #[selectable]
    class: String,
}

/// What became of it.
#[derive(Status, Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[kube(crates(operator_core = "::sdk"))]
#[serde(crate = "wire", rename_all = "camelCase", default)]
#[schemars(crate = "json_schema")]
pub struct DatabaseStatus {
    #[scale(replicas)]
    ready: i32,
    observed_generation: Option<i64>,
    conditions: Vec<Condition>,
}

/// Each crate by itself, as with kube-derive.
#[derive(CustomResource, Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[kube(group = "example.com", version = "v1", kind = "Backup", no_spec)]
#[kube(crates(
    operator_core = "::sdk",
    kube = "::client",
    k8s_openapi = "::k8s",
    schemars = "::json_schema",
    serde = "::wire"
))]
#[serde(crate = "wire")]
#[schemars(crate = "json_schema")]
pub struct BackupSpec {
    #[printcolumn]
    database: String,
}

#[versions(v1beta1, v1)]
mod cache {
    use super::*;

    #[derive(CustomResource, Clone, Debug, Deserialize, Serialize, JsonSchema)]
    #[kube(group = "example.com", kind = "Cache", crates(operator_core = "::sdk"))]
    #[serde(crate = "wire")]
    #[schemars(crate = "json_schema")]
    pub(crate) struct CacheSpec {
        #[version(renamed(v1, from = "size"))]
        pub(crate) memory: String,
    }
}

#[derive(Resource, Clone, Debug, Deserialize)]
#[resource(inherit = "ConfigMap", crates(operator_core = "::sdk"))]
#[serde(crate = "wire")]
struct Settings {
    metadata: client::api::ObjectMeta,
}

struct Backups;

#[rbac(resources("secrets"), verbs("get"), crates(operator_core = "::sdk"))]
impl Reconciler for Backups {
    type Resource = Backup;
    type Error = Infallible;

    async fn reconcile(&self, _: Arc<Backup>, _: &Context<Backup>) -> Result<Action, Infallible> {
        Ok(Action::await_change())
    }
}

#[test]
fn definitions_are_made() {
    for definition in [Database::crd(), Backup::crd(), cache::CacheVersions::crd()] {
        assert_accepted(&definition);
    }
    assert_eq!(DatabaseApply::plural(&()), "databases");
}

#[test]
fn the_rest_works_too() {
    let old = cache::v1beta1::Cache::new("a", cache::v1beta1::CacheSpec { size: "1Gi".into() });
    assert_eq!(cache::v1::Cache::from(old).spec.memory, "1Gi");
    assert_eq!(Settings::plural(&()), "configmaps");
    assert!(DatabaseStatus::default().conditions().is_empty());
    assert_eq!(Backups::rights().len(), 1);
}
