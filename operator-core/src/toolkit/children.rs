//! The desired set: everything an owner should have, applied, and what it should have no longer, deleted.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use futures::FutureExt;
use futures::future::BoxFuture;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ListMeta, ObjectMeta};
use kube::api::{DeleteParams, ListParams, Patch, PatchParams, Preconditions};
use kube::core::ApiResource;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Toolkit;
use super::apply::{Adoption, Change, child_body, record_key, writer_of};
use super::error::WriteError;
use super::record::Writer;
use super::target::{Child, Target, found};
use crate::informer::Stores;
use crate::meta::{KnownScope, ObjectKey, Scoped, Subject, is_controlled_by, reference_of};

/// How often a child that keeps changing is looked at again.
const ATTEMPTS: usize = 5;
const PAGE: u32 = 500;

/// The children that one owner should have.
///
/// Children are applied in the order in which they were added; pruning comes last, and only if every apply succeeded.
///
/// # Example
/// ```no_run
/// # use k8s_openapi::api::core::v1::{ConfigMap, Service};
/// # use operator_core::toolkit::{Toolkit, WriteError};
/// # async fn example(toolkit: &Toolkit, owner: &ConfigMap, services: Vec<Service>) -> Result<(), WriteError> {
/// let mut children = toolkit.children(owner);
/// for service in services {
///     children.add(service)?;
/// }
/// children.prune::<Service>().commit().await?;
/// # Ok(())
/// # }
/// ```
pub struct ChildSet<'a, O> {
    toolkit: &'a Toolkit,
    owner: &'a O,
    stores: Option<&'a Stores>,
    wanted: BTreeSet<String>,
    applies: Vec<BoxFuture<'a, Result<Change, WriteError>>>,
    prunes: Vec<Prune<'a>>,
}

struct Prune<'a> {
    resource: ApiResource,
    namespaced: bool,
    labels: BTreeMap<String, String>,
    /// The children of an owner, where a cache has them.
    cached: Option<Box<Owned<'a>>>,
}

type Owned<'a> = dyn Fn(&str) -> Vec<ObjectMeta> + Send + Sync + 'a;

impl Prune<'_> {
    fn selector(&self) -> Option<String> {
        let pairs: Vec<String> = self
            .labels
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        (!pairs.is_empty()).then(|| pairs.join(","))
    }

    fn selects(&self, metadata: &ObjectMeta) -> bool {
        let carried = metadata.labels.as_ref();
        self.labels
            .iter()
            .all(|(name, value)| carried.and_then(|labels| labels.get(name)) == Some(value))
    }
}

/// What a commit did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    /// What each apply did, in the order in which the children were added.
    pub applied: Vec<Change>,
    /// What was deleted because it is no longer wanted.
    pub deleted: Vec<Target>,
}

impl Toolkit {
    /// An empty set of children of `owner`.
    pub fn children<'a, O: Subject>(&'a self, owner: &'a O) -> ChildSet<'a, O> {
        ChildSet {
            toolkit: self,
            owner,
            stores: None,
            wanted: BTreeSet::new(),
            applies: Vec::new(),
            prunes: Vec::new(),
        }
    }

    /// Removes the reference of `owner` from an object, so that it outlives the owner.
    ///
    /// It is no error if the object is gone or not owned.
    ///
    /// # Errors
    /// [`WriteError`], when the server could not be asked or the object changed too often meanwhile.
    pub async fn orphan<O: Subject, K: Scoped>(&self, owner: &O, child: &K) -> Result<(), WriteError> {
        let (target, _, writer) = child_body(owner, child)?;
        for _ in 0..ATTEMPTS {
            let current: Option<Listed> = target
                .get(self.client())
                .await
                .map_err(|error| WriteError::request("read", &target, error))?;
            let Some(Listed { metadata }) = current else {
                return Ok(());
            };
            let mut references = metadata.owner_references.unwrap_or_default();
            let before = references.len();
            references.retain(|reference| reference.uid != writer.uid);
            if references.len() == before {
                return Ok(());
            }
            let patch = Patch::Merge(json!({"metadata": {
                "resourceVersion": metadata.resource_version,
                "ownerReferences": references,
            }}));
            let params = PatchParams {
                field_manager: Some(self.field_manager().to_owned()),
                ..PatchParams::default()
            };
            match found(target.patch::<Value>(self.client(), None, &params, &patch).await) {
                Ok(_) => {
                    self.shared.records.forget(&writer, &record_key(&target));
                    return Ok(());
                }
                Err(kube::Error::Api(status)) if status.is_conflict() => {}
                Err(error) => return Err(WriteError::request("orphan", &target, error)),
            }
        }
        Err(WriteError::Contended {
            target: Box::new(target),
            attempts: ATTEMPTS,
        })
    }

