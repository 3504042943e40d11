//! From a body to an object of the resource: kind and version checked, fields in the form of their types, defaults filled in.
//!
//! Sources: `k8s.io/apiserver/pkg/endpoints/handlers/{create,update,patch,rest}.go`.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{
    super::{
        call::Call,
        meta::{self, Object},
        patch::apply,
        request::Verb,
        status::{About, FieldError, StatusError},
        twin,
        types::{decode::fields_in_order, is_known_unserved},
        wording,
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
    let read = match call.resource.custom {
        Some(_) => body::parse,
        None => body::parse_of_type,
    };
    let Parsed {
        mut value,
        duplicates,
        repeated,
    } = read(format, &call.request.body).map_err(|error| unreadable(call, format, &error))?;
    if value.is_null() && call.resource.custom.is_none() {
        value = json!({});
    }
    let type_of_body = check_type(call, &mut value)?;
    let forgets = forgets_managers(&value);
    let unknown = call.resource.read(&mut value).map_err(|error| {
        let error = first_in_document(call, format).unwrap_or(error);
        StatusError::bad_request(format!("{type_of_body}: {error}"))
    })?;
    let in_order = call.resource.custom.is_none() && format == Format::Json;
    let mut problems = strict_problems(&call.request.body, in_order, &duplicates, &unknown);
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
    let mut value = body::parse_of_type(format, &call.request.body).ok()?.value;
    let order = fields_in_order(&call.request.body);
    call.resource.first_failure(&mut value, &order)
}

/// Whether an object comes with an empty list of managers, which asks to forget them; reading it as its type loses the list.
pub(super) fn forgets_managers(value: &Value) -> bool {
    apply::stored(value)
        .and_then(Value::as_array)
        .is_some_and(Vec::is_empty)
}

pub(super) fn keep_empty_managers(object: &mut Object) {
    meta::metadata_mut(object).insert("managedFields".into(), json!([]));
}

/// What strict decoding finds, in the order in which the real server finds it.
pub(super) fn strict_problems(
    body: &[u8],
    in_order: bool,
    duplicates: &[String],
    unknown: &[String],
) -> Vec<String> {
    if duplicates.is_empty() && unknown.is_empty() {
        return Vec::new();
    }
    let order = if in_order {
        fields_in_order(body)
    } else {
        Vec::new()
    };
    // a field is noticed where it comes, a repeated one where it comes again
    let place = |path: &str, time: usize| {
        let mut places = order.iter().enumerate().filter(|(_, known)| *known == path);
        places.nth(time).map(|(place, _)| place)
    };
    let duplicates = duplicates
        .iter()
        .map(|path| (place(path, 1), format!("duplicate field {path:?}")));
    let unknown = unknown
        .iter()
        .map(|path| (place(path, 0), format!("unknown field {path:?}")));
    let mut problems: Vec<_> = duplicates.chain(unknown).collect();
    problems.sort_by_key(|(place, _)| *place);
    problems.into_iter().map(|(_, problem)| problem).collect()
}

/// What is wrong with a body that says nothing of its kind.
fn without_kind(call: &Call<'_>) -> String {
    let body = String::from_utf8_lossy(&call.request.body);
    format!("Object 'Kind' is missing in '{body}'")
}

/// Checks kind and version, fills them in where the client left them out, and says what messages about the body begin with.
fn check_type(call: &Call<'_>, value: &mut Value) -> Result<String, StatusError> {
    let resource = &call.resource;
    let Value::Object(object) = value else {
        let why = match (value, &resource.custom) {
            (Value::Null, Some(_)) => without_kind(call),
            (other, _) => format!(
                "couldn't get version/kind; json parse error: {}",
                wording::not_an_object(other)
            ),
        };
        return Err(unrecognised(call, &why));
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
        if kind.is_empty() {
            return Err(unrecognised(call, &without_kind(call)));
        }
        let version = object.get("apiVersion").filter(|version| !version.is_string());
        if let Some(version) = version {
            return Err(StatusError::bad_request(format!(
                "{kind} in version \"\" cannot be handled as a {}: .apiVersion accessor error: {} is of the type {}, expected string",
                resource.kind,
                wording::plain(version),
                wording::type_name(version)
            )));
        }
        if api_version.is_empty() {
            return Err(StatusError::bad_request(format!(
                "the API version in the data () does not match the expected API version ({expected})"
            )));
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
            // of a replacement it is noticed once it is known what is replaced
            if call.target.verb == Verb::Create {
                check_kind(call, object)?;
            }
            return Ok(format!(
                "{kind} in version {version:?} cannot be handled as a {}",
                resource.kind
            ));
        }
        let misread = call
            .types
            .snapshot()
            .by_kind(group, version, &kind)
            .filter(|other| other.custom.is_none())
            .and_then(|other| other.read(&mut Value::Object(object.clone())).err());
        let why = if let Some(why) = misread {
            why
        } else if known {
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

/// What is said of an object of another kind than the resource.
pub(super) fn wrong_kind(expected: &str, kind: &str) -> FieldError {
    FieldError::invalid("kind", &kind.into(), format!("must be {expected}"))
}

/// Refuses an object that replaces a custom resource of another kind.
pub(super) fn check_kind(call: &Call<'_>, object: &Object) -> Result<(), StatusError> {
    let resource = &call.resource;
    let kind = object
        .get("kind")
        .and_then(Value::as_str)
        .unwrap_or(&resource.kind);
    if resource.custom.is_none() || kind == &*resource.kind {
        return Ok(());
    }
    let about = About {
        group: &resource.group,
        kind,
        name: meta::text(object, "name"),
    };
    Err(StatusError::invalid(about, &[wrong_kind(&resource.kind, kind)]))
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
