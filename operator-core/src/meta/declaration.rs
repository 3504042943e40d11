//! What a controller touches in the cluster, as data: rights and manifests are derived from it.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::core::{ApiResource, CustomResourceExt};

use super::{Dynamic, Object, Rule, Subject};

/// The kinds one controller reads and writes.
#[derive(Clone, Debug, PartialEq)]
pub struct Declaration {
    /// The name of the controller.
    pub controller: String,
    /// The kind it reconciles.
    pub main: ApiResource,
    /// Whether it holds a finalizer on the main kind.
    pub finalizer: bool,
    /// The kinds it applies and owns.
    pub owns: Vec<ApiResource>,
    /// The kinds it only watches.
    pub watches: Vec<ApiResource>,
    /// What it may do besides, as its reconciler says.
    pub rights: Vec<Rule>,
}

impl Declaration {
    /// A controller of `K` that touches nothing else.
    pub fn of<K: Object>(controller: impl Into<String>) -> Self {
        Self::of_kind(controller, ApiResource::erase::<K>(&()))
    }

    /// A controller of a kind that is only known at run time, and that touches nothing else.
    pub fn of_kind(controller: impl Into<String>, main: ApiResource) -> Self {
        Self {
            controller: controller.into(),
            main,
            finalizer: false,
            owns: Vec::new(),
            watches: Vec::new(),
            rights: Vec::new(),
        }
    }

    /// Adds a kind it applies and owns.
    pub fn own<K: Object>(&mut self) {
        self.owns.push(ApiResource::erase::<K>(&()));
    }

    /// Adds a kind it only watches.
    pub fn watch<K: Object>(&mut self) {
        self.watches.push(ApiResource::erase::<K>(&()));
    }
}

/// A kind that knows whether it comes with a definition.
///
/// Every kind is one: those of `k8s-openapi` are part of Kubernetes and have none, those that derive `CustomResource`
/// bring their own, and for one that is only known at run time somebody else cares. `Origin` only keeps them apart and is
/// always inferred.
pub trait Described<Origin>: Subject {
    /// The definition that makes the API server serve the kind.
    fn definition() -> Option<CustomResourceDefinition>;
}

/// The origin of kinds that every API server serves.
#[derive(Debug)]
pub struct BuiltIn;

/// The origin of kinds that are served once their definition is installed.
#[derive(Debug)]
pub struct Custom;

/// The origin of kinds that are only known at run time.
#[derive(Debug)]
pub struct AtRunTime;

impl Described<AtRunTime> for Dynamic {
    fn definition() -> Option<CustomResourceDefinition> {
        None
    }
}

impl<K: Object + k8s_openapi::Resource> Described<BuiltIn> for K {
    fn definition() -> Option<CustomResourceDefinition> {
        None
    }
}

impl<K: Object + CustomResourceExt> Described<Custom> for K {
    fn definition() -> Option<CustomResourceDefinition> {
        Some(K::crd())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use k8s_openapi::api::core::v1::{ConfigMap, Secret};

    fn definition_of<K: Described<Origin>, Origin>() -> Option<CustomResourceDefinition> {
        K::definition()
    }

    #[test]
    fn a_built_in_kind_has_no_definition_and_its_origin_is_inferred() {
        assert_eq!(definition_of::<ConfigMap, _>(), None);
    }

    #[test]
    fn a_declaration_collects_kinds() {
        let mut declaration = Declaration::of::<ConfigMap>("maps");
        declaration.own::<Secret>();
        assert_eq!(
            (
                declaration.main.plural.as_str(),
                declaration.owns[0].kind.as_str()
            ),
            ("configmaps", "Secret")
        );
    }
}
