//! `#[versions(...)]` on a spec and `#[version(...)]` on its fields.

use proc_macro2::{Span, TokenStream};
use syn::{Attribute, Ident, Path, Type};

use super::{
    Fields, Item,
    item::{Value, list_of},
};
use crate::errors::Errors;

/// One version of the list, oldest first.
#[derive(Debug)]
pub(crate) struct VersionAttrs {
    pub(crate) name: Ident,
    pub(crate) storage: bool,
    pub(crate) served: bool,
    /// Deprecated, and the warning if it has its own.
    pub(crate) deprecated: Option<Option<String>>,
}

impl VersionAttrs {
    /// Reads `v1alpha1, v1beta1(deprecated = "use v1"), v1(storage)`.
    pub(crate) fn list(tokens: TokenStream, errors: &mut Errors) -> Vec<Self> {
        let items = errors.ok(Item::list(tokens)).unwrap_or_default();
        items
            .into_iter()
            .filter_map(|item| {
                let inner = match item.value {
                    Value::Flag => Vec::new(),
                    Value::List(tokens) => errors.ok(Item::list(tokens))?,
                    Value::Expr(_) => {
                        errors.push(
                            item.wants(&format!("is a version: write `{0}` or `{0}(storage)`", item.key)),
                        );
                        return None;
                    }
                };
                let mut fields = Fields::new(inner, errors);
                let version = Self {
                    name: item.key.clone(),
                    storage: fields.flag("storage", false),
                    served: fields.flag("served", true),
                    deprecated: fields
                        .one("deprecated", |item| match item.bool() {
                            Ok(true) => Ok(Some(None)),
                            Ok(false) => Ok(None),
                            Err(_) => item.text().map(|warning| Some(Some(warning))),
                        })
                        .flatten(),
                };
                fields.finish();
                Some(version)
            })
            .collect()
    }
}

/// What `#[version(...)]` says about a field.
#[derive(Debug, Default)]
pub(crate) struct FieldVersions {
    /// The first version that has the field.
    pub(crate) added: Option<Ident>,
    /// The first version that has it no more.
    pub(crate) removed: Option<Ident>,
    /// The first version in which it is deprecated.
    pub(crate) deprecated: Option<Ident>,
    /// The function that gives the value to objects that never had the field.
    pub(crate) default: Option<Path>,
    pub(crate) renamed: Vec<Renamed>,
    pub(crate) retyped: Vec<Retyped>,
    /// Where the first attribute is.
    pub(crate) span: Option<Span>,
}

/// `renamed(v1, from = "size")`.
#[derive(Debug)]
pub(crate) struct Renamed {
    /// The first version with the new name.
    pub(crate) since: Ident,
    pub(crate) from: Ident,
}

/// `retyped(v1, from = "i32", up = to_text, down = to_number)`.
#[derive(Debug)]
pub(crate) struct Retyped {
    /// The first version with the new type.
    pub(crate) since: Ident,
    pub(crate) from: Type,
    pub(crate) up: Path,
    pub(crate) down: Path,
}

impl FieldVersions {
    /// Reads the attributes of a field.
    pub(crate) fn read(attributes: &[Attribute], errors: &mut Errors) -> Self {
        let mut read = Self::default();
        let mut items = Vec::new();
        for attribute in attributes
            .iter()
            .filter(|attribute| attribute.path().is_ident("version"))
        {
            read.span = read.span.or(Some(attribute.path().segments[0].ident.span()));
            items.extend(list_of(attribute, errors).unwrap_or_default());
        }
        let mut fields = Fields::new(items, errors);
        read.added = fields.one("added", version);
        read.removed = fields.one("removed", version);
        read.deprecated = fields.one("deprecated", version);
        read.default = fields.one("default", Item::path);
        read.renamed = fields.all_with("renamed", Renamed::read);
        read.retyped = fields.all_with("retyped", Retyped::read);
        fields.finish();
        read
    }
}

/// A version's name, in quotes or not.
fn version(item: &Item) -> syn::Result<Ident> {
    let wrong = || item.wants(&format!("takes a version: write `{} = v1`", item.key));
    item.path()
        .map_err(|_| wrong())?
        .get_ident()
        .cloned()
        .ok_or_else(wrong)
}

/// The version at the start of `renamed(v1, ...)`, and the rest.
fn since(item: &Item, form: &str, errors: &mut Errors) -> Option<(Ident, Vec<Item>)> {
    if let Value::List(tokens) = &item.value {
        let mut items = errors.ok(Item::list(tokens.clone()))?;
        if !items.is_empty() && matches!(items[0].value, Value::Flag) {
            return Some((items.remove(0).key, items));
        }
    }
    errors.push(item.wants(&format!("begins with the version it happened in: write `{form}`")));
    None
}

impl Renamed {
    fn read(item: &Item, errors: &mut Errors) -> Option<Self> {
        const FORM: &str = "renamed(v1, from = \"size\")";
        let (since, items) = since(item, FORM, errors)?;
        let mut fields = Fields::new(items, errors);
        let from = fields.one("from", |item| {
            syn::parse_str(&item.text()?)
                .map_err(|_| item.wants("is the old name of the field: write `from = \"size\"`"))
        });
        fields.finish();
        if from.is_none() {
            errors.at(&item.key, format!("the old name is missing: write `{FORM}`"));
        }
        Some(Self { since, from: from? })
    }
}

impl Retyped {
    fn read(item: &Item, errors: &mut Errors) -> Option<Self> {
        const FORM: &str = "retyped(v1, from = \"i32\", up = to_text, down = to_number)";
        let (since, items) = since(item, FORM, errors)?;
        let mut fields = Fields::new(items, errors);
        let from = fields.one("from", |item| {
            item.string()?
                .parse()
                .map_err(|_| item.wants("is the old type of the field: write `from = \"i32\"`"))
        });
        let up = fields.one("up", Item::path);
        let down = fields.one("down", Item::path);
        fields.finish();
        match (from, up, down) {
            (Some(from), Some(up), Some(down)) => Some(Self {
                since,
                from,
                up,
                down,
            }),
            _ => {
                errors.at(
                    &item.key,
                    format!("a new type needs the old one and the way up and down: write `{FORM}`"),
                );
                None
            }
        }
    }
}
