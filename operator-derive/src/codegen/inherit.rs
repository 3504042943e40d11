//! `kube::Resource` by delegation.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use crate::model::InheritModel;

pub(super) fn generate(model: &InheritModel) -> TokenStream {
    let InheritModel { ident, from, crates } = model;
    let (core, std, k8s) = (crates.kube_core(), crates.std(), crates.k8s_openapi());
    let parent = quote!(<#from as #core::Resource>);
    let names = ["group", "kind", "version", "api_version", "plural"].map(|name| {
        let name = format_ident!("{name}");
        quote! {
            fn #name(kind: &Self::DynamicType) -> #std::borrow::Cow<'_, str> {
                #parent::#name(kind)
            }
        }
    });
    quote! {
        #[automatically_derived]
        impl #core::Resource for #ident {
            type DynamicType = #parent::DynamicType;
            type Scope = #parent::Scope;
            #(#names)*
            fn meta(&self) -> &#k8s::apimachinery::pkg::apis::meta::v1::ObjectMeta {
                &self.metadata
            }
            fn meta_mut(&mut self) -> &mut #k8s::apimachinery::pkg::apis::meta::v1::ObjectMeta {
                &mut self.metadata
            }
        }
    }
}
