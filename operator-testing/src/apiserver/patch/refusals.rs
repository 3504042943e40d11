//! The general words for patches that do not fit.

use serde_json::json;

use crate::apiserver::status::StatusError;

/// 422 in the general words that clients get when a patch does not fit the object.
pub(super) fn rejected() -> StatusError {
    StatusError {
        details: Some(json!({})),
        ..StatusError::new(
            422,
            "Invalid",
            "the server rejected our request due to an error in our request",
        )
    }
}

/// 500 without a reason: an error that the real server did not classify.
pub(super) fn unclassified(message: impl Into<String>) -> StatusError {
    StatusError::new(500, "", message)
}
