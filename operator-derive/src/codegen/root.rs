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
        derives,
        ..
    } = model;
    let (serde, schemars, k8s) = (
        model.crates.serde(),
        model.crates.schemars(),
        model.crates.k8s_openapi(),
    );
    let serde_path = text(&serde);
    let attributes = model.attributes.iter().map(|attribute| &attribute.0);
    let meta = quote!(#k8s::apimachinery::pkg::apis::meta::v1::ObjectMeta);

    // The API server validates apiVersion, kind and metadata itself, so the schema leaves them out.
    let (schema_derive, schema_attributes, skip) = if model.schema.derives() {
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
    let flatten = model.no_spec.then(|| quote!(#[serde(flatten)]));
    let status_field = model.status.as_ref().map(|status| {
        quote! {
            #[serde(skip_serializing_if = "Option::is_none")]
            #vis status: ::core::option::Option<#status>,
        }
    });
    let no_status = model
        .status
        .as_ref()
        .map(|_| quote!(status: ::core::option::Option::None,));
    let default = model.default.then(|| {
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

/// CEL rules of the whole object, as an extension of its schema.
fn rules(model: &Model) -> Option<TokenStream> {
    if model.validations.is_empty() {
        return None;
    }
    let (runtime, core, schemars) = (
        model.crates.runtime(),
        model.crates.kube_core(),
        model.crates.schemars(),
    );
    let rules = &model.validations;
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