    async fn prune(
        &self,
        writer: &Writer,
        owner_namespace: Option<&str>,
        prune: &Prune<'_>,
        wanted: &BTreeSet<String>,
    ) -> Result<Vec<Target>, WriteError> {
        let mut deleted = Vec::new();
        for metadata in self.candidates(&writer.uid, owner_namespace, prune).await? {
            let name = metadata.name.clone().unwrap_or_default();
            let target = Target::new(prune.resource.clone(), metadata.namespace.clone(), name);
            if superfluous(&metadata, &writer.uid, wanted, &target)
                && self.delete_child(writer, &target, metadata).await?
            {
                deleted.push(target);
            }
        }
        Ok(deleted)
    }

    /// What may have to be pruned, from the cache or, where there is none, from the server.
    async fn candidates(
        &self,
        owner_uid: &str,
        owner_namespace: Option<&str>,
        prune: &Prune<'_>,
    ) -> Result<Vec<ObjectMeta>, WriteError> {
        if let Some(cached) = &prune.cached {
            let mut found = cached(owner_uid);
            found.retain(|metadata| prune.selects(metadata));
            return Ok(found);
        }
        let namespace = owner_namespace.filter(|_| prune.namespaced);
        let mut params = ListParams {
            limit: Some(PAGE),
            label_selector: prune.selector(),
            ..ListParams::default()
        };
        let place = Target::new(prune.resource.clone(), namespace.map(str::to_owned), "*");
        let mut found = Vec::new();
        loop {
            let page: ListedPage = Target::list_metadata(&prune.resource, namespace, self.client(), &params)
                .await
                .map_err(|error| WriteError::request("list", &place, error))?;
            found.extend(page.items.into_iter().map(|listed| listed.metadata));
            params.continue_token = page.metadata.continue_.filter(|token| !token.is_empty());
            if params.continue_token.is_none() {
                return Ok(found);
            }
        }
    }

    /// Deletes exactly the object that was looked at; one that changed is looked at again.
    async fn delete_child(
        &self,
        writer: &Writer,
        target: &Target,
        mut seen: ObjectMeta,
    ) -> Result<bool, WriteError> {
        let params = |seen: &ObjectMeta| {
            DeleteParams::background().preconditions(Preconditions {
                uid: seen.uid.clone(),
                resource_version: seen.resource_version.clone(),
            })
        };
        for _ in 0..ATTEMPTS {
            match target.delete(self.client(), &params(&seen)).await {
                Ok(there) => {
                    self.shared.records.forget(writer, &record_key(target));
                    return Ok(there);
                }
                Err(kube::Error::Api(status)) if status.is_conflict() => {}
                Err(error) => return Err(WriteError::request("delete", target, error)),
            }
            let current: Option<Listed> = target
                .get(self.client())
                .await
                .map_err(|error| WriteError::request("read", target, error))?;
            match current {
                Some(Listed { metadata }) if is_going_from(&metadata, &writer.uid) => seen = metadata,
                _ => return Ok(false),
            }
        }
        Err(WriteError::Contended {
            target: Box::new(target.clone()),
            attempts: ATTEMPTS,
        })
    }
}

impl<'a, O: Subject> ChildSet<'a, O> {
    /// Reads what is there from these caches, where they have the kind, instead of asking the server.
    #[must_use]
    pub fn reading(mut self, stores: &'a Stores) -> Self {
        self.stores = Some(stores);
        self
    }

    /// Adds a child.
    ///
    /// # Errors
    /// [`WriteError`] if the owner cannot own it, it has no name, or it cannot be serialised.
    pub fn add<K: Scoped>(&mut self, child: K) -> Result<&mut Self, WriteError> {
        self.add_with(child, Adoption::Adopt)
    }

    /// Adds a child, and says what happens to an object of its name that has no owner.
    ///
    /// # Errors
    /// As for [`add`](ChildSet::add).
    pub fn add_with<K: Scoped>(&mut self, child: K, adoption: Adoption) -> Result<&mut Self, WriteError> {
        let (target, _, _) = child_body(self.owner, &child)?;
        self.wanted.insert(record_key(&target));
        let store = self
            .stores
            .and_then(|stores| stores.of_kind::<K>(target.resource()));
        let (toolkit, owner) = (self.toolkit, self.owner);
        let apply = async move {
            let cached =
                store.and_then(|store| store.get(&ObjectKey::new(target.namespace(), target.name())));
            Ok(toolkit.apply_with(owner, &child, cached, adoption).await?.change)
        };
        self.applies.push(apply.boxed());
        Ok(self)
    }

