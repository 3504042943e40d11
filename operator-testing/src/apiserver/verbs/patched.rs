//! From what a patch made to an object of the resource.
//!
//! Source: `k8s.io/apiserver/pkg/endpoints/handlers/patch.go`.

use serde_json::{Value, json};

use super::{
    super::{
        call::Call,
        meta::Object,
        patch::quoted,
        status::{About, FieldError, StatusError},
        wording,
    },
    custom_body, decode, emptied,
    expected::{self, Expected, Verdict},
    options::FieldValidation,
    patch::PatchType,
    type_meta::{self, TypeMeta},
};

/// What made an object that is to be brought into the form of its resource.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Origin<'a> {
    /// A JSON patch: messages show the patched object.
    Json,
    /// A merge patch of that object: messages show the patched one.
    Merge(&'a Value),
    /// A strategic merge patch: messages show the patch.
    Strategic { old: &'a Value, patch: &'a Value },
    /// An applied configuration.
    Apply,
}

impl<'a> Origin<'a> {
    /// A patch of `old`.
    pub(super) fn of(kind: PatchType, old: &'a Value, patch: &'a Value) -> Self {
        match kind {
            PatchType::Json => Self::Json,
            PatchType::Merge => Self::Merge(old),
            PatchType::Strategic => Self::Strategic { old, patch },
            PatchType::Apply => Self::Apply,
        }
    }

    /// What messages show of the patch in `body` that made `value`.
    pub(super) fn shown(self, value: &Value, body: &[u8]) -> String {
        match self {
            Self::Strategic { old, patch } => wording::plain(&quoted::strategic(old, patch)),
            Self::Merge(old) => quoted::merged(&old.to_string(), body).unwrap_or_else(|| value.to_string()),
            Self::Json | Self::Apply => value.to_string(),
        }
    }
}

/// What was applied fits its schema, but not its type: a time or a quantity that is none.
fn unconvertible(call: &Call<'_>, object: &Value, why: &str) -> StatusError {
    let resource = &call.resource;
    // what was applied is named, which need not tell the namespace
    let config: Value = serde_json::from_slice(&call.request.body).unwrap_or_default();
    let namespace = config["metadata"]["namespace"].as_str().unwrap_or_default();
    let name = object["metadata"]["name"].as_str().unwrap_or_default();
    let kind = format!("{}/{}, Kind={}", resource.group, resource.version, resource.kind);
    StatusError::new(
        500,
        "",
        format!(
            "failed to convert new object ({namespace}/{name}; {kind}) to proper version: unable to convert unstructured object to {kind}: {why}"
        ),
    )
}

/// 422 about what a patch made, or about the patch itself.
pub(super) fn invalid_patch(shown: String, why: String) -> StatusError {
    let about = About {
        group: "",
        kind: "",
        name: "",
    };
    StatusError::invalid(about, &[FieldError::invalid("patch", &shown.into(), why)])
}

