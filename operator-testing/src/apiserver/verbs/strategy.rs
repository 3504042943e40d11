//! What happens to an object between decoding and storage: defaults, what the kind's strategy resets, validation.
//!
//! Source: the `PrepareForCreate`, `PrepareForUpdate` and `Validate` functions of the registries' strategies.

use serde_json::Value;

use super::{
    super::{
        meta::{self, Object, metadata_mut},
        status::StatusError,
        types::{ResourceType, Verdict},
    },
    Call,
};

/// Which part of an object a request writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// The whole object; its status only where there is no subresource for it.
    Main,
    /// The status alone.
    Status,
    /// The finalizers in the spec of a namespace.
    Finalize,
}

impl Part {
    pub(super) fn of(subresource: &str) -> Self {
        match subresource {
            "status" => Self::Status,
            "finalize" => Self::Finalize,
            _ => Self::Main,
        }
    }
}

/// Brings an object that was just read into the shape its kind has: empty metadata dropped, defaults filled in.
pub(super) fn normalise(object: &mut Object) {
    let metadata = metadata_mut(object);
    metadata.retain(|field, value| !is_empty(value) || !DROPPED_IF_EMPTY.contains(&field.as_str()));
    metadata.retain(|_, value| !value.is_null());
}

/// Members of metadata that a real server leaves out when they hold nothing.
const DROPPED_IF_EMPTY: [&str; 12] = [
    "labels",
    "annotations",
    "finalizers",
    "ownerReferences",
    "managedFields",
    "generateName",
    "namespace",
    "name",
    "uid",
    "resourceVersion",
    "selfLink",
    "deletionTimestamp",
];

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    }
}

/// Resets what a new object may not bring along.
pub(super) fn prepare_create(call: &Call<'_>, object: &mut Object) {
    if call.resource.rules.status_subresource {
        object.remove("status");
    }
    if is(&call.resource, "apiextensions.k8s.io", "CustomResourceDefinition") {
        name_definition(object);
    }
    if is(&call.resource, "", "Namespace") {
        let name = meta::text(object, "name").to_owned();
        let spec = member_mut(object, "spec");
        let listed = spec
            .entry("finalizers")
            .or_insert_with(|| Value::Array(Vec::new()));
        if let Some(finalizers) = listed.as_array_mut()
            && !finalizers.iter().any(|finalizer| finalizer == "kubernetes")
        {
            finalizers.push("kubernetes".into());
        }
        object.insert("status".into(), serde_json::json!({"phase": "Active"}));
        label_namespace(object, &name);
    }
}

/// Gives a definition the names that follow from its kind, and the status of one that nobody has looked at.
fn name_definition(object: &mut Object) {
    let spec = member_mut(object, "spec");
    let stored: Vec<Value> = spec
        .get("versions")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter(|version| version["storage"] == true)
        .map(|version| version["name"].clone())
        .collect();
    spec.entry("conversion")
        .or_insert_with(|| serde_json::json!({"strategy": "None"}));
    let names = member_mut(spec, "names");
    let kind = names
        .get("kind")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    names
        .entry("singular")
        .or_insert_with(|| kind.to_lowercase().into());
    names
        .entry("listKind")
        .or_insert_with(|| format!("{kind}List").into());
    object.insert(
        "status".into(),
        serde_json::json!({"conditions": null, "acceptedNames": {"plural": "", "kind": ""}, "storedVersions": stored}),
    );
}

