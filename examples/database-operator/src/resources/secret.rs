//! The administrator's password.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Secret;
use kube::api::ObjectMeta;

use super::names::{Names, labels};
use crate::api::Database;

/// The Secret with the administrator's password. It is created once and never written again: the password on the
/// database's own disk does not change with it.
pub fn secret(database: &Database, password: String) -> Secret {
    Secret {
        metadata: ObjectMeta {
            name: Some(Names::of(database).secret),
            labels: Some(labels(database)),
            ..ObjectMeta::default()
        },
        string_data: Some(BTreeMap::from([("password".into(), password)])),
        ..Secret::default()
    }
}
