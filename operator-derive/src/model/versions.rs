//! Several versions of a spec, worked out from one struct.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens as _, format_ident, quote};
use syn::{Data, DeriveInput, Field, Path, Type, parse_quote};

use crate::{
    attrs::{ContainerSerde, Crates, FieldSerde, FieldVersions, Fields, Item, VersionAttrs},
    errors::Errors,
    fields::inner,
};

/// `#[versions(...)]`.
#[derive(Debug)]
pub(crate) struct VersionsModel {
    pub(crate) vis: syn::Visibility,
    pub(crate) group: String,
    pub(crate) root: Ident,
    /// `DatabaseVersions`.
    pub(crate) all: Ident,
    pub(crate) versions: Vec<VersionModel>,
    /// The changes from each version to the next.
    pub(crate) steps: Vec<Vec<ChangeModel>>,
    pub(crate) crates: Crates,
}

/// One version.
#[derive(Debug)]
pub(crate) struct VersionModel {
    pub(crate) name: Ident,
    /// The spec as it is in this version, with its derives.
    pub(crate) spec: DeriveInput,
}

/// One change, by names on the wire.
#[derive(Debug)]
pub(crate) enum ChangeModel {
    Added {
        field: String,
        default: Option<Path>,
    },
    Removed {
        field: String,
        default: Option<Path>,
    },
    Renamed {
        from: String,
        to: String,
    },
    Retyped {
        from: String,
        to: String,
        old: Box<Type>,
        new: Box<Type>,
        up: Path,
        down: Path,
    },
}

/// A field through all versions: what it is in each, `None` where it is not.
struct Life {
    states: Vec<Option<State>>,
    versions: FieldVersions,
}

struct State {
    field: Field,
    wire: String,
}

impl VersionsModel {
    /// Reads `item` with the versions that `arguments` list.
    pub(crate) fn read(arguments: TokenStream, item: &DeriveInput, errors: &mut Errors) -> Option<Self> {
        let listed = VersionAttrs::list(arguments, errors);
        if listed.is_empty() {
            errors.at(
                &item.ident,
                "list the versions, oldest first: write `#[versions(v1beta1, v1(storage))]`",
            );
            return None;
        }
        let order = Order::new(&listed, errors);
        let Data::Struct(data) = &item.data else {
            errors.at(
                &item.ident,
                "versions differ by fields: write a struct with named fields",
            );
            return None;
        };
        let (group, root, crates) = read_kube(item, errors)?;
        let container = ContainerSerde::read(&item.attrs);
        let mut lives = Vec::new();
        for field in &data.fields {
            if field.ident.is_none() {
                errors.at(
                    &item.ident,
                    "versions differ by fields: write a struct with named fields",
                );
                return None;
            }
            lives.push(Life::read(field, &order, &container, errors));
        }
        let stored = stored(&listed, errors);
        let versions = listed
            .iter()
            .enumerate()
            .map(|(index, version)| VersionModel {
                name: version.name.clone(),
                spec: spec_in(
                    item,
                    version,
                    index == stored,
                    lives.iter().map(|life| &life.states[index]),
                ),
            })
            .collect();
        let steps = (1..listed.len())
            .map(|next| {
                lives
                    .iter()
                    .filter_map(|life| life.change(&order, next, errors))
                    .collect()
            })
            .collect();
        let all = format_ident!("{root}Versions");
        Some(Self {
            vis: item.vis.clone(),
            group,
            root,
            all,
            versions,
            steps,
            crates,
        })
    }
}

/// Group, root type and crates; what else `#[kube]` says is read again in each version.
fn read_kube(item: &DeriveInput, errors: &mut Errors) -> Option<(String, Ident, Crates)> {
    let mut quiet = Errors::default();
    let mut fields = Fields::of(&item.attrs, "kube", &mut quiet);
    let group = fields.one("group", Item::text);
    let kind = fields.one("kind", Item::text);
    let root = fields.one("root", Item::text);
    let version = fields.one("version", |item| Ok(item.clone()));
    let flags = ["storage", "served", "deprecated"].map(|key| fields.one(key, |item| Ok(item.clone())));
    let crates = fields.one_with("crates", Crates::read).unwrap_or_default();
    drop(fields);
    quiet.ignore();
    for item in version.into_iter().chain(flags.into_iter().flatten()) {
        errors.at(
            &item.key,
            format!(
                "`{}` is said for each version: write `#[versions(v1beta1, v1(storage))]`",
                item.key
            ),
        );
    }
    let (Some(group), Some(kind)) = (group, kind) else {
        errors.at(
            &item.ident,
            "group and kind are missing: write `#[kube(group = \"example.com\", kind = \"Database\")]`",
        );
        return None;
    };
    let root = errors.ok(syn::parse_str(root.as_ref().unwrap_or(&kind)))?;
    Some((group, root, crates))
}

