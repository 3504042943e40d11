//! Volumes, claims and storage classes.

use jiff::Timestamp;
use serde_json::Value;

use super::{age, fields, name};

const CLASS_ANNOTATION: &str = "volume.beta.kubernetes.io/storage-class";

pub(super) fn persistent_volume(object: &Value, now: Timestamp) -> Vec<Value> {
    let claim = if fields::has(object, "/spec/claimRef") {
        format!(
            "{}/{}",
            fields::text(object, "/spec/claimRef/namespace"),
            fields::text(object, "/spec/claimRef/name")
        )
    } else {
        String::new()
    };
    vec![
        name(object),
        fields::scalar(object, "/spec/capacity/storage")
            .unwrap_or_else(|| "0".into())
            .into(),
        access_modes(object, "/spec/accessModes").into(),
        fields::text(object, "/spec/persistentVolumeReclaimPolicy").into(),
        phase(object).into(),
        claim.into(),
        class(object).into(),
        or_unset(object, "/spec/volumeAttributesClassName").into(),
        fields::text(object, "/status/reason").into(),
        age(object, now),
        or_unset(object, "/spec/volumeMode").into(),
    ]
}

pub(super) fn persistent_volume_claim(object: &Value, now: Timestamp) -> Vec<Value> {
    let volume = fields::text(object, "/spec/volumeName");
    let (capacity, modes) = if volume.is_empty() {
        (String::new(), String::new())
    } else {
        (
            fields::scalar(object, "/status/capacity/storage").unwrap_or_else(|| "0".into()),
            access_modes(object, "/status/accessModes"),
        )
    };
    vec![
        name(object),
        phase(object).into(),
        volume.into(),
        capacity.into(),
        modes.into(),
        class(object).into(),
        or_unset(object, "/spec/volumeAttributesClassName").into(),
        age(object, now),
        or_unset(object, "/spec/volumeMode").into(),
    ]
}

fn phase(object: &Value) -> &str {
    if fields::has(object, "/metadata/deletionTimestamp") {
        "Terminating"
    } else {
        fields::text(object, "/status/phase")
    }
}

/// The storage class: the old annotation counts before the field.
fn class(object: &Value) -> String {
    let annotations = fields::map(object, "/metadata/annotations");
    match annotations.get(CLASS_ANNOTATION) {
        Some(class) => (*class).to_owned(),
        None => fields::text(object, "/spec/storageClassName").to_owned(),
    }
}

/// The abbreviations of access modes, each once, in a fixed order.
fn access_modes(object: &Value, pointer: &str) -> String {
    let modes = fields::texts(object, pointer);
    let short: Vec<_> = [
        ("ReadWriteOnce", "RWO"),
        ("ReadOnlyMany", "ROX"),
        ("ReadWriteMany", "RWX"),
        ("ReadWriteOncePod", "RWOP"),
    ]
    .into_iter()
    .filter(|(mode, _)| modes.contains(mode))
    .map(|(_, short)| short)
    .collect();
    short.join(",")
}

fn or_unset<'a>(object: &'a Value, pointer: &str) -> &'a str {
    object
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or("<unset>")
}

pub(super) fn storage_class(object: &Value, now: Timestamp) -> Vec<Value> {
    let mut shown = fields::text(object, "/metadata/name").to_owned();
    let annotations = fields::map(object, "/metadata/annotations");
    let default = [
        "storageclass.kubernetes.io/is-default-class",
        "storageclass.beta.kubernetes.io/is-default-class",
    ];
    if default.iter().any(|key| annotations.get(key) == Some(&"true")) {
        shown.push_str(" (default)");
    }
    let or = |pointer, default| fields::non_empty(object, pointer).unwrap_or(default);
    vec![
        shown.into(),
        fields::text(object, "/provisioner").into(),
        or("/reclaimPolicy", "Delete").into(),
        or("/volumeBindingMode", "Immediate").into(),
        fields::truth(object, "/allowVolumeExpansion").into(),
        age(object, now),
    ]
}

pub(super) fn csi_driver(object: &Value, now: Timestamp) -> Vec<Value> {
    let attach = object
        .pointer("/spec/attachRequired")
        .and_then(Value::as_bool)
        .unwrap_or(true);
    let tokens = if fields::has(object, "/spec/tokenRequests") {
        let requests = fields::list(object, "/spec/tokenRequests");
        let audiences: Vec<_> = requests
            .iter()
            .map(|request| fields::text(request, "/audience"))
            .collect();
        audiences.join(",")
    } else {
        "<unset>".into()
    };
    let modes = fields::texts(object, "/spec/volumeLifecycleModes").join(",");
    let modes = if modes.is_empty() { "<none>".into() } else { modes };
    vec![
        name(object),
        attach.into(),
        fields::truth(object, "/spec/podInfoOnMount").into(),
        fields::truth(object, "/spec/storageCapacity").into(),
        tokens.into(),
        fields::truth(object, "/spec/requiresRepublish").into(),
        modes.into(),
        age(object, now),
    ]
}

pub(super) fn csi_node(object: &Value, now: Timestamp) -> Vec<Value> {
    let drivers = fields::list(object, "/spec/drivers").len();
    vec![name(object), drivers.into(), age(object, now)]
}

pub(super) fn volume_attachment(object: &Value, now: Timestamp) -> Vec<Value> {
    vec![
        name(object),
        fields::text(object, "/spec/attacher").into(),
        fields::text(object, "/spec/source/persistentVolumeName").into(),
        fields::text(object, "/spec/nodeName").into(),
        fields::truth(object, "/status/attached").into(),
        age(object, now),
    ]
}

pub(super) fn volume_attributes_class(object: &Value, now: Timestamp) -> Vec<Value> {
    vec![
        name(object),
        fields::text(object, "/driverName").into(),
        age(object, now),
    ]
}
