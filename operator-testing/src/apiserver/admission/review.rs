//! What a webhook answers.
//!
//! Sources: `k8s.io/apiserver/pkg/admission/plugin/webhook/{request/admissionreview.go,errors/statuserror.go}`.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::super::{
    call::Halt,
    policies::{Hook, ReviewVersion},
    response::Response,
    types::decode,
    webhook::Answer,
    wording,
};

/// A webhook's answer, checked.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Verdict {
    /// The `status` of the answer, if the write is denied.
    pub(super) denied: Option<Value>,
    /// The operations that are to change the object, as they were sent.
    patch: Vec<u8>,
    is_json_patch: bool,
    pub(super) warnings: Vec<String>,
    pub(super) annotations: Vec<(String, String)>,
}

impl Verdict {
    /// Reads an answer.
    ///
    /// # Errors
    /// Why it cannot be gone by, in the real server's words.
    pub(super) fn read(answer: &Answer, version: ReviewVersion, mutating: bool) -> Result<Self, String> {
        let review = answer
            .review
            .as_ref()
            .map_err(|why| format!("failed to call webhook: {why}"))?;
        Self::verify(answer, review, version, mutating)
            .map_err(|why| format!("received invalid webhook response: {why}"))
    }

    fn verify(
        answer: &Answer,
        review: &Value,
        version: ReviewVersion,
        mutating: bool,
    ) -> Result<Self, String> {
        let Some(response) = review["response"].as_object() else {
            return Err("webhook response was absent".to_owned());
        };
        let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
        if version == ReviewVersion::V1 {
            let uid = text(response.get("uid"));
            if uid != answer.uid {
                return Err(format!("expected response.uid={:?}, got {uid:?}", answer.uid));
            }
            let got = described(&text(review.get("apiVersion")), &text(review.get("kind")));
            let expected = "admission.k8s.io/v1, Kind=AdmissionReview";
            if got != expected {
                return Err(format!("expected webhook response of {expected}, got {got}"));
            }
        }
        let patch = STANDARD.decode(text(response.get("patch"))).unwrap_or_default();
        let patch_type = response.get("patchType").and_then(Value::as_str);
        if version == ReviewVersion::V1 {
            check_patch(&patch, patch_type, mutating)?;
        }
        let texts = |field: &str| {
            response
                .get(field)
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
        };
        let annotations = response.get("auditAnnotations").and_then(Value::as_object);
        let allowed = response.get("allowed") == Some(&Value::Bool(true));
        Ok(Self {
            denied: (!allowed).then(|| response.get("status").cloned().unwrap_or_default()),
            patch: if mutating { patch } else { Vec::new() },
            is_json_patch: version == ReviewVersion::V1Beta1 || patch_type == Some("JSONPatch"),
            warnings: texts("warnings")
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
            annotations: annotations
                .into_iter()
                .flatten()
                .map(|(key, value)| (key.clone(), text(Some(value))))
                .collect(),
        })
    }

    /// The operations that are to change the object; `None` if there are none.
    ///
    /// # Errors
    /// They cannot be read, in the real server's words.
    pub(super) fn operations(&self) -> Result<Option<Value>, String> {
        if self.patch.is_empty() {
            return Ok(None);
        }
        let undecodable = |why: String| format!("received undecodable patch in webhook response: {why}");
        let operations = decode::from_json(&self.patch).map_err(undecodable)?.value;
        match &operations {
            Value::Null => Ok(None),
            Value::Array(list) if list.is_empty() => Ok(None),
            Value::Array(_) if !self.is_json_patch => Err("unsupported patch type".to_owned()),
            Value::Array(_) => Ok(Some(operations)),
            other => {
                let kind = wording::json_kind(other);
                Err(undecodable(format!(
                    "json: cannot unmarshal {kind} into Go value of type jsonpatch.Patch"
                )))
            }
        }
    }
}

