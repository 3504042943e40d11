//! `key`, `key = value` and `key(...)`: the one grammar all our attributes share.

use std::collections::BTreeSet;

use proc_macro2::{Span, TokenStream};
use syn::{
    Attribute, Expr, ExprLit, ExprPath, ExprUnary, Ident, Lit, LitStr, Path, Token, UnOp,
    ext::IdentExt as _,
    parenthesized,
    parse::{Parse, ParseStream, Parser as _},
    punctuated::Punctuated,
};

use crate::errors::Errors;

/// One entry of an attribute's list.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    /// The word on the left.
    pub(crate) key: Ident,
    /// What follows it.
    pub(crate) value: Value,
}

/// What follows the key of an [`Item`].
#[derive(Debug, Clone)]
pub(crate) enum Value {
    /// Nothing: `namespaced`.
    Flag,
    /// `= expression`.
    Expr(Box<Expr>),
    /// `(...)`, read by whoever knows the key.
    List(TokenStream),
}

impl Parse for Item {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let key = Ident::parse_any(input)?;
        let value = if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            Value::Expr(Box::new(input.parse()?))
        } else if input.peek(syn::token::Paren) {
            let content;
            parenthesized!(content in input);
            Value::List(content.parse()?)
        } else {
            Value::Flag
        };
        Ok(Self { key, value })
    }
}

impl Item {
    /// Reads the items of a list.
    pub(crate) fn list(tokens: TokenStream) -> syn::Result<Vec<Self>> {
        Punctuated::<Self, Token![,]>::parse_terminated
            .parse2(tokens)
            .map(|items| items.into_iter().collect())
    }

    /// The span of the value, or of the key where there is none.
    pub(crate) fn value_span(&self) -> Span {
        use syn::spanned::Spanned as _;
        match &self.value {
            Value::Flag => self.key.span(),
            Value::Expr(expr) => expr.span(),
            Value::List(tokens) => tokens.span(),
        }
    }

    /// An error at the value: `key` wants something else.
    pub(crate) fn wants(&self, what: &str) -> syn::Error {
        syn::Error::new(self.value_span(), format!("`{}` {what}", self.key))
    }

    /// The value as a string literal.
    pub(crate) fn string(&self) -> syn::Result<LitStr> {
        match &self.value {
            Value::Expr(expr) => match &**expr {
                Expr::Lit(ExprLit {
                    lit: Lit::Str(text), ..
                }) => Ok(text.clone()),
                _ => Err(self.wants(&format!("takes a string: write `{} = \"...\"`", self.key))),
            },
            _ => Err(self.wants(&format!("takes a string: write `{} = \"...\"`", self.key))),
        }
    }

    /// The value as a string that is not empty.
    pub(crate) fn text(&self) -> syn::Result<String> {
        let text = self.string()?;
        if text.value().trim().is_empty() {
            return Err(self.wants("must not be empty"));
        }
        Ok(text.value())
    }

    /// The value as a boolean; the bare word means true.
    pub(crate) fn bool(&self) -> syn::Result<bool> {
        if let Value::Flag = self.value {
            return Ok(true);
        }
        if let Value::Expr(expr) = &self.value
            && let Expr::Lit(ExprLit { lit, .. }) = &**expr
        {
            match lit {
                Lit::Bool(value) => return Ok(value.value),
                Lit::Str(text) if text.value() == "true" => return Ok(true),
                Lit::Str(text) if text.value() == "false" => return Ok(false),
                _ => {}
            }
        }
        Err(self.wants(&format!(
            "is true or false: write `{0}`, `{0} = true` or `{0} = false`",
            self.key
        )))
    }

