//! A request: what a client sent, and what it means.

mod query;
mod target;
mod user;

use bytes::Bytes;
use http::{HeaderMap, Method};

pub use query::Query;
pub use target::{Target, Verb};
pub use user::User;

/// One request, complete with its body.
#[derive(Clone, Debug)]
pub struct Request {
    /// The HTTP method.
    pub method: Method,
    /// The path, still percent-encoded.
    pub path: String,
    /// The query parameters.
    pub query: Query,
    /// The headers.
    pub headers: HeaderMap,
    /// The body; empty if there is none.
    pub body: Bytes,
    /// Who is asking, where the connection itself says so; otherwise the headers do.
    pub user: Option<User>,
    /// Whether it comes from a part of the server itself, which may do everything.
    pub trusted: bool,
}

impl Request {
    /// A request without headers and body; `target` is a path with an optional query.
    pub fn new(method: Method, target: &str) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        Self {
            method,
            path: path.to_owned(),
            query: Query::parse(query),
            headers: HeaderMap::new(),
            body: Bytes::new(),
            user: None,
            trusted: false,
        }
    }

    /// Whether the path can be decoded.
    pub(crate) fn has_readable_path(&self) -> bool {
        query::is_encoded_well(&self.path)
    }

    /// The value of a header, if it is there and is text.
    pub fn header(&self, name: http::header::HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The user agent; empty if none was sent.
    pub fn agent(&self) -> &str {
        self.header(http::header::USER_AGENT).unwrap_or_default()
    }
}
