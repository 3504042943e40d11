//! Reading the metadata of an object that is plain JSON.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::kind::Kind;
use crate::{apiserver::store::ObjectKey, clock::shown};

/// A string of the object, empty where there is none.
pub(crate) fn text<'a>(object: &'a Value, path: &str) -> &'a str {
    object.pointer(path).and_then(Value::as_str).unwrap_or_default()
}

/// A whole number of the object.
pub(crate) fn int(object: &Value, path: &str) -> Option<i64> {
    object.pointer(path).and_then(Value::as_i64)
}

/// A flag of the object, false where there is none.
pub(crate) fn flag(object: &Value, path: &str) -> bool {
    object.pointer(path).and_then(Value::as_bool).unwrap_or_default()
}

/// A list of the object, empty where there is none.
pub(crate) fn list<'a>(object: &'a Value, path: &str) -> &'a [Value] {
    object
        .pointer(path)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// A time of the object.
pub(crate) fn time(object: &Value, path: &str) -> Option<Timestamp> {
    object.pointer(path)?.as_str()?.parse().ok()
}

/// How times are written: whole seconds in UTC.
pub(crate) fn timestamp(at: Timestamp) -> String {
    shown(at)
}

pub(crate) fn name(object: &Value) -> &str {
    text(object, "/metadata/name")
}

pub(crate) fn namespace(object: &Value) -> &str {
    text(object, "/metadata/namespace")
}

pub(crate) fn uid(object: &Value) -> &str {
    text(object, "/metadata/uid")
}

pub(crate) fn key(object: &Value) -> ObjectKey {
    ObjectKey::new(namespace(object), name(object))
}

pub(crate) fn generation(object: &Value) -> i64 {
    int(object, "/metadata/generation").unwrap_or_default()
}

pub(crate) fn created(object: &Value) -> &str {
    text(object, "/metadata/creationTimestamp")
}

pub(crate) fn is_deleting(object: &Value) -> bool {
    object
        .pointer("/metadata/deletionTimestamp")
        .is_some_and(|time| !time.is_null())
}

pub(crate) fn labels(object: &Value) -> Option<&Map<String, Value>> {
    object.pointer("/metadata/labels").and_then(Value::as_object)
}

pub(crate) fn label<'a>(object: &'a Value, name: &str) -> &'a str {
    labels(object)
        .and_then(|labels| labels.get(name)?.as_str())
        .unwrap_or_default()
}

pub(crate) fn annotation<'a>(object: &'a Value, name: &str) -> Option<&'a str> {
    object.pointer("/metadata/annotations")?.get(name)?.as_str()
}

pub(crate) fn has_finalizer(object: &Value, finalizer: &str) -> bool {
    list(object, "/metadata/finalizers")
        .iter()
        .any(|found| found == finalizer)
}

/// The member `field` of an object, made if it is missing or null.
pub(crate) fn member<'a>(object: &'a mut Value, field: &str) -> &'a mut Value {
    let member = &mut object[field];
    if member.is_null() {
        *member = json!({});
    }
    member
}

pub(crate) fn set_annotation(object: &mut Value, name: &str, value: impl Into<Value>) {
    member(member(object, "metadata"), "annotations")[name] = value.into();
}

pub(crate) fn set_label(object: &mut Value, name: &str, value: impl Into<Value>) {
    member(member(object, "metadata"), "labels")[name] = value.into();
}

/// Takes a finalizer off the object; says whether it was there.
pub(crate) fn remove_finalizer(object: &mut Value, finalizer: &str) -> bool {
    let Some(Value::Array(finalizers)) = object.pointer_mut("/metadata/finalizers") else {
        return false;
    };
    let before = finalizers.len();
    finalizers.retain(|found| found != finalizer);
    finalizers.len() < before
}

/// The owner reference that says "this controller manages that object".
pub(crate) fn controller_reference(owner: &Value, kind: &Kind) -> Value {
    json!({
        "apiVersion": kind.api_version(),
        "kind": kind.kind,
        "name": name(owner),
        "uid": uid(owner),
        "controller": true,
        "blockOwnerDeletion": true,
    })
}

/// The owner reference marked as controller.
pub(crate) fn controller_of(object: &Value) -> Option<&Value> {
    list(object, "/metadata/ownerReferences")
        .iter()
        .find(|owner| flag(owner, "/controller"))
}

/// The key of the object's controller, if that is of this kind.
pub(crate) fn controller_key(object: &Value, kind: &Kind) -> Option<ObjectKey> {
    let owner = controller_of(object)?;
    let group = text(owner, "/apiVersion")
        .split_once('/')
        .map_or("", |(group, _)| group);
    (text(owner, "/kind") == kind.kind && group == kind.group)
        .then(|| ObjectKey::new(namespace(object), text(owner, "/name")))
}

/// Whether `owner` controls the object.
pub(crate) fn is_controlled_by(object: &Value, owner: &Value) -> bool {
    controller_of(object).is_some_and(|reference| text(reference, "/uid") == uid(owner))
}

/// Oldest first; among those of one second, by name.
pub(crate) fn sort_by_age(objects: &mut [Value]) {
    objects.sort_by(|a, b| (created(a), name(a)).cmp(&(created(b), name(b))));
}
