//! The settings, where a person can read them and a Pod can mount them.

use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::ObjectMeta;

use super::names::{Names, labels};
use crate::api::Database;

/// The ConfigMap with `spec.config`.
pub fn config_map(database: &Database) -> ConfigMap {
    ConfigMap {
        metadata: ObjectMeta {
            name: Some(Names::of(database).config_map),
            labels: Some(labels(database)),
            ..ObjectMeta::default()
        },
        data: Some(database.spec.config.clone()),
        ..ConfigMap::default()
    }
}
