//! Workloads of the group apps and their ancestors in the core group.

use jiff::Timestamp;
use serde_json::Value;

use super::{
    age, containers, fields, name,
    selector::{labels, selector, selector_or_none},
};

const CONTAINERS: &str = "/spec/template/spec/containers";

pub(super) fn deployment(object: &Value, now: Timestamp) -> Vec<Value> {
    let [names, images] = containers(object, CONTAINERS);
    vec![
        name(object),
        ready_of_desired(object),
        fields::int(object, "/status/updatedReplicas").into(),
        fields::int(object, "/status/availableReplicas").into(),
        age(object, now),
        names,
        images,
        selector(object, "/spec/selector").into(),
    ]
}

pub(super) fn replica_set(object: &Value, now: Timestamp) -> Vec<Value> {
    replicas(object, selector_or_none(object, "/spec/selector"), now)
}

pub(super) fn replication_controller(object: &Value, now: Timestamp) -> Vec<Value> {
    replicas(object, labels(object, "/spec/selector"), now)
}

fn replicas(object: &Value, selector: String, now: Timestamp) -> Vec<Value> {
    let [names, images] = containers(object, CONTAINERS);
    vec![
        name(object),
        fields::int(object, "/spec/replicas").into(),
        fields::int(object, "/status/replicas").into(),
        fields::int(object, "/status/readyReplicas").into(),
        age(object, now),
        names,
        images,
        selector.into(),
    ]
}

pub(super) fn stateful_set(object: &Value, now: Timestamp) -> Vec<Value> {
    let [names, images] = containers(object, CONTAINERS);
    vec![
        name(object),
        ready_of_desired(object),
        age(object, now),
        names,
        images,
    ]
}

fn ready_of_desired(object: &Value) -> Value {
    let ready = fields::int(object, "/status/readyReplicas");
    let desired = fields::int(object, "/spec/replicas");
    format!("{ready}/{desired}").into()
}

pub(super) fn daemon_set(object: &Value, now: Timestamp) -> Vec<Value> {
    let [names, images] = containers(object, CONTAINERS);
    vec![
        name(object),
        fields::int(object, "/status/desiredNumberScheduled").into(),
        fields::int(object, "/status/currentNumberScheduled").into(),
        fields::int(object, "/status/numberReady").into(),
        fields::int(object, "/status/updatedNumberScheduled").into(),
        fields::int(object, "/status/numberAvailable").into(),
        labels(object, "/spec/template/spec/nodeSelector").into(),
        age(object, now),
        names,
        images,
        selector_or_none(object, "/spec/selector").into(),
    ]
}

pub(super) fn controller_revision(object: &Value, now: Timestamp) -> Vec<Value> {
    let owners = fields::list(object, "/metadata/ownerReferences");
    let controller = owners
        .iter()
        .find(|owner| owner["controller"] == true)
        .map_or_else(
            || "<none>".to_owned(),
            |owner| {
                let kind = fields::text(owner, "/kind").to_lowercase();
                let name = fields::text(owner, "/name");
                match fields::text(owner, "/apiVersion").split_once('/') {
                    Some((group, _)) => format!("{kind}.{}/{name}", group.to_lowercase()),
                    None => format!("{kind}/{name}"),
                }
            },
        );
    vec![
        name(object),
        controller.into(),
        fields::int(object, "/revision").into(),
        age(object, now),
    ]
}

pub(super) fn pod_template(object: &Value, _now: Timestamp) -> Vec<Value> {
    let [names, images] = containers(object, "/template/spec/containers");
    vec![
        name(object),
        names,
        images,
        labels(object, "/template/metadata/labels").into(),
    ]
}
