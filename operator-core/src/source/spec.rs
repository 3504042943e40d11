use std::fmt;
use std::sync::Arc;

use kube::core::ApiResource;

use super::owners::Owners;
use super::{Predicate, Requests, Trigger};
use crate::informer::{CachedObject, Change, Namespaces, Stores, Transform, Watched};
use crate::meta::{KnownScope, Object, ObjectKey};
use crate::queue::Priority;
use crate::reconcile::Reason;

/// How the objects of a source relate to the controller's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Relation {
    /// They are its own.
    Main,
    /// Its own objects own them.
    Owned,
    /// A mapper tells whom they concern.
    Watched,
    /// They are not in Kubernetes.
    External,
}

/// Wakes a controller; see the [module](super).
pub struct Source {
    relation: Relation,
    origin: Origin,
    priority: Priority,
    controller_only: bool,
}

/// Where keys come from.
pub(crate) enum Origin {
    /// Changes that an informer sees.
    Informer(Box<Feed>),
    /// Whoever holds the trigger.
    External(Requests),
}

type Mapper = dyn Fn(&Change, &Stores) -> Vec<ObjectKey> + Send + Sync;

/// What is made of the changes of an informer.
pub(crate) struct Feed {
    pub(crate) watched: Watched,
    /// Whether the kind lives in namespaces, where that is known.
    namespaced: Option<bool>,
    predicate: Option<Arc<dyn Predicate>>,
    /// What matters whatever the predicate says.
    always: Option<Arc<dyn Predicate>>,
    /// Set for mapped sources only; the others follow from their relation.
    mapper: Option<Arc<Mapper>>,
    owners: Option<Owners>,
}

impl Source {
    /// The objects of kind `T` that the controller's objects own.
    ///
    /// Only the owner that manages the child counts: the one whose owner reference has `controller: true`.
    pub fn owned<T: Object<Scope: KnownScope>>() -> Self {
        Self::owned_kind(ApiResource::erase::<T>(&())).scoped(T::Scope::NAMESPACED)
    }

    /// As [`owned`](Source::owned), for a kind that is only known at run time.
    pub fn owned_kind(kind: ApiResource) -> Self {
        Self::new(Relation::Owned, Watched::kind(kind), None)
    }

    /// The objects of kind `T` that concern the keys which `mapper` names; it can read the controller's caches.
    ///
    /// It is asked for the object before and after each change.
    pub fn watched<T: Object<Scope: KnownScope>>(
        mapper: impl Fn(&T, &Stores) -> Vec<ObjectKey> + Send + Sync + 'static,
    ) -> Self {
        let mapper = move |change: &Change, stores: &Stores| {
            let mut keys = Vec::new();
            for object in [&change.old, &change.new].into_iter().flatten() {
                match object.decode::<T>() {
                    Ok(object) => keys.extend(mapper(&object, stores)),
                    Err(error) => {
                        tracing::warn!(object = %object.key(), kind = %T::kind(&()), %error, "an object cannot be read and is left out");
                    }
                }
            }
            keys
        };
        Self::new(Relation::Watched, Watched::all::<T>(), Some(Arc::new(mapper))).scoped(T::Scope::NAMESPACED)
    }

    /// The objects of a kind that is only known at run time, for the keys which `mapper` names.
    pub fn watched_kind(
        kind: ApiResource,
        mapper: impl Fn(&CachedObject, &Stores) -> Vec<ObjectKey> + Send + Sync + 'static,
    ) -> Self {
        let mapper = move |change: &Change, stores: &Stores| {
            let objects = [&change.old, &change.new].into_iter().flatten();
            objects.flat_map(|object| mapper(object, stores)).collect()
        };
        Self::new(Relation::Watched, Watched::kind(kind), Some(Arc::new(mapper)))
    }

    /// The world outside, and the trigger to pull there.
    pub fn external() -> (Trigger, Self) {
        let (trigger, requests) = Trigger::new();
        let source = Self {
            relation: Relation::External,
            origin: Origin::External(requests),
            priority: Priority::NORMAL,
            controller_only: true,
        };
        (trigger, source)
    }

    pub(crate) fn main(kind: ApiResource, namespaced: Option<bool>) -> Self {
        Self::new(Relation::Main, Watched::kind(kind), None).scoped(namespaced)
    }

    fn scoped(mut self, namespaced: Option<bool>) -> Self {
        if let Origin::Informer(feed) = &mut self.origin {
            feed.namespaced = namespaced;
        }
        self
    }

    /// Looks at these namespaces only, if the kind is known to live in namespaces and nothing narrower was chosen.
    pub(crate) fn confine(&mut self, namespaces: &Namespaces) {
        if let Origin::Informer(feed) = &mut self.origin
            && feed.namespaced == Some(true)
            && *feed.watched.namespaces() == Namespaces::All
        {
            feed.watched = feed.watched.clone().in_namespaces(namespaces.clone());
        }
    }

