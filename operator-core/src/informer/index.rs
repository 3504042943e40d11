use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::CachedObject;
use crate::meta::ObjectKey;

/// Tells under which values an object is found.
pub type IndexFn = Arc<dyn Fn(&CachedObject) -> Vec<String> + Send + Sync>;

/// As [`IndexFn`]; `None` where it panicked.
pub(super) type Values = Arc<dyn Fn(&CachedObject) -> Option<Vec<String>> + Send + Sync>;

/// Finds objects by a value; kept in step with every write of its store.
pub(super) struct Index {
    values: Values,
    keys: BTreeMap<Box<str>, BTreeSet<ObjectKey>>,
}

impl Index {
    pub(super) fn new(values: Values) -> Self {
        Self {
            values,
            keys: BTreeMap::new(),
        }
    }

    /// Finds objects by the uid of each of their owners.
    pub(super) fn by_owner() -> Self {
        Self::new(Arc::new(|object| {
            if !object.has_owners() {
                return Some(Vec::new());
            }
            let owners = object.owner_references().into_iter();
            Some(owners.map(|owner| owner.uid).collect())
        }))
    }

    /// Takes one state of an object out and puts another in. An object whose values are not known is not found.
    pub(super) fn replace(&mut self, old: Option<&CachedObject>, new: Option<&CachedObject>) {
        if let Some(old) = old {
            match (self.values)(old) {
                Some(values) => self.remove(old.key(), values),
                // It may have been known when the object came in.
                None => self.remove_everywhere(old.key()),
            }
        }
        if let Some(new) = new {
            for value in (self.values)(new).unwrap_or_default() {
                self.keys
                    .entry(value.into())
                    .or_default()
                    .insert(new.key().clone());
            }
        }
    }

    fn remove(&mut self, key: &ObjectKey, values: Vec<String>) {
        for value in values {
            if let Some(keys) = self.keys.get_mut(value.as_str()) {
                keys.remove(key);
                if keys.is_empty() {
                    self.keys.remove(value.as_str());
                }
            }
        }
    }

    fn remove_everywhere(&mut self, key: &ObjectKey) {
        self.keys.retain(|_, keys| {
            keys.remove(key);
            !keys.is_empty()
        });
    }

    pub(super) fn find(&self, value: &str) -> impl Iterator<Item = &ObjectKey> {
        self.keys.get(value).into_iter().flatten()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    #[test]
    fn what_cannot_be_told_any_more_is_not_found_any_more() {
        let known = Arc::new(AtomicBool::new(true));
        let asked = Arc::clone(&known);
        let values = move |object: &CachedObject| {
            let name = object.key().name().to_owned();
            asked.load(Ordering::SeqCst).then(|| vec![name])
        };
        let mut index = Index::new(Arc::new(values));
        let object = CachedObject::parse(r#"{"metadata":{"name":"a"}}"#).unwrap();
        index.replace(None, Some(&object));
        assert_eq!(index.find("a").count(), 1);
        known.store(false, Ordering::SeqCst);
        index.replace(Some(&object), Some(&object));
        assert!(index.keys.is_empty());
    }
}
