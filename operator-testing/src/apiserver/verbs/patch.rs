//! Patching objects.
//!
//! Source: `k8s.io/apiserver/pkg/endpoints/handlers/patch.go`.

use serde_json::Value;

use super::{
    super::{
        core::State,
        meta::{self, Object},
        response::Response,
        status::StatusError,
    },
    Call, Halt,
    body::{self, Format},
    create,
    options::WriteOptions,
    strategy::Part,
    update,
};

/// How a patch is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PatchType {
    Json,
    Merge,
    Strategic,
    Apply,
}

impl PatchType {
    const NAMES: [(&'static str, Self); 4] = [
        ("application/json-patch+json", Self::Json),
        ("application/merge-patch+json", Self::Merge),
        ("application/strategic-merge-patch+json", Self::Strategic),
        ("application/apply-patch+yaml", Self::Apply),
    ];

    /// The type that the `Content-Type` header names.
    pub(super) fn of(call: &Call<'_>) -> Result<Self, StatusError> {
        let header = call
            .request
            .header(http::header::CONTENT_TYPE)
            .unwrap_or_default();
        let media_type = body::media_type(header);
        let served = Self::NAMES
            .into_iter()
            .filter(|(_, kind)| *kind != Self::Strategic || call.resource.custom.is_none());
        match served.clone().find(|(name, _)| *name == media_type) {
            Some((_, kind)) => Ok(kind),
            None => {
                let accepted: Vec<_> = served.map(|(name, _)| name).collect();
                Err(StatusError::unsupported_media_type(&accepted))
            }
        }
    }
}

/// `PATCH` of an object or of one of its subresources.
pub(super) fn patch(state: &mut State, call: &mut Call<'_>) -> Result<Response, Halt> {
    let kind = PatchType::of(call)?;
    let options = WriteOptions::of(call.request, "PatchOptions", kind == PatchType::Apply)?;
    let stored = state.store.get(&call.storage(), &call.key()).cloned();
    let Some(stored) = stored else {
        return Err(call.not_found().into());
    };
    let old = call.object(&stored);
    let object = patched(call, kind, &old)?;
    settle(call, &object)?;
    let part = Part::of(&call.target.subresource);
    update::change(state, call, &stored, &old, object, part, &options)
}

/// The object with the patch applied.
fn patched(call: &Call<'_>, kind: PatchType, old: &Object) -> Result<Object, StatusError> {
    let format = if kind == PatchType::Apply {
        Format::Yaml
    } else {
        Format::Json
    };
    let patch = body::parse(format, &call.request.body).map_err(StatusError::bad_request)?;
    let mut object = Value::Object(old.clone());
    match kind {
        PatchType::Merge if patch.is_object() => merge(&mut object, patch),
        _ => return Err(StatusError::bad_request("this type of patch is not served yet")),
    }
    match object {
        Value::Object(object) => Ok(object),
        _ => Err(StatusError::bad_request("the patch leaves no object")),
    }
}

/// RFC 7386.
pub(super) fn merge(target: &mut Value, patch: Value) {
    match patch {
        Value::Object(patch) => {
            if !target.is_object() {
                *target = Value::Object(Object::new());
            }
            let Some(members) = target.as_object_mut() else {
                return;
            };
            for (name, value) in patch {
                if value.is_null() {
                    members.remove(&name);
                } else {
                    merge(members.entry(name).or_insert(Value::Null), value);
                }
            }
        }
        other => *target = other,
    }
}

/// A patch may move an object neither to another name nor to another namespace.
fn settle(call: &Call<'_>, object: &Object) -> Result<(), StatusError> {
    update::same_name(meta::text(object, "name"), &call.target.name)?;
    let mut copy = object.clone();
    create::settle_namespace(call, &mut copy)
}
