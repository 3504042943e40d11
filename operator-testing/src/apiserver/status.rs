//! The errors an API server answers with: `Status` objects with their exact words.
//!
//! Source: `k8s.io/apimachinery/pkg/api/errors/errors.go`.

mod field_error;

use serde_json::{Map, Value, json};

pub use self::field_error::FieldError;

/// An error answer: an HTTP code and the `Status` object that goes with it.
#[derive(Clone, Debug, PartialEq)]
pub struct StatusError {
    /// The HTTP status code.
    pub code: u16,
    /// The machine-readable reason; empty where the real server leaves it out.
    pub reason: &'static str,
    /// The message a person reads.
    pub message: String,
    /// The `details` object; `None` where the real server sends none.
    pub details: Option<Value>,
    /// A token with which a list that began too long ago can be continued all the same.
    pub continue_token: Option<String>,
}

/// The reason of an answer that has to wait for a webhook; no client ever sees it.
const WEBHOOK_PENDING: &str = "WebhookPending";

/// The group, the plural (or kind) and the name that a message is about.
#[derive(Clone, Copy, Debug)]
pub struct About<'a> {
    /// The API group; empty for the core group.
    pub group: &'a str,
    /// What `details.kind` holds: the plural for most errors, the kind for invalid objects.
    pub kind: &'a str,
    /// The name of the object; may be empty.
    pub name: &'a str,
}

impl About<'_> {
    fn qualified(&self) -> String {
        if self.group.is_empty() {
            self.kind.to_owned()
        } else {
            format!("{}.{}", self.kind, self.group)
        }
    }

    fn details(&self) -> Map<String, Value> {
        let mut details = Map::new();
        for (key, value) in [("name", self.name), ("group", self.group), ("kind", self.kind)] {
            if !value.is_empty() {
                details.insert(key.to_owned(), value.into());
            }
        }
        details
    }
}

impl std::fmt::Display for StatusError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for StatusError {}

