//! Everything that can be written on a field, in one kind.

use std::collections::BTreeMap;

use k8s_openapi::{
    api::core::v1::ResourceRequirements,
    apimachinery::pkg::{
        api::resource::Quantity,
        apis::meta::v1::{Condition, Time},
        util::intstr::IntOrString,
    },
};
use kube::CustomResourceExt as _;
use operator_core::{
    ApiFields, CustomResource, Status,
    meta::{Conditions as _, HasConditions as _, HasObservedGeneration as _},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{golden, read};

/// A queue of messages.
#[derive(CustomResource, Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[kube(
    group = "example.com",
    version = "v1beta1",
    kind = "Queue",
    namespaced,
    status = "QueueStatus"
)]
#[kube(printcolumn(
    name = "Created By",
    type = "string",
    json_path = ".metadata.labels.owner",
    order = 9
))]
#[serde(rename_all = "camelCase")]
pub(crate) struct QueueSpec {
    /// Which tier the queue is billed as.
    ///
    /// More about billing.
    #[printcolumn(order = -1)]
    #[selectable]
    tier: Tier,
    #[printcolumn(name = "Wanted")]
    #[scale(replicas)]
    max_consumers: Option<i32>,
    #[printcolumn(priority = 1, at = "[0].name")]
    #[list(map("name", "port"))]
    listeners: Vec<Listener>,
    #[list(set)]
    tags: Vec<String>,
    #[list(atomic)]
    order: Vec<String>,
    #[nested]
    storage: Option<Storage>,
    #[serde(flatten)]
    #[nested]
    limits: Limits,
    #[printcolumn]
    since: Option<Time>,
    #[printcolumn]
    ratio: f64,
    #[printcolumn]
    port: IntOrString,
    #[printcolumn]
    #[serde(rename = "is.durable")]
    durable: bool,
    resources: ResourceRequirements,
    memory: Quantity,
    settings: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
enum Tier {
    /// Best effort.
    Free,
    /// Guaranteed.
    Paid,
}

#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
struct Listener {
    name: String,
    #[serde(default)]
    port: u16,
}

#[derive(ApiFields, Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Storage {
    #[printcolumn(name = "Disk")]
    size_in_bytes: u64,
    #[selectable]
    class_name: String,
    #[list(set)]
    zones: Vec<String>,
}

#[derive(ApiFields, Clone, Debug, Deserialize, Serialize, JsonSchema)]
struct Limits {
    #[printcolumn(type = "integer", format = "int64", description = "Messages kept.")]
    messages: i64,
}

#[derive(Status, Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct QueueStatus {
    #[scale(replicas)]
    #[printcolumn]
    consumers: i32,
    #[scale(selector)]
    selector: String,
    observed_generation: Option<i64>,
    conditions: Vec<Condition>,
}

#[test]
fn the_definition_is_the_golden_one() {
    golden::same("queue", &Queue::crd());
}

#[test]
fn columns_are_inferred_ordered_and_nested() {
    assert_eq!(
        read::columns(&Queue::crd()),
        [
            ("Tier", "string", ".spec.tier"),
            ("Wanted", "integer", ".spec.maxConsumers"),
            ("Listeners", "string", ".spec.listeners[0].name"),
            ("Disk", "integer", ".spec.storage.sizeInBytes"),
            ("Messages", "integer", ".spec.messages"),
            ("Since", "date", ".spec.since"),
            ("Ratio", "number", ".spec.ratio"),
            ("Port", "string", ".spec.port"),
            ("Is Durable", "boolean", ".spec.is\\.durable"),
            ("Consumers", "integer", ".status.consumers"),
            ("Created By", "string", ".metadata.labels.owner"),
            ("Age", "date", ".metadata.creationTimestamp"),
        ]
    );
}

#[test]
fn scale_and_selectable_fields_point_at_the_marked_fields() {
    let version = &Queue::crd().spec.versions[0];
    let scale = version.subresources.as_ref().unwrap().scale.as_ref().unwrap();
    assert_eq!(scale.spec_replicas_path, ".spec.maxConsumers");
    assert_eq!(scale.status_replicas_path, ".status.consumers");
    assert_eq!(scale.label_selector_path.as_deref(), Some(".status.selector"));
    let selectable: Vec<_> = version
        .selectable_fields
        .as_ref()
        .unwrap()
        .iter()
        .map(|field| field.json_path.as_str())
        .collect();
    assert_eq!(selectable, [".spec.tier", ".spec.storage.className"]);
}

#[test]
fn a_status_knows_its_conditions_and_generation() {
    let mut status = QueueStatus::default();
    status.observe(Some(3));
    status.observe(Some(2));
    status.observe(None);
    assert_eq!(status.observed_generation(), Some(3));
    assert!(status.conditions().is_empty());
    let _: &mut Vec<Condition> = status.conditions_mut();
    assert!(!status.conditions.is_true("Ready"));
}
