//! The generated code, one file per item. Every path is absolute, so nothing in the user's scope can change its meaning.

mod accessors;
mod apply;
mod cel;
mod definition;
mod fields;
mod inherit;
mod rbac;
mod resource;
mod root;
mod schema;
mod serialize;
mod status;
mod versions;

use proc_macro2::TokenStream;
use quote::quote;

use crate::model::{ApiFieldsModel, InheritModel, Model, RbacModel, SchemaModel, StatusModel, VersionsModel};

/// Everything `#[derive(CustomResource)]` generates.
pub(crate) fn custom_resource(model: &Model) -> TokenStream {
    let items = [
        root::generate(model),
        serialize::generate(model),
        resource::generate(model),
        fields::generate(&model.spec, &model.fields, &model.options.crates),
        definition::generate(model),
        definition::test(model).unwrap_or_default(),
        accessors::generate(model),
        cel::generate(model).unwrap_or_default(),
        apply::root(model).unwrap_or_default(),
    ];
    quote!(#(#items)*)
}

/// Everything `#[derive(ApiFields)]` generates.
pub(crate) fn api_fields(model: &ApiFieldsModel) -> TokenStream {
    let fields = fields::generate(&model.ident, &model.fields, &model.crates);
    let twin = model
        .apply
        .then(|| apply::twin(&model.ident, model.optional.as_ref(), &model.crates));
    quote!(#fields #twin)
}

/// Everything `#[derive(Status)]` generates.
pub(crate) fn status(model: &StatusModel) -> TokenStream {
    status::generate(model)
}

/// Everything `#[derive(KubeSchema)]` generates.
pub(crate) fn kube_schema(model: &SchemaModel) -> TokenStream {
    schema::generate(model)
}

/// Everything `#[derive(Resource)]` generates.
pub(crate) fn inherit(model: &InheritModel) -> TokenStream {
    inherit::generate(model)
}

/// Everything `#[versions(...)]` generates.
pub(crate) fn versions(model: &VersionsModel) -> TokenStream {
    versions::generate(model)
}

/// Everything `#[rbac(...)]` generates: the impl, with its rights.
pub(crate) fn rbac(model: RbacModel) -> TokenStream {
    rbac::generate(model)
}

/// An `Option` as tokens.
fn option<T: quote::ToTokens>(value: Option<&T>) -> TokenStream {
    match value {
        Some(value) => quote!(::core::option::Option::Some(#value)),
        None => quote!(::core::option::Option::None),
    }
}
