//! A type that is a kind which exists already.

use proc_macro2::Ident;
use syn::{DeriveInput, Path};

use crate::{
    attrs::{Crates, Fields, Item},
    errors::Errors,
};

/// `#[derive(Resource)]`.
#[derive(Debug)]
pub(crate) struct InheritModel {
    pub(crate) ident: Ident,
    /// The kind that is taken over.
    pub(crate) from: Path,
    pub(crate) crates: Crates,
}

impl InheritModel {
    /// Reads `#[resource(inherit = "ConfigMap")]`.
    pub(crate) fn read(input: &DeriveInput, errors: &mut Errors) -> Option<Self> {
        if matches!(input.data, syn::Data::Union(_)) {
            errors.at(&input.ident, "a union cannot be a resource: write a struct");
        }
        let mut fields = Fields::of(&input.attrs, "resource", errors);
        let from = fields.one("inherit", Item::path);
        let crates = fields.one_with("crates", Crates::read).unwrap_or_default();
        fields.finish();
        if from.is_none() {
            errors.at(
                &input.ident,
                "the kind to take over is missing: write `#[resource(inherit = \"ConfigMap\")]`",
            );
        }
        Some(Self {
            ident: input.ident.clone(),
            from: from?,
            crates,
        })
    }
}