    /// The value as an integer, also in quotes as kube-derive takes it.
    pub(crate) fn int(&self) -> syn::Result<i32> {
        let parsed = match &self.value {
            Value::Expr(expr) => match &**expr {
                Expr::Lit(ExprLit {
                    lit: Lit::Int(value), ..
                }) => value.base10_parse().ok(),
                Expr::Lit(ExprLit {
                    lit: Lit::Str(text), ..
                }) => text.value().trim().parse().ok(),
                Expr::Unary(ExprUnary {
                    op: UnOp::Neg(_),
                    expr,
                    ..
                }) => match &**expr {
                    Expr::Lit(ExprLit {
                        lit: Lit::Int(value), ..
                    }) => value.base10_parse::<i32>().ok().and_then(i32::checked_neg),
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        };
        parsed.ok_or_else(|| self.wants(&format!("takes a number: write `{} = 1`", self.key)))
    }

    /// The value as a path, in quotes or not.
    pub(crate) fn path(&self) -> syn::Result<Path> {
        let Value::Expr(expr) = &self.value else {
            return Err(self.wants(&format!(
                "takes a path: write `{} = \"path::to::Item\"`",
                self.key
            )));
        };
        match &**expr {
            Expr::Path(ExprPath {
                path, qself: None, ..
            }) => Ok(path.clone()),
            Expr::Lit(ExprLit {
                lit: Lit::Str(text), ..
            }) => text.parse().map_err(|_| {
                self.wants(&format!(
                    "takes a path, and `{}` is none: write `path::to::Item`",
                    text.value()
                ))
            }),
            _ => Err(self.wants(&format!(
                "takes a path: write `{} = \"path::to::Item\"`",
                self.key
            ))),
        }
    }

    /// The value as any expression.
    pub(crate) fn expr(&self) -> syn::Result<Expr> {
        match &self.value {
            Value::Expr(expr) => Ok((**expr).clone()),
            _ => Err(self.wants(&format!("takes an expression: write `{} = \"...\"`", self.key))),
        }
    }

    /// The two string literals of `key("name", "value")`.
    pub(crate) fn pair(&self) -> syn::Result<(String, String)> {
        if let Value::List(tokens) = &self.value {
            let literals = Punctuated::<LitStr, Token![,]>::parse_terminated.parse2(tokens.clone());
            if let Ok(literals) = literals
                && literals.len() == 2
            {
                return Ok((literals[0].value(), literals[1].value()));
            }
        }
        Err(self.wants(&format!(
            "takes a key and a value: write `{}(\"key\", \"value\")`",
            self.key
        )))
    }
}

/// What is between the parentheses of `key(...)`.
pub(crate) fn unpack(item: &Item) -> Option<TokenStream> {
    match &item.value {
        Value::List(tokens) => Some(tokens.clone()),
        _ => None,
    }
}

/// The items of `#[name]` (none) or `#[name(...)]`; anything else is reported.
pub(crate) fn list_of(attribute: &Attribute, errors: &mut Errors) -> Option<Vec<Item>> {
    match &attribute.meta {
        syn::Meta::Path(_) => Some(Vec::new()),
        syn::Meta::List(list) => errors.ok(Item::list(list.tokens.clone())),
        syn::Meta::NameValue(pair) => {
            let name = pair.path.get_ident().map(ToString::to_string).unwrap_or_default();
            errors.at(pair, format!("`{name}` takes a list: write `#[{name}(...)]`"));
            None
        }
    }
}

/// The items of an attribute, taken out one key at a time.
pub(crate) struct Fields<'e> {
    items: Vec<Item>,
    known: BTreeSet<&'static str>,
    errors: &'e mut Errors,
}

impl<'e> Fields<'e> {
    /// All items of the attributes called `name`, in order.
    pub(crate) fn of(attributes: &[Attribute], name: &str, errors: &'e mut Errors) -> Self {
        let mut items = Vec::new();
        for attribute in attributes
            .iter()
            .filter(|attribute| attribute.path().is_ident(name))
        {
            items.extend(list_of(attribute, errors).unwrap_or_default());
        }
        Self::new(items, errors)
    }