/// The place of the version in which objects are stored: the one that says so, else the last.
fn stored(listed: &[VersionAttrs], errors: &mut Errors) -> usize {
    let mut stored = listed.iter().enumerate().filter(|(_, version)| version.storage);
    let first = stored.next();
    for (_, version) in stored {
        errors.at(
            &version.name,
            "objects are stored in one version: remove `storage` from the others",
        );
    }
    first.map_or(listed.len() - 1, |(index, _)| index)
}

/// The versions by name.
struct Order<'a> {
    names: Vec<&'a Ident>,
}

impl<'a> Order<'a> {
    fn new(listed: &'a [VersionAttrs], errors: &mut Errors) -> Self {
        let mut names: Vec<&Ident> = Vec::new();
        for version in listed {
            if names.contains(&&version.name) {
                errors.at(
                    &version.name,
                    format!("`{}` is listed twice: remove one", version.name),
                );
            }
            names.push(&version.name);
        }
        Self { names }
    }

    /// The place of a version that has one before it.
    fn after_the_first(&self, version: &Ident, errors: &mut Errors) -> Option<usize> {
        match self.names.iter().position(|name| *name == version) {
            Some(0) => {
                errors.at(
                    version,
                    format!("`{version}` is the oldest version, so nothing changed in it: remove this"),
                );
                None
            }
            Some(index) => Some(index),
            None => {
                let known = self
                    .names
                    .iter()
                    .map(|name| format!("`{name}`"))
                    .collect::<Vec<_>>()
                    .join(", ");
                errors.at(
                    version,
                    format!("`{version}` is not listed in `#[versions(...)]`, which has {known}"),
                );
                None
            }
        }
    }

    fn place(&self, version: &Ident) -> Option<usize> {
        self.names.iter().position(|name| *name == version)
    }
}

