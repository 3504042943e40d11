//! Conversion: one object in the words of another version.

use kube::core::TypeMeta;
use kube::core::conversion::ConversionReview;
use serde_json::{Value, json};

use crate::meta::versions::Versions;

/// Turns an object into the given `apiVersion`.
pub(super) type Convert = dyn Fn(Value, &str) -> Result<Value, String> + Send + Sync;

/// Answers a ConversionReview for versions that the derive made, which know what an answer may change.
pub(super) fn by_versions(versions: &Versions, review: &Value) -> Value {
    // What cannot be read is answered as a review without a request.
    let review = serde_json::from_value(review.clone()).unwrap_or_else(|_| ConversionReview {
        types: TypeMeta {
            api_version: "apiextensions.k8s.io/v1".to_owned(),
            kind: "ConversionReview".to_owned(),
        },
        request: None,
        response: None,
    });
    serde_json::to_value(versions.review(review)).unwrap_or_default()
}

/// Answers a ConversionReview: all objects, or the first mistake.
pub(super) fn answer(review: &Value, convert: &Convert) -> Value {
    let request = &review["request"];
    let wanted = request["desiredAPIVersion"].as_str().unwrap_or_default();
    let objects = request["objects"].as_array().map_or(&[][..], Vec::as_slice);
    let converted: Result<Vec<Value>, String> = objects
        .iter()
        .map(|object| one(object, wanted, convert))
        .collect();
    let mut response = json!({"uid": request["uid"]});
    match converted {
        Ok(objects) => {
            response["convertedObjects"] = objects.into();
            response["result"] = json!({"status": "Success"});
        }
        Err(why) => response["result"] = json!({"status": "Failure", "message": why}),
    }
    json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "ConversionReview", "response": response})
}

fn one(object: &Value, wanted: &str, convert: &Convert) -> Result<Value, String> {
    if object["apiVersion"] == wanted {
        return Ok(object.clone());
    }
    let mut converted = convert(object.clone(), wanted).map_err(|why| {
        let name = object["metadata"]["name"].as_str().unwrap_or_default();
        format!("{name} cannot be converted to {wanted}: {why}")
    })?;
    converted["apiVersion"] = wanted.into();
    // The server refuses a conversion that changes more of the metadata than labels and annotations.
    let (labels, annotations) = (
        converted["metadata"]["labels"].take(),
        converted["metadata"]["annotations"].take(),
    );
    converted["metadata"] = object["metadata"].clone();
    for (name, value) in [("labels", labels), ("annotations", annotations)] {
        if let Some(metadata) = converted["metadata"].as_object_mut() {
            metadata.remove(name);
            if !value.is_null() {
                metadata.insert(name.to_owned(), value);
            }
        }
    }
    Ok(converted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn review() -> Value {
        let object = |name: &str, version: &str| {
            json!({"apiVersion": version, "kind": "K", "metadata": {"name": name, "uid": "u", "labels": {"a": "b"}},
                   "spec": {"old": 1}})
        };
        json!({"request": {"uid": "q", "desiredAPIVersion": "g/v2",
                           "objects": [object("a", "g/v1"), object("b", "g/v2")]}})
    }

    #[test]
    fn objects_are_converted_and_keep_their_identity() {
        let convert = |mut object: Value, _: &str| {
            object["spec"] = json!({"new": object["spec"]["old"]});
            object["metadata"]["uid"] = "changed".into();
            object["metadata"]["labels"] = json!({"c": "d"});
            Ok(object)
        };
        let answer = answer(&review(), &convert);
        let objects = &answer["response"]["convertedObjects"];
        assert_eq!(objects[0]["spec"], json!({"new": 1}));
        assert_eq!(objects[0]["apiVersion"], "g/v2");
        assert_eq!(
            objects[0]["metadata"],
            json!({"name": "a", "uid": "u", "labels": {"c": "d"}})
        );
        assert_eq!(
            objects[1],
            review()["request"]["objects"][1],
            "it has the version already"
        );
        assert_eq!(answer["response"]["result"]["status"], "Success");
    }

    #[test]
    fn a_mistake_fails_the_review() {
        let answer = answer(&review(), &|_, _| Err("no such field".to_owned()));
        let result = &answer["response"]["result"];
        assert_eq!(result["status"], "Failure");
        assert_eq!(result["message"], "a cannot be converted to g/v2: no such field");
    }
}
