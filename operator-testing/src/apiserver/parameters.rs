//! Query parameters that more than one layer reads.
//!
//! Source: `k8s.io/apimachinery/pkg/apis/meta/v1/validation`.

use super::{
    request::Query,
    status::{FieldError, StatusError},
};

/// Reads `dryRun`, which may be given several times.
pub(crate) fn dry_run<'a>(values: impl Iterator<Item = &'a str>, errors: &mut Vec<FieldError>) -> bool {
    let mut found = false;
    for value in values.filter(|value| !value.is_empty()) {
        if value == "All" {
            found = true;
        } else {
            errors.push(FieldError::not_supported("dryRun", &vec![value].into(), &["All"]));
        }
    }
    found
}

/// A number in the query.
pub(crate) fn number(query: &Query, name: &str) -> Result<Option<i64>, StatusError> {
    match query.text(name) {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| {
            StatusError::bad_request(format!("strconv.ParseInt: parsing {text:?}: invalid syntax"))
        }),
    }
}
