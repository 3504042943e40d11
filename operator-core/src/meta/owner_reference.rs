//! Owner references: who may own whom, and the reference that says so.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};
use kube::Resource;

use super::Subject;

/// Why an object cannot own another.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OwnerReferenceError {
    /// The owner was never stored, so nothing can refer to it.
    #[error("{kind} has no {field}: only an object read from the API server can own others")]
    NotStored {
        /// The owner's kind.
        kind: String,
        /// What is missing, `name` or `uid`.
        field: &'static str,
    },
    /// Owner and child are in different namespaces.
    #[error(
        "{kind} {name} in namespace {namespace} cannot own {child}: an owner and what it owns must be in the same \
         namespace, or the garbage collector deletes the child"
    )]
    CrossNamespace {
        /// The owner's kind.
        kind: String,
        /// The owner's name.
        name: String,
        /// The owner's namespace.
        namespace: String,
        /// The child, with where it is.
        child: String,
    },
}

/// The reference by which `owner` controls another object: `controller` and `blockOwnerDeletion` are both set.
///
/// # Errors
/// [`OwnerReferenceError::NotStored`] if the owner has no name or no uid.
pub fn controller_reference<O: Resource>(
    owner: &O,
    dt: &O::DynamicType,
) -> Result<OwnerReference, OwnerReferenceError> {
    reference(&O::api_version(dt), &O::kind(dt), owner.meta())
}

/// As [`controller_reference`], for an object that knows its kind.
///
/// # Errors
/// [`OwnerReferenceError::NotStored`] if the owner has no name or no uid.
pub(crate) fn reference_of<O: Subject>(owner: &O) -> Result<OwnerReference, OwnerReferenceError> {
    let kind = owner.resource();
    reference(&kind.api_version, &kind.kind, owner.metadata())
}

fn reference(
    api_version: &str,
    kind: &str,
    meta: &ObjectMeta,
) -> Result<OwnerReference, OwnerReferenceError> {
    let missing = |field| OwnerReferenceError::NotStored {
        kind: kind.to_owned(),
        field,
    };
    Ok(OwnerReference {
        api_version: api_version.to_owned(),
        kind: kind.to_owned(),
        name: meta.name.clone().ok_or_else(|| missing("name"))?,
        uid: meta.uid.clone().ok_or_else(|| missing("uid"))?,
        controller: Some(true),
        block_owner_deletion: Some(true),
    })
}

/// Checks that an owner with this namespace may own a child in that one.
///
/// A cluster-scoped owner may own anything; a namespaced owner only what is in its own namespace.
///
/// # Errors
/// [`OwnerReferenceError::CrossNamespace`], naming both.
pub fn check_namespaces(
    reference: &OwnerReference,
    owner_namespace: Option<&str>,
    child: &str,
    child_namespace: Option<&str>,
) -> Result<(), OwnerReferenceError> {
    let Some(namespace) = owner_namespace.filter(|namespace| Some(*namespace) != child_namespace) else {
        return Ok(());
    };
    Err(OwnerReferenceError::CrossNamespace {
        kind: reference.kind.clone(),
        name: reference.name.clone(),
        namespace: namespace.to_owned(),
        child: match child_namespace {
            Some(other) => format!("{child} in namespace {other}"),
            None => format!("{child}, which is cluster-scoped"),
        },
    })
}

/// The reference of the object's controller, if it has one.
pub fn controller_of(meta: &ObjectMeta) -> Option<&OwnerReference> {
    meta.owner_references
        .iter()
        .flatten()
        .find(|reference| reference.controller == Some(true))
}

/// Whether the object is controlled by the one with this uid.
pub fn is_controlled_by(meta: &ObjectMeta, uid: &str) -> bool {
    controller_of(meta).is_some_and(|reference| reference.uid == uid)
}

#[cfg(test)]
mod tests {
    use super::*;
    use k8s_openapi::api::core::v1::ConfigMap;

    fn owner(uid: Option<&str>) -> ConfigMap {
        ConfigMap {
            metadata: ObjectMeta {
                name: Some("settings".into()),
                namespace: Some("prod".into()),
                uid: uid.map(str::to_owned),
                ..ObjectMeta::default()
            },
            ..ConfigMap::default()
        }
    }

    #[test]
    fn a_reference_controls_and_blocks() {
        let reference = controller_reference(&owner(Some("u-1")), &()).unwrap();
        assert_eq!(reference.api_version, "v1");
        assert_eq!(reference.kind, "ConfigMap");
        assert_eq!(
            (reference.controller, reference.block_owner_deletion),
            (Some(true), Some(true))
        );
        let meta = ObjectMeta {
            owner_references: Some(vec![reference]),
            ..ObjectMeta::default()
        };
        assert!(is_controlled_by(&meta, "u-1"));
        assert!(!is_controlled_by(&meta, "u-2"));
    }

    #[test]
    fn an_owner_without_uid_is_refused() {
        let error = controller_reference(&owner(None), &()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "ConfigMap has no uid: only an object read from the API server can own others"
        );
    }

    #[test]
    fn namespaces_must_agree_unless_the_owner_has_none() {
        let reference = controller_reference(&owner(Some("u-1")), &()).unwrap();
        assert!(check_namespaces(&reference, Some("prod"), "Service web", Some("prod")).is_ok());
        assert!(check_namespaces(&reference, None, "Service web", Some("prod")).is_ok());
        assert!(check_namespaces(&reference, None, "ClusterRole web", None).is_ok());
        let error = check_namespaces(&reference, Some("prod"), "Service web", Some("test")).unwrap_err();
        assert!(
            error.to_string().starts_with(
                "ConfigMap settings in namespace prod cannot own Service web in namespace test: "
            )
        );
        let error = check_namespaces(&reference, Some("prod"), "ClusterRole web", None).unwrap_err();
        assert!(
            error
                .to_string()
                .contains("cannot own ClusterRole web, which is cluster-scoped")
        );
    }
}
