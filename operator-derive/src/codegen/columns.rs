//! `PrintColumns`: the columns that a struct's fields declare.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::option;
use crate::{
    attrs::{ColumnAttrs, Crates},
    columns::{FieldColumn, Place},
};

pub(super) fn generate(ident: &Ident, columns: &[FieldColumn], crates: &Crates) -> TokenStream {
    let (runtime, std) = (crates.runtime(), crates.std());
    let body = if columns.iter().any(|column| column.nested.is_some()) {
        let all = columns.iter().map(|column| match &column.nested {
            Some(ty) => {
                let path = path_text(&column.path);
                let (priority, order) = (option(column.priority.as_ref()), option(column.order.as_ref()));
                quote!(columns.extend(#runtime::nested_columns::<#ty>(#path, #priority, #order));)
            }
            None => {
                let column = field_column(column, &runtime);
                quote!(columns.push(#column);)
            }
        });
        quote! {
            let mut columns = #std::vec::Vec::new();
            #(#all)*
            columns
        }
    } else {
        let all = columns.iter().map(|column| field_column(column, &runtime));
        quote!(#std::vec::Vec::from([#(#all),*]))
    };
    quote! {
        #[automatically_derived]
        impl #runtime::PrintColumns for #ident {
            fn print_columns() -> #std::vec::Vec<#runtime::PrintColumn> {
                #body
            }
        }
    }
}

fn field_column(column: &FieldColumn, runtime: &TokenStream) -> TokenStream {
    let place = match &column.path {
        Place::Below(path) => quote!(#runtime::PrintColumn::below(#path)),
        Place::Root(path) => quote!(#runtime::PrintColumn::at(#path)),
    };
    let name = &column.name;
    let name = quote!(.named(#name));
    let more = setters(
        &column.type_,
        &column.format,
        &column.description,
        column.priority,
        column.order,
    );
    quote!(#place #name #more)
}

/// A column written on the type.
pub(super) fn type_column(column: &ColumnAttrs, runtime: &TokenStream) -> TokenStream {
    let (name, path) = (&column.name, &column.json_path);
    let more = setters(
        &column.type_,
        &column.format,
        &column.description,
        column.priority,
        column.order,
    );
    quote!(#runtime::PrintColumn::at(#path).named(#name) #more)
}

fn setters(
    type_: &Option<String>,
    format: &Option<String>,
    description: &Option<String>,
    priority: Option<i32>,
    order: Option<i32>,
) -> TokenStream {
    let type_ = type_.as_ref().map(|value| quote!(.typed(#value)));
    let format = format.as_ref().map(|value| quote!(.formatted(#value)));
    let description = description.as_ref().map(|value| quote!(.described(#value)));
    let priority = priority.map(|value| quote!(.with_priority(#value)));
    let order = order.map(|value| quote!(.ordered(#value)));
    quote!(#type_ #format #description #priority #order)
}

fn path_text(path: &Place) -> &str {
    match path {
        Place::Below(path) | Place::Root(path) => path,
    }
}
