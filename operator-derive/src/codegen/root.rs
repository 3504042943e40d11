//! The root type: metadata, spec, status, and its constructor.

use proc_macro2::TokenStream;
use quote::quote;

use crate::model::Model;

pub(super) fn generate(model: &Model) -> TokenStream {
    let Model {
        vis,
        spec,
        root,
        doc,
        options,
        ..
    } = model;
    // A default of the root needs no default of its metadata's type, so it is written out.
    let derives = options.derives.iter().filter(|derive| !is_default(derive));
    let (serde, schemars, k8s) = (
        model.options.crates.serde(),
        model.options.crates.schemars(),
        model.options.crates.k8s_openapi(),
    );
    let serde_path = text(&serde);
    let attributes = model.options.attributes.iter().map(|attribute| &attribute.0);
    let meta = quote!(#k8s::apimachinery::pkg::apis::meta::v1::ObjectMeta);

    // The API server validates apiVersion, kind and metadata itself, so the schema leaves them out.
    let (schema_derive, schema_attributes, skip) = if model.options.schema.derives() {
        let path = text(&schemars);
        let rules = rules(model);
        (
            Some(quote!(#schemars::JsonSchema,)),
            Some(quote!(#[schemars(crate = #path)] #rules)),
            Some(quote!(#[schemars(skip)])),
        )
    } else {
        (None, None, None)
    };
    let flatten = model.options.no_spec.then(|| quote!(#[serde(flatten)]));
    let status_field = model.options.status.as_ref().map(|status| {
        quote! {
            #[serde(skip_serializing_if = "::core::option::Option::is_none")]
            #vis status: ::core::option::Option<#status>,
        }
    });
    let no_status = model
        .options
        .status
        .as_ref()
        .map(|_| quote!(status: ::core::option::Option::None,));
    let default = options.derives.iter().any(is_default).then(|| {
        quote! {
            #[automatically_derived]
            impl ::core::default::Default for #root {
                fn default() -> Self {
                    Self {
                        metadata: ::core::default::Default::default(),
                        spec: ::core::default::Default::default(),
                        #no_status
                    }
                }
            }
        }
    });
    quote! {
        #[doc = #doc]
        #[allow(missing_docs)]
        #[derive(#serde::Deserialize, ::core::clone::Clone, ::core::fmt::Debug, #schema_derive #(#derives),*)]
        #(#[#attributes])*
        #[serde(rename_all = "camelCase")]
        #[serde(crate = #serde_path)]
        #schema_attributes
        #vis struct #root {
            #skip
            #vis metadata: #meta,
            #flatten
            #vis spec: #spec,
            #status_field
        }

        impl #root {
            /// An object with this name and spec, everything else empty.
            #vis fn new(name: &str, spec: #spec) -> Self {
                Self {
                    metadata: #meta {
                        name: ::core::option::Option::Some(::core::convert::Into::into(name)),
                        ..::core::default::Default::default()
                    },
                    spec,
                    #no_status
                }
            }
        }

        #default
    }
}

fn is_default(derive: &syn::Path) -> bool {
    derive.is_ident("Default")
}

/// CEL rules of the whole object, as an extension of its schema.
fn rules(model: &Model) -> Option<TokenStream> {
    if model.options.validations.is_empty() {
        return None;
    }
    let (runtime, core, schemars) = (
        model.options.crates.runtime(),
        model.options.crates.kube_core(),
        model.options.crates.schemars(),
    );
    let rules = &model.options.validations;
    Some(quote! {
        #[schemars(transform = |schema: &mut #schemars::Schema| {
            #[allow(unused_imports)]
            use #core::{Message, Reason, Rule};
            #runtime::add_rules(schema, [#(#core::Rule::from(#rules)),*]);
        })]
    })
}

/// A path as an attribute of serde wants it.
fn text(path: &TokenStream) -> String {
    path.to_string().replace(' ', "")
}
