//! Strategic merge patch: a merge patch that knows how the lists of built-in kinds merge.
//!
//! Lists merge by their key, lists of scalars with a merge strategy like sets. A patch can also hold directives:
//! `$patch: delete | replace` in a map or in an element of a list, `$retainKeys` in a map, and beside a list called `x`
//! `$deleteFromPrimitiveList/x` and `$setElementOrder/x`.
//!
//! Source: `k8s.io/apimachinery/pkg/util/strategicpatch/patch.go`.

mod list;
mod map;
mod order;

use serde_json::{Map, Value};

use super::refusals::{rejected, unclassified};
use crate::apiserver::{status::StatusError, types::Schema, wording};

/// What a map or an element of a list says about itself.
const DIRECTIVE: &str = "$patch";

/// Applies `patch` to `object`.
///
/// # Errors
/// 400 if the patch or one of its directives is malformed, 422 for lists of lists, 500 (without a reason, like the real
/// server) for elements without their merge key and directives that contradict each other.
pub fn apply(object: &Value, patch: &Value, schema: &Schema) -> Result<Value, StatusError> {
    let patch = match patch {
        Value::Object(fields) => fields.clone(),
        Value::Null => Map::new(),
        other => {
            return Err(StatusError::bad_request(format!(
                "json: cannot unmarshal {} into Go value of type map[string]interface {{}}",
                wording::json_kind(other)
            )));
        }
    };
    let original = object.as_object().cloned().unwrap_or_default();
    map::merge(original, patch, Some(schema), map::Kind::Struct)
        .map(Value::Object)
        .map_err(Failure::into_error)
}

/// Why a patch does not apply.
#[derive(Debug, thiserror::Error)]
enum Failure {
    /// A directive of the wrong form.
    #[error("invalid patch format of {0}")]
    Malformed(&'static str),
    /// A list inside a list.
    #[error("lists of lists are not supported")]
    ListOfLists,
    /// Anything the real server did not classify.
    #[error("{0}")]
    Other(String),
}

impl Failure {
    fn no_merge_key(element: &Value, key: &str) -> Self {
        Self::Other(format!(
            "map: {} does not contain declared merge key: {key}",
            wording::plain(element)
        ))
    }

    fn bad_directive(directive: &Value, holder: &Value) -> Self {
        Self::Other(format!(
            "unknown patch type: {} in map: {}",
            wording::plain(directive),
            wording::plain(holder)
        ))
    }

    fn bad_type(expected: &str, found: &Value) -> Self {
        Self::Other(format!(
            "expected a {expected}, but received a {}",
            wording::type_name(found)
        ))
    }

    fn into_error(self) -> StatusError {
        match self {
            Self::Malformed(_) => StatusError::bad_request(self.to_string()),
            Self::ListOfLists => rejected(),
            Self::Other(message) => unclassified(message),
        }
    }
}

/// The schema of a field; the values of a map share one.
fn field<'a>(schema: Option<&'a Schema>, name: &str) -> Option<&'a Schema> {
    let schema = schema?;
    schema
        .properties
        .get(name)
        .or(schema.additional.as_ref())
        .map(|field| &**field)
}

#[cfg(test)]
mod tests;
