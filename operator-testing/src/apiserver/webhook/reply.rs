//! What an answer over HTTP says.
//!
//! Sources: `k8s.io/client-go/rest/request.go`, `k8s.io/apimachinery/pkg/api/errors/errors.go`.

use bytes::Bytes;
use http::{HeaderMap, header};
use serde_json::Value;

/// An answer over HTTP, or one as if.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    pub(super) code: u16,
    pub(super) content_type: String,
    pub(super) body: Bytes,
}

/// The type that headers name.
pub(super) fn content_type(headers: &HeaderMap) -> String {
    let named = headers.get(header::CONTENT_TYPE);
    named
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .to_owned()
}

impl Reply {
    /// The review of kind `kind` in the body.
    ///
    /// # Errors
    /// Why there is none, in the words of the real server's client.
    pub(super) fn review(&self, kind: &str) -> Result<Value, String> {
        if !(200..=206).contains(&self.code) {
            return Err(self.failure());
        }
        if self.body.is_empty() {
            return Err(format!(
                "0-length response with status code: {} and content type: {}",
                self.code, self.content_type
            ));
        }
        let review: Value = serde_json::from_slice(&self.body).map_err(|_| NOT_AN_OBJECT.to_owned())?;
        if !review.is_object() {
            return Err(NOT_AN_OBJECT.to_owned());
        }
        let text = |field: &str| review[field].as_str().unwrap_or_default();
        match text("kind") {
            known if known.is_empty() || known == kind => Ok(review),
            "Status" if text("apiVersion") == "v1" && text("status") != "Success" => {
                Err(text("message").to_owned())
            }
            other => Err(format!(
                "no kind {other:?} is registered for version {:?} in scheme \"pkg/runtime/scheme.go:111\"",
                text("apiVersion")
            )),
        }
    }

    /// What a code other than success says.
    fn failure(&self) -> String {
        let body: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        if body["kind"] == "Status" && body["status"] != "Success" {
            return body["message"].as_str().unwrap_or_default().to_owned();
        }
        let is_text = self.content_type.is_empty() || self.content_type.starts_with("text/");
        let said = if is_text {
            String::from_utf8_lossy(&self.body).trim().to_owned()
        } else {
            "unknown".to_owned()
        };
        match self.code {
            400 => "the server rejected our request for an unknown reason".to_owned(),
            401 => "the server has asked for the client to provide credentials".to_owned(),
            404 => "the server could not find the requested resource".to_owned(),
            405 => "the server does not allow this method on the requested resource".to_owned(),
            406 if said.is_empty() || said == "unknown" => {
                "the server was unable to respond with a content type that the client supports".to_owned()
            }
            403 | 406 | 415 => said,
            409 => "the server reported a conflict".to_owned(),
            422 => "the server rejected our request due to an error in our request".to_owned(),
            429 => "the server has received too many requests and has asked us to try again later".to_owned(),
            503 => "the server is currently unable to handle the request".to_owned(),
            504 => "the server was unable to return a response in the time allotted, but may still be \
                    processing the request"
                .to_owned(),
            500.. => format!("an error on the server ({said:?}) has prevented the request from succeeding"),
            code => {
                format!(
                    "the server responded with the status code {code} but did not return more information"
                )
            }
        }
    }
}

/// What the real server says of any text that is no JSON, because it reads it as YAML.
const NOT_AN_OBJECT: &str = "couldn't get version/kind; json parse error: json: cannot unmarshal string into Go value of type \
    struct { APIVersion string \"json:\\\"apiVersion,omitempty\\\"\"; Kind string \"json:\\\"kind,omitempty\\\"\" }";

#[cfg(test)]
mod tests {
    use super::*;

    fn said(code: u16, content_type: &str, body: &'static str) -> String {
        let reply = Reply {
            code,
            content_type: content_type.to_owned(),
            body: Bytes::from_static(body.as_bytes()),
        };
        reply.review("AdmissionReview").unwrap_err()
    }

    #[test]
    fn answers_that_are_no_reviews_are_explained() {
        assert_eq!(
            said(500, "text/plain", "boom\n"),
            "an error on the server (\"boom\") has prevented the request from succeeding"
        );
        assert_eq!(
            said(404, "text/plain", "not here"),
            "the server could not find the requested resource"
        );
        let status = r#"{"kind":"Status","apiVersion":"v1","status":"Failure","message":"own words"}"#;
        assert_eq!(said(503, "application/json", status), "own words");
        assert_eq!(
            said(200, "application/json", ""),
            "0-length response with status code: 200 and content type: application/json"
        );
        assert_eq!(
            said(
                200,
                "application/json",
                r#"{"apiVersion":"v1","kind":"ConfigMap"}"#
            ),
            "no kind \"ConfigMap\" is registered for version \"v1\" in scheme \"pkg/runtime/scheme.go:111\""
        );
        assert!(said(200, "text/html", "<html>").starts_with("couldn't get version/kind"));
    }
}
