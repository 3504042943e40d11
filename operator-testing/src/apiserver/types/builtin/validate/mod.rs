//! What is wrong with an object of a built-in kind.
//!
//! Source: `k8s.io/kubernetes/pkg/apis/*/validation/validation.go`.

mod access;
mod admission;
mod autoscaling;
pub(super) mod cluster_ips;
mod config;
mod containers;
mod cron;
mod endpoints;
mod environment;
pub(super) mod errors;
mod events;
mod expression;
mod gated;
mod job_indexes;
mod job_policies;
mod job_status;
mod jobs;
mod networking;
mod pod_status;
mod pods;
mod policy;
mod probes;
mod projection;
mod resources;
mod scheduling;
mod security;
pub(super) mod services;
mod stateful_sets;
mod status;
mod storage;
mod volumes;
mod warnings;
mod workloads;

use serde_json::Value;

use self::errors::Errors;
use super::fields::{at, has, items, members, number, text};
use crate::apiserver::{
    status::FieldError,
    types::{resource::ResourceType, validate::Verdict},
};

/// What is wrong with a new object, besides its metadata.
pub(in crate::apiserver::types) fn create(
    kind: &ResourceType,
    object: &Value,
    metadata: Vec<FieldError>,
) -> Verdict {
    let of_metadata = metadata.len();
    let mut errors = Errors(metadata);
    let mut warnings = Vec::new();
    match &*kind.group_resource() {
        "pods" => pods::pod(object, &mut errors, &mut warnings),
        "deployments.apps" => workloads::deployment(object, None, &mut errors, &mut warnings),
        "replicasets.apps" => workloads::replica_set(object, None, &mut errors),
        "statefulsets.apps" => stateful_sets::stateful_set(object, &mut errors),
        "daemonsets.apps" => workloads::daemon_set(object, None, &mut errors),
        "jobs.batch" => jobs::job(object, &mut errors),
        "cronjobs.batch" => cron::cron_job(object, None, &mut errors),
        _ => both(kind, object, None, &mut errors, &mut warnings),
    }
    warnings::check(&kind.group_resource(), object, None, &mut warnings);
    if kind.group_resource() == "poddisruptionbudgets.policy" && errors.0.len() > of_metadata {
        // the metadata of this kind is looked at when there is nothing else to say
        errors.0.drain(..of_metadata);
    }
    verdict(errors, warnings)
}

/// What is wrong with a change of an object, besides its metadata.
pub(in crate::apiserver::types) fn update(
    kind: &ResourceType,
    new: &Value,
    old: &Value,
    metadata: Vec<FieldError>,
) -> Verdict {
    let mut errors = Errors(metadata);
    let mut warnings = Vec::new();
    match &*kind.group_resource() {
        "pods" => pods::update(new, old, &mut errors),
        "deployments.apps" => workloads::deployment(new, Some(old), &mut errors, &mut warnings),
        "replicasets.apps" => workloads::replica_set(new, Some(old), &mut errors),
        "statefulsets.apps" => stateful_sets::stateful_set_update(new, old, &mut errors),
        "daemonsets.apps" => workloads::daemon_set(new, Some(old), &mut errors),
        "jobs.batch" => jobs::job_update(new, old, &mut errors),
        "cronjobs.batch" => cron::cron_job(new, Some(old), &mut errors),
        _ => both(kind, new, Some(old), &mut errors, &mut warnings),
    }
    warnings::check(&kind.group_resource(), new, Some(old), &mut warnings);
    verdict(errors, warnings)
}

/// What is wrong with a change of an object's status, besides its metadata.
pub(in crate::apiserver::types) fn update_status(
    kind: &ResourceType,
    new: &Value,
    old: &Value,
    metadata: Vec<FieldError>,
) -> Verdict {
    let mut errors = Errors(metadata);
    status::check(&kind.group_resource(), new, old, &mut errors);
    verdict(errors, Vec::new())
}

/// What is wrong with a change of the containers that were added to a running Pod, besides its metadata.
pub(in crate::apiserver::types) fn update_ephemeral_containers(
    new: &Value,
    old: &Value,
    metadata: Vec<FieldError>,
) -> Verdict {
    let mut errors = Errors(metadata);
    let volumes = volumes::check(&new["spec"], "spec.volumes", None, &mut Errors::default());
    containers::ephemeral(new, old, &volumes, &mut errors);
    verdict(errors, Vec::new())
}

fn verdict(errors: Errors, warnings: Vec<String>) -> Verdict {
    let warnings = if errors.0.is_empty() { warnings } else { Vec::new() };
    Verdict {
        errors: errors.0,
        warnings,
    }
}

/// Kinds whose changes are held to the rules of new objects.
fn both(
    kind: &ResourceType,
    new: &Value,
    old: Option<&Value>,
    errors: &mut Errors,
    warnings: &mut Vec<String>,
) {
    match &*kind.group_resource() {
        "configmaps" => config::config_map(new, old, errors),
        "secrets" => config::secret(new, old, errors, warnings),
        "services" => services::service(new, old, errors),
        "persistentvolumeclaims" => storage::claim(new, old, errors),
        "persistentvolumes" => storage::volume(new, old, errors),
        "storageclasses.storage.k8s.io" => storage::class(new, old, errors),
        "roles.rbac.authorization.k8s.io" => access::rules(new, true, errors),
        "clusterroles.rbac.authorization.k8s.io" => access::rules(new, false, errors),
        "rolebindings.rbac.authorization.k8s.io" => access::binding(new, old, true, errors),
        "clusterrolebindings.rbac.authorization.k8s.io" => access::binding(new, old, false, errors),
        "ingresses.networking.k8s.io" => networking::ingress(new, old, errors, warnings),
        "ingressclasses.networking.k8s.io" => networking::class(new, old, errors),
        "endpoints" => endpoints::subsets(new, old, errors),
        "replicationcontrollers" => workloads::controller(new, errors),
        "controllerrevisions.apps" => workloads::revision(new, old, errors),
        "runtimeclasses.node.k8s.io" => config::runtime_class(new, old, errors),
        "networkpolicies.networking.k8s.io" => networking::policy(new, errors),
        "horizontalpodautoscalers.autoscaling" => autoscaling::autoscaler(new, errors),
        "poddisruptionbudgets.policy" => policy::disruption_budget(new, errors),
        "endpointslices.discovery.k8s.io" => endpoints::slice(new, old, errors),
        "podtemplates" => pods::template(&new["template"], "template", errors),
        "leases.coordination.k8s.io" => policy::lease(new, errors),
        "priorityclasses.scheduling.k8s.io" => policy::priority_class(new, old, errors),
        "validatingwebhookconfigurations.admissionregistration.k8s.io"
        | "mutatingwebhookconfigurations.admissionregistration.k8s.io" => admission::webhooks(new, errors),
        "validatingadmissionpolicies.admissionregistration.k8s.io" => {
            admission::validating_policy(new, errors);
        }
        "mutatingadmissionpolicies.admissionregistration.k8s.io" => admission::mutating_policy(new, errors),
        "validatingadmissionpolicybindings.admissionregistration.k8s.io" => {
            admission::binding(new, true, errors);
        }
        "mutatingadmissionpolicybindings.admissionregistration.k8s.io" => {
            admission::binding(new, false, errors);
        }
        "events" | "events.events.k8s.io" => events::event(new, old, &kind.group, errors),
        _ => {}
    }
}
