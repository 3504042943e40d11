//! The definitions of this release beside those of the previous one, as its YAML has them.

use std::fmt;
use std::path::{Path, PathBuf};

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use thiserror::Error;

use super::load::{LoadError, load};
use super::place::Place;
use crate::meta::compatibility::{Break, BreakKind, breaks, listed};

/// What became of each kind since the previous release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// The definitions by name: those of the previous release first, then those that are new.
    pub kinds: Vec<(String, Change)>,
}

/// What became of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// There was none.
    New,
    /// Whatever was allowed still is.
    Compatible,
    /// Something would break.
    Breaking(Vec<Break>),
}

impl Comparison {
    /// How many changes break something.
    #[must_use]
    pub fn breaks(&self) -> usize {
        self.kinds
            .iter()
            .map(|(_, change)| match change {
                Change::Breaking(breaks) => breaks.len(),
                Change::New | Change::Compatible => 0,
            })
            .sum()
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, change) in &self.kinds {
            match change {
                Change::New => writeln!(f, "{name}: is new")?,
                Change::Compatible => writeln!(f, "{name}: is compatible")?,
                Change::Breaking(breaks) => writeln!(f, "{name}: is not compatible{}", listed(breaks))?,
            }
        }
        Ok(())
    }
}

/// There is nothing to compare with.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PreviousError {
    /// The file cannot be read, or is no YAML.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The file has no definition.
    #[error(
        "{}: no CustomResourceDefinition in it: commit what the command `crd` of the previous release prints",
        .path.display()
    )]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// A definition cannot be understood.
    #[error("{place}: not a CustomResourceDefinition of apiextensions.k8s.io/v1")]
    Unreadable {
        /// The document.
        place: Place,
        /// What serde says.
        source: serde_json::Error,
    },
}

/// Compares `definitions` with those in the file, or folder, that the previous release was installed from. Other documents
/// in it are passed over.
///
/// # Errors
/// [`PreviousError`], naming file and document, when there is nothing to compare with.
pub fn compare(
    previous: impl AsRef<Path>,
    definitions: &[CustomResourceDefinition],
) -> Result<Comparison, PreviousError> {
    let path = previous.as_ref();
    let mut before = Vec::new();
    for document in load(path)? {
        if document.kind.kind == "CustomResourceDefinition" {
            let definition: CustomResourceDefinition =
                serde_json::from_value(document.object).map_err(|source| PreviousError::Unreadable {
                    place: document.place,
                    source,
                })?;
            before.push((document.name, definition));
        }
    }
    if before.is_empty() {
        return Err(PreviousError::Empty {
            path: path.to_owned(),
        });
    }
    let named = |name: &str| {
        definitions
            .iter()
            .find(|definition| definition.metadata.name.as_deref() == Some(name))
    };
    let mut kinds: Vec<(String, Change)> = before
        .iter()
        .map(|(name, old)| (name.clone(), change(old, named(name))))
        .collect();
    for name in definitions
        .iter()
        .filter_map(|definition| definition.metadata.name.clone())
    {
        if !before.iter().any(|(known, _)| *known == name) {
            kinds.push((name, Change::New));
        }
    }
    Ok(Comparison { kinds })
}

fn change(old: &CustomResourceDefinition, new: Option<&CustomResourceDefinition>) -> Change {
    let found = match new {
        Some(new) => breaks(old, new),
        None => vec![Break {
            version: String::new(),
            path: String::new(),
            kind: BreakKind::KindLost,
            detail: "the definition is gone".into(),
        }],
    };
    if found.is_empty() {
        Change::Compatible
    } else {
        Change::Breaking(found)
    }
}