/// A patch comes with its type, and only from webhooks that may change something.
fn check_patch(patch: &[u8], patch_type: Option<&str>, mutating: bool) -> Result<(), String> {
    let why = match (mutating, patch.is_empty(), patch_type) {
        (true, false, None) => "webhook returned response.patch but not response.patchType",
        (true, true, Some(_)) => "webhook returned response.patchType but not response.patch",
        (true, false, Some("")) => "webhook returned invalid response.patchType of \"\"",
        (false, false, _) => "validating webhook may not return response.patch",
        (false, true, Some(_)) => "validating webhook may not return response.patchType",
        _ => return Ok(()),
    };
    Err(why.to_owned())
}

/// How Go shows a kind.
fn described(api_version: &str, kind: &str) -> String {
    let version = if api_version.contains('/') {
        api_version.to_owned()
    } else {
        format!("/{api_version}")
    };
    format!("{version}, Kind={kind}")
}

/// The answer to a request that a webhook denies, with its own code, reason and details.
pub(super) fn denial(hook: &Hook, status: &Value) -> Halt {
    const LEAST: u64 = 400;
    let code = status["code"].as_u64().unwrap_or_default().max(LEAST);
    let text = |field: &str| status[field].as_str().unwrap_or_default();
    let denied = format!("admission webhook {:?} denied the request", hook.name);
    let message = match (text("message"), text("reason")) {
        ("", "") => format!("{denied} without explanation"),
        ("", reason) => format!("{denied}: {reason}"),
        (message, _) => format!("{denied}: {message}"),
    };
    let mut body = json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message, "code": code,
    });
    for field in ["reason", "details"] {
        if !matches!(&status[field], Value::Null) && status[field] != "" {
            body[field] = status[field].clone();
        }
    }
    let code = u16::try_from(code).unwrap_or(500);
    Halt::Response(Box::new(Response::value(code, &body)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(response: &Value, mutating: bool) -> Result<Verdict, String> {
        let review =
            json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response});
        let answer = Answer {
            uid: "1".to_owned(),
            review: Ok(review),
        };
        Verdict::read(&answer, ReviewVersion::V1, mutating)
    }

    #[test]
    fn answers_are_checked() {
        let patch = STANDARD.encode("[]");
        for (response, mutating, expected) in [
            (
                json!({"uid": "2", "allowed": true}),
                true,
                "expected response.uid=\"1\", got \"2\"",
            ),
            (
                json!({"uid": "1", "allowed": true, "patch": patch}),
                true,
                "webhook returned response.patch but not response.patchType",
            ),
            (
                json!({"uid": "1", "allowed": true, "patchType": "JSONPatch"}),
                true,
                "webhook returned response.patchType but not response.patch",
            ),
            (
                json!({"uid": "1", "allowed": true, "patch": patch, "patchType": "JSONPatch"}),
                false,
                "validating webhook may not return response.patch",
            ),
        ] {
            let expected = format!("received invalid webhook response: {expected}");
            assert_eq!(read(&response, mutating), Err(expected));
        }
        let denied = read(&json!({"uid": "1", "allowed": false, "warnings": ["w"]}), false).unwrap();
        assert_eq!(
            (denied.denied, denied.warnings),
            (Some(Value::Null), vec!["w".to_owned()])
        );
    }

    #[test]
    fn patches_are_lists_of_operations() {
        let operations = |patch: &str| {
            let response = json!({"uid": "1", "allowed": true, "patchType": "JSONPatch", "patch": STANDARD.encode(patch)});
            read(&response, true).unwrap().operations()
        };
        assert_eq!(operations("[]"), Ok(None));
        assert_eq!(operations("[{\"op\":\"x\"}]"), Ok(Some(json!([{"op": "x"}]))));
        assert_eq!(
            operations("{}").unwrap_err(),
            "received undecodable patch in webhook response: json: cannot unmarshal object into Go value of type jsonpatch.Patch"
        );
        assert_eq!(
            operations("junk").unwrap_err(),
            "received undecodable patch in webhook response: invalid character 'j' looking for beginning of value"
        );
    }
}
