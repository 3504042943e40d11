//! The generated code, one file per item. Every path is absolute, so nothing in the user's scope can change its meaning.

mod accessors;
mod cel;
mod columns;
mod definition;
mod resource;
mod root;
mod serialize;

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use crate::{attrs::Crates, columns::FieldColumn, model::Model};

/// Everything `#[derive(CustomResource)]` generates.
pub(crate) fn custom_resource(model: &Model) -> TokenStream {
    let items = [
        root::generate(model),
        serialize::generate(model),
        resource::generate(model),
        columns::generate(&model.spec, &model.field_columns, &model.crates),
        definition::generate(model),
        accessors::generate(model),
        cel::generate(model).unwrap_or_default(),
    ];
    quote!(#(#items)*)
}

/// Everything `#[derive(PrintColumns)]` generates.
pub(crate) fn print_columns(ident: &Ident, columns: &[FieldColumn], crates: &Crates) -> TokenStream {
    columns::generate(ident, columns, crates)
}

/// An `Option` as tokens.
fn option<T: quote::ToTokens>(value: Option<&T>) -> TokenStream {
    match value {
        Some(value) => quote!(::core::option::Option::Some(#value)),
        None => quote!(::core::option::Option::None),
    }
}
