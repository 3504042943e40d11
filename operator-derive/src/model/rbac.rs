//! `#[rbac(...)]` on an `impl Reconciler`: rights that cannot be worked out from what the controller declares.

use proc_macro2::TokenStream;
use quote::ToTokens as _;
use syn::{ItemImpl, LitStr, Token, parse::Parser as _, punctuated::Punctuated};

use crate::{
    attrs::{Crates, Fields, Item, nearest, unpack},
    errors::Errors,
};

/// The impl and its rules.
#[derive(Debug)]
pub(crate) struct RbacModel {
    pub(crate) item: ItemImpl,
    pub(crate) rules: Vec<RuleModel>,
    pub(crate) crates: Crates,
}

/// One rule.
#[derive(Debug)]
pub(crate) struct RuleModel {
    pub(crate) group: String,
    pub(crate) resources: Vec<String>,
    pub(crate) verbs: Vec<String>,
}

const VERBS: [&str; 13] = [
    "approve",
    "bind",
    "create",
    "delete",
    "deletecollection",
    "escalate",
    "get",
    "impersonate",
    "list",
    "patch",
    "sign",
    "update",
    "watch",
];

impl RbacModel {
    /// Reads `item` with the rule in `arguments` and those in the `#[rbac]` attributes below it.
    pub(crate) fn read(arguments: TokenStream, item: TokenStream, errors: &mut Errors) -> Option<Self> {
        let Ok(mut item) = syn::parse2::<ItemImpl>(item.clone()) else {
            errors.at(
                item,
                "rights belong to what a reconciler does: write `#[rbac(...)]` on `impl Reconciler for ...`",
            );
            return None;
        };
        if item.trait_.is_none() {
            errors.at(
                &item.self_ty,
                "rights belong to what a reconciler does: write `#[rbac(...)]` on `impl Reconciler for ...`",
            );
            return None;
        }
        let mut crates = Crates::default();
        let mut all = vec![arguments];
        item.attrs.retain(|attribute| {
            let more = attribute
                .path()
                .segments
                .last()
                .is_some_and(|last| last.ident == "rbac");
            if more {
                all.push(
                    attribute
                        .meta
                        .require_list()
                        .map(|list| list.tokens.clone())
                        .unwrap_or_default(),
                );
            }
            !more
        });
        let rules = all
            .into_iter()
            .filter_map(|tokens| read_rule(tokens, &item, &mut crates, errors))
            .collect();
        Some(Self { item, rules, crates })
    }
}

fn read_rule(
    tokens: TokenStream,
    item: &ItemImpl,
    crates: &mut Crates,
    errors: &mut Errors,
) -> Option<RuleModel> {
    const FORM: &str = "write `#[rbac(group = \"\", resources(\"secrets\"), verbs(\"get\", \"list\"))]`";
    let empty = tokens.is_empty();
    let items = errors.ok(Item::list(tokens))?;
    let mut fields = Fields::new(items, errors);
    // The core group has no name.
    let group = fields
        .one("group", |item| Ok(item.string()?.value()))
        .unwrap_or_default();
    let resources = fields.one("resources", words);
    let verbs = fields.one("verbs", |item| {
        let verbs = words(item)?;
        for verb in &verbs {
            if !VERBS.contains(&verb.value().as_str())
                && let Some(near) = nearest(&verb.value(), &VERBS)
            {
                return Err(syn::Error::new(
                    verb.span(),
                    format!("no such verb: did you mean \"{near}\"?"),
                ));
            }
        }
        Ok(verbs)
    });
    if let Some(given) = fields.one_with("crates", Crates::read) {
        *crates = given;
    }
    fields.finish();
    if empty || resources.is_none() || verbs.is_none() {
        errors.at(
            item.self_ty.to_token_stream(),
            format!("a right is to do something with something: {FORM}"),
        );
        return None;
    }
    let texts = |words: Vec<LitStr>| words.iter().map(LitStr::value).collect();
    Some(RuleModel {
        group,
        resources: texts(resources?),
        verbs: texts(verbs?),
    })
}

/// The strings of `verbs("get", "list")`.
fn words(item: &Item) -> syn::Result<Vec<LitStr>> {
    if let Some(tokens) = unpack(item)
        && let Ok(words) = Punctuated::<LitStr, Token![,]>::parse_terminated.parse2(tokens)
        && !words.is_empty()
    {
        return Ok(words.into_iter().collect());
    }
    Err(item.wants(&format!("takes words: write `{}(\"...\", \"...\")`", item.key)))
}
