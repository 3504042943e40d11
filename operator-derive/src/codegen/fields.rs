//! `ApiFields`: what the fields of a type declare.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use crate::{
    attrs::{ColumnAttrs, Crates, ListType, ScaleMark},
    fields::{Entry, FieldColumn, FieldsModel, Place},
};

pub(super) fn generate(ident: &Ident, fields: &FieldsModel, crates: &Crates) -> TokenStream {
    let runtime = crates.runtime();
    let entries = fields.entries.iter().map(|entry| match entry {
        Entry::Column(column) => {
            let column = field_column(column, &runtime);
            quote!(fields.column(#column);)
        }
        Entry::Selectable { path, .. } => quote!(fields.selectable(#path);),
        Entry::Scale {
            path,
            mark: ScaleMark::Replicas,
            ..
        } => quote!(fields.replicas(#path);),
        Entry::Scale {
            path,
            mark: ScaleMark::Selector,
            ..
        } => quote!(fields.label_selector(#path);),
        Entry::List { path, type_ } => {
            let type_ = match type_ {
                ListType::Atomic => quote!(Atomic),
                ListType::Set => quote!(Set),
                ListType::Map(keys) => quote!(Map(&[#(#keys),*])),
            };
            quote!(fields.list(#path, #runtime::ListType::#type_);)
        }
        Entry::Nested { path, ty } => quote!(fields.nested::<#ty>(#path);),
    });
    let argument = if fields.entries.is_empty() {
        quote!(_)
    } else {
        quote!(fields)
    };
    let replicas = fields.scale(ScaleMark::Replicas).map(|_| {
        quote!(
            const REPLICAS: bool = true;
        )
    });
    quote! {
        #[automatically_derived]
        impl #runtime::ApiFields for #ident {
            #replicas
            fn declare(#argument: &mut #runtime::FieldDeclarations) {
                #(#entries)*
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
    let more = setters(
        column.type_.as_ref(),
        column.format.as_ref(),
        column.description.as_ref(),
        column.priority,
        column.order,
    );
    quote!(#place.named(#name) #more)
}

/// A column written on the type.
pub(super) fn type_column(column: &ColumnAttrs, runtime: &TokenStream) -> TokenStream {
    let (name, path) = (&column.name, &column.json_path);
    let more = setters(
        column.type_.as_ref(),
        column.format.as_ref(),
        column.description.as_ref(),
        column.priority,
        column.order,
    );
    quote!(#runtime::PrintColumn::at(#path).named(#name) #more)
}

fn setters(
    type_: Option<&String>,
    format: Option<&String>,
    description: Option<&String>,
    priority: Option<i32>,
    order: Option<i32>,
) -> TokenStream {
    let type_ = type_.map(|value| quote!(.typed(#value)));
    let format = format.map(|value| quote!(.formatted(#value)));
    let description = description.map(|value| quote!(.described(#value)));
    let priority = priority.map(|value| quote!(.with_priority(#value)));
    let order = order.map(|value| quote!(.ordered(#value)));
    quote!(#type_ #format #description #priority #order)
}
