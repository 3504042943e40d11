//! What happens to an object between decoding and storage: defaults, what the kind's strategy resets, validation.
//!
//! Source: the `PrepareForCreate`, `PrepareForUpdate` and `Validate` functions of the registries' strategies.

use std::sync::Arc;

use serde_json::Value;

use super::{
    super::{
        call::Call,
        meta::{self, Object, metadata_mut},
        request::User,
        state::State,
        status::StatusError,
        store::{ObjectKey, ResourceKey},
        twin,
        types::{ResourceType, Surroundings, Verdict},
    },
    emptied, status_write as status,
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
    /// The conditions of a certificate signing request.
    Approval,
    /// The containers that were added to a running Pod.
    EphemeralContainers,
}

impl Part {
    pub(super) fn of(subresource: &str) -> Self {
        match subresource {
            "status" => Self::Status,
            "finalize" => Self::Finalize,
            "approval" => Self::Approval,
            "ephemeralcontainers" => Self::EphemeralContainers,
            _ => Self::Main,
        }
    }
}

/// Brings an object that was just read into the shape its kind has: empty metadata dropped, defaults filled in.
pub(super) fn normalise(object: &mut Object) {
    let metadata = metadata_mut(object);
    let is_dropped = |field: &str, value: &Value| is_empty(value) && DROPPED_IF_EMPTY.contains(&field);
    metadata.retain(|field, value| !value.is_null() && !is_dropped(field, value));
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

/// Resets what a new object may not bring along, and completes it.
pub(super) fn prepare_create(state: &State, call: &Call<'_>, object: &mut Object) -> Result<(), StatusError> {
    let name = meta::text(object, "name").to_owned();
    if is(&call.resource, "certificates.k8s.io", "CertificateSigningRequest") {
        name_requester(object, call.user);
    }
    let mut value = Value::Object(std::mem::take(object));
    if call.target.subresource.is_empty() {
        call.resource.allocate(&mut value, &Around(state))?;
    }
    call.resource.prepare_create(&mut value, &Around(state))?;
    *object = meta::into_object(value);
    if call.unlabelled && is(&call.resource, "batch", "Job") {
        if call.unlabelled_template {
            metadata_mut(object).remove("labels");
        } else {
            share_labels(object);
        }
    }
    if is(&call.resource, "", "Namespace") {
        object.insert("status".into(), serde_json::json!({"phase": "Active"}));
        label_namespace(object, &name);
    }
    Ok(())
}

/// Makes a valid new object what it is when it is read: a Job whose template got its first labels from the server shares them only
/// then, and is stored anew with the next write.
pub(super) fn settle_created(call: &mut Call<'_>, object: &mut Object) {
    if call.unlabelled && call.unlabelled_template && is(&call.resource, "batch", "Job") {
        share_labels(object);
        call.unsettled = true;
    }
}

fn is_labelled(object: &Object) -> bool {
    let labels = meta::member(object, "labels").and_then(Value::as_object);
    labels.is_some_and(|labels| !labels.is_empty())
}

/// A Job without labels of its own shares those of its template, which are its own from then on.
fn share_labels(job: &mut Object) {
    let template = job
        .get("spec")
        .and_then(|spec| spec["template"]["metadata"].get("labels"));
    if let Some(labels) = template.cloned() {
        metadata_mut(job).insert("labels".into(), labels);
    }
}

/// Resets what an update may not change, completes it, and counts the generation.
pub(super) fn prepare_update(
    state: &State,
    call: &Call<'_>,
    part: Part,
    object: &mut Object,
    old: &Value,
) -> Result<(), StatusError> {
    let old_object = meta::object_of(old);
    let is_namespace = is(&call.resource, "", "Namespace");
    match part {
        Part::Main => {
            if call.resource.rules.status_subresource {
                restore(object, old_object, "status");
            }
            if is_namespace {
                restore(object, old_object, "spec");
            }
        }
        Part::Status => {
            status::keep_the_rest(&call.resource, object, old_object);
            match (&*call.resource.group, &*call.resource.kind) {
                ("", "Pod") => status::keep_quality_of_service(object, old_object),
                ("", "PersistentVolume") => status::note_phase(object, old_object, &call.now),
                ("batch", "Job") if !is_labelled(object) => share_labels(object),
                _ => {}
            }
        }
        Part::Finalize => restore(object, old_object, "status"),
        Part::Approval => approve(object, old_object, &call.now),
        Part::EphemeralContainers => attach(object, old_object),
    }
    if is_namespace {
        label_namespace(object, meta::text(old_object, "name"));
    }
    if part == Part::Main {
        let mut value = Value::Object(std::mem::take(object));
        call.resource.prepare_update(&mut value, old, &Around(state))?;
        *object = meta::into_object(value);
    }
    meta::restore_system_fields(object, old_object);
    let counted = matches!(part, Part::Main | Part::EphemeralContainers);
    if call.resource.rules.generation && counted && is_changed(call, object, old_object) {
        let generation = meta::member(old_object, "generation")
            .and_then(Value::as_i64)
            .unwrap_or(0);
        metadata_mut(object).insert("generation".into(), (generation + 1).into());
    }
    Ok(())
}

/// Writes into a signing request who makes it.
fn name_requester(request: &mut Object, user: &User) {
    let Some(spec) = request.get_mut("spec").and_then(Value::as_object_mut) else {
        return;
    };
    for field in ["username", "uid", "groups", "extra"] {
        spec.remove(field);
    }
    spec.insert("username".into(), user.name.as_str().into());
    if !user.uid.is_empty() {
        spec.insert("uid".into(), user.uid.as_str().into());
    }
    spec.insert("groups".into(), user.groups.clone().into());
    if !user.extra.is_empty() {
        spec.insert("extra".into(), serde_json::json!(user.extra));
    }
}

/// Keeps of a signing request what its approval writes: the conditions.
fn approve(object: &mut Object, old: &Object, now: &str) {
    restore(object, old, "spec");
    let mut conditions = match object.get("status").and_then(|status| status.get("conditions")) {
        Some(Value::Array(conditions)) => conditions.clone(),
        _ => Vec::new(),
    };
    let known = old.get("status").and_then(|status| status.get("conditions"));
    for condition in conditions.iter_mut().filter_map(Value::as_object_mut) {
        let before = known.and_then(Value::as_array).into_iter().flatten();
        let same = before.into_iter().find(|before| {
            ["type", "status"]
                .iter()
                .all(|field| before.get(field) == condition.get(*field))
        });
        let moved = same.map_or(now, |same| same["lastTransitionTime"].as_str().unwrap_or(now));
        for (field, time) in [("lastUpdateTime", now), ("lastTransitionTime", moved)] {
            if condition.get(field).is_none_or(Value::is_null) {
                condition.insert(field.into(), time.into());
            }
        }
    }
    restore(object, old, "status");
    if let Some(status) = object
        .entry("status")
        .or_insert_with(|| Value::Object(Object::new()))
        .as_object_mut()
    {
        if conditions.is_empty() {
            status.remove("conditions");
        } else {
            status.insert("conditions".into(), conditions.into());
        }
    }
}

/// Keeps of a Pod what is written of its ephemeral containers, and nothing else.
fn attach(object: &mut Object, old: &Object) {
    const FIELD: &str = "ephemeralContainers";
    let added = object.get("spec").and_then(|spec| spec.get(FIELD)).cloned();
    let written = std::mem::replace(object, old.clone());
    let metadata = metadata_mut(object);
    for field in ["resourceVersion", "managedFields", "uid", "name", "namespace"] {
        match meta::member(&written, field) {
            Some(value) => metadata.insert(field.to_owned(), value.clone()),
            None => metadata.remove(field),
        };
    }
    if let Some(spec) = object.get_mut("spec").and_then(Value::as_object_mut) {
        match added {
            Some(containers) => spec.insert(FIELD.into(), containers),
            None => spec.remove(FIELD),
        };
    }
}

/// Makes a member what it was before.
pub(super) fn restore(object: &mut Object, old: &Object, field: &str) {
    match old.get(field) {
        Some(value) => object.insert(field.to_owned(), value.clone()),
        None => object.remove(field),
    };
}

/// The objects around the one that is written.
struct Around<'a>(&'a State);

