//! What a status type implements beyond its fields.

use proc_macro2::TokenStream;
use quote::quote;

use super::fields;
use crate::model::StatusModel;

pub(super) fn generate(model: &StatusModel) -> TokenStream {
    let StatusModel { ident, crates, .. } = model;
    let (runtime, k8s) = (crates.runtime(), crates.k8s_openapi());
    let condition = quote!(#k8s::apimachinery::pkg::apis::meta::v1::Condition);
    let std = crates.std();
    let conditions = model.conditions.as_ref().map(|field| {
        quote! {
            #[automatically_derived]
            impl #runtime::HasConditions for #ident {
                fn conditions(&self) -> &[#condition] {
                    &self.#field
                }
                fn conditions_mut(&mut self) -> &mut #std::vec::Vec<#condition> {
                    &mut self.#field
                }
            }
        }
    });
    let observed = model.observed_generation.as_ref().map(|observed| {
        let field = &observed.field;
        let (get, set) = if observed.optional {
            (
                quote!(self.#field),
                quote!(self.#field = ::core::option::Option::Some(generation)),
            )
        } else {
            (
                quote!(::core::option::Option::Some(self.#field)),
                quote!(self.#field = generation),
            )
        };
        quote! {
            #[automatically_derived]
            impl #runtime::HasObservedGeneration for #ident {
                fn observed_generation(&self) -> ::core::option::Option<i64> {
                    #get
                }
                fn put_observed_generation(&mut self, generation: i64) {
                    #set;
                }
            }
        }
    });
    let fields = fields::generate(ident, &model.fields, crates);
    quote!(#fields #conditions #observed)
}
