//! A module for each version, the conversions between them, and the type that knows them all.

use proc_macro2::TokenStream;
use quote::quote;

use super::option;
use crate::model::{ChangeModel, ModuleModel, VersionsModel, WithinModel};

pub(super) fn generate(model: &VersionsModel) -> TokenStream {
    let VersionsModel {
        vis,
        group,
        root,
        all,
        versions,
        steps,
        module,
        crates,
    } = model;
    let (runtime, core, k8s) = (crates.runtime(), crates.kube_core(), crates.k8s_openapi());
    let crd = quote!(#k8s::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition);
    let modules = versions.iter().map(|version| {
        let (name, spec) = (&version.name, version.tokens());
        let doc = format!(" `{root}` in version `{name}`.");
        quote! {
            #[doc = #doc]
            #vis mod #name {
                #[allow(unused_imports)]
                use super::*;
                #spec
            }
        }
    });
    let list = versions.iter().map(|version| {
        let (name, text) = (&version.name, version.name.to_string());
        quote! {
            #runtime::versions::Version { name: #text, crd: <#name::#root as #core::CustomResourceExt>::crd }
        }
    });
    let steps = steps.iter().map(|step| {
        let (spec, status) = (changes(&step.spec, &runtime), changes(&step.status, &runtime));
        quote!(#runtime::versions::Step { spec: #spec, status: #status })
    });
    let conversions = versions.iter().flat_map(|from| {
        versions.iter().filter(move |to| to.name != from.name).map(|to| {
            let (from, to) = (&from.name, &to.name);
            quote! {
                #[automatically_derived]
                impl ::core::convert::From<#from::#root> for #to::#root {
                    fn from(object: #from::#root) -> Self {
                        #all::VERSIONS.convert_typed(&object)
                    }
                }
            }
        })
    });
    let doc = format!(
        " Every version of `{root}`: the definition that serves them all and the conversion between them."
    );
    let items = quote! {
        #(#modules)*

        #[doc = #doc]
        #[derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug)]
        #vis struct #all;

        #[allow(dead_code)]
        impl #all {
            /// The versions, oldest first, and the changes between them.
            #vis const VERSIONS: #runtime::versions::Versions = #runtime::versions::Versions {
                group: #group,
                versions: &[#(#list),*],
                steps: &[#(#steps),*],
            };

            /// The definition with every version and one storage version.
            #vis fn crd() -> #crd {
                Self::VERSIONS.crd()
            }
        }

        #(#conversions)*
    };
    match module {
        None => items,
        Some(ModuleModel {
            attrs,
            vis,
            ident,
            rest,
        }) => quote! {
            #(#attrs)*
            #vis mod #ident {
                #(#rest)*
                #items
            }
        },
    }
}

fn changes(changes: &[ChangeModel], runtime: &TokenStream) -> TokenStream {
    let changes = changes.iter().map(|change| change_tokens(change, runtime));
    quote!(&[#(#changes),*])
}

fn change_tokens(change: &ChangeModel, runtime: &TokenStream) -> TokenStream {
    let change_path = quote!(#runtime::versions::Change);
    let default = |path: &Option<syn::Path>| {
        option(
            path.as_ref()
                .map(|path| quote!(|| #runtime::versions::to_json(#path())))
                .as_ref(),
        )
    };
    match change {
        ChangeModel::Added { field, default: path } => {
            let default = default(path);
            quote!(#change_path::Added { field: #field, default: #default })
        }
        ChangeModel::Removed { field, default: path } => {
            let default = default(path);
            quote!(#change_path::Removed { field: #field, default: #default })
        }
        ChangeModel::Renamed { from, to } => quote!(#change_path::Renamed { from: #from, to: #to }),
        ChangeModel::Retyped {
            from,
            to,
            old,
            new,
            up,
            down,
        } => quote! {
            #change_path::Retyped {
                from: #from,
                to: #to,
                up: |value| #runtime::versions::converted(value, |old: #old| -> #new { #up(old) }),
                down: |value| #runtime::versions::converted(value, |new: #new| -> #old { #down(new) }),
            }
        },
        ChangeModel::Nested {
            from,
            to,
            within,
            changes: nested,
        } => {
            let within = within.iter().map(|within| match within {
                WithinModel::List => quote!(#runtime::versions::Within::List),
                WithinModel::Map => quote!(#runtime::versions::Within::Map),
            });
            let nested = changes(nested, runtime);
            quote!(#change_path::Nested { from: #from, to: #to, within: &[#(#within),*], changes: #nested })
        }
    }
}
