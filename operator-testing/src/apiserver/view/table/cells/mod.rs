//! The cells of the built-in kinds, as the printers of the real server compute them.

mod apps;
mod autoscaling;
mod batch;
mod cluster;
mod core;
mod network;
mod pod;
mod policy;
mod selector;
mod storage;

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{duration, fields};
use crate::apiserver::types::Column;

/// Computes the cells of one object.
pub(super) type CellPrinter = fn(&Value, Timestamp) -> Vec<Value>;

/// The printer of a built-in resource.
pub(super) fn printer(group: &str, plural: &str) -> CellPrinter {
    match (group, plural) {
        ("", "configmaps") => self::core::config_map,
        ("", "secrets") => self::core::secret,
        ("", "namespaces") => self::core::namespace,
        ("", "nodes") => self::core::node,
        ("", "resourcequotas") => self::core::resource_quota,
        ("", "componentstatuses") => self::core::component_status,
        ("" | "events.k8s.io", "events") => self::core::event,
        ("", "pods") => pod::pod,
        ("", "podtemplates") => apps::pod_template,
        ("", "replicationcontrollers") => apps::replication_controller,
        ("", "endpoints") => network::endpoints,
        ("", "services") => network::service,
        ("", "persistentvolumes") => storage::persistent_volume,
        ("", "persistentvolumeclaims") => storage::persistent_volume_claim,
        ("apps", "deployments") => apps::deployment,
        ("apps", "replicasets") => apps::replica_set,
        ("apps", "statefulsets") => apps::stateful_set,
        ("apps", "daemonsets") => apps::daemon_set,
        ("apps", "controllerrevisions") => apps::controller_revision,
        ("batch", "jobs") => batch::job,
        ("batch", "cronjobs") => batch::cron_job,
        ("autoscaling", "horizontalpodautoscalers") => autoscaling::horizontal_pod_autoscaler,
        ("policy", "poddisruptionbudgets") => policy::pod_disruption_budget,
        ("discovery.k8s.io", "endpointslices") => network::endpoint_slice,
        ("networking.k8s.io", "ingresses") => network::ingress,
        ("networking.k8s.io", "ingressclasses") => network::ingress_class,
        ("networking.k8s.io", "networkpolicies") => network::network_policy,
        ("networking.k8s.io", "servicecidrs") => network::service_cidr,
        ("networking.k8s.io", "ipaddresses") => network::ip_address,
        ("rbac.authorization.k8s.io", "rolebindings" | "clusterrolebindings") => policy::role_binding,
        ("admissionregistration.k8s.io", plural) => policy::admission(plural),
        ("storage.k8s.io", "storageclasses") => storage::storage_class,
        ("storage.k8s.io", "csidrivers") => storage::csi_driver,
        ("storage.k8s.io", "csinodes") => storage::csi_node,
        ("storage.k8s.io", "volumeattachments") => storage::volume_attachment,
        ("storage.k8s.io", "volumeattributesclasses") => storage::volume_attributes_class,
        ("coordination.k8s.io", "leases") => cluster::lease,
        ("scheduling.k8s.io", "priorityclasses") => cluster::priority_class,
        ("node.k8s.io", "runtimeclasses") => cluster::runtime_class,
        ("certificates.k8s.io", "certificatesigningrequests") => cluster::certificate_signing_request,
        ("apiregistration.k8s.io", "apiservices") => cluster::api_service,
        ("flowcontrol.apiserver.k8s.io", "flowschemas") => cluster::flow_schema,
        ("flowcontrol.apiserver.k8s.io", "prioritylevelconfigurations") => cluster::priority_level,
        ("resource.k8s.io", "resourceclaims") => cluster::resource_claim,
        ("resource.k8s.io", "resourceslices") => cluster::resource_slice,
        ("", "serviceaccounts") | ("resource.k8s.io", _) => name_and_age,
        _ => name_and_creation,
    }
}

/// The columns of a `Scale`.
pub(super) fn scale_columns() -> Vec<Column> {
    [
        ("Name", "string"),
        ("Desired", "integer"),
        ("Available", "integer"),
        ("Age", "string"),
    ]
    .map(|(name, column_type)| Column {
        name: Arc::from(name),
        column_type: Arc::from(column_type),
        format: "".into(),
        priority: 0,
        description: "".into(),
        json_path: None,
    })
    .to_vec()
}

/// The cells of a `Scale`.
pub(super) fn scale(object: &Value, now: Timestamp) -> Vec<Value> {
    vec![
        name(object),
        fields::int(object, "/spec/replicas").into(),
        fields::int(object, "/status/replicas").into(),
        age(object, now),
    ]
}

/// The conditions of a pod's row: whether it has run to its end.
pub(super) fn pod_conditions(object: &Value) -> Option<Value> {
    let (reason, message) = match fields::text(object, "/status/phase") {
        "Succeeded" => ("Succeeded", "The pod has completed successfully."),
        "Failed" => ("Failed", "The pod failed."),
        _ => return None,
    };
    Some(json!([{"type": "Completed", "status": "True", "reason": reason, "message": message}]))
}

fn name_and_age(object: &Value, now: Timestamp) -> Vec<Value> {
    vec![name(object), age(object, now)]
}

/// The cells of kinds without a printer of their own.
pub(super) fn name_and_creation(object: &Value, _now: Timestamp) -> Vec<Value> {
    vec![
        name(object),
        // what was never created, a bookmark, has the time zero
        fields::non_empty(object, "/metadata/creationTimestamp")
            .unwrap_or("0001-01-01T00:00:00Z")
            .into(),
    ]
}

fn name(object: &Value) -> Value {
    fields::text(object, "/metadata/name").into()
}

/// The time since the object was created.
fn age(object: &Value, now: Timestamp) -> Value {
    since(object, "/metadata/creationTimestamp", now).into()
}

/// The time since a timestamp in the object.
fn since(object: &Value, pointer: &str, now: Timestamp) -> String {
    duration::age(fields::non_empty(object, pointer), now)
}

/// The names and the images of containers.
fn containers(object: &Value, pointer: &str) -> [Value; 2] {
    ["/name", "/image"].map(|field| {
        fields::list(object, pointer)
            .iter()
            .map(|container| fields::text(container, field))
            .collect::<Vec<_>>()
            .join(",")
            .into()
    })
}

/// The first three entries of a list, and how many more there are.
fn first_three(entries: &[String], none: &str) -> String {
    match entries.len() {
        0 => none.to_owned(),
        1..=3 => entries.join(","),
        count => format!("{} + {} more...", entries[..3].join(","), count - 3),
    }
}

#[cfg(test)]
mod tests;
