//! The rights of a reconciler, as a function of its `impl`.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};
use syn::parse_quote;

use crate::model::RbacModel;

pub(super) fn generate(mut model: RbacModel) -> TokenStream {
    let (runtime, std) = (model.crates.runtime(), model.crates.std());
    let rules = model.rules.iter().map(|rule| {
        let (group, resources, verbs) = (&rule.group, &rule.resources, &rule.verbs);
        quote!(#runtime::Rule::new(#group, [#(#resources),*], [#(#verbs),*]))
    });
    let rules = quote!(#std::vec::Vec::from([#(#rules),*]));
    model.item.items.push(parse_quote! {
        fn rights() -> #std::vec::Vec<#runtime::Rule> {
            #rules
        }
    });
    model.item.into_token_stream()
}