    /// Deletes, when everything is applied, the children of this kind that the owner controls and that were not added.
    ///
    /// Children of a cluster-scoped owner are looked for in all namespaces.
    pub fn prune<K: Child>(&mut self) -> &mut Self {
        self.prune_labelled::<K>(BTreeMap::new())
    }

    /// Like [`prune`](ChildSet::prune), among the children that carry all these labels.
    pub fn prune_labelled<K: Child>(&mut self, labels: BTreeMap<String, String>) -> &mut Self {
        let cached = self.stores.and_then(Stores::get::<K>).map(|store| {
            let list = move |uid: &str| {
                let owned = store.owned_by(uid);
                owned.iter().map(|child| child.meta().clone()).collect()
            };
            Box::new(list) as Box<Owned<'a>>
        });
        self.prunes.push(Prune {
            resource: ApiResource::erase::<K>(&()),
            namespaced: K::Scope::NAMESPACED != Some(false),
            labels,
            cached,
        });
        self
    }

    /// Applies what was added, then prunes.
    ///
    /// # Errors
    /// The first [`WriteError`]. A failed apply does not keep the others from being made, but it keeps everything
    /// from being pruned.
    ///
    /// # Cancel safety
    /// If it is dropped some of the writes were made; committing the same set again completes them.
    pub async fn commit(&mut self) -> Result<Pruned, WriteError> {
        let writer = writer_of(self.owner, reference_of(self.owner)?.uid);
        let mut done = Pruned::default();
        let mut failed = None;
        for apply in std::mem::take(&mut self.applies) {
            match apply.await {
                Ok(change) => done.applied.push(change),
                Err(error) if failed.is_none() => failed = Some(error),
                Err(error) => tracing::warn!(%error, "a further child could not be applied"),
            }
        }
        if let Some(error) = failed {
            return Err(error);
        }
        let namespace = self.owner.metadata().namespace.as_deref();
        for prune in std::mem::take(&mut self.prunes) {
            let deleted = self
                .toolkit
                .prune(&writer, namespace, &prune, &self.wanted)
                .await?;
            done.deleted.extend(deleted);
        }
        Ok(done)
    }
}

impl<O> fmt::Debug for ChildSet<'_, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChildSet")
            .field("wanted", &self.wanted)
            .finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct ListedPage {
    metadata: ListMeta,
    items: Vec<Listed>,
}

/// The metadata of an object, whatever else came with it.
#[derive(Deserialize)]
struct Listed {
    metadata: ObjectMeta,
}

fn superfluous(metadata: &ObjectMeta, owner_uid: &str, wanted: &BTreeSet<String>, target: &Target) -> bool {
    is_going_from(metadata, owner_uid) && !wanted.contains(&record_key(target))
}

fn is_going_from(metadata: &ObjectMeta, owner_uid: &str) -> bool {
    is_controlled_by(metadata, owner_uid) && metadata.deletion_timestamp.is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::{OwnerReference, Time};

    #[test]
    fn only_own_living_and_unwanted_children_are_superfluous() {
        let target = |name: &str| {
            Target::new(
                ApiResource::erase::<k8s_openapi::api::core::v1::Secret>(&()),
                Some("n".into()),
                name.to_owned(),
            )
        };
        let controlled_by = |uid: &str, controller: bool| ObjectMeta {
            owner_references: Some(vec![OwnerReference {
                uid: uid.into(),
                controller: Some(controller),
                ..OwnerReference::default()
            }]),
            ..ObjectMeta::default()
        };
        let wanted = BTreeSet::from([record_key(&target("kept"))]);
        let check = |meta: &ObjectMeta, name: &str| superfluous(meta, "u", &wanted, &target(name));
        assert!(check(&controlled_by("u", true), "old"));
        assert!(!check(&controlled_by("u", true), "kept"));
        assert!(
            !check(&controlled_by("u", false), "old"),
            "owned but controlled by nobody"
        );
        assert!(!check(&controlled_by("other", true), "old"));
        assert!(!check(&ObjectMeta::default(), "old"));
        let mut going = controlled_by("u", true);
        going.deletion_timestamp = Some(Time(jiff::Timestamp::UNIX_EPOCH));
        assert!(!check(&going, "old"));
    }
}
