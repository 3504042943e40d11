//! What tells one manager from another, and how messages name it.
//!
//! Source: `k8s.io/apimachinery/pkg/util/managedfields/internal/managedfields.go`.

use std::{cmp::Ordering, fmt};

use serde_json::Value;

/// What a manager does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operation {
    /// Declares its configuration.
    Apply,
    /// Writes by create, update or one of the other patches.
    Update,
}

impl Operation {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Apply => "Apply",
            Self::Update => "Update",
        }
    }
}

/// What tells one entry of `managedFields` from another.
///
/// An applier stays the same when it moves to another version; an updater does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManagerId {
    /// The name of the manager.
    pub manager: String,
    /// What it does.
    pub operation: Operation,
    /// The version it writes in; empty for an applier.
    pub api_version: String,
    /// The subresource it writes through; empty for the object itself.
    pub subresource: String,
}

impl ManagerId {
    /// The identity of an applier.
    pub fn applier(manager: &str, subresource: &str) -> Self {
        Self {
            manager: manager.to_owned(),
            operation: Operation::Apply,
            api_version: String::new(),
            subresource: subresource.to_owned(),
        }
    }

    /// The identity of a writer that does not apply.
    pub fn updater(manager: &str, api_version: &str, subresource: &str) -> Self {
        Self {
            manager: manager.to_owned(),
            operation: Operation::Update,
            api_version: api_version.to_owned(),
            subresource: subresource.to_owned(),
        }
    }

    /// The text by which the real server sorts managers.
    pub(super) fn sort_key(&self) -> String {
        let mut key = format!(
            r#"{{"manager":{},"operation":"{}""#,
            Value::from(self.manager.as_str()),
            self.operation.name()
        );
        for (name, value) in [
            ("apiVersion", &self.api_version),
            ("subresource", &self.subresource),
        ] {
            if !value.is_empty() {
                key.push_str(&format!(r#","{name}":{}"#, Value::from(value.as_str())));
            }
        }
        key.push('}');
        key
    }

    /// The order in which messages name managers.
    pub(super) fn message_order(&self, other: &Self) -> Ordering {
        self.sort_key().cmp(&other.sort_key())
    }
}

/// How messages name a manager: `"hpa" with subresource "scale" using apps/v1`.
impl fmt::Display for ManagerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.manager)?;
        if !self.subresource.is_empty() {
            write!(f, " with subresource {:?}", self.subresource)?;
        }
        if self.operation == Operation::Update {
            write!(f, " using {}", self.api_version)?;
        }
        Ok(())
    }
}
