use kube::core::ApiResource;
use kube::runtime::watcher;

use super::{Namespaces, Transform};
use crate::meta::Object;

/// What an informer looks at; two who ask for the same share one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watched {
    pub(super) kind: ApiResource,
    pub(super) namespaces: Namespaces,
    pub(super) labels: Option<String>,
    pub(super) fields: Option<String>,
    pub(super) metadata_only: bool,
    pub(super) managed_fields: bool,
    pub(super) transform: Option<Transform>,
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
            managed_fields: false,
            transform: None,
            streaming: true,
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

    /// Keeps `managedFields`, which are dropped by default: they are often half of an object, and few read them.
    #[must_use]
    pub fn keep_managed_fields(mut self) -> Self {
        self.managed_fields = true;
        self
    }

    /// Changes each object before it is stored.
    #[must_use]
    pub fn transform(mut self, transform: Transform) -> Self {
        self.transform = Some(transform);
        self
    }

    /// Gets the first list as a stream where the server knows how (Kubernetes 1.32 and later), and in pages where it
    /// does not. This is the default.
    #[must_use]
    pub fn streaming(mut self) -> Self {
        self.streaming = true;
        self
    }

    /// Gets the first list in pages of this many objects, even where the server could stream it.
    ///
    /// Where the first list is not streamed for another reason, a page has 500 objects.
    #[must_use]
    pub fn page_size(mut self, objects: u32) -> Self {
        self.page_size = objects;
        self.streaming = false;
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

    /// How `kube`'s watcher is to list and watch it.
    pub(super) fn config(&self, streaming: bool) -> watcher::Config {
        let mut config = watcher::Config::default().page_size(self.page_size);
        config.label_selector.clone_from(&self.labels);
        config.field_selector.clone_from(&self.fields);
        if streaming {
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
