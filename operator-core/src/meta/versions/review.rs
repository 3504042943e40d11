//! The conversion webhook's question and answer.

use kube::core::{
    Status,
    conversion::{ConversionRequest, ConversionResponse, ConversionReview},
};
use serde_json::Value;

use super::{ConversionError, Versions};

impl Versions {
    /// Answers the API server: all objects converted, or why one cannot be.
    #[must_use]
    pub fn review(&self, review: ConversionReview) -> ConversionReview {
        let Ok(mut request) = ConversionRequest::from_review(review) else {
            let status = Status::failure("the review has no request", "BadRequest");
            return ConversionResponse::invalid(status).into_review();
        };
        let objects = std::mem::take(&mut request.objects);
        let converted: Result<Vec<Value>, ConversionError> = objects
            .into_iter()
            .map(|object| self.convert(object, &request.desired_api_version))
            .collect();
        let response = ConversionResponse::for_request(request);
        match converted {
            Ok(objects) => response.success(objects),
            Err(error) => response.failure(Status::failure(&explained(&error), "Invalid")),
        }
        .into_review()
    }
}

/// The error with its cause, which the server shows to whoever sent the object.
fn explained(error: &ConversionError) -> String {
    match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::meta::versions::{Change, Step, Version};
    use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
    use serde_json::json;

    const VERSIONS: Versions = Versions {
        group: "example.com",
        versions: &[
            Version {
                name: "v1",
                crd: CustomResourceDefinition::default,
            },
            Version {
                name: "v2",
                crd: CustomResourceDefinition::default,
            },
        ],
        steps: &[Step {
            spec: &[Change::Renamed { from: "a", to: "b" }],
            status: &[],
        }],
    };

    fn ask(object: &Value) -> ConversionResponse {
        let review = json!({
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "ConversionReview",
            "request": {"uid": "7", "desiredAPIVersion": "example.com/v2", "objects": [object]},
        });
        VERSIONS
            .review(serde_json::from_value(review).unwrap())
            .response
            .unwrap()
    }

    #[test]
    fn objects_are_converted() {
        let answer = ask(&json!({"apiVersion": "example.com/v1", "spec": {"a": 1}}));
        assert_eq!(answer.uid, "7");
        assert_eq!(
            answer.converted_objects,
            [json!({"apiVersion": "example.com/v2", "spec": {"b": 1}})]
        );
        assert!(answer.result.is_success());
    }

    #[test]
    fn what_cannot_be_converted_is_answered() {
        let answer = ask(&json!({"apiVersion": "example.com/v0", "spec": {"a": 1}}));
        assert!(answer.result.message.contains("example.com/v0 is no version"));
        assert!(answer.converted_objects.is_empty());
    }
}
