//! `validate_cel`: the CEL rules of the schema, checked in the client. Needs the `cel` feature of `kube`.

use proc_macro2::TokenStream;
use quote::quote;

use crate::model::Model;

pub(super) fn generate(model: &Model) -> Option<TokenStream> {
    model.options.cel.as_ref()?;
    let (root, vis, core) = (&model.root, &model.vis, model.options.crates.kube_core());
    Some(quote! {
        impl #root {
            /// Checks the object against the rules of its schema, as the API server does when it is created.
            #vis fn validate_cel(&self) -> ::core::result::Result<(), #core::cel::ValidationErrors> {
                #core::cel::validate_cel(self)
            }

            /// Checks the change from `old`, with the rules that use `oldSelf`.
            #vis fn validate_cel_update(&self, old: &Self) -> ::core::result::Result<(), #core::cel::ValidationErrors> {
                #core::cel::validate_cel_update(self, old)
            }
        }
    })
}
