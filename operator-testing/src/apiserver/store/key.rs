//! How objects are addressed.

use std::{fmt, ops::Bound, sync::Arc};

/// A group and a plural: what the store keeps apart. All versions of a resource share one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ResourceKey {
    /// The API group; empty for the core group.
    pub group: Arc<str>,
    /// The plural name.
    pub plural: Arc<str>,
}

impl ResourceKey {
    /// A key from its two parts.
    pub fn new(group: impl Into<Arc<str>>, plural: impl Into<Arc<str>>) -> Self {
        Self {
            group: group.into(),
            plural: plural.into(),
        }
    }
}

impl fmt::Display for ResourceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.group.is_empty() {
            f.write_str(&self.plural)
        } else {
            write!(f, "{}.{}", self.plural, self.group)
        }
    }
}

/// `namespace/name`, or the name alone for an object of the cluster.
///
/// Ordered by bytes: `a-b/x` comes before `a/x`, as it does in a real server's lists.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectKey(Arc<str>);

impl ObjectKey {
    /// The key of an object; an empty namespace stands for the cluster.
    pub fn new(namespace: &str, name: &str) -> Self {
        if namespace.is_empty() {
            return Self(name.into());
        }
        let mut key = String::with_capacity(namespace.len() + 1 + name.len());
        key.push_str(namespace);
        key.push('/');
        key.push_str(name);
        Self(key.into())
    }

    /// The namespace; empty for an object of the cluster.
    pub fn namespace(&self) -> &str {
        self.0.split_once('/').map_or("", |(namespace, _)| namespace)
    }

    /// The name.
    pub fn name(&self) -> &str {
        self.0.split_once('/').map_or(&self.0, |(_, name)| name)
    }

    /// Both, as in `namespace/name`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::borrow::Borrow<str> for ObjectKey {
    fn borrow(&self) -> &str {
        &self.0
    }
}

/// A range of keys.
pub(super) type KeyRange = (Bound<Arc<str>>, Bound<Arc<str>>);

/// The keys of one namespace, or all keys, beginning at `from`.
pub(super) fn range(namespace: Option<&str>, from: Option<&str>) -> KeyRange {
    let (low, high) = match namespace {
        // '0' is the character after '/'
        Some(namespace) => (
            format!("{namespace}/"),
            Bound::Excluded(format!("{namespace}0").into()),
        ),
        None => (String::new(), Bound::Unbounded),
    };
    let low = match from {
        Some(from) if from > low.as_str() => from.to_owned(),
        _ => low,
    };
    if let Bound::Excluded(high) = &high {
        let high: &Arc<str> = high;
        if low.as_str() > &**high {
            return (
                Bound::Included(Arc::clone(high)),
                Bound::Excluded(Arc::clone(high)),
            );
        }
    }
    (Bound::Included(low.into()), high)
}