/// Resets what an update may not change, and counts the generation.
pub(super) fn prepare_update(call: &Call<'_>, part: Part, object: &mut Object, old: &Object) {
    let take_old = |object: &mut Object, field: &str| match old.get(field) {
        Some(value) => object.insert(field.to_owned(), value.clone()),
        None => object.remove(field),
    };
    match part {
        Part::Main => {
            if call.resource.rules.status_subresource {
                take_old(object, "status");
            }
            if is(&call.resource, "", "Namespace") {
                take_old(object, "spec");
                let name = meta::text(old, "name").to_owned();
                label_namespace(object, &name);
            }
        }
        Part::Status => {
            let status = object.remove("status");
            let metadata = status_metadata(&call.resource, object, old);
            *object = old.clone();
            match status {
                Some(status) => object.insert("status".into(), status),
                None => object.remove("status"),
            };
            object.insert("metadata".into(), metadata.into());
        }
        Part::Finalize => {
            take_old(object, "status");
        }
    }
    meta::restore_system_fields(object, old);
    if call.resource.rules.generation && part == Part::Main && is_changed(call, object, old) {
        let generation = meta::member(old, "generation")
            .and_then(Value::as_i64)
            .unwrap_or(0);
        metadata_mut(object).insert("generation".into(), (generation + 1).into());
    }
}

/// Whether anything changed that the generation counts: all but metadata, and status where it has its own subresource.
fn is_changed(call: &Call<'_>, object: &Object, old: &Object) -> bool {
    let counts = |field: &&String| {
        !matches!(field.as_str(), "metadata" | "kind" | "apiVersion")
            && !(field.as_str() == "status"
                && (call.resource.rules.status_subresource || call.resource.custom.is_none()))
    };
    let fields = || object.keys().chain(old.keys()).filter(counts);
    fields().any(|field| object.get(field) != old.get(field))
}

/// Checks a new object.
pub(super) fn validate_create(call: &mut Call<'_>, object: &mut Object) -> Result<(), StatusError> {
    let errors = meta::validate_created(object, &call.resource);
    let value = Value::Object(std::mem::take(object));
    let verdict = call.resource.validate_create(&value, errors);
    *object = meta::into_object(value);
    settle(call, object, verdict)
}

/// Checks a changed object.
pub(super) fn validate_update(
    call: &mut Call<'_>,
    part: Part,
    object: &mut Object,
    old: &Value,
) -> Result<(), StatusError> {
    let errors = match old.as_object() {
        Some(old) => meta::validate_updated(object, old, &call.resource),
        None => Vec::new(),
    };
    let value = Value::Object(std::mem::take(object));
    let verdict = match part {
        Part::Status => call.resource.validate_status_update(&value, old, errors),
        Part::Main | Part::Finalize => call.resource.validate_update(&value, old, errors),
    };
    *object = meta::into_object(value);
    settle(call, object, verdict)
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
        for field in ["resourceVersion", "uid", "managedFields"] {
            if new.contains_key(field) {
                copy(&new, &mut result, field);
            }
        }
        return result;
    }
    let mut result = new;
    if is(resource, "apps", "Deployment") {
        copy(&old, &mut result, "labels");
    } else if is(resource, "", "Pod") {
        copy(&old, &mut result, "ownerReferences");
    }
    result
}

fn settle(call: &mut Call<'_>, object: &Object, verdict: Verdict) -> Result<(), StatusError> {
    if verdict.errors.is_empty() {
        call.warnings.extend(verdict.warnings);
        return Ok(());
    }
    let name = meta::text(object, "name");
    Err(StatusError::invalid(call.about_kind(name), &verdict.errors))
}

fn label_namespace(object: &mut Object, name: &str) {
    if name.is_empty() {
        return;
    }
    let labels = metadata_mut(object)
        .entry("labels")
        .or_insert_with(|| Value::Object(Object::new()));
    if let Some(labels) = labels.as_object_mut() {
        labels.insert("kubernetes.io/metadata.name".into(), name.into());
    }
}

/// A member that is an object, which is added if it is missing.
fn member_mut<'a>(object: &'a mut Object, field: &str) -> &'a mut Object {
    let value = object
        .entry(field)
        .or_insert_with(|| Value::Object(Object::new()));
    if !value.is_object() {
        *value = Value::Object(Object::new());
    }
    value
        .as_object_mut()
        .expect("the member was made an object above")
}

fn is(resource: &ResourceType, group: &str, kind: &str) -> bool {
    &*resource.group == group && &*resource.kind == kind
}