impl StatusError {
    /// An answer without details.
    pub fn new(code: u16, reason: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            reason,
            message: message.into(),
            details: None,
            continue_token: None,
        }
    }

    /// 400 `BadRequest`.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", message)
    }

    /// 503, because the answer of a webhook is needed first: for callers that cannot wait.
    pub(crate) fn webhook_pending() -> Self {
        Self::new(
            503,
            WEBHOOK_PENDING,
            "a webhook has to be asked first: await Loopback::ask_webhooks and make the same call again",
        )
    }

    /// Whether the same call goes on once webhooks were asked.
    pub fn awaits_webhooks(&self) -> bool {
        self.reason == WEBHOOK_PENDING
    }

    /// 409 because a webhook was asked again and again and the object was another one each time.
    pub(crate) fn restless() -> Self {
        Self::new(
            409,
            "Conflict",
            "the object kept changing while webhooks were asked about it; try again",
        )
    }

    /// 429 `TooManyRequests`, because what lists and watches are served from cannot be filled.
    pub fn initialising(why: impl std::fmt::Display) -> Self {
        Self {
            details: Some(json!({"retryAfterSeconds": 1})),
            ..Self::new(
                429,
                "TooManyRequests",
                format!("storage is (re)initializing: {why}"),
            )
        }
    }

    /// 404 `NotFound`.
    pub fn not_found(about: About<'_>) -> Self {
        let message = format!("{} {:?} not found", about.qualified(), about.name);
        Self {
            details: Some(about.details().into()),
            ..Self::new(404, "NotFound", message)
        }
    }

    /// 409 `AlreadyExists`.
    pub fn already_exists(about: About<'_>) -> Self {
        let message = format!("{} {:?} already exists", about.qualified(), about.name);
        Self {
            details: Some(about.details().into()),
            ..Self::new(409, "AlreadyExists", message)
        }
    }

    /// 409 `Conflict`, with what stands after the colon.
    pub fn conflict(about: About<'_>, why: impl std::fmt::Display) -> Self {
        let message = format!(
            "Operation cannot be fulfilled on {} {:?}: {why}",
            about.qualified(),
            about.name
        );
        Self {
            details: Some(about.details().into()),
            ..Self::new(409, "Conflict", message)
        }
    }

    /// 403 `Forbidden`, with what stands after the colon.
    pub fn forbidden(about: About<'_>, why: impl std::fmt::Display) -> Self {
        let message = match (about.kind, about.name) {
            ("", _) => format!("forbidden: {why}"),
            (_, "") => format!("{} is forbidden: {why}", about.qualified()),
            (_, name) => format!("{} {name:?} is forbidden: {why}", about.qualified()),
        };
        Self {
            details: Some(about.details().into()),
            ..Self::new(403, "Forbidden", message)
        }
    }

    /// 422 `Invalid`, with the kind (not the plural) and every cause.
    pub fn invalid(about: About<'_>, errors: &[FieldError]) -> Self {
        let mut messages: Vec<String> = Vec::new();
        for message in errors.iter().map(ToString::to_string) {
            if !messages.contains(&message) {
                messages.push(message);
            }
        }
        let list = match messages.as_slice() {
            [one] => one.clone(),
            many => format!("[{}]", many.join(", ")),
        };
        let message = format!("{} {:?} is invalid: {list}", about.qualified(), about.name);
        let mut details = about.details();
        let causes: Vec<_> = errors
            .iter()
            .map(|error| {
                let mut cause = json!({"reason": error.reason, "message": error.message});
                if !error.field.is_empty() {
                    cause["field"] = error.field.as_str().into();
                }
                cause
            })
            .collect();
        details.insert("causes".into(), causes.into());
        Self {
            details: Some(details.into()),
            ..Self::new(422, "Invalid", message)
        }
    }

    /// 401 `Unauthorized`.
    pub fn unauthorized() -> Self {
        Self::new(401, "Unauthorized", "Unauthorized")
    }

    /// 404 for a path below a known API that nothing serves.
    pub fn unknown_resource() -> Self {
        Self::from_code(
            404,
            "NotFound",
            "the server could not find the requested resource",
        )
    }

    /// 405 for a method that a path does not serve.
    pub fn method_not_allowed() -> Self {
        Self::from_code(
            405,
            "MethodNotAllowed",
            "the server does not allow this method on the requested resource",
        )
    }

    /// 501 for what a real server answers and the embedded one has nothing for.
    pub fn not_simulated(resource: &str, subresource: &str) -> Self {
        Self::from_code(
            501,
            "NotImplemented",
            &format!("the embedded API server does not simulate {resource}/{subresource}"),
        )
    }

    /// 405 for a verb that a kind does not support.
    pub fn not_supported(about: About<'_>, verb: &str) -> Self {
        let message = format!(
            "{verb} is not supported on resources of kind {:?}",
            about.qualified()
        );
        Self {
            details: Some(about.details().into()),
            ..Self::new(405, "MethodNotAllowed", message)
        }
    }

    /// 406 `NotAcceptable`.
    pub fn not_acceptable(accepted: &[&str]) -> Self {
        Self::new(
            406,
            "NotAcceptable",
            format!(
                "only the following media types are accepted: {}",
                accepted.join(", ")
            ),
        )
    }

    /// 410 `Expired`: a revision that is no longer kept.
    pub fn expired(message: impl Into<String>) -> Self {
        Self::new(410, "Expired", message)
    }

    /// 413 `RequestEntityTooLarge`.
    pub fn too_large(message: impl std::fmt::Display) -> Self {
        Self::new(
            413,
            "RequestEntityTooLarge",
            format!("Request entity too large: {message}"),
        )
    }

    /// 415 `UnsupportedMediaType`.
    pub fn unsupported_media_type(accepted: &[&str]) -> Self {
        Self::new(
            415,
            "UnsupportedMediaType",
            format!(
                "the body of the request was in an unknown format - accepted media types include: {}",
                accepted.join(", ")
            ),
        )
    }

    /// 422 for a patch that cannot be applied.
    pub fn unprocessable() -> Self {
        Self::from_code(
            422,
            "Invalid",
            "the server rejected our request due to an error in our request",
        )
    }

    /// 500 `InternalError`.
    pub fn internal(message: impl std::fmt::Display) -> Self {
        Self {
            details: Some(json!({"causes": [{"message": message.to_string()}]})),
            ..Self::new(
                500,
                "InternalError",
                format!("Internal error occurred: {message}"),
            )
        }
    }

    /// 504 for a revision that has not happened yet.
    pub fn revision_too_large(requested: u64, current: u64) -> Self {
        let text = format!("Too large resource version: {requested}, current: {current}");
        Self {
            details: Some(json!({
                "causes": [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}],
                "retryAfterSeconds": 1,
            })),
            ..Self::new(504, "Timeout", format!("Timeout: {text}"))
        }
    }

    /// An answer with empty details, as made from an HTTP code alone.
    pub fn from_code(code: u16, reason: &'static str, message: &str) -> Self {
        Self {
            details: Some(json!({})),
            ..Self::new(code, reason, message)
        }
    }

    /// After how many seconds the client should try again.
    pub fn retry_after(&self) -> Option<u64> {
        self.details.as_ref()?.get("retryAfterSeconds")?.as_u64()
    }

    /// Whether the object or path does not exist.
    pub fn is_not_found(&self) -> bool {
        self.reason == "NotFound"
    }

    /// Whether the write was based on an old state.
    pub fn is_conflict(&self) -> bool {
        self.reason == "Conflict"
    }

    /// Whether the object to be created exists.
    pub fn is_already_exists(&self) -> bool {
        self.reason == "AlreadyExists"
    }

    /// Reads an error back from its HTTP code and its `Status` object.
    pub fn read(code: u16, body: &Value) -> Self {
        const REASONS: [&str; 16] = [
            "BadRequest",
            "Unauthorized",
            "Forbidden",
            "NotFound",
            "MethodNotAllowed",
            "NotAcceptable",
            "AlreadyExists",
            "Conflict",
            "Gone",
            "Expired",
            "RequestEntityTooLarge",
            "UnsupportedMediaType",
            "Invalid",
            "TooManyRequests",
            "InternalError",
            "Timeout",
        ];
        let reason = REASONS
            .into_iter()
            .find(|reason| body["reason"] == *reason)
            .unwrap_or_default();
        let message = body["message"].as_str().unwrap_or_default();
        Self {
            details: body.get("details").cloned(),
            ..Self::new(code, reason, message)
        }
    }

    /// The `Status` object.
    pub fn body(&self) -> Value {
        let mut body = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": self.message, "code": self.code,
        });
        if !self.reason.is_empty() {
            body["reason"] = self.reason.into();
        }
        if let Some(token) = &self.continue_token {
            body["metadata"]["continue"] = token.as_str().into();
        }
        if let Some(details) = &self.details {
            body["details"] = details.clone();
        }
        body
    }
}
