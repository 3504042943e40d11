//! From tokens to tokens: the steps of each macro in order.

use proc_macro2::TokenStream;
use syn::DeriveInput;

use crate::{
    check, codegen,
    errors::Errors,
    model::{ApiFieldsModel, InheritModel, Model, RbacModel, SchemaModel, StatusModel, VersionsModel},
};

/// `#[derive(CustomResource)]`.
pub(crate) fn custom_resource(input: TokenStream) -> TokenStream {
    run(input, |input, errors| {
        let model = Model::read(input, errors)?;
        check::model(&model, errors);
        Some(codegen::custom_resource(&model))
    })
}

/// `#[derive(ApiFields)]`.
pub(crate) fn api_fields(input: TokenStream) -> TokenStream {
    run(input, |input, errors| {
        let model = ApiFieldsModel::read(input, errors);
        check::fields(&model.fields, errors);
        Some(codegen::api_fields(&model))
    })
}

/// `#[derive(Status)]`.
pub(crate) fn status(input: TokenStream) -> TokenStream {
    run(input, |input, errors| {
        let status = StatusModel::read(input, errors);
        check::fields(&status.fields, errors);
        Some(codegen::status(&status))
    })
}

/// `#[derive(KubeSchema)]`.
pub(crate) fn kube_schema(input: TokenStream) -> TokenStream {
    run(input, |input, errors| {
        let schema = SchemaModel::read(input, errors)?;
        Some(codegen::kube_schema(&schema))
    })
}

/// `#[derive(Resource)]`.
pub(crate) fn resource(input: TokenStream) -> TokenStream {
    run(input, |input, errors| {
        let inherit = InheritModel::read(input, errors)?;
        Some(codegen::inherit(&inherit))
    })
}

/// `#[versions(...)]`, on a struct or on a module.
pub(crate) fn versions(arguments: TokenStream, item: TokenStream) -> TokenStream {
    if let Ok(module) = syn::parse2::<syn::ItemMod>(item.clone()) {
        let mut errors = Errors::default();
        let model = VersionsModel::read_module(arguments, module, &mut errors);
        return finish(model.as_ref().map(codegen::versions), errors);
    }
    run(item, |item, errors| {
        let versions = VersionsModel::read(arguments, item, errors)?;
        Some(codegen::versions(&versions))
    })
}

/// `#[rbac(...)]`.
pub(crate) fn rbac(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let model = RbacModel::read(arguments, item, &mut errors);
    finish(model.map(codegen::rbac), errors)
}

fn run(
    input: TokenStream,
    expand: impl FnOnce(&DeriveInput, &mut Errors) -> Option<TokenStream>,
) -> TokenStream {
    let input: DeriveInput = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => return error.into_compile_error(),
    };
    let mut errors = Errors::default();
    let generated = expand(&input, &mut errors);
    finish(generated, errors)
}

/// What was generated, or everything that is wrong.
fn finish(generated: Option<TokenStream>, errors: Errors) -> TokenStream {
    match errors.finish(generated) {
        Ok(generated) => generated.unwrap_or_default(),
        Err(reported) => reported,
    }
}
