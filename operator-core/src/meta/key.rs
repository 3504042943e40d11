use std::fmt;
use std::sync::Arc;

use kube::Resource;

use super::Subject;

/// The namespace and name of an object; the unit of work of a controller.
///
/// One shared string, so that clones are cheap and a cache of many objects stays small. Keys order by namespace, then
/// by name.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectKey(Arc<str>);

impl ObjectKey {
    /// The key of a namespaced object.
    pub fn namespaced(namespace: &str, name: &str) -> Self {
        if namespace.is_empty() {
            return Self::cluster(name);
        }
        let mut key = String::with_capacity(namespace.len() + name.len() + 1);
        key.push_str(namespace);
        key.push('/');
        key.push_str(name);
        Self(key.into())
    }

    /// The key of a cluster-scoped object.
    pub fn cluster(name: &str) -> Self {
        Self(name.into())
    }

    /// The key of `name` in `namespace`, or of a cluster-scoped object where there is no namespace.
    pub fn new(namespace: Option<&str>, name: &str) -> Self {
        Self::namespaced(namespace.unwrap_or_default(), name)
    }

    /// The key of `object`; its name is empty when the object has none yet.
    pub fn of<K: Resource>(object: &K) -> Self {
        let meta = object.meta();
        Self::new(
            meta.namespace.as_deref(),
            meta.name.as_deref().unwrap_or_default(),
        )
    }

    /// The key of `object`, whatever its kind; its name is empty when the object has none yet.
    pub fn of_subject<K: Subject>(object: &K) -> Self {
        let meta = object.metadata();
        Self::new(
            meta.namespace.as_deref(),
            meta.name.as_deref().unwrap_or_default(),
        )
    }

    /// The namespace; `None` for a cluster-scoped object.
    pub fn namespace(&self) -> Option<&str> {
        self.0.split_once('/').map(|(namespace, _)| namespace)
    }

    /// The name.
    pub fn name(&self) -> &str {
        self.0.split_once('/').map_or(&*self.0, |(_, name)| name)
    }

    /// `namespace/name`, or only the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key of the object called `name` beside this one.
    #[must_use]
    pub fn sibling(&self, name: &str) -> Self {
        Self::new(self.namespace(), name)
    }

    /// The first key that the range of `namespace` can hold, and the first beyond it.
    pub(crate) fn range_of(namespace: &str) -> (Self, Self) {
        // '0' is the character after '/'.
        (
            Self(format!("{namespace}/").into()),
            Self(format!("{namespace}0").into()),
        )
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_come_back() {
        let key = ObjectKey::namespaced("default", "web");
        assert_eq!(
            (key.namespace(), key.name(), key.as_str()),
            (Some("default"), "web", "default/web")
        );
        let key = ObjectKey::cluster("node-1");
        assert_eq!(
            (key.namespace(), key.name(), key.as_str()),
            (None, "node-1", "node-1")
        );
        assert_eq!(
            ObjectKey::new(Some("a"), "b").sibling("c"),
            ObjectKey::namespaced("a", "c")
        );
    }

    #[test]
    fn a_range_holds_its_namespace_only() {
        let (from, to) = ObjectKey::range_of("team-a");
        let inside =
            |namespace| (from.clone()..to.clone()).contains(&ObjectKey::namespaced(namespace, "zzz"));
        assert!(inside("team-a"));
        assert!(!inside("team-a-b") && !inside("team-a0") && !inside("team"));
    }
}
