//! Built-in kinds that the server knows and that no resource holds: those of versions that it serves no longer, or not unless it is
//! told to, and those that only requests and answers are made of.
//!
//! Source: the `register.go` files of `k8s.io/api`.

/// Group, version, kinds.
const KNOWN: [(&str, &str, &[&str]); 35] = [
    (
        "",
        "v1",
        &[
            "List",
            "NodeProxyOptions",
            "PodAttachOptions",
            "PodExecOptions",
            "PodLogOptions",
            "PodPortForwardOptions",
            "PodProxyOptions",
            "PodStatusResult",
            "RangeAllocation",
            "SerializedReference",
            "ServiceProxyOptions",
        ],
    ),
    ("authentication.k8s.io", "v1", &["TokenRequest"]),
    ("autoscaling", "v1", &["Scale"]),
    ("policy", "v1", &["Eviction"]),
    (
        "admissionregistration.k8s.io",
        "v1alpha1",
        &[
            "ValidatingAdmissionPolicy",
            "ValidatingAdmissionPolicyBinding",
            "MutatingAdmissionPolicy",
            "MutatingAdmissionPolicyBinding",
        ],
    ),
    (
        "admissionregistration.k8s.io",
        "v1beta1",
        &[
            "ValidatingWebhookConfiguration",
            "MutatingWebhookConfiguration",
            "ValidatingAdmissionPolicy",
            "ValidatingAdmissionPolicyBinding",
            "MutatingAdmissionPolicy",
            "MutatingAdmissionPolicyBinding",
        ],
    ),
    ("apiextensions.k8s.io", "v1beta1", &["CustomResourceDefinition"]),
    (
        "apps",
        "v1beta1",
        &["Deployment", "Scale", "StatefulSet", "ControllerRevision"],
    ),
    (
        "apps",
        "v1beta2",
        &[
            "Deployment",
            "Scale",
            "StatefulSet",
            "DaemonSet",
            "ReplicaSet",
            "ControllerRevision",
        ],
    ),
    ("authentication.k8s.io", "v1alpha1", &["SelfSubjectReview"]),
    (
        "authentication.k8s.io",
        "v1beta1",
        &["SelfSubjectReview", "TokenReview"],
    ),
    (
        "authorization.k8s.io",
        "v1beta1",
        &[
            "SelfSubjectRulesReview",
            "SelfSubjectAccessReview",
            "SubjectAccessReview",
            "LocalSubjectAccessReview",
        ],
    ),
    ("batch", "v1beta1", &["CronJob"]),
    ("certificates.k8s.io", "v1alpha1", &["ClusterTrustBundle"]),
    (
        "certificates.k8s.io",
        "v1beta1",
        &[
            "CertificateSigningRequest",
            "ClusterTrustBundle",
            "PodCertificateRequest",
        ],
    ),
    ("coordination.k8s.io", "v1alpha2", &["LeaseCandidate"]),
    ("coordination.k8s.io", "v1beta1", &["Lease", "LeaseCandidate"]),
    ("discovery.k8s.io", "v1beta1", &["EndpointSlice"]),
    ("events.k8s.io", "v1beta1", &["Event"]),
    (
        "extensions",
        "v1beta1",
        &[
            "Deployment",
            "Scale",
            "DaemonSet",
            "Ingress",
            "ReplicaSet",
            "NetworkPolicy",
        ],
    ),
    ("flowcontrol.apiserver.k8s.io", "v1beta1", FLOWS),
    ("flowcontrol.apiserver.k8s.io", "v1beta2", FLOWS),
    ("flowcontrol.apiserver.k8s.io", "v1beta3", FLOWS),
    (
        "networking.k8s.io",
        "v1beta1",
        &["Ingress", "IngressClass", "IPAddress", "ServiceCIDR"],
    ),
    ("node.k8s.io", "v1alpha1", &["RuntimeClass"]),
    ("node.k8s.io", "v1beta1", &["RuntimeClass"]),
    ("policy", "v1beta1", &["PodDisruptionBudget", "Eviction"]),
    ("rbac.authorization.k8s.io", "v1alpha1", ROLES),
    ("rbac.authorization.k8s.io", "v1beta1", ROLES),
    ("resource.k8s.io", "v1beta1", DEVICES),
    ("resource.k8s.io", "v1beta2", DEVICES),
    ("scheduling.k8s.io", "v1alpha2", &["Workload", "PodGroup"]),
    ("scheduling.k8s.io", "v1beta1", &["PriorityClass"]),
    (
        "storage.k8s.io",
        "v1alpha1",
        &["VolumeAttachment", "CSIStorageCapacity", "VolumeAttributesClass"],
    ),
    (
        "storage.k8s.io",
        "v1beta1",
        &[
            "StorageClass",
            "VolumeAttachment",
            "CSIDriver",
            "CSINode",
            "CSIStorageCapacity",
            "VolumeAttributesClass",
        ],
    ),
];

const FLOWS: &[&str] = &["FlowSchema", "PriorityLevelConfiguration"];
const ROLES: &[&str] = &["Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"];
const DEVICES: &[&str] = &[
    "DeviceClass",
    "ResourceClaim",
    "ResourceClaimTemplate",
    "ResourceSlice",
];

/// Kinds that are known in every version.
pub(super) const UNVERSIONED: [&str; 5] = [
    "APIGroup",
    "APIGroupList",
    "APIResourceList",
    "APIVersions",
    "Status",
];

/// Kinds that are known in every version of which any other kind is.
pub(super) const OPTIONS: [&str; 7] = [
    "CreateOptions",
    "DeleteOptions",
    "GetOptions",
    "ListOptions",
    "PatchOptions",
    "UpdateOptions",
    "WatchEvent",
];

/// Whether the server knows any kind of a version here.
pub(super) fn has_version(group: &str, version: &str) -> bool {
    KNOWN.iter().any(|(g, v, _)| (*g, *v) == (group, version))
}

/// Whether the server knows a kind that no resource holds.
pub(super) fn is_known(group: &str, version: &str, kind: &str) -> bool {
    KNOWN
        .iter()
        .any(|(g, v, kinds)| (*g, *v) == (group, version) && kinds.contains(&kind))
}
