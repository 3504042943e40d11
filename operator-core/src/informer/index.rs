use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::CachedObject;
use crate::meta::ObjectKey;

/// Tells under which values an object is found.
pub type IndexFn = Arc<dyn Fn(&CachedObject) -> Vec<String> + Send + Sync>;

/// Finds objects by a value; kept in step with every write of its store.
pub(super) struct Index {
    values: IndexFn,
    keys: BTreeMap<Box<str>, BTreeSet<ObjectKey>>,
}

impl Index {
    pub(super) fn new(values: IndexFn) -> Self {
        Self {
            values,
            keys: BTreeMap::new(),
        }
    }

    /// Finds objects by the uid of each of their owners.
    pub(super) fn by_owner() -> Self {
        Self::new(Arc::new(|object| {
            if !object.has_owners() {
                return Vec::new();
            }
            object
                .owner_references()
                .into_iter()
                .map(|owner| owner.uid)
                .collect()
        }))
    }

    pub(super) fn replace(&mut self, old: Option<&CachedObject>, new: Option<&CachedObject>) {
        if let Some(old) = old {
            for value in (self.values)(old) {
                if let Some(keys) = self.keys.get_mut(value.as_str()) {
                    keys.remove(old.key());
                    if keys.is_empty() {
                        self.keys.remove(value.as_str());
                    }
                }
            }
        }
        if let Some(new) = new {
            for value in (self.values)(new) {
                self.keys
                    .entry(value.into())
                    .or_default()
                    .insert(new.key().clone());
            }
        }
    }

    pub(super) fn find(&self, value: &str) -> impl Iterator<Item = &ObjectKey> {
        self.keys.get(value).into_iter().flatten()
    }
}
