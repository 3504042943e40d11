//! What a write of the status changes besides the status, and what it leaves as it was.
//!
//! Source: the `PrepareForUpdate` functions of the registries' status strategies.

use serde_json::Value;

use super::{
    super::{meta::Object, types::ResourceType},
    strategy::{is, restore},
};

/// Puts back what a write of the status does not touch.
pub(super) fn keep_the_rest(resource: &ResourceType, object: &mut Object, old: &Object) {
    let fields: Vec<String> = object
        .keys()
        .chain(old.keys())
        .filter(|field| !matches!(field.as_str(), "metadata" | "status" | "kind" | "apiVersion"))
        .cloned()
        .collect();
    for field in fields {
        restore(object, old, &field);
    }
    let metadata = status_metadata(resource, object, old);
    object.insert("metadata".into(), metadata.into());
}

/// The class of service of a Pod follows from its spec: who does not name one leaves it.
pub(super) fn keep_quality_of_service(pod: &mut Object, old: &Object) {
    let known = old.get("status").and_then(|status| status.get("qosClass"));
    if let Some(class) = known
        && let Some(status) = pod
            .entry("status")
            .or_insert_with(|| Value::Object(Object::new()))
            .as_object_mut()
        && status
            .get("qosClass")
            .is_none_or(|class| class.as_str().is_none_or(str::is_empty))
    {
        status.insert("qosClass".into(), class.clone());
    }
}

/// A volume tells when it came into its phase.
pub(super) fn note_phase(volume: &mut Object, old: &Object, now: &str) {
    const TIME: &str = "lastPhaseTransitionTime";
    let of = |volume: &Object, field: &str| {
        let status = volume.get("status");
        status
            .and_then(|status| status.get(field))
            .cloned()
            .unwrap_or_default()
    };
    let (was, given) = (of(old, TIME), of(volume, TIME));
    let has_changed = of(volume, "phase") != of(old, "phase");
    let time = match (has_changed, given.is_null()) {
        (false, true) => was,
        (true, _) if given.is_null() || given == was => now.into(),
        _ => return,
    };
    if !time.is_null()
        && let Some(status) = volume.get_mut("status").and_then(Value::as_object_mut)
    {
        status.insert(TIME.into(), time);
    }
}

/// Kinds of which a status update changes nothing in the metadata, besides custom ones.
const STATUS_KEEPS_METADATA: [(&str, &str); 6] = [
    ("apiextensions.k8s.io", "CustomResourceDefinition"),
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy"),
    ("certificates.k8s.io", "PodCertificateRequest"),
    ("networking.k8s.io", "ServiceCIDR"),
    ("resource.k8s.io", "ResourceClaim"),
    ("storage.k8s.io", "VolumeAttachment"),
];

/// The metadata after a status update: most built-in kinds take what the client sends, the others only what the update itself
/// needs.
fn status_metadata(resource: &ResourceType, object: &Object, old: &Object) -> Object {
    let metadata = |object: &Object| object.get("metadata").and_then(Value::as_object).cloned();
    let (new, old) = (
        metadata(object).unwrap_or_default(),
        metadata(old).unwrap_or_default(),
    );
    let copy = |from: &Object, to: &mut Object, field: &str| match from.get(field) {
        Some(value) => to.insert(field.to_owned(), value.clone()),
        None => to.remove(field),
    };
    let keeps = resource.custom.is_some()
        || STATUS_KEEPS_METADATA
            .iter()
            .any(|(group, kind)| is(resource, group, kind));
    if keeps {
        let mut result = old;
        for field in ["resourceVersion", "uid"] {
            // whoever writes the status of a custom resource says nothing else of it
            let is_kept = resource.custom.is_some() && field == "uid";
            if new.contains_key(field) && !is_kept {
                copy(&new, &mut result, field);
            }
        }
        // a write that does not fit the schema leaves no managers
        copy(&new, &mut result, "managedFields");
        return result;
    }
    let mut result = new;
    if is(resource, "apps", "Deployment") {
        copy(&old, &mut result, "labels");
    } else if is(resource, "", "Pod") {
        copy(&old, &mut result, "ownerReferences");
    } else if is(resource, "apps", "DaemonSet") {
        keep_template_generation(&mut result, &old);
    }
    result
}

/// The generation of the template belongs to the spec, though it stands among the annotations.
fn keep_template_generation(metadata: &mut Object, old: &Object) {
    const GENERATION: &str = "deprecated.daemonset.template.generation";
    let known = old
        .get("annotations")
        .and_then(|annotations| annotations.get(GENERATION));
    if let Some(generation) = known
        && let Some(annotations) = metadata
            .entry("annotations")
            .or_insert_with(|| Value::Object(Object::new()))
            .as_object_mut()
    {
        annotations.insert(GENERATION.into(), generation.clone());
    }
}
