//! From tokens to tokens: the steps of each macro in order.

use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

use crate::{attrs::Crates, check, codegen, columns, errors::Errors, model::Model};

/// `#[derive(CustomResource)]`.
pub(crate) fn custom_resource(input: TokenStream) -> TokenStream {
    run(input, |input, errors| {
        let model = Model::read(input, errors)?;
        check::model(&model, errors);
        Some(codegen::custom_resource(&model))
    })
}

/// `#[derive(PrintColumns)]`.
pub(crate) fn print_columns(input: TokenStream) -> TokenStream {
    run(input, |input, errors| {
        let crates = Crates::of(input, errors);
        let columns = columns::read(input, errors);
        check::columns(&columns, errors);
        Some(codegen::print_columns(&input.ident, &columns, &crates))
    })
}

/// `#[derive(Status)]`.
pub(crate) fn status(input: TokenStream) -> TokenStream {
    print_columns(input)
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
    match errors.finish(generated) {
        Ok(generated) => generated.unwrap_or_else(|| quote!()),
        Err(reported) => reported,
    }
}
