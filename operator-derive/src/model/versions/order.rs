//! The versions of a kind, in their order.

use proc_macro2::Ident;

use crate::{attrs::VersionAttrs, errors::Errors};

/// The versions by name.
pub(super) struct Order<'a> {
    names: Vec<&'a Ident>,
}

impl<'a> Order<'a> {
    pub(super) fn new(listed: &'a [VersionAttrs], errors: &mut Errors) -> Self {
        let mut names: Vec<&Ident> = Vec::new();
        for version in listed {
            if names.contains(&&version.name) {
                errors.at(
                    &version.name,
                    format!("`{}` is listed twice: remove one", version.name),
                );
            }
            names.push(&version.name);
        }
        Self { names }
    }

    /// The place of a version that has one before it.
    pub(super) fn after_the_first(&self, version: &Ident, errors: &mut Errors) -> Option<usize> {
        match self.names.iter().position(|name| *name == version) {
            Some(0) => {
                errors.at(
                    version,
                    format!("`{version}` is the oldest version, so nothing changed in it: remove this"),
                );
                None
            }
            Some(index) => Some(index),
            None => {
                let known = self
                    .names
                    .iter()
                    .map(|name| format!("`{name}`"))
                    .collect::<Vec<_>>()
                    .join(", ");
                errors.at(
                    version,
                    format!("`{version}` is not listed in `#[versions(...)]`, which has {known}"),
                );
                None
            }
        }
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.names.len()
    }

    /// Where a version is in the list.
    pub(super) fn place(&self, version: &Ident) -> Option<usize> {
        self.names.iter().position(|name| *name == version)
    }
}
