//! Would the new definition break what the old one allowed?
//!
//! Stored objects must still be valid and keep their fields; clients must find their versions, fields and subresources
//! again, and may write what they wrote before. [`breaks`] compares two definitions and says what would not hold.
//!
//! What is wider is compatible: a new optional field, one more value of an enum, a looser limit. What cannot be compared,
//! such as two patterns, counts as a break, because nobody has shown that it is none.

mod limits;
mod schema;
mod version;

use std::fmt;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use thiserror::Error;

/// One change that breaks something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Break {
    /// The version it is in; empty if it concerns the whole kind.
    pub version: String,
    /// The field, as a JSONPath; empty if it concerns no field.
    pub path: String,
    /// What kind of change it is.
    pub kind: BreakKind,
    /// What changed, from what to what.
    pub detail: String,
}

/// What kind of change breaks something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum BreakKind {
    /// Group, kind, plural or scope changed: to the server it is another kind.
    Identity,
    /// The whole definition is gone.
    KindLost,
    /// A version is gone or no longer served.
    VersionLost,
    /// A version that objects may be stored in is gone.
    StoredVersionLost,
    /// Versions were converted by a webhook and are not any more.
    ConversionLost,
    /// The status or scale subresource is gone or works on other fields.
    SubresourceLost,
    /// Clients can no longer select by a field.
    SelectableLost,
    /// A name by which people and tools find the kind is gone.
    NameLost,
    /// A field is gone: its values are pruned from every object that is written.
    FieldRemoved,
    /// Unknown fields were kept and are pruned now.
    PruningStarted,
    /// A field has another type.
    TypeChanged,
    /// A field that could be left out is required.
    NowRequired,
    /// A field that could be null cannot any more.
    NoLongerNullable,
    /// Values that were allowed are refused.
    RuleTightened,
    /// Lists are merged in another way.
    MergeChanged,
    /// What is filled in for a missing field changed, and with it the meaning of objects that lack it.
    DefaultChanged,
}

impl BreakKind {
    /// What to do instead, so that nothing breaks.
    #[must_use]
    pub fn advice(self) -> &'static str {
        match self {
            Self::Identity => {
                "keep it: a kind with another group, kind, plural or scope is a new one beside it, to which objects are moved"
            }
            Self::KindLost => "keep serving the kind until no object of it is left",
            Self::VersionLost => "keep serving it, marked `deprecated`, until no client asks for it any more",
            Self::StoredVersionLost => {
                "keep it with `served = false` until every object was written anew and `status.storedVersions` does not \
                 list it any more"
            }
            Self::ConversionLost => {
                "keep the webhook while versions differ: without it the server changes only the `apiVersion`"
            }
            Self::SubresourceLost => "keep it as it is in this version, and change it in a new one",
            Self::SelectableLost => "keep it selectable in this version: selectors that name it are refused",
            Self::NameLost => "keep the name: people and scripts use it",
            Self::FieldRemoved => {
                "keep it, marked as deprecated, or remove it in a new version with `#[version(removed = ...)]`"
            }
            Self::PruningStarted => "keep unknown fields in this version, and describe them in a new one",
            Self::TypeChanged => "change it in a new version with `#[version(retyped(...))]`",
            Self::NowRequired => "give it a default, or make it optional",
            Self::NoLongerNullable => "keep it nullable: stored objects may hold null",
            Self::RuleTightened => {
                "allow what was allowed in this version, and tighten the rule in a new one whose conversion makes old \
                 values fit"
            }
            Self::MergeChanged => "keep it in this version: who owns which part was recorded by the old way",
            Self::DefaultChanged => "keep the default in this version, and change it in a new one",
        }
    }
}

impl fmt::Display for Break {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.version.as_str(), self.path.as_str()) {
            ("", "") => write!(f, "{}", self.detail),
            (version, "") => write!(f, "{version}: {}", self.detail),
            (version, path) => write!(f, "{version} {path}: {}", self.detail),
        }
    }
}

/// Everything in `new` that breaks what `old` allowed, in the order of the versions and fields of `old`.
#[must_use]
pub fn breaks(old: &CustomResourceDefinition, new: &CustomResourceDefinition) -> Vec<Break> {
    let mut found = Vec::new();
    version::compare(old, new, &mut found);
    found
}

/// The definition of the previous release could not be compared.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CompatibilityError {
    /// The old definition is not one.
    #[error("the previous definition is not a CustomResourceDefinition")]
    Unreadable(#[source] serde_saphyr::Error),
    /// The new definition would break something.
    #[error("{name} is not compatible with the previous release:{}", listed(breaks))]
    Breaking {
        /// The definition.
        name: String,
        /// What breaks.
        breaks: Vec<Break>,
    },
}

/// The breaks, one a line, each with what to do about it below.
pub(crate) fn listed(breaks: &[Break]) -> String {
    breaks
        .iter()
        .map(|one| format!("\n  {one}\n    {}", one.kind.advice()))
        .collect()
}

/// Compares `new` with the YAML of the previous release, as committed beside the code.
///
/// For one definition, in a test. The command `crd --check FILE` of every operator does the same for all of its kinds.
///
/// # Errors
/// When the YAML is no definition, or something would break; the message lists all of it.
///
/// # Example
/// ```no_run
/// # use operator_core::meta::compatibility::CompatibilityError;
/// # use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
/// # fn example(previous: &str, database_crd: fn() -> CustomResourceDefinition) -> Result<(), CompatibilityError> {
/// // In a test, with `include_str!("../manifests/crd-1.4.yaml")` for the previous release:
/// operator_core::meta::compatibility::check(previous, &database_crd())?;
/// # Ok(())
/// # }
/// ```
pub fn check(previous: &str, new: &CustomResourceDefinition) -> Result<(), CompatibilityError> {
    let old: CustomResourceDefinition =
        serde_saphyr::from_str(previous).map_err(CompatibilityError::Unreadable)?;
    let breaks = breaks(&old, new);
    if breaks.is_empty() {
        return Ok(());
    }
    let name = new.metadata.name.clone().unwrap_or_default();
    Err(CompatibilityError::Breaking { name, breaks })
}

#[cfg(test)]
#[allow(
    clippy::needless_pass_by_value,
    clippy::semicolon_if_nothing_returned,
    reason = "tables read better"
)]
mod tests;
