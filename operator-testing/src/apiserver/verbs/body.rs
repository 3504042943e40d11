//! Reading the body of a request.

use serde_json::Value;

use super::super::{call::Call, patch::yaml, protobuf, status::StatusError, types::decode};

/// What the server reads.
const MEDIA_TYPES: [&str; 3] = [
    "application/json",
    "application/yaml",
    "application/vnd.kubernetes.protobuf",
];

/// The format of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Json,
    Yaml,
    Protobuf,
}

/// What a body says, before anybody asks what it means.
#[derive(Debug, Default)]
pub(super) struct Parsed {
    pub(super) value: Value,
    /// The paths of fields that were written twice.
    pub(super) duplicates: Vec<String>,
    /// What the reader of YAML says of keys that were written twice.
    pub(super) repeated: Vec<String>,
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
        "application/vnd.kubernetes.protobuf" if call.resource.custom.is_none() => Ok(Format::Protobuf),
        _ => Err(StatusError::unsupported_media_type(&MEDIA_TYPES)),
    }
}

/// A header without its parameters.
pub(super) fn media_type(header: &str) -> String {
    let name = header.split(';').next().unwrap_or_default();
    name.trim().to_ascii_lowercase()
}

/// Reads a body.
///
/// # Errors
/// What is wrong with it, in the real server's words as far as they are known.
pub(super) fn parse(format: Format, body: &[u8]) -> Result<Parsed, String> {
    match format {
        Format::Json => decode::from_json(body).map(Parsed::from),
        Format::Protobuf => protobuf::decode(body)
            .map(|value| Parsed {
                value,
                ..Parsed::default()
            })
            .map_err(|error| error.to_string()),
        Format::Yaml => {
            let text = std::str::from_utf8(body).map_err(|error| error.to_string())?;
            let document = yaml::read(text)?;
            Ok(Parsed {
                value: document.value,
                repeated: document.duplicates,
                ..Parsed::default()
            })
        }
    }
}

/// Reads the body of a built-in type.
///
/// # Errors
/// As [`parse`].
pub(super) fn parse_of_type(format: Format, body: &[u8]) -> Result<Parsed, String> {
    match format {
        Format::Json => decode::from_json_of_type(body).map(Parsed::from),
        Format::Yaml | Format::Protobuf => parse(format, body),
    }
}

impl From<decode::Document> for Parsed {
    fn from(document: decode::Document) -> Self {
        Self {
            value: document.value,
            duplicates: document.duplicates,
            ..Self::default()
        }
    }
}

/// An error of the reader of YAML without what only conversions say.
pub(super) fn of_yaml(error: &str) -> &str {
    error
        .strip_prefix("error converting YAML to JSON: ")
        .unwrap_or(error)
}
