//! The members of `metadata` that belong to the server.
//!
//! Source: `k8s.io/apiserver/pkg/registry/rest/{meta,create,update}.go`.

use serde_json::Value;

use super::{Object, metadata_mut};

/// Wipes what a client may not set on an object that it creates.
pub(crate) fn wipe_system_fields(object: &mut Object) {
    let metadata = metadata_mut(object);
    for field in [
        "uid",
        "creationTimestamp",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "selfLink",
    ] {
        metadata.remove(field);
    }
}

/// Wipes what a client may not set and fills in what the server sets on a new object.
pub(crate) fn set_system_fields(object: &mut Object, uid: &str, now: &str, counts_generations: bool) {
    wipe_system_fields(object);
    let metadata = metadata_mut(object);
    metadata.remove("resourceVersion");
    if counts_generations {
        metadata.insert("generation".into(), 1.into());
    }
    metadata.insert("uid".into(), uid.into());
    metadata.insert("creationTimestamp".into(), now.into());
}

/// Restores from the old object what an update cannot change.
///
/// What it can try to change and must not (a uid, a deletion timestamp on a live object) stays for validation to find.
pub(crate) fn restore_system_fields(object: &mut Object, old: &Object) {
    let empty = Object::new();
    let old = old.get("metadata").and_then(Value::as_object).unwrap_or(&empty);
    let metadata = metadata_mut(object);
    let restore = |metadata: &mut Object, field: &str| match old.get(field) {
        Some(value) => metadata.insert(field.to_owned(), value.clone()),
        None => metadata.remove(field),
    };
    restore(metadata, "generation");
    restore(metadata, "creationTimestamp");
    metadata.remove("selfLink");
    if is_empty(metadata.get("uid")) {
        restore(metadata, "uid");
    }
    if old.contains_key("deletionTimestamp") {
        restore(metadata, "deletionTimestamp");
    }
    if is_empty(metadata.get("deletionGracePeriodSeconds")) {
        restore(metadata, "deletionGracePeriodSeconds");
    }
    if is_empty(metadata.get("deletionTimestamp")) {
        metadata.remove("deletionTimestamp");
    }
}

fn is_empty(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => true,
        Some(Value::String(text)) => text.is_empty(),
        Some(_) => false,
    }
}
