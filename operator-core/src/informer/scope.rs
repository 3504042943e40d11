use std::collections::BTreeSet;

use kube::core::ApiResource;
use kube::runtime::watcher;

use crate::meta::Object;

/// Which namespaces an informer looks at.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Namespaces {
    /// All of them; the only choice for cluster-scoped kinds.
    #[default]
    All,
    /// These, each with a watch of its own.
    Only(BTreeSet<String>),
}

impl Namespaces {
    /// One namespace.
    pub fn one(namespace: impl Into<String>) -> Self {
        Self::Only(BTreeSet::from([namespace.into()]))
    }

    /// Each namespace that needs a watch; `None` stands for all at once.
    pub(super) fn each(&self) -> Vec<Option<String>> {
        match self {
            Self::All => vec![None],
            Self::Only(namespaces) => namespaces.iter().cloned().map(Some).collect(),
        }
    }
}

impl<S: Into<String>> FromIterator<S> for Namespaces {
    fn from_iter<I: IntoIterator<Item = S>>(namespaces: I) -> Self {
        Self::Only(namespaces.into_iter().map(Into::into).collect())
    }
}

/// What an informer looks at; two who ask for the same share one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watched {
    pub(super) kind: ApiResource,
    pub(super) namespaces: Namespaces,
    pub(super) labels: Option<String>,
    pub(super) fields: Option<String>,
    pub(super) metadata_only: bool,
    pub(super) streaming: bool,
    pub(super) page_size: u32,
}

impl Watched {
    /// All objects of the kind `K`.
    pub fn all<K: Object>() -> Self {
        Self::kind(ApiResource::erase::<K>(&()))
    }

    /// All objects of a kind that is only known at run time.
    pub fn kind(kind: ApiResource) -> Self {
        Self {
            kind,
            namespaces: Namespaces::All,
            labels: None,
            fields: None,
            metadata_only: false,
            streaming: false,
            page_size: 500,
        }
    }

    /// Looks at these namespaces only.
    #[must_use]
    pub fn in_namespaces(mut self, namespaces: Namespaces) -> Self {
        self.namespaces = namespaces;
        self
    }

    /// Looks at objects with matching labels only.
    #[must_use]
    pub fn labels(mut self, selector: impl Into<String>) -> Self {
        self.labels = Some(selector.into());
        self
    }

    /// Looks at objects with matching fields only.
    #[must_use]
    pub fn fields(mut self, selector: impl Into<String>) -> Self {
        self.fields = Some(selector.into());
        self
    }

    /// Asks the server for the metadata of the objects only.
    #[must_use]
    pub fn metadata_only(mut self) -> Self {
        self.metadata_only = true;
        self
    }

    /// Gets the first list as a stream (Kubernetes 1.32 and later) instead of in pages.
    #[must_use]
    pub fn streaming(mut self) -> Self {
        self.streaming = true;
        self
    }

    /// Gets the first list in pages of this many objects; 500 by default.
    #[must_use]
    pub fn page_size(mut self, objects: u32) -> Self {
        self.page_size = objects;
        self
    }

    /// The namespaces it looks at.
    pub fn namespaces(&self) -> &Namespaces {
        &self.namespaces
    }

    /// The kind.
    pub fn resource(&self) -> &ApiResource {
        &self.kind
    }

    pub(super) fn config(&self) -> watcher::Config {
        let mut config = watcher::Config::default().page_size(self.page_size);
        config.label_selector.clone_from(&self.labels);
        config.field_selector.clone_from(&self.fields);
        if self.streaming {
            config.streaming_lists()
        } else {
            config
        }
    }

    /// Whether every object of the kind is seen.
    pub(super) fn is_everything(&self) -> bool {
        self.namespaces == Namespaces::All && self.labels.is_none() && self.fields.is_none()
    }

    /// What it is called in logs and metrics: `statefulsets.apps`, with what narrows it.
    pub(super) fn name(&self) -> String {
        let mut name = self.kind.plural.clone();
        if !self.kind.group.is_empty() {
            name = format!("{name}.{}", self.kind.group);
        }
        for (what, selector) in [("labels", &self.labels), ("fields", &self.fields)] {
            if let Some(selector) = selector {
                name = format!("{name}[{what}:{selector}]");
            }
        }
        name
    }
}
