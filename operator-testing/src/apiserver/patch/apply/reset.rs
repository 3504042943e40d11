//! Fields that a write through a certain door never changes, and so never owns.
//!
//! Source: the `GetResetFields` of the strategies in `k8s.io/kubernetes/pkg/registry` and `k8s.io/apiextensions-apiserver`.

use super::set::FieldSet;
use crate::apiserver::types::ResourceType;

/// The fields that a write through `subresource` (empty for the object itself) does not change.
pub fn fields(resource: &ResourceType, subresource: &str) -> FieldSet {
    let paths: &[&[&str]] = match (&*resource.group, &*resource.plural, subresource) {
        ("certificates.k8s.io", "certificatesigningrequests", "") => &[&["spec"], &["status"]],
        ("certificates.k8s.io", "certificatesigningrequests", "status") => {
            &[&["spec"], &["status", "conditions"]]
        }
        ("certificates.k8s.io", "certificatesigningrequests", "approval") => {
            &[&["spec"], &["status", "certificate"]]
        }
        (_, _, "status") if resource.custom.is_some() => &[&["metadata"], &["spec"]],
        (group, plural, "status") if keeps_metadata(group, plural) => &[&["metadata"], &["spec"]],
        ("apps", "deployments", "status") => &[&["spec"], &["metadata", "labels"]],
        ("", "pods", "status") => &[
            &["spec"],
            &["metadata", "deletionTimestamp"],
            &["metadata", "ownerReferences"],
        ],
        (_, _, "status") => &[&["spec"]],
        (_, _, "") if resource.rules.status_subresource => &[&["status"]],
        _ => &[],
    };
    FieldSet::of_fields(paths)
}

/// Kinds whose status subresource leaves all metadata alone.
fn keeps_metadata(group: &str, plural: &str) -> bool {
    matches!(
        (group, plural),
        ("admissionregistration.k8s.io", "validatingadmissionpolicies")
            | ("apiregistration.k8s.io", "apiservices")
            | ("networking.k8s.io", "servicecidrs")
            | ("storage.k8s.io", "volumeattachments")
            | (
                "flowcontrol.apiserver.k8s.io",
                "flowschemas" | "prioritylevelconfigurations"
            )
            | ("resource.k8s.io", _)
    )
}
