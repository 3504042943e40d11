//! The rules of the built-in kinds that no API publishes.
//!
//! Source: the strategies in `k8s.io/kubernetes/pkg/registry/*/*/strategy.go`, the name functions in
//! `k8s.io/kubernetes/pkg/apis/*/validation`, the field labels in `k8s.io/kubernetes/pkg/apis/*/v1/conversion.go`.

use super::resource::{NameRule, Propagation, Rules, ScalePaths, SelectableField};

/// Kinds whose generation starts at one.
const GENERATION: &[&str] = &[
    "customresourcedefinitions.apiextensions.k8s.io",
    "cronjobs.batch",
    "daemonsets.apps",
    "deployments.apps",
    "deviceclasses.resource.k8s.io",
    "endpointslices.discovery.k8s.io",
    "flowschemas.flowcontrol.apiserver.k8s.io",
    "ingressclasses.networking.k8s.io",
    "ingresses.networking.k8s.io",
    "jobs.batch",
    "mutatingadmissionpolicies.admissionregistration.k8s.io",
    "mutatingadmissionpolicybindings.admissionregistration.k8s.io",
    "mutatingwebhookconfigurations.admissionregistration.k8s.io",
    "networkpolicies.networking.k8s.io",
    "poddisruptionbudgets.policy",
    "pods",
    "podtemplates",
    "priorityclasses.scheduling.k8s.io",
    "prioritylevelconfigurations.flowcontrol.apiserver.k8s.io",
    "replicasets.apps",
    "replicationcontrollers",
    "resourceslices.resource.k8s.io",
    "statefulsets.apps",
    "validatingadmissionpolicies.admissionregistration.k8s.io",
    "validatingadmissionpolicybindings.admissionregistration.k8s.io",
    "validatingwebhookconfigurations.admissionregistration.k8s.io",
];

/// Kinds whose updates must name a resource version.
const CONDITIONAL_UPDATE: &[&str] = &[
    "apiservices.apiregistration.k8s.io",
    "csidrivers.storage.k8s.io",
    "csinodes.storage.k8s.io",
    "csistoragecapacities.storage.k8s.io",
    "customresourcedefinitions.apiextensions.k8s.io",
    "leases.coordination.k8s.io",
    "mutatingadmissionpolicies.admissionregistration.k8s.io",
    "mutatingadmissionpolicybindings.admissionregistration.k8s.io",
    "mutatingwebhookconfigurations.admissionregistration.k8s.io",
    "poddisruptionbudgets.policy",
    "runtimeclasses.node.k8s.io",
    "validatingadmissionpolicies.admissionregistration.k8s.io",
    "validatingadmissionpolicybindings.admissionregistration.k8s.io",
    "validatingwebhookconfigurations.admissionregistration.k8s.io",
    "volumeattachments.storage.k8s.io",
];

/// Kinds that `PUT` creates.
const CREATE_ON_UPDATE: &[&str] = &[
    "clusterrolebindings.rbac.authorization.k8s.io",
    "clusterroles.rbac.authorization.k8s.io",
    "endpoints",
    "events",
    "events.events.k8s.io",
    "leases.coordination.k8s.io",
    "limitranges",
    "rolebindings.rbac.authorization.k8s.io",
    "roles.rbac.authorization.k8s.io",
    "runtimeclasses.node.k8s.io",
    "services",
];

/// Kinds that a completed delete answers with.
const DELETE_RETURNS_OBJECT: &[&str] = &[
    "csidrivers.storage.k8s.io",
    "csinodes.storage.k8s.io",
    "deviceclasses.resource.k8s.io",
    "namespaces",
    "persistentvolumeclaims",
    "persistentvolumes",
    "pods",
    "podtemplates",
    "resourceclaims.resource.k8s.io",
    "resourceclaimtemplates.resource.k8s.io",
    "resourcequotas",
    "resourceslices.resource.k8s.io",
    "serviceaccounts",
    "services",
    "storageclasses.storage.k8s.io",
    "volumeattachments.storage.k8s.io",
    "volumeattributesclasses.storage.k8s.io",
];

