//! What the macros generate, as files: each `tests/expansion/NAME.rs` is expanded into `NAME.expanded.rs`.
//!
//! `UPDATE_GOLDEN=1 cargo test -p operator-derive --lib` writes them anew.

use std::{fs, path::Path};

use proc_macro2::TokenStream;
use quote::ToTokens as _;
use syn::{Attribute, Item, Meta, Token, punctuated::Punctuated};

use crate::expand;

#[test]
fn every_expansion_is_the_golden_one() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/expansion");
    let mut cases: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| !path.to_string_lossy().ends_with(".expanded.rs"))
        .collect();
    cases.sort();
    assert!(cases.len() >= 9, "the cases are found");
    let mut different = Vec::new();
    for case in cases {
        let source = fs::read_to_string(&case).unwrap();
        let is = expanded(&source);
        let golden = case.with_extension("expanded.rs");
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(&golden, &is).unwrap();
        }
        if fs::read_to_string(&golden).unwrap_or_default() != is {
            different.push(golden.display().to_string());
        }
    }
    assert!(
        different.is_empty(),
        "these differ; if that is right, run UPDATE_GOLDEN=1 cargo test -p operator-derive --lib and read the \
         difference:\n{}",
        different.join("\n")
    );
}

/// Every item of the source with our macros expanded, and with nothing else changed.
fn expanded(source: &str) -> String {
    let file = syn::parse_file(source).unwrap();
    let items = file.items.into_iter().map(item).collect::<TokenStream>();
    prettyplease::unparse(&syn::parse2(items).unwrap())
}

fn item(mut item: Item) -> TokenStream {
    let attributes = match &mut item {
        Item::Struct(item) => &mut item.attrs,
        Item::Enum(item) => &mut item.attrs,
        Item::Mod(item) => &mut item.attrs,
        Item::Impl(item) => &mut item.attrs,
        _ => return item.into_token_stream(),
    };
    if let Some(first) = attributes.first()
        && let Meta::List(list) = &first.meta
    {
        let arguments = list.tokens.clone();
        let expand = if first.path().is_ident("versions") {
            expand::versions
        } else if first.path().is_ident("rbac") {
            expand::rbac
        } else {
            return derived(&item);
        };
        attributes.remove(0);
        return expand(arguments, item.into_token_stream());
    }
    derived(&item)
}

/// What our derives add. The item itself stays in the source.
fn derived(item: &Item) -> TokenStream {
    let mut plain = item.clone();
    let attributes = match &mut plain {
        Item::Struct(item) => &mut item.attrs,
        Item::Enum(item) => &mut item.attrs,
        _ => return plain.into_token_stream(),
    };
    let (derives, others): (Vec<Attribute>, Vec<Attribute>) = attributes
        .drain(..)
        .partition(|attribute| attribute.path().is_ident("derive"));
    *attributes = others;
    derives
        .iter()
        .flat_map(|attribute| {
            attribute
                .parse_args_with(Punctuated::<syn::Path, Token![,]>::parse_terminated)
                .unwrap()
        })
        .filter_map(|path| {
            let expand: fn(TokenStream) -> TokenStream = match path.get_ident()?.to_string().as_str() {
                "CustomResource" => expand::custom_resource,
                "ApiFields" => expand::api_fields,
                "Status" => expand::status,
                "KubeSchema" => expand::kube_schema,
                "Resource" => expand::resource,
                _ => return None,
            };
            Some(expand(plain.to_token_stream()))
        })
        .collect()
}
