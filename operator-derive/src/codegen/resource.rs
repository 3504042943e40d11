//! `kube::Resource` for the root type.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use crate::model::Model;

pub(super) fn generate(model: &Model) -> TokenStream {
    of(model, &model.root)
}

/// The kind's `Resource` for any type that has its metadata.
pub(super) fn of(model: &Model, ident: &Ident) -> TokenStream {
    let Model {
        group,
        version,
        kind,
        plural,
        ..
    } = model;
    let (core, std, k8s) = (
        model.options.crates.kube_core(),
        model.options.crates.std(),
        model.options.crates.k8s_openapi(),
    );
    let scope = if model.options.namespaced {
        quote!(#core::NamespaceResourceScope)
    } else {
        quote!(#core::ClusterResourceScope)
    };
    let api_version = format!("{group}/{version}");
    let names = [
        ("group", group),
        ("kind", kind),
        ("version", version),
        ("api_version", &api_version),
        ("plural", plural),
    ];
    let names = names.map(|(name, value)| {
        let name = quote::format_ident!("{name}");
        quote! {
            fn #name(_: &()) -> #std::borrow::Cow<'_, str> {
                #std::borrow::Cow::Borrowed(#value)
            }
        }
    });
    quote! {
        #[automatically_derived]
        impl #core::Resource for #ident {
            type DynamicType = ();
            type Scope = #scope;
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
