//! `Serialize` for the root type, which writes `apiVersion` and `kind` though they are no fields.

use proc_macro2::TokenStream;
use quote::quote;

use crate::model::Model;

pub(super) fn generate(model: &Model) -> TokenStream {
    let (root, serde) = (&model.root, model.options.crates.serde());
    let body = if model.options.no_spec {
        flattened(model)
    } else {
        plain(model)
    };
    quote! {
        #[automatically_derived]
        impl #serde::Serialize for #root {
            fn serialize<S: #serde::Serializer>(&self, serializer: S) -> ::core::result::Result<S::Ok, S::Error> {
                #body
            }
        }
    }
}

fn plain(model: &Model) -> TokenStream {
    let (root, core, serde) = (
        &model.root,
        model.options.crates.kube_core(),
        model.options.crates.serde(),
    );
    let name = root.to_string();
    let (count, status) = if model.options.status.is_some() {
        (
            quote!(if self.status.is_some() { 5 } else { 4 }),
            Some(quote! {
                if let ::core::option::Option::Some(status) = &self.status {
                    #serde::ser::SerializeStruct::serialize_field(&mut object, "status", status)?;
                }
            }),
        )
    } else {
        (quote!(4), None)
    };
    quote! {
        let mut object = #serde::Serializer::serialize_struct(serializer, #name, #count)?;
        #serde::ser::SerializeStruct::serialize_field(
            &mut object, "apiVersion", &<Self as #core::Resource>::api_version(&()),
        )?;
        #serde::ser::SerializeStruct::serialize_field(&mut object, "kind", &<Self as #core::Resource>::kind(&()))?;
        #serde::ser::SerializeStruct::serialize_field(&mut object, "metadata", &self.metadata)?;
        #serde::ser::SerializeStruct::serialize_field(&mut object, "spec", &self.spec)?;
        #status
        #serde::ser::SerializeStruct::end(object)
    }
}

/// Flattening needs serde's own machinery, so a struct of references does the work.
fn flattened(model: &Model) -> TokenStream {
    let (spec, core, serde) = (
        &model.spec,
        model.options.crates.kube_core(),
        model.options.crates.serde(),
    );
    let k8s = model.options.crates.k8s_openapi();
    let path = serde.to_string().replace(' ', "");
    let (field, value) = match &model.options.status {
        Some(status) => (
            Some(quote! {
                #[serde(skip_serializing_if = "::core::option::Option::is_none")]
                status: &'a ::core::option::Option<#status>,
            }),
            Some(quote!(status: &self.status,)),
        ),
        None => (None, None),
    };
    quote! {
        #[derive(#serde::Serialize)]
        #[serde(rename_all = "camelCase", crate = #path)]
        struct Flattened<'a> {
            api_version: &'a str,
            kind: &'a str,
            metadata: &'a #k8s::apimachinery::pkg::apis::meta::v1::ObjectMeta,
            #[serde(flatten)]
            spec: &'a #spec,
            #field
        }
        #serde::Serialize::serialize(
            &Flattened {
                api_version: &<Self as #core::Resource>::api_version(&()),
                kind: &<Self as #core::Resource>::kind(&()),
                metadata: &self.metadata,
                spec: &self.spec,
                #value
            },
            serializer,
        )
    }
}
