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
        status::StatusError,
        twin,
        types::{decode::fields_in_order, is_known_unserved},
    },
    body::{self, Format, Parsed},
    custom_body, emptied,
    options::FieldValidation,
    strategy,
    type_meta::TypeMeta,
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
    let stated = TypeMeta::of(&value).map_err(|why| unrecognised(call, &why))?;
    let forgets = forgets_managers(&value);
    let sent = emptied::is_counted(&call.resource).then(|| value.clone());
    let (type_of_body, unknown) = match call.resource.custom {
        Some(_) => read_custom(call, &stated, &mut value)?,
        None => read_builtin(call, format, stated, &mut value)?,
    };
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
    let expected = call.resource.api_version();
    if call.resource.custom.is_some() && value["apiVersion"] != expected {
        return Err(other_version(
            value["apiVersion"].as_str().unwrap_or_default(),
            &expected,
        ));
    }
    let object = complete(call, value, forgets);
    if let Some(Value::Object(sent)) = &sent {
        call.emptied = emptied::beside_metadata(sent, &object);
    }
    Ok(object)
}

/// The object that a value is once its fields have the form of their types: defaults filled in, empty metadata dropped.
pub(super) fn complete(call: &mut Call<'_>, mut value: Value, forgets_managers: bool) -> Object {
    call.unlabelled = value["metadata"]["labels"].is_null();
    if call.resource.custom.is_none() {
        call.resource.fill_defaults(&mut value);
    }
    let mut object = meta::into_object(value);
    twin::settle(&call.resource, &mut object);
    strategy::normalise(&mut object);
    if forgets_managers {
        meta::metadata_mut(&mut object).insert("managedFields".into(), json!([]));
    }
    object
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

fn other_version(stated: &str, expected: &str) -> StatusError {
    StatusError::bad_request(format!(
        "the API version in the data ({stated}) does not match the expected API version ({expected})"
    ))
}

/// Reads a custom resource; what messages about strictness begin with, and the paths of unknown fields.
fn read_custom(
    call: &Call<'_>,
    stated: &TypeMeta,
    value: &mut Value,
) -> Result<(String, Vec<String>), StatusError> {
    // unlike the search, the reader goes by the exact name of the field
    let kind = value["kind"].as_str().unwrap_or_default();
    if kind.is_empty() {
        return Err(unrecognised(call, &without_kind(call)));
    }
    let begin = format!("{kind} in version {:?} cannot be handled as a ", stated.version());
    let type_of_body = format!("{begin}{kind}");
    let unknown = custom_body::read(call, stated, value)
        .map_err(|error| StatusError::bad_request(format!("{begin}{}: {error}", call.resource.kind)))?;
    Ok((type_of_body, unknown))
}

/// Reads an object of a built-in kind, which need not state its kind and version.
fn read_builtin(
    call: &Call<'_>,
    format: Format,
    mut stated: TypeMeta,
    value: &mut Value,
) -> Result<(String, Vec<String>), StatusError> {
    let resource = &call.resource;
    let expected = resource.api_version();
    if stated.kind.is_empty() {
        stated.kind = resource.kind.to_string();
    }
    if stated.api_version.is_empty() {
        stated.api_version.clone_from(&expected);
    }
    let (group, version, kind) = (stated.group(), stated.version(), &stated.kind);
    let prefix = format!(
        "{kind} in version {version:?} cannot be handled as a {}",
        resource.kind
    );
    let types = call.types.snapshot();
    let same = types
        .by_kind(group, version, kind)
        .filter(|known| known.custom.is_none());
    let known = same.is_some() || is_known_unserved(group, version, kind);
    if *kind != *resource.kind || !known {
        let misread = same.and_then(|other| other.read(&mut value.clone()).err());
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
                "no kind {kind:?} is registered for version {:?} in scheme \"pkg/api/legacyscheme/scheme.go:30\"",
                stated.api_version
            )
        };
        return Err(StatusError::bad_request(format!("{prefix}: {why}")));
    }
    if stated.api_version != expected {
        return Err(other_version(&stated.api_version, &expected));
    }
    if value.is_null() {
        *value = json!({});
    }
    if let Value::Object(object) = value {
        object.insert("kind".into(), json!(stated.kind));
        object.insert("apiVersion".into(), json!(stated.api_version));
    }
    let unknown = resource.read(value).map_err(|error| {
        let error = first_in_document(call, format).unwrap_or(error);
        StatusError::bad_request(format!("{prefix}: {error}"))
    })?;
    Ok((prefix, unknown))
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
