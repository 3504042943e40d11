//! `JsonSchema` by way of a copy of the type, which carries the rules and strategies as attributes of schemars.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Data;

use crate::model::SchemaModel;

pub(super) fn generate(model: &SchemaModel) -> TokenStream {
    let SchemaModel {
        ident,
        described,
        crates,
        ..
    } = model;
    let (schemars, std) = (crates.schemars(), crates.std());
    let name = ident.to_string();
    let copy = &described.ident;
    let path = schemars.to_string().replace(' ', "");
    let (generics, types, bounds) = described.generics.split_for_impl();
    let default = model.default.then(|| default(model)).flatten();
    let cel = model.cel.then(|| {
        let runtime = crates.runtime();
        let core = crates.kube_core();
        quote! {
            impl #ident {
                /// Checks a value against the rules of this type's schema. `old` is the value before, for rules that
                /// use `oldSelf`.
                pub fn validate_cel(
                    value: &#runtime::serde_json::Value,
                    old: ::core::option::Option<&#runtime::serde_json::Value>,
                ) -> ::core::result::Result<(), #core::cel::ValidationErrors> {
                    #core::cel::Validator::new().validate(&#runtime::schema_value_of::<Self>(), value, old)
                }
            }
        }
    });
    quote! {
        #[automatically_derived]
        impl #generics #schemars::JsonSchema for #ident #types #bounds {
            fn inline_schema() -> bool {
                true
            }
            fn schema_name() -> #std::borrow::Cow<'static, str> {
                #std::borrow::Cow::Borrowed(#name)
            }
            fn json_schema(generator: &mut #schemars::generate::SchemaGenerator) -> #schemars::Schema {
                #[derive(#schemars::JsonSchema)]
                #[schemars(crate = #path)]
                #[allow(missing_docs, dead_code)]
                #described
                #default
                <#copy #types as #schemars::JsonSchema>::json_schema(generator)
            }
        }
        #cel
    }
}

/// The copy's defaults are the type's own.
fn default(model: &SchemaModel) -> Option<TokenStream> {
    let Data::Struct(data) = &model.described.data else {
        return None;
    };
    let (ident, copy) = (&model.ident, &model.described.ident);
    let names = data
        .fields
        .iter()
        .map(|field| field.ident.as_ref())
        .collect::<Option<Vec<_>>>()?;
    Some(quote! {
        impl ::core::default::Default for #copy {
            fn default() -> Self {
                let default = <#ident as ::core::default::Default>::default();
                Self { #(#names: default.#names),* }
            }
        }
    })
}
