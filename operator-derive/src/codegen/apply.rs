//! Apply configurations: types with every field optional, so that only what is meant is sent.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use super::resource;
use crate::{
    attrs::Crates,
    model::{ApplyModel, Model},
};

/// The optional twin of a struct, or the type itself where it has none.
pub(super) fn twin(ident: &Ident, model: Option<&ApplyModel>, crates: &Crates) -> TokenStream {
    let runtime = crates.runtime();
    let Some(model) = model else {
        return quote! {
            #[automatically_derived]
            impl #runtime::HasApply for #ident {
                type Apply = #ident;
            }
        };
    };
    let ApplyModel {
        vis,
        ident: twin,
        rename_all,
        fields,
    } = model;
    let serde = crates.serde();
    let path = serde.to_string().replace(' ', "");
    let (mut members, mut setters) = (Vec::new(), Vec::new());
    for field in fields {
        let (vis, name, plain, attributes) = (&field.vis, &field.ident, &field.ty, &field.serde);
        let ty = if field.nested {
            quote!(<#plain as #runtime::HasApply>::Apply)
        } else {
            quote!(#plain)
        };
        members.push(quote! {
            #(#attributes)*
            #[serde(default, skip_serializing_if = "::core::option::Option::is_none")]
            #vis #name: ::core::option::Option<#ty>,
        });
        setters.push(quote! {
            /// Sets the field.
            #[must_use]
            #vis fn #name(mut self, value: impl ::core::convert::Into<#ty>) -> Self {
                self.#name = ::core::option::Option::Some(::core::convert::Into::into(value));
                self
            }
        });
    }
    let doc = format!(" The fields of [`{ident}`] that an operator means; what is not set is not sent.");
    quote! {
        #[doc = #doc]
        #[allow(missing_docs)]
        #[derive(#serde::Serialize, #serde::Deserialize, ::core::clone::Clone, ::core::fmt::Debug, ::core::default::Default)]
        #rename_all
        #[serde(crate = #path)]
        #vis struct #twin {
            #(#members)*
        }

        #[allow(dead_code)]
        impl #twin {
            #(#setters)*
        }

        #[automatically_derived]
        impl #runtime::HasApply for #ident {
            type Apply = #twin;
        }
    }
}

/// The optional twin of the root type: a kind of its own that can be applied like any other.
pub(super) fn root(model: &Model) -> Option<TokenStream> {
    model.options.apply.as_ref()?;
    let Model { vis, spec, root, .. } = model;
    let crates = &model.options.crates;
    let (runtime, serde, core, k8s) = (
        crates.runtime(),
        crates.serde(),
        crates.kube_core(),
        crates.k8s_openapi(),
    );
    let path = serde.to_string().replace(' ', "");
    let twin_spec = twin(spec, model.optional.as_ref(), crates);
    let ident = format_ident!("{root}Apply");
    let name = ident.to_string();
    let resource = resource::of(model, &ident);
    let meta = quote!(#k8s::apimachinery::pkg::apis::meta::v1::ObjectMeta);
    let configuration = quote!(<#spec as #runtime::HasApply>::Apply);
    let doc = format!(" [`{root}`] as it is sent by server-side apply: only what is meant.");
    Some(quote! {
        #twin_spec

        #[doc = #doc]
        #[allow(missing_docs)]
        #[derive(#serde::Deserialize, ::core::clone::Clone, ::core::fmt::Debug)]
        #[serde(crate = #path)]
        #vis struct #ident {
            #vis metadata: #meta,
            #vis spec: ::core::option::Option<#configuration>,
        }

        impl #ident {
            /// What is meant of the object with this name.
            #[allow(dead_code)]
            #vis fn new(name: &str, spec: #configuration) -> Self {
                Self {
                    metadata: #meta {
                        name: ::core::option::Option::Some(::core::convert::Into::into(name)),
                        ..::core::default::Default::default()
                    },
                    spec: ::core::option::Option::Some(spec),
                }
            }
        }

        #[automatically_derived]
        impl #serde::Serialize for #ident {
            fn serialize<S: #serde::Serializer>(&self, serializer: S) -> ::core::result::Result<S::Ok, S::Error> {
                use #serde::ser::SerializeStruct as _;
                let count = if self.spec.is_some() { 4 } else { 3 };
                let mut object = #serde::Serializer::serialize_struct(serializer, #name, count)?;
                object.serialize_field("apiVersion", &<Self as #core::Resource>::api_version(&()))?;
                object.serialize_field("kind", &<Self as #core::Resource>::kind(&()))?;
                object.serialize_field("metadata", &self.metadata)?;
                if let ::core::option::Option::Some(spec) = &self.spec {
                    object.serialize_field("spec", spec)?;
                }
                object.end()
            }
        }

        #resource
    })
}