/// The rules of a built-in resource.
pub(super) fn rules_of(resource: &str, status_subresource: bool) -> Rules {
    let is_in = |list: &[&str]| list.contains(&resource);
    Rules {
        name: name_rule(resource),
        generation: is_in(GENERATION),
        unconditional_update: !is_in(CONDITIONAL_UPDATE),
        create_on_update: is_in(CREATE_ON_UPDATE),
        delete_returns_object: is_in(DELETE_RETURNS_OBJECT),
        status_subresource,
        default_propagation: match resource {
            "jobs.batch" | "replicationcontrollers" => Propagation::Orphan,
            _ => Propagation::Background,
        },
        graceful_deletion: resource == "pods",
        collectable: !matches!(resource, "events" | "events.events.k8s.io"),
    }
}

fn name_rule(resource: &str) -> NameRule {
    match resource {
        "namespaces" | "services" | "statefulsets.apps" => NameRule::DnsLabel,
        "ipaddresses.networking.k8s.io" => NameRule::IpAddress,
        // Events of the core group are checked for no more than their place in a path.
        "events" => NameRule::PathSegment,
        _ if resource.ends_with(".rbac.authorization.k8s.io") => NameRule::PathSegment,
        _ => NameRule::DnsSubdomain,
    }
}

/// The fields that field selectors may name besides name and namespace.
pub(super) fn selectable_fields(resource: &str) -> Vec<SelectableField> {
    let same = |names: &[&str]| names.iter().map(|name| field(name, &[name], "")).collect();
    match resource {
        "pods" => {
            let mut fields: Vec<_> = same(&[
                "spec.nodeName",
                "spec.restartPolicy",
                "spec.schedulerName",
                "spec.serviceAccountName",
                "status.phase",
                "status.podIP",
                "status.nominatedNodeName",
            ]);
            fields.push(field("spec.hostNetwork", &["spec.hostNetwork"], "false"));
            fields.push(field("spec.host", &["spec.nodeName"], ""));
            fields.push(field("status.podIPs", &["status.podIP"], ""));
            fields
        }
        "nodes" => vec![field("spec.unschedulable", &["spec.unschedulable"], "false")],
        "replicationcontrollers" => vec![field("status.replicas", &["status.replicas"], "0")],
        "namespaces" => same(&["status.phase"]),
        "secrets" => same(&["type"]),
        "services" => same(&["spec.clusterIP", "spec.type"]),
        "jobs.batch" => vec![field("status.successful", &["status.succeeded"], "0")],
        "certificatesigningrequests.certificates.k8s.io" => same(&["spec.signerName"]),
        "resourceslices.resource.k8s.io" => same(&["spec.nodeName", "spec.driver"]),
        "events" => {
            let mut fields = event_subject("involvedObject", "involvedObject");
            fields.extend(same(&["reason", "type"]));
            fields.push(field("reportingComponent", &["reportingComponent"], ""));
            fields.push(field("source", &["source.component", "reportingComponent"], ""));
            fields
        }
        "events.events.k8s.io" => {
            let mut fields = event_subject("regarding", "regarding");
            fields.extend(same(&["reason", "type", "reportingController"]));
            fields
        }
        _ => Vec::new(),
    }
}

fn event_subject(name: &str, path: &str) -> Vec<SelectableField> {
    [
        "kind",
        "namespace",
        "name",
        "uid",
        "apiVersion",
        "resourceVersion",
        "fieldPath",
    ]
    .iter()
    .map(|last| field(&format!("{name}.{last}"), &[&format!("{path}.{last}")], ""))
    .collect()
}

fn field(name: &str, paths: &[&str], missing: &str) -> SelectableField {
    SelectableField {
        name: name.into(),
        paths: paths
            .iter()
            .map(|path| path.split('.').map(Into::into).collect())
            .collect(),
        missing: missing.into(),
    }
}

/// Where the scale subresource of a built-in resource finds its numbers.
pub(super) fn scale_paths(resource: &str) -> Option<ScalePaths> {
    matches!(
        resource,
        "deployments.apps" | "replicasets.apps" | "statefulsets.apps" | "replicationcontrollers"
    )
    .then(|| ScalePaths {
        spec_replicas: vec!["spec".into(), "replicas".into()],
        status_replicas: vec!["status".into(), "replicas".into()],
        label_selector: Some(vec!["spec".into(), "selector".into()]),
    })
}

/// What a client is warned of when it uses the resource.
pub(super) fn deprecation_warning(resource: &str, version: &str) -> Option<&'static str> {
    match (resource, version) {
        ("componentstatuses", "v1") => Some("v1 ComponentStatus is deprecated in v1.19+"),
        ("endpoints", "v1") => {
            Some("v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice")
        }
        _ => None,
    }
}
