//! Query parameters that more than one layer reads.
//!
//! Source: `k8s.io/apimachinery/pkg/apis/meta/v1/validation`.

use std::num::{IntErrorKind, ParseIntError};

use super::{
    request::Query,
    status::{FieldError, StatusError},
};

/// Reads `dryRun`, which may be given several times.
pub(crate) fn dry_run<'a>(values: impl Iterator<Item = &'a str>, errors: &mut Vec<FieldError>) -> bool {
    let values: Vec<_> = values.collect();
    if values.iter().any(|value| *value != "All") {
        errors.push(FieldError::not_supported(
            "dryRun",
            &values.clone().into(),
            &["All"],
        ));
    }
    !values.is_empty()
}

/// A number in the query.
pub(crate) fn number(query: &Query, name: &str) -> Result<Option<i64>, StatusError> {
    let Some(text) = query.get(name) else {
        return Ok(None);
    };
    text.parse().map(Some).map_err(|error| {
        let why = not_a_number(&error);
        StatusError::bad_request(format!("strconv.ParseInt: parsing {text:?}: {why}"))
    })
}

/// Reads a resource version.
///
/// # Errors
/// Why it is none, as Go says it.
pub(crate) fn unsigned(text: &str) -> Result<u64, String> {
    let read = match text.strip_prefix('+') {
        // Rust takes a sign that Go does not
        Some(_) => Err("invalid syntax"),
        None => text.parse().map_err(|error| not_a_number(&error)),
    };
    read.map_err(|why| format!("strconv.ParseUint: parsing {text:?}: {why}"))
}

fn not_a_number(error: &ParseIntError) -> &'static str {
    match error.kind() {
        IntErrorKind::PosOverflow | IntErrorKind::NegOverflow => "value out of range",
        _ => "invalid syntax",
    }
}
