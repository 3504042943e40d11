//! Several versions of a kind, worked out from one struct, or from a module with the structs it is made of.

mod life;
mod module;
mod nested;
mod order;

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::{Data, DeriveInput, Field, Path, Type, Visibility, parse_quote};

use self::{
    life::{Life, State},
    nested::Structs,
    order::Order,
};
pub(crate) use self::{module::ModuleModel, nested::WithinModel};
use crate::{
    attrs::{ContainerSerde, Crates, Fields, Item, VersionAttrs},
    errors::Errors,
};

/// `#[versions(...)]`.
#[derive(Debug)]
pub(crate) struct VersionsModel {
    pub(crate) vis: Visibility,
    pub(crate) group: String,
    pub(crate) root: Ident,
    /// `DatabaseVersions`.
    pub(crate) all: Ident,
    pub(crate) versions: Vec<VersionModel>,
    /// The changes from each version to the next.
    pub(crate) steps: Vec<StepModel>,
    /// The module around it, with what is the same in all versions.
    pub(crate) module: Option<ModuleModel>,
    pub(crate) crates: Crates,
}

/// One version.
#[derive(Debug)]
pub(crate) struct VersionModel {
    pub(crate) name: Ident,
    /// The structs as they are in this version, with their derives; the spec is one of them.
    pub(crate) structs: Vec<DeriveInput>,
}

/// The changes from a version to the next one.
#[derive(Debug)]
pub(crate) struct StepModel {
    pub(crate) spec: Vec<ChangeModel>,
    pub(crate) status: Vec<ChangeModel>,
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
    /// The type of the field is a struct that changes.
    Nested {
        from: String,
        to: String,
        within: Vec<WithinModel>,
        changes: Vec<Self>,
    },
}

/// A struct with named fields through all versions.
struct Versioned<'a> {
    item: &'a DeriveInput,
    lives: Vec<Life>,
}

impl<'a> Versioned<'a> {
    fn read(item: &'a DeriveInput, order: &Order<'_>, errors: &mut Errors) -> Option<Self> {
        let named = match &item.data {
            Data::Struct(data) => matches!(data.fields, syn::Fields::Named(_)).then_some(&data.fields),
            Data::Enum(_) | Data::Union(_) => None,
        };
        let Some(fields) = named else {
            errors.at(
                &item.ident,
                "versions differ by fields: write a struct with named fields",
            );
            return None;
        };
        let container = ContainerSerde::read(&item.attrs);
        let lives = fields
            .iter()
            .map(|field| Life::read(field, order, &container, errors))
            .collect();
        Some(Self { item, lives })
    }

    /// The struct in the version at `index`.
    fn in_version(&self, index: usize) -> DeriveInput {
        let mut item = self.item.clone();
        item.vis = seen_from_the_parent(&item.vis);
        if let Data::Struct(data) = &mut item.data
            && let syn::Fields::Named(fields) = &mut data.fields
        {
            let states = self.lives.iter().filter_map(|life| life.states[index].as_ref());
            fields.named = states.map(visible).collect();
        }
        item
    }
}

impl VersionsModel {
    /// Reads a struct with the versions that `arguments` list.
    pub(crate) fn read(arguments: TokenStream, item: &DeriveInput, errors: &mut Errors) -> Option<Self> {
        Self::of(arguments, item, &[item], None, errors)
    }

    /// Reads a module: one struct in it is the spec, and others that change are versioned with it.
    pub(crate) fn read_module(
        arguments: TokenStream,
        item: syn::ItemMod,
        errors: &mut Errors,
    ) -> Option<Self> {
        let (module, spec, nested) = ModuleModel::read(item, errors)?;
        let structs: Vec<&DeriveInput> = std::iter::once(&spec).chain(&nested).collect();
        Self::of(arguments, &spec, &structs, Some(module), errors)
    }

