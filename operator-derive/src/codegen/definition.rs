//! `CustomResourceExt`: the CustomResourceDefinition. The work is done by the runtime; here is only what differs.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};

use super::{fields::type_column, option};
use crate::{
    attrs::{KubeOptions, ScaleMark},
    model::Model,
};

/// A test of the user's crate: what no macro can see, such as a path given as text, is checked against the schema.
pub(super) fn test(model: &Model) -> Option<TokenStream> {
    if !model.options.schema.in_crd() || !model.options.check {
        return None;
    }
    let (root, core, runtime) = (
        &model.root,
        model.options.crates.kube_core(),
        model.options.crates.runtime(),
    );
    let name = format_ident!(
        "{}_is_accepted_by_an_api_server",
        model.root.to_string().to_lowercase()
    );
    Some(quote! {
        #[cfg(test)]
        #[test]
        #[allow(unnameable_test_items)]
        fn #name() {
            #runtime::assert_accepted(&<#root as #core::CustomResourceExt>::crd());
        }
    })
}

pub(super) fn generate(model: &Model) -> TokenStream {
    let Model {
        root,
        spec,
        group,
        version,
        kind,
        singular,
        plural,
        ..
    } = model;
    let (core, k8s, runtime) = (
        model.options.crates.kube_core(),
        model.options.crates.k8s_openapi(),
        model.options.crates.runtime(),
    );
    let std = model.options.crates.std();
    let name = format!("{plural}.{group}");
    let KubeOptions {
        namespaced,
        shortnames,
        categories,
        served,
        storage,
        selectable,
        ..
    } = &model.options;
    let has_status = model.options.status.is_some();
    let deprecated = option(
        model
            .options
            .deprecated
            .as_ref()
            .map(|warning| option(warning.as_ref()))
            .as_ref(),
    );
    let scale = option(
        model
            .options
            .scale
            .as_ref()
            .map(|scale| {
                let (spec, status) = (&scale.spec_replicas, &scale.status_replicas);
                let selector = option(scale.label_selector.as_ref());
                quote! {
                    #runtime::ScalePaths { spec_replicas: #spec, status_replicas: #status, label_selector: #selector }
                }
            })
            .as_ref(),
    );
    let age = option(model.options.age.as_ref());
    let description_limit = option(model.options.description_limit.as_ref());
    let pairs = |pairs: &[(String, String)]| {
        let pairs = pairs.iter().map(|(key, value)| quote!((#key, #value)));
        quote!(&[#(#pairs),*])
    };
    let (annotations, labels) = (pairs(&model.options.annotations), pairs(&model.options.labels));
    let schema = if model.options.schema.in_crd() {
        quote!(::core::option::Option::Some(#runtime::schema_of::<Self>))
    } else {
        quote!(::core::option::Option::None)
    };
    let type_columns = model
        .options
        .columns
        .iter()
        .map(|column| type_column(column, &runtime));
    let root_path = if model.options.no_spec { "" } else { ".spec" };
    let status_fields = match &model.options.status {
        // Whether the status type declares anything is found out by method resolution, so it need not derive anything.
        Some(status) => quote! {{
            #[allow(unused_imports)]
            use #runtime::{Declared as _, Undeclared as _};
            (&#runtime::Probe::<#status>::new()).declared()
        }},
        None => quote!(::core::default::Default::default()),
    };
    // Wanted replicas without present ones are no scale subresource.
    let both_replicas = match (model.fields.scale(ScaleMark::Replicas), &model.options.status) {
        (Some(span), Some(status)) => Some(quote_spanned! {span=>
            const _: () = ::core::assert!(
                <#status as #runtime::ApiFields>::REPLICAS,
                "the status has no replicas: derive `Status` on it and write `#[scale(replicas)]` on the field"
            );
        }),
        _ => None,
    };
    quote! {
        #both_replicas
        #[automatically_derived]
        impl #core::CustomResourceExt for #root {
            fn crd() -> #k8s::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition {
                #runtime::Definition {
                    group: #group,
                    version: #version,
                    kind: #kind,
                    plural: #plural,
                    singular: #singular,
                    namespaced: #namespaced,
                    categories: &[#(#categories),*],
                    short_names: &[#(#shortnames),*],
                    type_columns: #std::vec::Vec::from([#(#type_columns),*]),
                    spec_path: #root_path,
                    spec_fields: #runtime::FieldDeclarations::of::<#spec>(),
                    status_fields: #status_fields,
                    age: #age,
                    selectable: &[#(#selectable),*],
                    status: #has_status,
                    scale: #scale,
                    served: #served,
                    storage: #storage,
                    deprecated: #deprecated,
                    annotations: #annotations,
                    labels: #labels,
                    description_limit: #description_limit,
                    schema: #schema,
                }
                .build()
            }
            fn crd_name() -> &'static str {
                #name
            }
            fn api_resource() -> #core::dynamic::ApiResource {
                #core::dynamic::ApiResource::erase::<Self>(&())
            }
            fn shortnames() -> &'static [&'static str] {
                &[#(#shortnames),*]
            }
        }
    }
}