impl Surroundings for Around<'_> {
    fn find(&self, group: &str, plural: &str, namespace: &str, name: &str) -> Option<Value> {
        let stored = self
            .0
            .store
            .get(&ResourceKey::new(group, plural), &ObjectKey::new(namespace, name))?;
        Some(Value::Object(stored.value()))
    }

    fn all(&self, group: &str, plural: &str) -> Vec<Value> {
        self.0
            .store
            .list(&ResourceKey::new(group, plural), None, None)
            .map(|stored| Value::Object(stored.value()))
            .collect()
    }
}

/// Whether anything changed that the generation counts: all but metadata, and status where it has its own subresource.
fn is_changed(call: &Call<'_>, object: &Object, old: &Object) -> bool {
    let counts = |field: &&String| {
        !matches!(field.as_str(), "metadata" | "kind" | "apiVersion")
            && !(field.as_str() == "status"
                && (call.resource.rules.status_subresource || call.resource.custom.is_none()))
    };
    // a priority class is not counted, though it begins at one
    if is(&call.resource, "scheduling.k8s.io", "PriorityClass") {
        return false;
    }
    // what reads as before may have been sent otherwise
    if call.emptied {
        return true;
    }
    // a Deployment hands its annotations down to its ReplicaSets
    if is(&call.resource, "apps", "Deployment")
        && meta::member(object, "annotations") != meta::member(old, "annotations")
    {
        return true;
    }
    // who follows EndpointSlices tells by their generation which Service they belong to
    if is(&call.resource, "discovery.k8s.io", "EndpointSlice")
        && meta::member(object, "labels") != meta::member(old, "labels")
    {
        return true;
    }
    let differ = |object: &Object| {
        let mut fields = object.keys().chain(old.keys()).filter(counts);
        fields.any(|field| object.get(field) != old.get(field))
    };
    if !differ(object) {
        return false;
    }
    if emptied::is_counted(&call.resource) {
        return true;
    }
    // an empty list is none
    let mut object = object.clone();
    call.resource.forget_empty_lists(&mut object);
    differ(&object)
}