    fn new(relation: Relation, watched: Watched, mapper: Option<Arc<Mapper>>) -> Self {
        let feed = Feed {
            watched,
            namespaced: None,
            predicate: None,
            always: None,
            mapper,
            owners: None,
        };
        Self {
            relation,
            origin: Origin::Informer(Box::new(feed)),
            priority: Priority::NORMAL,
            controller_only: true,
        }
    }

    /// Lets only changes through that `predicate` admits.
    #[must_use]
    pub fn when(mut self, predicate: impl Predicate) -> Self {
        if let Origin::Informer(feed) = &mut self.origin {
            feed.predicate = Some(Arc::new(predicate));
        }
        self
    }

    /// Looks at objects with matching labels only.
    #[must_use]
    pub fn labels(self, selector: impl Into<String>) -> Self {
        self.watching(|watched| watched.labels(selector))
    }

    /// Looks at objects with matching fields only.
    #[must_use]
    pub fn fields(self, selector: impl Into<String>) -> Self {
        self.watching(|watched| watched.fields(selector))
    }

    /// Looks at these namespaces only.
    #[must_use]
    pub fn in_namespaces(self, namespaces: Namespaces) -> Self {
        self.watching(|watched| watched.in_namespaces(namespaces))
    }

    /// Keeps only the metadata of the objects; reading them as their type is then not possible.
    #[must_use]
    pub fn metadata_only(self) -> Self {
        self.watching(Watched::metadata_only)
    }

    /// Changes each object before it is stored: what nobody reads need not be kept.
    #[must_use]
    pub fn transform(self, transform: Transform) -> Self {
        self.watching(|watched| watched.transform(transform))
    }

    /// Counts every owner, not only the one that manages the child.
    #[must_use]
    pub fn any_owner(mut self) -> Self {
        self.controller_only = false;
        self
    }

    /// Gives its keys another priority than changes have by default.
    #[must_use]
    pub fn priority(mut self, priority: Priority) -> Self {
        self.priority = priority;
        self
    }

    /// How its objects relate to the controller's own.
    pub fn relation(&self) -> Relation {
        self.relation
    }

    /// What it watches; `None` for the world outside.
    pub fn watches(&self) -> Option<&Watched> {
        match &self.origin {
            Origin::Informer(feed) => Some(&feed.watched),
            Origin::External(_) => None,
        }
    }

    #[must_use]
    pub(crate) fn watching(mut self, change: impl FnOnce(Watched) -> Watched) -> Self {
        if let Origin::Informer(feed) = &mut self.origin {
            feed.watched = change(feed.watched.clone());
        }
        self
    }

    /// Tells it whose controller it wakes.
    pub(crate) fn attach(&mut self, owner: &ApiResource, owner_namespaced: bool) {
        if let (Relation::Owned, Origin::Informer(feed)) = (self.relation, &mut self.origin) {
            feed.owners = Some(Owners {
                owner: owner.clone(),
                owner_namespaced,
                controller_only: self.controller_only,
            });
        }
    }

    pub(crate) fn into_parts(self) -> (Relation, Priority, Origin) {
        (self.relation, self.priority, self.origin)
    }
}

impl Feed {
    pub(crate) fn set_default_predicate(&mut self, predicate: impl Predicate) {
        self.predicate.get_or_insert_with(|| Arc::new(predicate));
    }

    pub(crate) fn admit_always(&mut self, predicate: impl Predicate) {
        self.always = Some(Arc::new(predicate));
    }

    pub(crate) fn admits(&self, change: &Change) -> bool {
        let always = self.always.as_ref();
        always.is_some_and(|predicate| predicate.admits(change))
            || self
                .predicate
                .as_ref()
                .is_none_or(|predicate| predicate.admits(change))
    }

    /// The keys that a change concerns.
    pub(crate) fn keys(&self, change: &Change, stores: &Stores) -> Vec<ObjectKey> {
        match (&self.mapper, &self.owners) {
            (Some(mapper), _) => mapper(change, stores),
            (None, Some(owners)) => owners.of(change),
            (None, None) => vec![change.key().clone()],
        }
    }
}

impl Relation {
    /// Why a change of such an object wakes the controller.
    pub(crate) fn reason(self, change: &Change) -> Reason {
        match self {
            Self::Main if change.new.as_ref().is_none_or(|object| object.is_deleting()) => Reason::Deleted,
            Self::Main if change.initial => Reason::Initial,
            Self::Main => Reason::Changed,
            Self::Owned => Reason::Owned,
            Self::Watched => Reason::Mapped,
            Self::External => Reason::External,
        }
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source")
            .field("relation", &self.relation)
            .field("watches", &self.watches())
            .finish_non_exhaustive()
    }
}
