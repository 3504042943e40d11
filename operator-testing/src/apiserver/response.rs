//! An answer, before it becomes HTTP.

use bytes::Bytes;
use serde_json::Value;

use super::{numbers, status::StatusError, watch::WatchPlan};

/// What the server answers.
#[derive(Debug)]
pub(super) struct Response {
    /// The HTTP status code.
    pub code: u16,
    /// The media type of the body.
    pub content_type: String,
    /// Further headers.
    pub headers: Vec<(http::HeaderName, String)>,
    /// What the client should be told beside the answer (`Warning` headers).
    pub warnings: Vec<String>,
    /// The body.
    pub body: Body,
}

/// The body of an answer.
#[derive(Debug)]
pub(super) enum Body {
    /// All of it.
    Full(Bytes),
    /// A watch that has yet to be followed.
    Watch(Box<WatchPlan>),
}

impl Response {
    /// JSON that is already encoded.
    pub(super) fn json(code: u16, body: impl Into<Bytes>) -> Self {
        Self {
            code,
            content_type: "application/json".to_owned(),
            headers: Vec::new(),
            warnings: Vec::new(),
            body: Body::Full(body.into()),
        }
    }

    /// A value as JSON, with the line feed that a real server ends with.
    pub(super) fn value(code: u16, value: &Value) -> Self {
        let mut body = Vec::new();
        numbers::write(&mut body, value);
        body.push(b'\n');
        Self::json(code, body)
    }

    /// Plain text.
    pub(super) fn text(code: u16, text: &str) -> Self {
        Self {
            content_type: "text/plain; charset=utf-8".to_owned(),
            ..Self::json(code, text.to_owned())
        }
    }

    /// The answer of a path that does not exist.
    pub(super) fn page_not_found() -> Self {
        Self::text(404, "404 page not found\n")
    }

    /// The whole body; empty for a watch.
    pub(super) fn bytes(&self) -> &[u8] {
        match &self.body {
            Body::Full(bytes) => bytes,
            Body::Watch(_) => &[],
        }
    }
}

impl From<&StatusError> for Response {
    fn from(error: &StatusError) -> Self {
        let mut response = Self::value(error.code, &error.body());
        if let Some(seconds) = error.retry_after() {
            response
                .headers
                .push((http::header::RETRY_AFTER, seconds.to_string()));
        }
        response
    }
}
