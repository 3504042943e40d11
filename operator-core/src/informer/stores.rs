use std::sync::Arc;

use kube::core::ApiResource;

use super::{Informer, Store};
use crate::meta::{Dynamic, Object, Subject};

/// The caches that one controller declared: of its own kind, of what it owns, of what it watches.
#[derive(Clone, Debug, Default)]
pub struct Stores {
    informers: Arc<[Arc<Informer>]>,
}

impl Stores {
    pub(crate) fn new(informers: Vec<Arc<Informer>>) -> Self {
        Self {
            informers: informers.into(),
        }
    }

    /// The cache of the kind `K`; `None` when the controller did not declare it.
    ///
    /// When it declared the kind several times, the first counts.
    pub fn get<K: Object>(&self) -> Option<Store<K>> {
        self.of_kind(&ApiResource::erase::<K>(&()))
    }

    /// The cache of a kind that is only known at run time; `None` when the controller did not declare it.
    pub fn dynamic(&self, kind: &ApiResource) -> Option<Store<Dynamic>> {
        self.of_kind(kind)
    }

    /// The cache of `kind`, read as `K`.
    pub(crate) fn of_kind<K: Subject>(&self, kind: &ApiResource) -> Option<Store<K>> {
        self.named(&kind.kind, &kind.group).cloned().map(Store::new)
    }

    /// The cache of the kind `K`.
    ///
    /// # Panics
    /// When the controller neither owns nor watches the kind: a cache that came to life now would know nothing yet.
    pub fn of<K: Object>(&self) -> Store<K> {
        self.get().unwrap_or_else(|| {
            let kind = K::kind(&());
            panic!("there is no cache of {kind}: let the controller own it (`owns::<{kind}>()`) or watch it")
        })
    }

    pub(crate) fn named(&self, kind: &str, group: &str) -> Option<&Arc<Informer>> {
        self.informers.iter().find(|informer| {
            let resource = informer.watched().resource();
            resource.kind == kind && resource.group == group
        })
    }
}
