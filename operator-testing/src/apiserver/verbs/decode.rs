//! From a body to an object of the resource: kind and version checked, fields in the form of their types, defaults filled in.
//!
//! Sources: `k8s.io/apiserver/pkg/endpoints/handlers/{create,update,patch,rest}.go`.

use serde_json::{Value, json};

use super::{
    super::{
        call::Call,
        meta::{self, Object},
        patch::apply,
        request::Verb,
        status::StatusError,
        twin,
        types::decode::fields_in_order,
    },
    body::{self, Format, Parsed},
    custom_body, emptied,
    expected::{self, Expected},
    options::FieldValidation,
    strategy,
    type_meta::TypeMeta,
};

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
    let stated =
        TypeMeta::of(&value).map_err(|why| expected::unrecognised(call, &call.resource.kind, &why))?;
    let forgets = forgets_managers(&value);
    let replaces = call.target.verb == Verb::Update && call.resource.custom.is_none();
    let sent = replaces.then(|| value.clone());
    call.unlabelled_template = is_unlabelled(&value["spec"]["template"]);
    let (type_of_body, unknown) = match call.resource.custom {
        Some(_) => read_custom(call, &stated, &mut value, validation)?,
        None => read_builtin(call, format, stated.clone(), &mut value)?,
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
    let version = call.resource.api_version();
    if call.resource.custom.is_some() && stated.api_version != version {
        return Err(expected::other_version(&stated.api_version, &version));
    }
    let object = complete(call, value, forgets);
    if let Some(sent) = &sent {
        emptied::note(call, sent, &object);
    }
    Ok(object)
}

/// The object that a value is once its fields have the form of their types: defaults filled in, empty metadata dropped.
pub(super) fn complete(call: &mut Call<'_>, mut value: Value, forgets_managers: bool) -> Object {
    call.unlabelled = is_unlabelled(&value);
    if call.resource.custom.is_none() {
        call.resource.fill_defaults(&mut value);
    }
    let mut object = meta::into_object(value);
    let is_changed_by_reading = twin::settle(&call.resource, &mut object);
    call.unsettled |= is_changed_by_reading && &*call.target.subresource == "status";
    strategy::normalise(&mut object);
    if forgets_managers && call.resource.custom.is_none() {
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

/// Whether an object or a template has no labels.
pub(super) fn is_unlabelled(value: &Value) -> bool {
    value["metadata"]["labels"].is_null()
}

/// Whether an object comes with an empty list of managers, which asks to forget them; reading it as its type loses the list. Of a
/// custom resource it is lost before anybody looks.
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

/// Reads a custom resource; what messages about strictness begin with, and the paths of unknown fields.
fn read_custom(
    call: &Call<'_>,
    stated: &TypeMeta,
    value: &mut Value,
    validation: FieldValidation,
) -> Result<(String, Vec<String>), StatusError> {
    let resource = &call.resource;
    let begin = |kind: &str| format!("{kind} in version {:?} cannot be handled as a ", stated.version());
    // unlike the search, the reader goes by the exact name of the field
    let kind = value["kind"].as_str().unwrap_or_default();
    if kind.is_empty() {
        let why = without_kind(call);
        // who does not ask for more is read without a second look at the kind
        return Err(if validation == FieldValidation::Ignore {
            let (kind, version) = (&resource.kind, stated.version());
            let version = if version.is_empty() {
                &resource.version
            } else {
                version
            };
            StatusError::bad_request(format!(
                "{kind} in version {version:?} cannot be handled as a {kind}: {why}"
            ))
        } else {
            expected::unrecognised(call, &resource.kind, &why)
        });
    }
    let (begin, type_of_body) = (begin(kind), begin(kind) + kind);
    let unknown = custom_body::read(call, stated, value)
        .map_err(|error| StatusError::bad_request(format!("{begin}{}: {error}", resource.kind)))?;
    Ok((type_of_body, unknown))
}

/// Reads an object of a built-in kind, which need not state its kind and version.
fn read_builtin(
    call: &Call<'_>,
    format: Format,
    stated: TypeMeta,
    value: &mut Value,
) -> Result<(String, Vec<String>), StatusError> {
    let resource = &call.resource;
    let expected = Expected {
        kind: &resource.kind,
        package: package(&resource.group),
        versions: &[&resource.api_version()],
    };
    let prefix = expected.check(call, stated, value)?;
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
    expected::unreadable(call, &resource.kind, format, error)
}
