//! What the parts of a database are called, and the labels they carry.

use std::collections::BTreeMap;

use kube::ResourceExt;

use crate::api::Database;

/// Who made these objects (`app.kubernetes.io/managed-by`), and the field manager of every write.
pub const MANAGER: &str = "database-operator";

/// The label that says so.
pub const MANAGED_BY: &str = "app.kubernetes.io/managed-by";

/// The label that names the database a part belongs to.
pub const INSTANCE: &str = "app.kubernetes.io/instance";

/// The names of a database's parts.
///
/// Each is the database's name and a suffix of its own, so that parts of two databases of one namespace never meet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    /// The StatefulSet: the database's own name, which its Pods carry on.
    pub stateful_set: String,
    /// The headless Service that gives every server a DNS name.
    pub service: String,
    /// The ConfigMap with the settings.
    pub config_map: String,
    /// The Secret with the administrator's password.
    pub secret: String,
}

impl Names {
    /// The longest name a database may have.
    ///
    /// A StatefulSet labels its Pods with its name and an 11-character revision, and a label value ends at 63.
    pub const LONGEST: usize = 52;

    /// The names of the parts of `database`.
    pub fn of(database: &Database) -> Self {
        let name = database.name_any();
        Self {
            service: format!("{name}-headless"),
            config_map: format!("{name}-config"),
            secret: format!("{name}-credentials"),
            stateful_set: name,
        }
    }
}

/// The labels that select the Pods of one database. They never change: a StatefulSet's selector is immutable.
pub fn selector(database: &Database) -> BTreeMap<String, String> {
    BTreeMap::from([
        (
            "app.kubernetes.io/name".into(),
            database.spec.engine.name().into(),
        ),
        (INSTANCE.into(), database.name_any()),
        (MANAGED_BY.into(), MANAGER.into()),
    ])
}

/// The recommended labels (<https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/>).
pub fn labels(database: &Database) -> BTreeMap<String, String> {
    let mut labels = selector(database);
    labels.insert("app.kubernetes.io/version".into(), database.spec.version.clone());
    labels.insert("app.kubernetes.io/component".into(), "database".into());
    labels
}
