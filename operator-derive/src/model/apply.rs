//! A struct with every field optional, for server-side apply.

use proc_macro2::Ident;
use quote::format_ident;
use syn::{Attribute, Data, DeriveInput, Type, Visibility, parse_quote};

use crate::{
    attrs::{ContainerSerde, FieldSerde, Item, Marks},
    errors::Errors,
    fields::{bare, inner},
};

/// `#[kube(apply)]`.
#[derive(Debug)]
pub(crate) struct ApplyModel {
    pub(crate) vis: Visibility,
    pub(crate) ident: Ident,
    /// What serde says about all fields.
    pub(crate) rename_all: Option<Attribute>,
    pub(crate) fields: Vec<ApplyField>,
}

/// One field.
#[derive(Debug)]
pub(crate) struct ApplyField {
    pub(crate) vis: Visibility,
    pub(crate) ident: Ident,
    /// The type without its `Option`.
    pub(crate) ty: Type,
    /// Whether the type has optional fields of its own.
    pub(crate) nested: bool,
    /// What serde says about the field.
    pub(crate) serde: Vec<Attribute>,
}

impl ApplyModel {
    /// Reads a struct; `None` for an enum, which is applied as a whole.
    pub(crate) fn read(input: &DeriveInput, errors: &mut Errors) -> Option<Self> {
        let Data::Struct(data) = &input.data else {
            return None;
        };
        let mut fields = Vec::new();
        for field in &data.fields {
            let ident = field.ident.clone()?;
            let serde = FieldSerde::read(&field.attrs);
            if serde.skip {
                continue;
            }
            // The marks were read, and their mistakes reported, where the fields were.
            let mut quiet = Errors::default();
            let nested = Marks::read(&field.attrs, &mut quiet).nested.is_some();
            quiet.ignore();
            let mut attributes: Vec<Attribute> = Vec::new();
            for item in ContainerSerde::items(&field.attrs) {
                let name = item.key.to_string();
                match name.as_str() {
                    "with" | "serialize_with" | "deserialize_with" => errors.at(
                        &item.key,
                        format!("`apply` makes every field optional, which `{name}` is not made for: give the type its own `Serialize`"),
                    ),
                    "rename" | "alias" => {
                        if let Ok(text) = item.string() {
                            let key = &item.key;
                            attributes.push(parse_quote!(#[serde(#key = #text)]));
                        }
                    }
                    "flatten" => attributes.push(parse_quote!(#[serde(flatten)])),
                    _ => {}
                }
            }
            let ty = if nested {
                bare(&field.ty)
            } else {
                inner(&field.ty, &["Option"]).unwrap_or(&field.ty)
            };
            fields.push(ApplyField {
                vis: field.vis.clone(),
                ident,
                ty: ty.clone(),
                nested,
                serde: attributes,
            });
        }
        let rename_all = ContainerSerde::items(&input.attrs)
            .find(|item| item.key == "rename_all")
            .and_then(|item| Item::string(&item).ok())
            .map(|rule| parse_quote!(#[serde(rename_all = #rule)]));
        Some(Self {
            vis: input.vis.clone(),
            ident: format_ident!("{}Apply", input.ident),
            rename_all,
            fields,
        })
    }
}
