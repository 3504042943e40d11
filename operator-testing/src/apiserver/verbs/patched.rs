//! From what a patch made to an object of the resource.
//!
//! Source: `k8s.io/apiserver/pkg/endpoints/handlers/patch.go`.

use serde_json::{Value, json};

use super::{
    super::{
        call::Call,
        meta::{self, Object},
        status::{About, FieldError, StatusError},
        twin,
        types::is_known_unserved,
        wording,
    },
    decode,
    options::FieldValidation,
    strategy,
};

/// What made an object that is to be brought into the form of its resource.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Origin<'a> {
    /// A JSON or a merge patch: messages show the patched object.
    Patch,
    /// A strategic merge patch: messages show the patch.
    Strategic(&'a Value),
    /// An applied configuration.
    Apply,
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
    let invalid = |value: &Value, why: String| {
        let shown = match origin {
            Origin::Strategic(patch) => wording::plain(patch),
            Origin::Patch | Origin::Apply => value.to_string(),
        };
        invalid_patch(shown, why)
    };
    if let (Origin::Strategic(_), Value::Object(members)) = (origin, &mut value) {
        // such a patch is laid over the type, which has no kind
        members.insert("kind".into(), json!(&*call.resource.kind));
        members.insert("apiVersion".into(), json!(call.resource.api_version()));
    }
    let before = value.clone();
    if call.resource.custom.is_some() {
        keeps_type(call, &value, validation)?;
    }
    let expected = (&*call.resource.kind, &*call.resource.api_version());
    if call.resource.custom.is_some() && before["apiVersion"] == "" {
        return Err(StatusError::internal(
            "Object 'apiVersion' is missing in 'object has no apiVersion field'",
        ));
    }
    if let Some(why) = other_type(call, &value, expected, call.resource.custom.is_some()) {
        return Err(invalid(&before, why));
    }
    let forgets = decode::forgets_managers(&value);
    let read = match origin {
        Origin::Apply => call.resource.read_applied(&mut value),
        Origin::Patch | Origin::Strategic(_) => call.resource.read(&mut value),
    };
    let unknown = match read {
        Ok(unknown) => unknown,
        Err(error) => {
            let converted = match origin {
                Origin::Patch => None,
                Origin::Strategic(_) | Origin::Apply => call.resource.conversion_failure(&mut before.clone()),
            };
            let error = converted.unwrap_or(error);
            if origin == Origin::Apply && call.resource.custom.is_none() {
                return Err(unconvertible(call, &before, &error));
            }
            return Err(invalid(&before, error));
        }
    };
    problems.extend(unknown.iter().map(|path| format!("unknown field {path:?}")));
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
    call.unlabelled = value["metadata"]["labels"].is_null();
    if call.resource.custom.is_none() {
        call.resource.fill_defaults(&mut value);
    }
    let mut object = meta::into_object(value);
    twin::settle(&call.resource, &mut object);
    strategy::normalise(&mut object);
    if forgets {
        decode::keep_empty_managers(&mut object);
    }
    Ok(object)
}

/// A patch may not make a custom resource one of another kind or version.
fn keeps_type(call: &mut Call<'_>, value: &Value, validation: FieldValidation) -> Result<(), StatusError> {
    let resource = &call.resource;
    let given = |field: &str| value[field].as_str().filter(|text| !text.is_empty());
    let expected = resource.api_version();
    let kind = given("kind").unwrap_or(&resource.kind);
    let version = given("apiVersion").unwrap_or(&expected);
    let mut errors = Vec::new();
    if kind != &*resource.kind {
        errors.push(decode::wrong_kind(&resource.kind, kind));
    }
    if version != expected {
        let why = format!("must be {expected}");
        errors.push(FieldError::invalid("apiVersion", &version.into(), why));
    }
    if errors.is_empty() {
        return Ok(());
    }
    let group = version.rsplit_once('/').map_or("", |(group, _)| group);
    let about = About {
        group,
        kind,
        name: value["metadata"]["name"].as_str().unwrap_or_default(),
    };
    let refusal = StatusError::invalid(about, &errors);
    // a version without a schema knows no field of its own
    let is_known = kind == &*resource.kind && group == &*resource.group;
    if is_known && validation == FieldValidation::Warn {
        let fields = value.as_object().into_iter().flatten().map(|(field, _)| field);
        let unknown = fields.filter(|field| !matches!(field.as_str(), "apiVersion" | "kind" | "metadata"));
        let mut unknown: Vec<_> = unknown.map(|field| format!("unknown field {field:?}")).collect();
        unknown.sort_unstable();
        call.warnings.extend(unknown);
    }
    Err(refusal)
}

/// What is wrong if a patch made the object one of another kind or version.
pub(super) fn other_type(
    call: &Call<'_>,
    value: &Value,
    expected: (&str, &str),
    is_custom: bool,
) -> Option<String> {
    if !value.is_object() {
        let why = wording::not_an_object(value);
        return Some(format!("couldn't get version/kind; json parse error: {why}"));
    }
    let given = |field: &str| {
        value
            .get(field)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
    };
    if is_custom && value["kind"].as_str().is_none_or(str::is_empty) {
        return Some(format!("Object 'Kind' is missing in '{value}'"));
    }
    let (kind, api_version) = (
        given("kind").unwrap_or(expected.0),
        given("apiVersion").unwrap_or(expected.1),
    );
    if (kind, api_version) == expected {
        return None;
    }
    let (group, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
    let known = call.types.snapshot().by_kind(group, version, kind).is_some()
        || is_known_unserved(group, version, kind);
    if !is_custom && !known {
        return Some(format!(
            "no kind {kind:?} is registered for version {api_version:?} in scheme \"pkg/runtime/scheme.go:111\""
        ));
    }
    Some(format!(
        "unable to decode {api_version}, Kind={kind} into {}, Kind={}",
        expected.1, expected.0
    ))
}
