//! `HasSpec` and `HasStatus`.

use proc_macro2::TokenStream;
use quote::quote;

use crate::model::Model;

pub(super) fn generate(model: &Model) -> TokenStream {
    let (root, spec, core) = (&model.root, &model.spec, model.options.crates.kube_core());
    let status = model.options.status.as_ref().map(|status| {
        quote! {
            #[automatically_derived]
            impl #core::object::HasStatus for #root {
                type Status = #status;
                fn status(&self) -> ::core::option::Option<&#status> {
                    self.status.as_ref()
                }
                fn status_mut(&mut self) -> &mut ::core::option::Option<#status> {
                    &mut self.status
                }
            }
        }
    });
    quote! {
        #[automatically_derived]
        impl #core::object::HasSpec for #root {
            type Spec = #spec;
            fn spec(&self) -> &#spec {
                &self.spec
            }
            fn spec_mut(&mut self) -> &mut #spec {
                &mut self.spec
            }
        }
        #status
    }
}
