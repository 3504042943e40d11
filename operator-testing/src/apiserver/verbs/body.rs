//! Reading the body of a request.

use serde_json::Value;

use super::{
    super::{meta::Object, status::StatusError},
    Call,
};

/// What the server reads.
const MEDIA_TYPES: [&str; 4] = [
    "application/json",
    "application/yaml",
    "application/vnd.kubernetes.protobuf",
    "application/cbor",
];

/// The format of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Json,
    Yaml,
}

/// The format that the `Content-Type` header names; JSON if there is none.
pub(super) fn format(call: &Call<'_>) -> Result<Format, StatusError> {
    let header = call
        .request
        .header(http::header::CONTENT_TYPE)
        .unwrap_or_default();
    match media_type(header).as_str() {
        "" | "application/json" => Ok(Format::Json),
        "application/yaml" => Ok(Format::Yaml),
        _ => Err(StatusError::unsupported_media_type(&MEDIA_TYPES[..3])),
    }
}

/// A header without its parameters.
pub(super) fn media_type(header: &str) -> String {
    header
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase()
}

/// Reads a body as a value.
pub(super) fn parse(format: Format, body: &[u8]) -> Result<Value, String> {
    match format {
        Format::Json => serde_json::from_slice(body).map_err(|error| error.to_string()),
        Format::Yaml => {
            let text = std::str::from_utf8(body).map_err(|error| error.to_string())?;
            serde_saphyr::from_str(text).map_err(|error| error.to_string())
        }
    }
}

/// Reads the body as an object of the resource and checks that it is one.
pub(super) fn object(call: &Call<'_>) -> Result<Object, StatusError> {
    let format = format(call)?;
    let value = parse(format, &call.request.body).map_err(|error| malformed(call, &error))?;
    let Value::Object(mut object) = value else {
        return Err(malformed(call, "the body is no object"));
    };
    check_type(call, &mut object)?;
    Ok(object)
}

fn malformed(call: &Call<'_>, why: &str) -> StatusError {
    StatusError::bad_request(format!(
        "{} in version {:?} cannot be handled as a {}: {why}",
        call.resource.kind, call.resource.version, call.resource.kind
    ))
}

/// Checks kind and version, and fills them in where the client left them out.
fn check_type(call: &Call<'_>, object: &mut Object) -> Result<(), StatusError> {
    let text = |field: &str| {
        object
            .get(field)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let (kind, api_version) = (text("kind"), text("apiVersion"));
    let expected = call.resource.api_version();
    if call.resource.custom.is_some() && kind.is_empty() {
        return Err(StatusError::bad_request(format!(
            "Object 'Kind' is missing in '{}'",
            String::from_utf8_lossy(&call.request.body)
        )));
    }
    if !api_version.is_empty() && api_version != expected {
        let known = call
            .types
            .snapshot()
            .by_group_kind(&call.resource.group, &call.resource.kind)
            .is_some();
        debug_assert!(known, "the resource of a request is served");
        return Err(StatusError::bad_request(format!(
            "the API version in the data ({api_version}) does not match the expected API version ({expected})"
        )));
    }
    if !kind.is_empty() && kind != *call.resource.kind {
        return Err(StatusError::bad_request(format!(
            "{kind} in version {:?} cannot be handled as a {}: converting the body to a {} failed: it is a {kind}",
            call.resource.version, call.resource.kind, call.resource.kind
        )));
    }
    object.insert("kind".into(), (*call.resource.kind).into());
    object.insert("apiVersion".into(), expected.into());
    Ok(())
}
