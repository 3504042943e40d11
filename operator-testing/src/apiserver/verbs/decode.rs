//! From a body to an object of the resource: kind and version checked, fields in the form of their types, defaults filled in.
//!
//! Sources: `k8s.io/apiserver/pkg/endpoints/handlers/{create,update,patch,rest}.go`.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{
    super::{
        call::Call,
        meta::{self, Object},
        patch::{apply, wording},
        status::{About, FieldError, StatusError},
        twin,
        types::{decode::fields_in_order, is_known_unserved},
    },
    body::{self, Format, Parsed},
    options::FieldValidation,
    strategy,
};

/// How much of a body messages show.
const SUMMARY: usize = 30;

/// Reads the body as an object of the resource.
pub(super) fn object(call: &mut Call<'_>, validation: FieldValidation) -> Result<Object, StatusError> {
    let format = body::format(call)?;
    let Parsed {
        mut value,
        duplicates,
        repeated,
    } = body::parse(format, &call.request.body).map_err(|error| unreadable(call, format, &error))?;
    if value.is_null() && call.resource.custom.is_none() {
        value = json!({});
    }
    let type_of_body = check_type(call, &mut value)?;
    let forgets = forgets_managers(&value);
    let unknown = call.resource.read(&mut value).map_err(|error| {
        let error = first_in_document(call, format).unwrap_or(error);
        StatusError::bad_request(format!("{type_of_body}: {error}"))
    })?;
    let mut problems = strict_problems(call, format, duplicates, unknown);
    if !problems.is_empty() || !repeated.is_empty() {
        match validation {
            FieldValidation::Ignore => {}
            FieldValidation::Warn => {
                call.warnings.extend(repeated);
                call.warnings.extend(problems);
            }
            FieldValidation::Strict => {
                if !repeated.is_empty() {
                    problems.insert(0, format!("yaml: unmarshal errors:\n  {}", repeated.join("\n  ")));
                }
                let problems = problems.join(", ");
                return Err(StatusError::bad_request(format!(
                    "{type_of_body}: strict decoding error: {problems}"
                )));
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
        keep_empty_managers(&mut object);
    }
    Ok(object)
}

/// What is wrong first with a body of the wrong types, in its own order.
fn first_in_document(call: &Call<'_>, format: Format) -> Option<String> {
    if format != Format::Json {
        return None;
    }
    let mut value = body::parse(format, &call.request.body).ok()?.value;
    let order = fields_in_order(&call.request.body);
    call.resource.first_failure(&mut value, &order)
}

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
    let text = |field: &str| match field {
        "namespace" => config["metadata"][field].as_str().unwrap_or_default(),
        _ => object["metadata"][field].as_str().unwrap_or_default(),
    };
    let kind = format!("{}/{}, Kind={}", resource.group, resource.version, resource.kind);
    StatusError::new(
        500,
        "",
        format!(
            "failed to convert new object ({}/{}; {kind}) to proper version: unable to convert unstructured object to {kind}: {why}",
            text("namespace"),
            text("name")
        ),
    )
}

/// Brings an object that a patch made into the form of the resource; `problems` are those of the patch itself.
pub(super) fn patched(
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
        let about = About {
            group: "",
            kind: "",
            name: "",
        };
        StatusError::invalid(about, &[FieldError::invalid("patch", &shown.into(), why)])
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
    if let Some(why) = other_type(call, &value) {
        return Err(invalid(&before, why));
    }
    let forgets = forgets_managers(&value);
    let read = match origin {
        Origin::Apply => call.resource.read_applied(&mut value),
        Origin::Patch | Origin::Strategic(_) => call.resource.read(&mut value),
    };
    let unknown = match read {
        Ok(unknown) => unknown,
        Err(error) => {
            let convert = || call.resource.conversion_failure(&mut before.clone());
            let converted = match origin {
                Origin::Patch => None,
                Origin::Strategic(_) | Origin::Apply => convert(),
            };
            if origin == Origin::Apply && call.resource.custom.is_none() {
                return Err(unconvertible(call, &before, &converted.unwrap_or(error)));
            }
            return Err(invalid(&before, converted.unwrap_or(error)));
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
        keep_empty_managers(&mut object);
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
    let error = if kind != &*resource.kind {
        let why = format!("must be {}", resource.kind);
        FieldError::invalid("kind", &kind.into(), why)
    } else if version != expected {
        FieldError::invalid("apiVersion", &version.into(), format!("must be {expected}"))
    } else {
        return Ok(());
    };
    let about = About {
        group: &resource.group,
        kind,
        name: value["metadata"]["name"].as_str().unwrap_or_default(),
    };
    let refusal = StatusError::invalid(about, &[error]);
    // a version without a schema knows no field of its own
    if kind == &*resource.kind && validation == FieldValidation::Warn {
        let fields = value.as_object().into_iter().flatten().map(|(field, _)| field);
        let unknown = fields.filter(|field| !matches!(field.as_str(), "apiVersion" | "kind" | "metadata"));
        let mut unknown: Vec<_> = unknown.map(|field| format!("unknown field {field:?}")).collect();
        unknown.sort_unstable();
        call.warnings.extend(unknown);
    }
    Err(refusal)
}

/// What is wrong if a patch made the object one of another kind or version.
fn other_type(call: &Call<'_>, value: &Value) -> Option<String> {
    let given = |field: &str| {
        value
            .get(field)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
    };
    let resource = &call.resource;
    let expected = resource.api_version();
    let (kind, api_version) = (
        given("kind").unwrap_or(&resource.kind),
        given("apiVersion").unwrap_or(&expected),
    );
    if (kind, api_version) == (&*resource.kind, expected.as_str()) {
        return None;
    }
    let (group, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
    let known = call.types.snapshot().by_kind(group, version, kind).is_some()
        || is_known_unserved(group, version, kind);
    if resource.custom.is_none() && !known {
        return Some(format!(
            "no kind {kind:?} is registered for version {api_version:?} in scheme \"pkg/runtime/scheme.go:111\""
        ));
    }
    Some(format!(
        "unable to decode {api_version}, Kind={kind} into {expected}, Kind={}",
        resource.kind
    ))
}

/// Whether an object comes with an empty list of managers, which asks to forget them; reading it as its type loses the list.
fn forgets_managers(value: &Value) -> bool {
    apply::stored(value)
        .and_then(Value::as_array)
        .is_some_and(Vec::is_empty)
}

fn keep_empty_managers(object: &mut Object) {
    meta::metadata_mut(object).insert("managedFields".into(), json!([]));
}

/// What strict decoding finds, in the order in which the real server finds it.
fn strict_problems(
    call: &Call<'_>,
    format: Format,
    duplicates: Vec<String>,
    unknown: Vec<String>,
) -> Vec<String> {
    if duplicates.is_empty() && unknown.is_empty() {
        return Vec::new();
    }
    let mut problems: Vec<(String, String)> = duplicates
        .into_iter()
        .map(|path| (format!("duplicate field {path:?}"), path))
        .collect();
    problems.extend(
        unknown
            .into_iter()
            .map(|path| (format!("unknown field {path:?}"), path)),
    );
    if call.resource.custom.is_none() && format == Format::Json {
        let order = fields_in_order(&call.request.body);
        problems.sort_by_key(|(_, path)| order.iter().position(|known| known == path));
    }
    problems.into_iter().map(|(problem, _)| problem).collect()
}

/// Checks kind and version, fills them in where the client left them out, and says what messages about the body begin with.
fn check_type(call: &Call<'_>, value: &mut Value) -> Result<String, StatusError> {
    let resource = &call.resource;
    let Value::Object(object) = value else {
        let why = wording::not_an_object(value);
        return Err(unrecognised(
            call,
            &format!("couldn't get version/kind; json parse error: {why}"),
        ));
    };
    let text = |field: &str| {
        object
            .get(field)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let (mut kind, mut api_version) = (text("kind"), text("apiVersion"));
    let expected = resource.api_version();
    if resource.custom.is_some() {
        for (field, value) in [("Kind", &kind), ("apiVersion", &api_version)] {
            if value.is_empty() {
                let body = String::from_utf8_lossy(&call.request.body);
                return Err(unrecognised(
                    call,
                    &format!("Object '{field}' is missing in '{body}'"),
                ));
            }
        }
    }
    if kind.is_empty() {
        kind = resource.kind.to_string();
    }
    if api_version.is_empty() {
        api_version.clone_from(&expected);
    }
    let version = api_version.rsplit('/').next().unwrap_or_default();
    let prefix = format!(
        "{kind} in version {version:?} cannot be handled as a {}",
        resource.kind
    );
    if api_version.matches('/').count() > 1 {
        return Err(unrecognised(
            call,
            &format!("unexpected GroupVersion string: {api_version}"),
        ));
    }
    let (group, _) = api_version.rsplit_once('/').unwrap_or(("", &api_version));
    let known = call.types.snapshot().by_kind(group, version, &kind).is_some()
        || is_known_unserved(group, version, &kind);
    if kind != *resource.kind || (resource.custom.is_none() && !known) {
        if resource.custom.is_some() && api_version == expected {
            let name = object
                .get("metadata")
                .and_then(|metadata| metadata.get("name"))
                .and_then(Value::as_str)
                .unwrap_or_default();
            let about = About {
                group: &resource.group,
                kind: &kind,
                name,
            };
            let why = format!("must be {}", resource.kind);
            return Err(StatusError::invalid(
                about,
                &[FieldError::invalid("kind", &kind.as_str().into(), why)],
            ));
        }
        let why = if known {
            format!(
                "converting ({version}.{kind}) to ({}.{}): unknown conversion",
                package(&resource.group),
                resource.kind
            )
        } else {
            format!(
                "no kind {kind:?} is registered for version {api_version:?} in scheme \"pkg/api/legacyscheme/scheme.go:30\""
            )
        };
        return Err(StatusError::bad_request(format!("{prefix}: {why}")));
    }
    if api_version != expected {
        return Err(StatusError::bad_request(format!(
            "the API version in the data ({api_version}) does not match the expected API version ({expected})"
        )));
    }
    object.insert("kind".into(), json!(kind));
    object.insert("apiVersion".into(), json!(api_version));
    Ok(prefix)
}

/// The package that holds the server's own form of a group's kinds, as messages name it.
pub(super) fn package(group: &str) -> &str {
    match group {
        "" | "events.k8s.io" => "core",
        group => group.split('.').next().unwrap_or(group),
    }
}

/// A body that cannot be parsed. Kind and version of a custom resource are found even where a number is too large.
fn unreadable(call: &Call<'_>, format: Format, error: &str) -> StatusError {
    let resource = &call.resource;
    if resource.custom.is_some() && error.starts_with("json: cannot unmarshal number ") {
        let (kind, version) = (&resource.kind, &resource.version);
        return StatusError::bad_request(format!(
            "{kind} in version {version:?} cannot be handled as a {kind}: {error}"
        ));
    }
    match format {
        Format::Json => unrecognised(
            call,
            &format!("couldn't get version/kind; json parse error: {error}"),
        ),
        Format::Yaml => unrecognised(call, body::of_yaml(error)),
        Format::Protobuf => unrecognised(call, error),
    }
}

fn unrecognised(call: &Call<'_>, why: &str) -> StatusError {
    StatusError::bad_request(format!(
        "the object provided is unrecognized (must be of type {}): {why} ({})",
        call.resource.kind,
        summary(&call.request.body)
    ))
}

/// The beginning of a body, in hexadecimal digits if it does not look like JSON.
fn summary(body: &[u8]) -> String {
    let (shown, more) = match body.get(..SUMMARY) {
        Some(shown) if body.len() > SUMMARY => (shown, " ..."),
        _ => (body, ""),
    };
    match body.first() {
        None => "<empty>".to_owned(),
        Some(b'{') => format!("{}{more}", String::from_utf8_lossy(shown)),
        Some(_) => {
            let mut text = String::new();
            for byte in shown {
                write!(text, "{byte:02x}").expect("a string takes every write");
            }
            text + more
        }
    }
}
