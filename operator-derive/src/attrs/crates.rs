//! Where generated code finds the crates it needs: `crates(kube = "...", ...)`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, Path};

use super::{Fields, Item, item::Value};
use crate::errors::Errors;

/// Paths to the crates that generated code uses. Everything is reached through `operator_core`, so that a user needs no
/// other dependency, and each can be named by itself.
#[derive(Debug, Clone, Default)]
pub(crate) struct Crates {
    operator_core: Option<Path>,
    kube: Option<Path>,
    kube_core: Option<Path>,
    k8s_openapi: Option<Path>,
    schemars: Option<Path>,
    serde: Option<Path>,
    std: Option<Path>,
}

impl Crates {
    /// Reads `crates(...)`.
    pub(crate) fn read(item: &Item, errors: &mut Errors) -> Option<Self> {
        let Value::List(tokens) = &item.value else {
            errors.push(item.wants("takes a list: write `crates(kube = \"::path::to::kube\")`"));
            return None;
        };
        let items = errors.ok(Item::list(tokens.clone()))?;
        let mut fields = Fields::new(items, errors);
        let crates = Self {
            operator_core: fields.one("operator_core", Item::path),
            kube: fields.one("kube", Item::path),
            kube_core: fields.one("kube_core", Item::path),
            k8s_openapi: fields.one("k8s_openapi", Item::path),
            schemars: fields.one("schemars", Item::path),
            serde: fields.one("serde", Item::path),
            std: fields.one("std", Item::path),
        };
        // kube-derive knows it; our generated code has no use for it.
        fields.one("serde_json", Item::path);
        fields.finish();
        Some(crates)
    }

    /// The `#[kube(crates(...))]` of a type that has no other `#[kube]` attribute.
    pub(crate) fn of(input: &DeriveInput, errors: &mut Errors) -> Self {
        let mut fields = Fields::of(&input.attrs, "kube", errors);
        let crates = fields.one_with("crates", Self::read).unwrap_or_default();
        fields.finish();
        crates
    }

    /// The runtime that generated code calls.
    pub(crate) fn runtime(&self) -> TokenStream {
        match &self.operator_core {
            Some(path) => quote!(#path::__private),
            None => quote!(::operator_core::__private),
        }
    }

    /// `kube::core`.
    pub(crate) fn kube_core(&self) -> TokenStream {
        match (&self.kube_core, &self.kube) {
            (Some(path), _) => quote!(#path),
            (None, Some(kube)) => quote!(#kube::core),
            (None, None) => self.inside(&quote!(kube::core)),
        }
    }

    /// `k8s_openapi`.
    pub(crate) fn k8s_openapi(&self) -> TokenStream {
        self.k8s_openapi
            .as_ref()
            .map_or_else(|| self.inside(&quote!(k8s_openapi)), |path| quote!(#path))
    }

    /// `schemars`.
    pub(crate) fn schemars(&self) -> TokenStream {
        self.schemars
            .as_ref()
            .map_or_else(|| self.inside(&quote!(schemars)), |path| quote!(#path))
    }

    /// `serde`.
    pub(crate) fn serde(&self) -> TokenStream {
        self.serde
            .as_ref()
            .map_or_else(|| self.inside(&quote!(serde)), |path| quote!(#path))
    }

    /// `std`.
    pub(crate) fn std(&self) -> TokenStream {
        self.std
            .as_ref()
            .map_or_else(|| quote!(::std), |path| quote!(#path))
    }

    fn inside(&self, path: &TokenStream) -> TokenStream {
        let runtime = self.runtime();
        quote!(#runtime::#path)
    }
}