/// Checks a new object.
pub(super) fn validate_create(call: &mut Call<'_>, object: &mut Object) -> Result<(), StatusError> {
    let errors = meta::validate_created(object, &call.resource);
    let value = Value::Object(std::mem::take(object));
    let verdict = match Checked::of(call) {
        Some(checked) => checked.resource.validate_create(&checked.form(&value), errors),
        None => call.resource.validate_create(&value, errors),
    };
    *object = meta::into_object(value);
    settle(call, object, verdict)
}

/// Rules that hold for objects in the form in which they are stored, not in that of their resource.
struct Checked<'a> {
    shown: &'a ResourceType,
    resource: Arc<ResourceType>,
}

impl<'a> Checked<'a> {
    fn of(call: &'a Call<'_>) -> Option<Self> {
        let resource = twin::rules(&call.resource, &call.types.snapshot())?;
        Some(Self {
            shown: &call.resource,
            resource,
        })
    }

    fn form(&self, value: &Value) -> Value {
        let mut object = meta::object_of(value).clone();
        twin::hide(self.shown, &mut object);
        object.into()
    }
}

/// Asks the server's own admission about a valid object, or about a valid change of the object itself.
pub(super) fn admit(
    state: &State,
    call: &Call<'_>,
    part: Part,
    object: &mut Object,
    old: Option<&Value>,
) -> Result<(), StatusError> {
    if part != Part::Main {
        return Ok(());
    }
    let value = Value::Object(std::mem::take(object));
    let admitted = call.resource.admit(&value, old, &Around(state));
    *object = meta::into_object(value);
    admitted
}

/// Checks a changed object.
pub(super) fn validate_update(
    call: &mut Call<'_>,
    part: Part,
    object: &mut Object,
    old: &Value,
) -> Result<(), StatusError> {
    let errors = match old.as_object() {
        Some(old) => meta::validate_updated(object, old, &call.resource, part != Part::Main),
        None => Vec::new(),
    };
    let value = Value::Object(std::mem::take(object));
    let validate = |kind: &ResourceType, value: &Value, old: &Value| match part {
        Part::Status | Part::Approval => kind.validate_status_update(value, old, errors),
        Part::EphemeralContainers => kind.validate_ephemeral_containers(value, old, errors),
        Part::Main | Part::Finalize => kind.validate_update(value, old, errors),
    };
    let verdict = match Checked::of(call) {
        Some(checked) => validate(&checked.resource, &checked.form(&value), &checked.form(old)),
        None => validate(&call.resource, &value, old),
    };
    *object = meta::into_object(value);
    settle(call, object, verdict)
}

fn settle(call: &mut Call<'_>, object: &Object, verdict: Verdict) -> Result<(), StatusError> {
    call.warnings.extend(verdict.warnings);
    if verdict.errors.is_empty() {
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

pub(super) fn is(resource: &ResourceType, group: &str, kind: &str) -> bool {
    &*resource.group == group && &*resource.kind == kind
}