    /// The given items.
    pub(crate) fn new(items: Vec<Item>, errors: &'e mut Errors) -> Self {
        Self {
            items,
            known: BTreeSet::new(),
            errors,
        }
    }

    /// Every item with this key.
    pub(crate) fn all<T>(&mut self, key: &'static str, read: impl Fn(&Item) -> syn::Result<T>) -> Vec<T> {
        self.known.insert(key);
        let (taken, left) = std::mem::take(&mut self.items)
            .into_iter()
            .partition(|item| item.key == key);
        self.items = left;
        let taken: Vec<Item> = taken;
        taken
            .iter()
            .filter_map(|item| self.errors.ok(read(item)))
            .collect()
    }

    /// The one item with this key; a second one is an error.
    pub(crate) fn one<T>(&mut self, key: &'static str, read: impl Fn(&Item) -> syn::Result<T>) -> Option<T> {
        self.known.insert(key);
        let (taken, left) = std::mem::take(&mut self.items)
            .into_iter()
            .partition(|item| item.key == key);
        self.items = left;
        let taken: Vec<Item> = taken;
        for again in taken.iter().skip(1) {
            self.errors
                .at(&again.key, format!("`{key}` is given twice: remove one of them"));
        }
        taken.first().and_then(|item| self.errors.ok(read(item)))
    }

    /// The one item with this key, read by a function that collects errors of its own.
    pub(crate) fn one_with<T>(
        &mut self,
        key: &'static str,
        read: impl Fn(&Item, &mut Errors) -> Option<T>,
    ) -> Option<T> {
        let item = self.one(key, |item| Ok(item.clone()))?;
        read(&item, self.errors)
    }

    /// Every item with this key, read by a function that collects errors of its own.
    pub(crate) fn all_with<T>(
        &mut self,
        key: &'static str,
        read: impl Fn(&Item, &mut Errors) -> Option<T>,
    ) -> Vec<T> {
        let items = self.all(key, |item| Ok(item.clone()));
        items.iter().filter_map(|item| read(item, self.errors)).collect()
    }

    /// A flag: absent is `default`.
    pub(crate) fn flag(&mut self, key: &'static str, default: bool) -> bool {
        self.one(key, Item::bool).unwrap_or(default)
    }

    /// Reports every item that nobody asked for.
    pub(crate) fn finish(self) {
        for item in self.items {
            let key = item.key.to_string();
            let hint = match nearest(&key, &self.known) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("known are {}", listed(&self.known)),
            };
            self.errors
                .at(&item.key, format!("unknown attribute `{key}`; {hint}"));
        }
    }
}

fn listed(known: &BTreeSet<&'static str>) -> String {
    known
        .iter()
        .map(|word| format!("`{word}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

/// The known word that was probably meant.
pub(crate) fn nearest<'a>(
    word: &str,
    known: impl IntoIterator<Item = &'a &'static str>,
) -> Option<&'static str> {
    known
        .into_iter()
        .map(|candidate| (distance(word, candidate), *candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len() / 4)
        .min()
        .map(|(_, candidate)| candidate)
}

/// How many letters must be inserted, removed or replaced to get from `a` to `b`.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, right) in b.iter().enumerate() {
            let above = row[j + 1];
            row[j + 1] = (above + 1)
                .min(row[j] + 1)
                .min(diagonal + usize::from(left != *right));
            diagonal = above;
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_suggested() {
        let known = ["shortname", "category", "status"];
        assert_eq!(nearest("shortnames", &known), Some("shortname"));
        assert_eq!(nearest("catgory", &known), Some("category"));
        assert_eq!(nearest("banana", &known), None);
    }

    #[test]
    fn distance_counts_edits() {
        assert_eq!(distance("kind", "kind"), 0);
        assert_eq!(distance("kin", "kind"), 1);
        assert_eq!(distance("group", "grupo"), 2);
        assert_eq!(distance("", "abc"), 3);
    }
}