/// Brings an object that a patch made into the form of the resource; `problems` are those of the patch itself.
pub(super) fn read(
    call: &mut Call<'_>,
    mut value: Value,
    mut problems: Vec<String>,
    validation: FieldValidation,
    origin: Origin<'_>,
) -> Result<Object, StatusError> {
    let body = &call.request.body;
    let invalid = |value: &Value, why: String| invalid_patch(origin.shown(value, body), why);
    if let (Origin::Strategic { .. }, Value::Object(members)) = (origin, &mut value) {
        // such a patch is laid over the type, which has no kind
        members.insert("kind".into(), json!(&*call.resource.kind));
        members.insert("apiVersion".into(), json!(call.resource.api_version()));
    }
    let before = value.clone();
    let stated = match TypeMeta::of(&value) {
        Ok(stated) => stated,
        Err(why) => return Err(invalid(&before, why)),
    };
    let is_custom = call.resource.custom.is_some();
    if is_custom && value["kind"].as_str().is_none_or(str::is_empty) {
        let why = format!("Object 'Kind' is missing in '{value}'");
        return Err(invalid(&before, why));
    }
    if !is_custom && let Some(why) = other_type(call, &stated, &value) {
        return Err(invalid(&before, why));
    }
    let forgets = decode::forgets_managers(&value);
    if is_custom && origin == Origin::Apply {
        custom_body::forget_misread_times(&mut value);
    }
    let read = match origin {
        Origin::Json | Origin::Merge(_) if !is_custom && stated.api_version.is_empty() => {
            Ok(type_meta::forget_fields(&mut value))
        }
        Origin::Apply => call.resource.read_applied(&mut value, &before),
        Origin::Json | Origin::Merge(_) if is_custom => custom_body::read(call, &stated, &mut value),
        Origin::Json | Origin::Merge(_) => call.resource.read(&mut value),
        Origin::Strategic { .. } => call.resource.read_converted(&mut value, &before),
    };
    let unknown = match read {
        Ok(unknown) => unknown,
        Err(error) if origin == Origin::Apply && !is_custom => {
            return Err(unconvertible(call, &before, &error));
        }
        Err(error) => return Err(invalid(&before, error)),
    };
    if !is_custom && let Value::Object(members) = &mut value {
        // whatever it states, it is stored and compared as one of its kind
        members.insert("kind".into(), json!(&*call.resource.kind));
        members.insert("apiVersion".into(), json!(call.resource.api_version()));
    }
    if origin != Origin::Apply {
        problems.extend(unknown.iter().map(|path| format!("unknown field {path:?}")));
    }
    if !problems.is_empty() {
        match validation {
            FieldValidation::Ignore => {}
            FieldValidation::Warn => call.warnings.extend(problems),
            FieldValidation::Strict => {
                return Err(invalid(
                    &before,
                    format!("strict decoding error: {}", problems.join(", ")),
                ));
            }
        }
    }
    if is_custom && stated.api_version.is_empty() {
        return Err(StatusError::internal(
            "Object 'apiVersion' is missing in 'object has no apiVersion field'",
        ));
    }
    call.unlabelled_template = decode::is_unlabelled(&before["spec"]["template"]);
    let object = decode::complete(call, value, forgets);
    custom_body::check_type(call, &object, None)?;
    emptied::note(call, &before, &object);
    if let (Value::Object(before), true, Origin::Apply) = (&before, is_custom, origin) {
        // a write of the status brings no metadata along
        let unread = match &*call.target.subresource {
            "status" => Object::new(),
            _ => emptied::lost_metadata(before, &object),
        };
        call.unsettled = stores_as_applied(call)
            && (!unread.is_empty() || emptied::any(before, &object, |field| is_written(call, field)));
        call.unread = Some(unread);
    }
    Ok(object)
}

/// Whether what was applied is stored with its empty metadata, which the next write takes away: a custom resource is, if it need not
/// be converted to be stored.
pub(super) fn stores_as_applied(call: &Call<'_>) -> bool {
    let custom = call.resource.custom.as_ref();
    custom.is_some_and(|custom| custom.storage_version == call.resource.version)
}

/// Whether this write changes a field of the object: the status has a door of its own, if it has one.
fn is_written(call: &Call<'_>, field: &str) -> bool {
    match &*call.target.subresource {
        "status" => field == "status",
        _ => field != "status" || !call.resource.rules.status_subresource,
    }
}

/// What is wrong if a patch made an object of a built-in kind one of another kind. What it made in another version of the kind is read
/// in that of the request.
fn other_type(call: &Call<'_>, stated: &TypeMeta, value: &Value) -> Option<String> {
    let resource = &call.resource;
    let expected = Expected {
        kind: &resource.kind,
        package: decode::package(&resource.group),
        versions: &[&resource.api_version()],
    };
    let stated = expected.completed(stated.clone());
    match expected.verdict(call, &stated, value, expected::PATCHES) {
        Verdict::Same | Verdict::OtherVersion => None,
        Verdict::Other(why) => Some(why),
    }
}