    fn of(
        arguments: TokenStream,
        spec: &DeriveInput,
        structs: &[&DeriveInput],
        module: Option<ModuleModel>,
        errors: &mut Errors,
    ) -> Option<Self> {
        let listed = VersionAttrs::list(arguments, errors);
        if listed.is_empty() {
            errors.at(
                &spec.ident,
                "list the versions, oldest first: write `#[versions(v1beta1, v1(storage))]`",
            );
            return None;
        }
        let order = Order::new(&listed, errors);
        let kind = Kind::read(spec, errors);
        let versioned = structs
            .iter()
            .map(|item| Versioned::read(item, &order, errors))
            .collect::<Option<Vec<_>>>()?;
        let kind = kind?;
        let stored = stored(&listed, errors);
        let versions = listed
            .iter()
            .enumerate()
            .map(|(index, version)| VersionModel {
                name: version.name.clone(),
                structs: versioned
                    .iter()
                    .map(|one| {
                        let mut item = one.in_version(index);
                        if item.ident == spec.ident {
                            say_version(&mut item, version, index == stored);
                        }
                        item
                    })
                    .collect(),
            })
            .collect();
        let structs = Structs::new(&versioned, &order);
        let steps = (1..listed.len())
            .map(|next| StepModel {
                spec: structs.changes(&spec.ident, next, errors),
                status: kind
                    .status
                    .as_ref()
                    .map(|status| structs.changes(status, next, errors))
                    .unwrap_or_default(),
            })
            .collect();
        Some(Self {
            vis: spec.vis.clone(),
            group: kind.group,
            all: format_ident!("{}Versions", kind.root),
            root: kind.root,
            versions,
            steps,
            module,
            crates: kind.crates,
        })
    }
}

/// What `#[kube]` says that all versions have; the rest of it is read again in each version.
struct Kind {
    group: String,
    root: Ident,
    /// The status, if it is named without a path.
    status: Option<Ident>,
    crates: Crates,
}

impl Kind {
    fn read(item: &DeriveInput, errors: &mut Errors) -> Option<Self> {
        let mut quiet = Errors::default();
        let mut fields = Fields::of(&item.attrs, "kube", &mut quiet);
        let group = fields.one("group", Item::text);
        let kind = fields.one("kind", Item::text);
        let root = fields.one("root", Item::text);
        let status = fields.one("status", Item::path);
        let version = fields.one("version", |item| Ok(item.clone()));
        let flags = ["storage", "served", "deprecated"].map(|key| fields.one(key, |item| Ok(item.clone())));
        let no_spec = fields.one("no_spec", |item| Ok(item.clone()));
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
        if let Some(item) = no_spec {
            errors.at(
                &item.key,
                "versions are converted in the spec, and with `no_spec` there is none: remove it",
            );
        }
        let (Some(group), Some(kind)) = (group, kind) else {
            errors.at(
                &item.ident,
                "group and kind are missing: write `#[kube(group = \"example.com\", kind = \"Database\")]`",
            );
            return None;
        };
        Some(Self {
            group,
            root: errors.ok(syn::parse_str(root.as_ref().unwrap_or(&kind)))?,
            status: status.and_then(|path| path.get_ident().cloned()),
            crates,
        })
    }
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

/// Says in `#[kube]` which version the spec is in.
fn say_version(spec: &mut DeriveInput, version: &VersionAttrs, stored: bool) {
    let (name, served) = (version.name.to_string(), version.served);
    let deprecated = version.deprecated.as_ref().map(|warning| match warning {
        Some(warning) => quote!(, deprecated = #warning),
        None => quote!(, deprecated),
    });
    spec.attrs
        .push(parse_quote!(#[kube(version = #name, storage = #stored, served = #served #deprecated)]));
}

/// The visibility, one module further in.
fn seen_from_the_parent(vis: &Visibility) -> Visibility {
    match vis {
        Visibility::Inherited => parse_quote!(pub(super)),
        Visibility::Restricted(restricted) if restricted.path.is_ident("super") => {
            parse_quote!(pub(in super::super))
        }
        Visibility::Restricted(restricted) if restricted.path.is_ident("self") => parse_quote!(pub(super)),
        other => other.clone(),
    }
}

fn visible(state: &State) -> Field {
    let mut field = state.field.clone();
    field.vis = seen_from_the_parent(&field.vis);
    field
}

impl VersionModel {
    /// The structs with their attributes.
    pub(crate) fn tokens(&self) -> TokenStream {
        let items = self.structs.iter();
        items.map(ToTokens::to_token_stream).collect()
    }
}
