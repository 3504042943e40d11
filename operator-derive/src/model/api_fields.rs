//! A struct within a spec or a status.

use proc_macro2::Ident;
use syn::DeriveInput;

use super::ApplyModel;
use crate::{
    attrs::{Crates, Fields},
    errors::Errors,
    fields::FieldsModel,
};

/// `#[derive(ApiFields)]`.
#[derive(Debug)]
pub(crate) struct ApiFieldsModel {
    pub(crate) ident: Ident,
    pub(crate) fields: FieldsModel,
    /// `#[kube(apply)]`.
    pub(crate) apply: bool,
    /// The struct with optional fields; an enum is applied as a whole.
    pub(crate) optional: Option<ApplyModel>,
    pub(crate) crates: Crates,
}

impl ApiFieldsModel {
    /// Reads `input`.
    pub(crate) fn read(input: &DeriveInput, errors: &mut Errors) -> Self {
        let mut attrs = Fields::of(&input.attrs, "kube", errors);
        let crates = attrs.one_with("crates", Crates::read).unwrap_or_default();
        let apply = attrs.flag("apply", false);
        attrs.finish();
        Self {
            ident: input.ident.clone(),
            fields: FieldsModel::read(input, errors),
            apply,
            optional: if apply {
                ApplyModel::read(input, errors)
            } else {
                None
            },
            crates,
        }
    }
}
