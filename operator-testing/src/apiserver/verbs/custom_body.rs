//! Bodies sent to custom resources: they are read as what they state to be, wherever they were sent to.
//!
//! Source: `k8s.io/apiextensions-apiserver/pkg/apiserver/customresource_handler.go`.

use jiff::Timestamp;
use serde_json::Value;

use super::{
    super::{
        call::Call,
        meta::{self, Object},
        status::{About, FieldError, StatusError},
        types::ResourceType,
    },
    type_meta::TypeMeta,
};

/// Brings a body into the form of the kind and the version that it states; the paths of unknown fields. Of another kind than the
/// resource's, the metadata alone is known; of a version that the resource does not have, nothing else is allowed.
///
/// # Errors
/// What is wrong with it, in the decoder's words.
pub(super) fn read(call: &Call<'_>, stated: &TypeMeta, value: &mut Value) -> Result<Vec<String>, String> {
    let resource = &call.resource;
    if value.get("apiVersion").is_some_and(Value::is_null) {
        return Err(".apiVersion accessor error: <nil> is of the type <nil>, expected string".into());
    }
    if stated.kind != *resource.kind || stated.group() != &*resource.group {
        return ResourceType::read_metadata(value);
    }
    if stated.version() == &*resource.version {
        return resource.read(value);
    }
    let types = call.types.snapshot();
    match types.by_kind(stated.group(), stated.version(), &stated.kind) {
        Some(other) => other.read(value),
        None => {
            let mut unknown = ResourceType::read_metadata(value)?;
            let fields = value.as_object().into_iter().flatten();
            let names = fields.map(|(name, _)| name.clone());
            unknown.extend(names.filter(|name| !matches!(name.as_str(), "apiVersion" | "kind" | "metadata")));
            Ok(unknown)
        }
    }
}

/// Takes away the times of an applied object that are none: nobody decodes what was applied, and who asks such an object for a time
/// gets none.
pub(super) fn forget_misread_times(object: &mut Value) {
    let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) else {
        return;
    };
    for field in ["creationTimestamp", "deletionTimestamp"] {
        let text = metadata.get(field).and_then(Value::as_str);
        if text.is_some_and(|text| text.parse::<Timestamp>().is_err()) {
            metadata.remove(field);
        }
    }
}

/// Refuses an object of another kind or version than the resource, once it is known that nothing else stands against it.
pub(super) fn check_type(call: &Call<'_>, object: &Object, old: Option<&Value>) -> Result<(), StatusError> {
    let resource = &call.resource;
    if resource.custom.is_none() {
        return Ok(());
    }
    let text = |field: &str| {
        let given = object.get(field).and_then(Value::as_str);
        given.unwrap_or_default().to_owned()
    };
    let stated = TypeMeta {
        kind: text("kind"),
        api_version: text("apiVersion"),
    };
    let expected = resource.api_version();
    let mut errors = Vec::new();
    if stated.kind != *resource.kind {
        let why = format!("must be {}", resource.kind);
        errors.push(FieldError::invalid("kind", &stated.kind.as_str().into(), why));
    }
    if stated.api_version != expected {
        let why = format!("must be {expected}");
        errors.push(FieldError::invalid(
            "apiVersion",
            &stated.api_version.as_str().into(),
            why,
        ));
    }
    if errors.is_empty() {
        return Ok(());
    }
    let about = About {
        group: stated.group(),
        kind: &stated.kind,
        name: meta::text(object, "name"),
    };
    let value = Value::Object(object.clone());
    let verdict = resource.validate_beside_type(&value, old, errors);
    Err(StatusError::invalid(about, &verdict.errors))
}
