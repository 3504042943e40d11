//! Answers with one object.

use bytes::Bytes;
use serde_json::Value;

use super::super::{call::Call, encode::object_bytes, meta::Object, response::Response, store::Stored};

/// An answer with one stored object.
pub(super) fn stored(call: &mut Call<'_>, code: u16, stored: &Stored) -> Response {
    let mut body = object_bytes(&call.resource, stored);
    body.push(b'\n');
    finish(call, Response::json(code, Bytes::from(body)))
}

/// An answer with an object that is not stored.
pub(super) fn object(call: &mut Call<'_>, code: u16, mut object: Object) -> Response {
    object.insert("kind".into(), (*call.resource.kind).into());
    object.insert("apiVersion".into(), call.resource.api_version().into());
    finish(call, Response::value(code, &Value::Object(object)))
}

/// Adds the warnings of the call.
pub(super) fn finish(call: &mut Call<'_>, mut response: Response) -> Response {
    response.warnings.append(&mut call.warnings);
    response
}
