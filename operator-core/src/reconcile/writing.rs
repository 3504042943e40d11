//! The writes of a reconcile, in the words of its context.

use std::sync::Arc;

use serde::Serialize;

use super::Context;
use crate::meta::{ObjectKey, Scoped, Subject};
use crate::toolkit::{Change, ChildSet, Note, WriteError};

impl<K: Subject> Context<K> {
    /// Applies `child` as something that `owner` controls, and answers with the child as it is on the server.
    ///
    /// Where the controller owns or watches the kind, no request is made while nothing changes. See
    /// [`Toolkit::apply`](crate::toolkit::Toolkit::apply).
    ///
    /// # Errors
    /// [`WriteError`], when the owner cannot own the child or the server refuses it.
    pub async fn apply<C: Scoped>(&self, owner: &K, child: C) -> Result<Arc<C>, WriteError> {
        let meta = child.metadata();
        let namespace = meta.namespace.as_deref().or_else(|| self.namespace());
        let key = ObjectKey::new(namespace, meta.name.as_deref().unwrap_or_default());
        let store = self.stores().of_kind::<C>(&child.resource());
        let cached = store.and_then(|store| store.get(&key));
        Ok(self.toolkit().apply(owner, &child, cached).await?.object)
    }

    /// An empty set of children of `owner`: what is added to it is applied, what is superfluous can be pruned.
    pub fn children<'a>(&'a self, owner: &'a K) -> ChildSet<'a, K> {
        self.toolkit().children(owner).reading(self.stores())
    }

    /// Makes `status` the status of `object`, if it is not so already.
    ///
    /// See [`Toolkit::update_status`](crate::toolkit::Toolkit::update_status).
    ///
    /// # Errors
    /// [`WriteError`], when the server refuses it.
    pub async fn update_status<S: Serialize + Sync>(
        &self,
        object: &K,
        status: &S,
    ) -> Result<Change, WriteError> {
        self.toolkit().update_status(object, status).await
    }

    /// Tells an event about `object`; what goes wrong with it is logged.
    pub async fn event(&self, object: &K, note: Note) {
        self.toolkit().recorder().tell(object, note).await;
    }
}