impl Life {
    fn read(field: &Field, order: &Order<'_>, container: &ContainerSerde, errors: &mut Errors) -> Self {
        let versions = FieldVersions::read(&field.attrs, errors);
        let mut check =
            |version: Option<&Ident>| version.and_then(|version| order.after_the_first(version, errors));
        let added = check(versions.added.as_ref()).unwrap_or(0);
        let removed = check(versions.removed.as_ref()).unwrap_or(order.names.len());
        let deprecated = versions
            .deprecated
            .as_ref()
            .and_then(|version| order.place(version));
        for renamed in &versions.renamed {
            check(Some(&renamed.since));
        }
        for retyped in &versions.retyped {
            check(Some(&retyped.since));
        }
        if removed <= added {
            let span = versions.span.unwrap_or_else(proc_macro2::Span::call_site);
            errors.at_span(
                span,
                "the field is removed before it is added: write the later version in `removed`",
            );
        }
        check_gap(field, &versions, errors);
        let states = (0..order.names.len())
            .map(|index| {
                (added..removed).contains(&index).then(|| {
                    let mut field = field.clone();
                    field
                        .attrs
                        .retain(|attribute| !attribute.path().is_ident("version"));
                    // The earliest change after this version says what the field was.
                    let later = |since: &Ident| order.place(since).filter(|place| *place > index);
                    if let Some((_, renamed)) = versions
                        .renamed
                        .iter()
                        .filter_map(|r| Some((later(&r.since)?, r)))
                        .min_by_key(|(at, _)| *at)
                    {
                        field.ident = Some(renamed.from.clone());
                    }
                    if let Some((_, retyped)) = versions
                        .retyped
                        .iter()
                        .filter_map(|r| Some((later(&r.since)?, r)))
                        .min_by_key(|(at, _)| *at)
                    {
                        field.ty = retyped.from.clone();
                    }
                    if deprecated.is_some_and(|since| since <= index) {
                        field.attrs.push(parse_quote!(#[doc = ""]));
                        field.attrs.push(parse_quote!(#[doc = " Deprecated."]));
                    }
                    let ident = field.ident.clone().expect("only named fields are read");
                    let wire = container.name_of(&ident, &FieldSerde::read(&field.attrs));
                    State { field, wire }
                })
            })
            .collect();
        Self { states, versions }
    }

    /// What happens to the field between the version before `next` and `next`.
    fn change(&self, order: &Order<'_>, next: usize, errors: &mut Errors) -> Option<ChangeModel> {
        let default = self.versions.default.clone();
        match (&self.states[next - 1], &self.states[next]) {
            (None, Some(new)) => Some(ChangeModel::Added {
                field: new.wire.clone(),
                default,
            }),
            (Some(old), None) => Some(ChangeModel::Removed {
                field: old.wire.clone(),
                default,
            }),
            (Some(old), Some(new)) => {
                let retyped = self
                    .versions
                    .retyped
                    .iter()
                    .find(|r| order.place(&r.since) == Some(next));
                match retyped {
                    Some(retyped) => Some(ChangeModel::Retyped {
                        from: old.wire.clone(),
                        to: new.wire.clone(),
                        old: Box::new(old.field.ty.clone()),
                        new: Box::new(new.field.ty.clone()),
                        up: retyped.up.clone(),
                        down: retyped.down.clone(),
                    }),
                    None if old.wire != new.wire => Some(ChangeModel::Renamed {
                        from: old.wire.clone(),
                        to: new.wire.clone(),
                    }),
                    None => {
                        if let Some(renamed) = self
                            .versions
                            .renamed
                            .iter()
                            .find(|r| order.place(&r.since) == Some(next))
                            && old.field.ident == new.field.ident
                        {
                            errors.at(
                                &renamed.from,
                                "the field has this name already: write the old one",
                            );
                        }
                        None
                    }
                }
            }
            (None, None) => None,
        }
    }
}

/// An object that never had the field must be readable: the field is optional, or something says what it is then.
fn check_gap(field: &Field, versions: &FieldVersions, errors: &mut Errors) {
    let what = match (&versions.added, &versions.removed) {
        (Some(_), _) => "added",
        (None, Some(_)) => "removed",
        (None, None) => return,
    };
    let optional = inner(&field.ty, &["Option"]).is_some();
    let filled = field
        .attrs
        .iter()
        .filter(|attribute| attribute.path().is_ident("serde"))
        .any(|attribute| {
            let items = attribute
                .meta
                .require_list()
                .and_then(|list| Item::list(list.tokens.clone()));
            items.is_ok_and(|items| items.iter().any(|item| item.key == "default"))
        });
    if !optional && !filled && versions.default.is_none() {
        let span = versions.span.unwrap_or_else(proc_macro2::Span::call_site);
        errors.at_span(
            span,
            format!(
                "the field is {what}, so some objects never had it: write `default = function` here, \
                 `#[serde(default)]`, or make it an `Option`"
            ),
        );
    }
}

/// The spec in one version.
fn spec_in<'a>(
    item: &DeriveInput,
    version: &VersionAttrs,
    stored: bool,
    states: impl Iterator<Item = &'a Option<State>>,
) -> DeriveInput {
    let mut spec = item.clone();
    let (name, served) = (version.name.to_string(), version.served);
    let deprecated = version.deprecated.as_ref().map(|warning| match warning {
        Some(warning) => quote!(, deprecated = #warning),
        None => quote!(, deprecated),
    });
    spec.attrs
        .push(parse_quote!(#[kube(version = #name, storage = #stored, served = #served #deprecated)]));
    // The modules are public as far as the parent is; the struct must be seen from the parent.
    spec.vis = match &item.vis {
        syn::Visibility::Inherited => parse_quote!(pub(super)),
        other => other.clone(),
    };
    if let Data::Struct(data) = &mut spec.data
        && let syn::Fields::Named(fields) = &mut data.fields
    {
        fields.named = states
            .flatten()
            .map(|state| visible(state.field.clone()))
            .collect();
    }
    spec
}

/// A private field is one of the parent's, which is outside of the module now.
fn visible(mut field: Field) -> Field {
    if matches!(field.vis, syn::Visibility::Inherited) {
        field.vis = parse_quote!(pub(super));
    }
    field
}

impl VersionModel {
    /// The struct with its attributes.
    pub(crate) fn tokens(&self) -> TokenStream {
        self.spec.to_token_stream()
    }
}
