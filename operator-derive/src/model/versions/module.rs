//! `#[versions(...)]` on a module: a spec and the structs within it.

use std::collections::BTreeSet;

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::{Attribute, Data, DeriveInput, ItemMod, Visibility};

use super::nested::{held, name_of};
use crate::{attrs::Item, errors::Errors};

/// The module, with what is the same in all versions.
#[derive(Debug)]
pub(crate) struct ModuleModel {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) ident: Ident,
    pub(crate) rest: Vec<syn::Item>,
}

impl ModuleModel {
    /// The module, the spec in it, and the structs that differ between versions.
    pub(super) fn read(item: ItemMod, errors: &mut Errors) -> Option<(Self, DeriveInput, Vec<DeriveInput>)> {
        // A module in a file of its own is refused by the compiler before it comes here.
        let (_, items) = item.content?;
        let (structs, mut rest): (Vec<syn::Item>, Vec<syn::Item>) = items
            .into_iter()
            .partition(|item| matches!(item, syn::Item::Struct(_)));
        let mut structs: Vec<DeriveInput> = structs
            .into_iter()
            .filter_map(|item| match item {
                syn::Item::Struct(item) => Some(item.into()),
                _ => None,
            })
            .collect();
        let spec = the_spec(&structs, &item.ident, errors)?;
        let spec = structs.remove(spec);
        let differing = differing(&spec, &structs);
        let (nested, same): (Vec<DeriveInput>, Vec<DeriveInput>) = structs
            .into_iter()
            .partition(|one| differing.contains(&one.ident));
        for one in &same {
            check_same(&one.ident, one.to_token_stream(), &differing, errors);
        }
        for item in &rest {
            if let syn::Item::Enum(item) = item {
                check_same(&item.ident, item.to_token_stream(), &differing, errors);
            }
        }
        rest.extend(
            same.into_iter()
                .map(|one| syn::Item::Verbatim(one.to_token_stream())),
        );
        let module = Self {
            attrs: item.attrs,
            vis: item.vis,
            ident: item.ident,
            rest,
        };
        Some((module, spec, nested))
    }
}

/// The place of the struct that is a kind.
fn the_spec(structs: &[DeriveInput], module: &Ident, errors: &mut Errors) -> Option<usize> {
    let mut kinds = structs.iter().enumerate().filter(|(_, one)| is_kind(one));
    let first = kinds.next();
    for (_, another) in kinds {
        errors.at(
            &another.ident,
            "the versions of a module are those of one kind: move the other into a module of its own",
        );
    }
    if first.is_none() {
        errors.at(
            module,
            "there is no kind in the module: derive `CustomResource` on one of its structs, with \
             `#[kube(group = \"example.com\", kind = \"Database\")]`",
        );
    }
    first.map(|(index, _)| index)
}

fn is_kind(item: &DeriveInput) -> bool {
    item.attrs
        .iter()
        .filter(|attribute| attribute.path().is_ident("kube"))
        .filter_map(|attribute| attribute.meta.require_list().ok())
        .filter_map(|list| Item::list(list.tokens.clone()).ok())
        .flatten()
        .any(|item| item.key == "kind")
}

/// The structs with a field that changes, and those that hold one of them.
fn differing(spec: &DeriveInput, structs: &[DeriveInput]) -> BTreeSet<Ident> {
    let mut found: BTreeSet<Ident> = structs
        .iter()
        .filter(|one| fields(one).any(|field| changes(&field.attrs)))
        .map(|one| one.ident.clone())
        .collect();
    loop {
        let holds = |one: &&DeriveInput| {
            fields(one).any(|field| name_of(held(&field.ty).1).is_some_and(|name| found.contains(name)))
        };
        let more: Vec<Ident> = structs
            .iter()
            .filter(|one| !found.contains(&one.ident))
            .filter(holds)
            .map(|one| one.ident.clone())
            .collect();
        if more.is_empty() {
            found.insert(spec.ident.clone());
            return found;
        }
        found.extend(more);
    }
}

fn fields(item: &DeriveInput) -> impl Iterator<Item = &syn::Field> {
    let fields = match &item.data {
        Data::Struct(data) => Some(&data.fields),
        Data::Enum(_) | Data::Union(_) => None,
    };
    fields.into_iter().flatten()
}

fn changes(attributes: &[Attribute]) -> bool {
    attributes
        .iter()
        .any(|attribute| attribute.path().is_ident("version"))
}

/// What is the same in all versions cannot hold what differs.
fn check_same(name: &Ident, tokens: TokenStream, differing: &BTreeSet<Ident>, errors: &mut Errors) {
    if let Some(found) = mentioned(tokens, differing) {
        errors.at(
            &found,
            format!(
                "`{found}` differs between versions and `{name}`, which holds it, cannot: only fields of structs with \
                 named fields, also in lists and maps, are versioned. Retype the field that holds `{name}`"
            ),
        );
    }
}

fn mentioned(tokens: TokenStream, names: &BTreeSet<Ident>) -> Option<Ident> {
    tokens.into_iter().find_map(|token| match token {
        TokenTree::Ident(ident) if names.contains(&ident) => Some(ident),
        TokenTree::Group(group) => mentioned(group.stream(), names),
        _ => None,
    })
}
