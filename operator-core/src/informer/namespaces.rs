use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::sync::watch;

/// Which namespaces an informer looks at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Namespaces {
    /// All of them; the only choice for cluster-scoped kinds.
    #[default]
    All,
    /// These, each with a watch of its own.
    Only(BTreeSet<String>),
    /// Those that are in the set at the moment, each with a watch of its own; the set may change at any time.
    Chosen(NamespaceSet),
}

impl Namespaces {
    /// One namespace.
    pub fn one(namespace: impl Into<String>) -> Self {
        Self::Only(BTreeSet::from([namespace.into()]))
    }

    /// Each namespace that needs a watch now; `None` stands for all at once.
    pub(super) fn each(&self) -> Vec<Option<String>> {
        match self {
            Self::All => vec![None],
            Self::Only(namespaces) => namespaces.iter().cloned().map(Some).collect(),
            Self::Chosen(set) => set.get().into_iter().map(Some).collect(),
        }
    }

    /// Whether objects in `namespace` are looked at now.
    pub(crate) fn contain(&self, namespace: Option<&str>) -> bool {
        match (self, namespace) {
            (Self::All, _) => true,
            (Self::Only(namespaces), Some(namespace)) => namespaces.contains(namespace),
            (Self::Chosen(set), Some(namespace)) => set.contains(namespace),
            (Self::Only(_) | Self::Chosen(_), None) => false,
        }
    }
}

impl<S: Into<String>> FromIterator<S> for Namespaces {
    fn from_iter<I: IntoIterator<Item = S>>(namespaces: I) -> Self {
        Self::Only(namespaces.into_iter().map(Into::into).collect())
    }
}

impl From<&NamespaceSet> for Namespaces {
    fn from(set: &NamespaceSet) -> Self {
        Self::Chosen(set.clone())
    }
}

/// A list of namespaces that can change while everything runs. Clones are the same list.
///
/// A namespace that is added gets its watches, and what it holds comes in as objects that were there at the start. One
/// that is taken out loses its watches, and its objects leave the caches.
///
/// # Example
/// ```
/// use operator_core::informer::{NamespaceSet, Namespaces};
///
/// let tenants = NamespaceSet::new(["team-a"]);
/// let watched = Namespaces::from(&tenants); // for `Controller::confined_to`, `Operator::namespaces`, a source
/// tenants.insert("team-b");
/// assert!(tenants.contains("team-b"));
/// # let _ = watched;
/// ```
#[derive(Clone, Debug)]
pub struct NamespaceSet {
    names: Arc<watch::Sender<BTreeSet<String>>>,
}

impl NamespaceSet {
    /// A list of these.
    pub fn new<S: Into<String>>(namespaces: impl IntoIterator<Item = S>) -> Self {
        let names = namespaces.into_iter().map(Into::into).collect();
        Self {
            names: Arc::new(watch::Sender::new(names)),
        }
    }

    /// Adds a namespace; false if it was there.
    pub fn insert(&self, namespace: impl Into<String>) -> bool {
        let namespace = namespace.into();
        self.names.send_if_modified(|names| names.insert(namespace))
    }

    /// Takes a namespace out; false if it was not there.
    pub fn remove(&self, namespace: &str) -> bool {
        self.names.send_if_modified(|names| names.remove(namespace))
    }

    /// Makes it a list of exactly these.
    pub fn set<S: Into<String>>(&self, namespaces: impl IntoIterator<Item = S>) {
        let wanted: BTreeSet<String> = namespaces.into_iter().map(Into::into).collect();
        self.names.send_if_modified(|names| {
            let differs = *names != wanted;
            *names = wanted;
            differs
        });
    }

    /// The list as it is now.
    pub fn get(&self) -> BTreeSet<String> {
        self.names.borrow().clone()
    }

    /// Whether a namespace is in the list now.
    pub fn contains(&self, namespace: &str) -> bool {
        self.names.borrow().contains(namespace)
    }

    pub(super) fn subscribe(&self) -> watch::Receiver<BTreeSet<String>> {
        self.names.subscribe()
    }
}

impl PartialEq for NamespaceSet {
    /// Whether both are the same list, not whether they hold the same names at the moment.
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.names, &other.names)
    }
}

impl Eq for NamespaceSet {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_real_changes_are_told() {
        let set = NamespaceSet::new(["a"]);
        let mut told = set.subscribe();
        assert!(!set.insert("a") && !set.remove("b"));
        set.set(["a"]);
        assert!(!told.has_changed().unwrap());
        assert!(set.insert("b") && told.has_changed().unwrap());
        assert_eq!(told.borrow_and_update().iter().collect::<Vec<_>>(), ["a", "b"]);
    }

    #[test]
    fn a_list_is_itself_and_no_other_of_the_same_names() {
        let set = NamespaceSet::new(["a"]);
        assert_eq!(Namespaces::from(&set), Namespaces::Chosen(set.clone()));
        assert_ne!(
            Namespaces::from(&set),
            Namespaces::Chosen(NamespaceSet::new(["a"]))
        );
        assert!(Namespaces::from(&set).contain(Some("a")) && !Namespaces::from(&set).contain(None));
    }
}
