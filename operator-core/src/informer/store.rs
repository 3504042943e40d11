use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use super::CachedObject;
use super::state::Informer;
use crate::meta::{ObjectKey, Subject};

/// The objects of one kind in a cache, for reading.
///
/// What is read may be a little older than what the server has; it is never older than what was read before. An object
/// that does not fit the type is reported when it is read, and left out.
pub struct Store<K> {
    informer: Arc<Informer>,
    kind: PhantomData<fn() -> K>,
}

impl<K: Subject> Store<K> {
    pub(crate) fn new(informer: Arc<Informer>) -> Self {
        Self {
            informer,
            kind: PhantomData,
        }
    }

    /// The object with this key.
    pub fn get(&self, key: &ObjectKey) -> Option<Arc<K>> {
        let cached = self.informer.objects().get(key)?;
        self.informer.decode(&cached).ok().map(Arc::new)
    }

    /// The object of this namespace and name.
    pub fn named(&self, namespace: &str, name: &str) -> Option<Arc<K>> {
        self.get(&ObjectKey::namespaced(namespace, name))
    }

    /// All objects, in the order of their keys.
    pub fn list(&self) -> Vec<Arc<K>> {
        self.decode_all(self.informer.objects().list(None))
    }

    /// The objects of a namespace, in the order of their keys.
    pub fn list_in(&self, namespace: &str) -> Vec<Arc<K>> {
        self.decode_all(self.informer.objects().list(Some(namespace)))
    }

    /// The objects that have an owner with this uid, in the order of their keys.
    pub fn owned_by(&self, uid: &str) -> Vec<Arc<K>> {
        self.decode_all(self.informer.objects().owned_by(uid))
    }

    /// The objects that the index `name` finds under `value`; `None` when there is no such index.
    pub fn find(&self, name: &str, value: &str) -> Option<Vec<Arc<K>>> {
        let found = self.informer.objects().find(name, value)?;
        Some(self.decode_all(found))
    }

    /// Keeps an index under `name`: objects are found under the values that `values` gives for them.
    ///
    /// The index is kept in step with every change from now on. Naming it again replaces it.
    pub fn index(&self, name: &str, values: impl Fn(&K) -> Vec<String> + Send + Sync + 'static) {
        let kind = self.informer.watched().resource().clone();
        let values = move |object: &CachedObject| {
            K::decode(object.json(), &kind)
                .map(|object| values(&object))
                .unwrap_or_default()
        };
        self.informer.add_index(name, Arc::new(values));
    }

    /// All keys, in order.
    pub fn keys(&self) -> Vec<ObjectKey> {
        self.informer.objects().keys(None)
    }

    /// Number of objects.
    pub fn len(&self) -> usize {
        self.informer.objects().len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the first list is complete.
    pub fn is_ready(&self) -> bool {
        self.informer.is_ready()
    }

    /// Waits until the first list is complete.
    ///
    /// # Cancel safety
    /// Nothing is lost when it is dropped.
    pub async fn ready(&self) {
        self.informer.ready().await;
    }

    /// The informer behind it.
    pub fn informer(&self) -> &Arc<Informer> {
        &self.informer
    }

    fn decode_all(&self, cached: Vec<Arc<CachedObject>>) -> Vec<Arc<K>> {
        let decoded = cached
            .into_iter()
            .filter_map(|object| self.informer.decode(&object).ok());
        decoded.map(Arc::new).collect()
    }
}

impl<K> Clone for Store<K> {
    fn clone(&self) -> Self {
        Self {
            informer: Arc::clone(&self.informer),
            kind: PhantomData,
        }
    }
}

impl<K> fmt::Debug for Store<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("informer", &self.informer).finish()
    }
}
