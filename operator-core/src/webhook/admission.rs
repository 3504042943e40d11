//! Admission: whether an object may be stored, and as what.

use k8s_openapi::ByteString;
use k8s_openapi::api::authentication::v1::UserInfo;
use serde::Deserialize;
use serde_json::{Value, json};

use super::patch;
use crate::meta::Object;

/// What somebody wants to do with an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Operation {
    /// Create it.
    Create,
    /// Change it.
    Update,
    /// Delete it; there is no new object then.
    Delete,
    /// Connect to it.
    Connect,
}

/// A question of the API server.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", bound = "K: Object")]
pub struct AdmissionRequest<K> {
    /// The question's own id.
    pub uid: String,
    /// What is wanted.
    pub operation: Operation,
    /// The name; empty when the server is to make one up.
    #[serde(default)]
    pub name: String,
    /// The namespace; empty for cluster-scoped objects.
    #[serde(default)]
    pub namespace: String,
    /// The subresource; empty for the object itself.
    #[serde(default)]
    pub sub_resource: String,
    /// Who wants it.
    #[serde(default)]
    pub user_info: UserInfo,
    /// The object as it would be stored.
    pub object: Option<K>,
    /// The object as it is stored.
    pub old_object: Option<K>,
    /// Whether nothing will be stored whatever the answer is: then nothing else may be changed either.
    #[serde(default)]
    pub dry_run: bool,
}

/// The answer to a question.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    denied: Option<String>,
    warnings: Vec<String>,
}

impl Verdict {
    /// It may be done.
    pub fn allow() -> Self {
        Self::default()
    }

    /// It may not be done; `why` is shown to whoever wanted it.
    pub fn deny(why: impl Into<String>) -> Self {
        Self {
            denied: Some(why.into()),
            warnings: Vec::new(),
        }
    }

    /// Adds a warning that is shown to whoever wanted it.
    #[must_use]
    pub fn warn(mut self, warning: impl Into<String>) -> Self {
        self.warnings.push(warning.into());
        self
    }

    /// Whether it may be done.
    pub fn is_allowed(&self) -> bool {
        self.denied.is_none()
    }
}

/// The question of a review, or why it cannot be understood.
pub(super) fn question<K: Object>(review: &Value) -> Result<AdmissionRequest<K>, String> {
    AdmissionRequest::deserialize(&review["request"])
        .map_err(|error| format!("the object cannot be read: {error}"))
}

/// The review that carries an answer.
pub(super) fn answer(review: &Value, verdict: &Verdict, operations: &[Value]) -> Value {
    let mut response = json!({"uid": review["request"]["uid"], "allowed": verdict.is_allowed()});
    if let Some(why) = &verdict.denied {
        response["status"] = json!({"code": 403, "reason": "Forbidden", "message": why});
    } else if !operations.is_empty() {
        let patch = Value::Array(operations.to_vec()).to_string();
        response["patchType"] = "JSONPatch".into();
        response["patch"] = json!(ByteString(patch.into_bytes()));
    }
    if !verdict.warnings.is_empty() {
        response["warnings"] = json!(verdict.warnings);
    }
    json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response})
}

/// The operations for what a handler changed. Fields that the type does not know are left as they are.
pub(super) fn changes<K: Object>(before: &K, after: &K) -> Vec<Value> {
    let value = |object: &K| serde_json::to_value(object).unwrap_or_default();
    patch::between(&value(before), &value(after))
}

#[cfg(test)]
mod tests {
    use super::*;
    use k8s_openapi::api::core::v1::ConfigMap;

    fn review() -> Value {
        json!({"request": {
            "uid": "q-1", "operation": "CREATE", "namespace": "n", "userInfo": {"username": "alice"},
            "object": {"metadata": {"name": "a"}, "data": {"k": "v"}, "unknown": 1}, "oldObject": null,
        }})
    }

    #[test]
    fn a_question_is_read() {
        let request: AdmissionRequest<ConfigMap> = question(&review()).unwrap();
        assert_eq!(
            (request.operation, request.namespace.as_str()),
            (Operation::Create, "n")
        );
        assert_eq!(request.user_info.username.as_deref(), Some("alice"));
        assert_eq!(request.object.unwrap().data.unwrap()["k"], "v");
        assert!(request.old_object.is_none());
    }

    #[test]
    fn an_answer_carries_the_id_and_the_patch() {
        let before: ConfigMap = question(&review()).unwrap().object.unwrap();
        let mut after = before.clone();
        after.data.as_mut().unwrap().insert("k".into(), "w".into());
        let answer = answer(
            &review(),
            &Verdict::allow().warn("careful"),
            &changes(&before, &after),
        );
        let response = &answer["response"];
        assert_eq!(
            (response["uid"].as_str(), response["allowed"].as_bool()),
            (Some("q-1"), Some(true))
        );
        assert_eq!(response["warnings"], json!(["careful"]));
        let patch: ByteString = serde_json::from_value(response["patch"].clone()).unwrap();
        let patch: Value = serde_json::from_slice(&patch.0).unwrap();
        assert_eq!(patch, json!([{"op": "replace", "path": "/data/k", "value": "w"}]));
    }

    #[test]
    fn a_denial_says_why_and_changes_nothing() {
        let answer = answer(
            &review(),
            &Verdict::deny("too big"),
            &[json!({"op": "remove", "path": "/data"})],
        );
        assert_eq!(answer["response"]["status"]["message"], "too big");
        assert!(answer["response"].get("patch").is_none());
    }
}
