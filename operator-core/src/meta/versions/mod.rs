//! Several versions of one kind: the definition that serves them all, and the conversion between them.
//!
//! Neighbouring versions differ by a [`Step`] of [`Change`]s to the fields of the spec. An object goes from one version to
//! another step by step, up or down. What a version cannot hold is kept in an annotation of the object and comes back when
//! a version is reached that can, so a round trip through any version loses nothing.
//! A status is converted and nothing of it is kept: whoever observes writes it again.
//!
//! # Guarantees
//! - Up and down again, or down and up again, gives the object as it was.
//! - A value that a client changed in between is not undone: what was kept counts only while it still says the same as the
//!   value it was kept for.

mod change;
mod convert;
mod kept;
mod restore;
mod review;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceConversion, CustomResourceDefinition, WebhookClientConfig, WebhookConversion,
};
use serde_json::Value;
use thiserror::Error;

/// The versions of one kind, oldest first. Made by `#[versions(...)]`.
#[derive(Debug, Clone, Copy)]
pub struct Versions {
    /// The group.
    pub group: &'static str,
    /// The versions and the definition of each.
    pub versions: &'static [Version],
    /// The changes from each version to the next.
    pub steps: &'static [Step],
}

/// One version.
#[derive(Debug, Clone, Copy)]
pub struct Version {
    /// Its name.
    pub name: &'static str,
    /// Its definition, with this version only.
    pub crd: fn() -> CustomResourceDefinition,
}

/// The changes from a version to the next one.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    /// Those of the spec's fields.
    pub spec: &'static [Change],
    /// Those of the status's fields.
    pub status: &'static [Change],
}

/// A conversion of a field's value.
pub type ConvertValue = fn(Value) -> Result<Value, serde_json::Error>;

/// What a field holds values of a struct in, from the outside in. An `Option` or a `Box` is nothing on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Within {
    /// A list of them.
    List,
    /// A map to them.
    Map,
}

/// One change to the fields of a struct, by their names on the wire.
#[derive(Debug, Clone, Copy)]
pub enum Change {
    /// The field is new; objects that come from below get the default, if there is one.
    Added {
        /// The field.
        field: &'static str,
        /// Its value in an object that never had it.
        default: Option<fn() -> Value>,
    },
    /// The field is gone; objects that come from above get the default, if there is one.
    Removed {
        /// The field.
        field: &'static str,
        /// Its value in an object that never had it.
        default: Option<fn() -> Value>,
    },
    /// The field has another name.
    Renamed {
        /// The old name.
        from: &'static str,
        /// The new name.
        to: &'static str,
    },
    /// The field has another type, and perhaps another name.
    Retyped {
        /// The old name.
        from: &'static str,
        /// The new name.
        to: &'static str,
        /// The old value as a new one.
        up: ConvertValue,
        /// The new value as an old one.
        down: ConvertValue,
    },
    /// The field holds values of a struct whose own fields changed.
    Nested {
        /// The old name.
        from: &'static str,
        /// The new name.
        to: &'static str,
        /// What the values are in.
        within: &'static [Within],
        /// The changes to the struct.
        changes: &'static [Self],
    },
}

/// An object cannot be converted.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ConversionError {
    /// The object does not say what it is.
    #[error("the object has no apiVersion")]
    NoVersion,
    /// The object, or what is wanted, is of a version that the kind does not have.
    #[error("{version} is no version of this kind, which has {known}")]
    UnknownVersion {
        /// The version, with its group.
        version: String,
        /// The versions there are.
        known: String,
    },
    /// A field has a value that its version does not allow.
    #[error("{field} cannot be converted to {version}")]
    Field {
        /// The field, from the root of the object.
        field: String,
        /// The version it was to become.
        version: &'static str,
        /// What is wrong with its value.
        source: serde_json::Error,
    },
}

impl Versions {
    /// The definition with every version, the storage version as each declares it.
    ///
    /// The server is not told to convert. If fields changed, serve [`convert`](Self::convert) as a webhook and name it
    /// with [`crd_converted_by`](Self::crd_converted_by): without, the server changes only the `apiVersion`.
    #[must_use]
    pub fn crd(&self) -> CustomResourceDefinition {
        let mut all = self.versions.iter().map(|version| (version.crd)());
        let mut merged = all.next().expect("the macro refuses an empty list of versions");
        for one in all {
            merged.spec.versions.extend(one.spec.versions);
        }
        merged
    }

    /// The definition with every version, converted by a webhook.
    #[must_use]
    pub fn crd_converted_by(&self, webhook: WebhookClientConfig) -> CustomResourceDefinition {
        let mut crd = self.crd();
        crd.spec.conversion = Some(CustomResourceConversion {
            strategy: "Webhook".into(),
            webhook: Some(WebhookConversion {
                client_config: Some(webhook),
                conversion_review_versions: vec!["v1".into()],
            }),
        });
        crd
    }

    /// The version in which objects are stored.
    #[must_use]
    pub fn storage(&self) -> &'static str {
        let stored = |version: &&Version| {
            (version.crd)()
                .spec
                .versions
                .iter()
                .any(|version| version.storage)
        };
        self.versions
            .iter()
            .find(stored)
            .map_or("", |version| version.name)
    }

    /// Whether any field differs between versions, so that a webhook is needed.
    #[must_use]
    pub fn needs_webhook(&self) -> bool {
        self.steps
            .iter()
            .any(|step| !step.spec.is_empty() || !step.status.is_empty())
    }

    fn position(&self, api_version: &str) -> Result<usize, ConversionError> {
        let name = api_version
            .strip_prefix(self.group)
            .and_then(|rest| rest.strip_prefix('/'));
        let found = name.and_then(|name| self.versions.iter().position(|version| version.name == name));
        found.ok_or_else(|| ConversionError::UnknownVersion {
            version: api_version.into(),
            known: self
                .versions
                .iter()
                .map(|version| version.name)
                .collect::<Vec<_>>()
                .join(", "),
        })
    }
}

/// Writes a default as JSON.
///
/// # Panics
/// When the value cannot be JSON, such as a map whose keys are no strings.
pub fn to_json<T: serde::Serialize>(value: T) -> Value {
    serde_json::to_value(value).expect("a field of a custom resource is JSON")
}

/// Calls a conversion between Rust types on JSON.
///
/// # Errors
/// When the value is not of the type that is converted.
pub fn converted<A, B>(value: Value, convert: impl FnOnce(A) -> B) -> Result<Value, serde_json::Error>
where
    A: serde::de::DeserializeOwned,
    B: serde::Serialize,
{
    serde_json::to_value(convert(serde_json::from_value(value)?))
}
