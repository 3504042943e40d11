//! Custom resources in other versions, where a webhook converts.
//!
//! Objects stay in the version they were stored in until they are written again. Whoever reads or writes another version has the
//! webhook asked; a list is one question. What the webhook says of the metadata counts only for labels and annotations.
//!
//! Source: `k8s.io/apiextensions-apiserver/pkg/apiserver/conversion/webhook_converter.go`.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::{
    meta::{self, Object},
    store::Stored,
    types::{Conversion, CustomDefinition, ResourceType, TypeSnapshot},
    webhook::{Answer, Answers, Endpoint, Question},
};

/// How long the webhook may take.
const SECONDS: u32 = 30;

/// Converts the objects of one definition from and to one of its versions.
#[derive(Clone, Debug)]
pub(crate) struct Converter {
    resource: Arc<ResourceType>,
    definition: Arc<CustomDefinition>,
    endpoint: Endpoint,
    review_version: Option<String>,
}

/// Why an object is not there in another version.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// The webhook has yet to be asked.
    Ask(Box<Question>),
    /// It did not convert, in the real server's words.
    Failed(String),
}

impl Converter {
    /// The webhook that converts a resource, as its definition has it.
    pub(crate) fn webhook_of(resource: &ResourceType) -> Option<&Value> {
        match &resource.custom.as_ref()?.conversion {
            Conversion::Webhook(webhook) => Some(webhook),
            Conversion::None => None,
        }
    }

    /// The converter of a resource; `None` if no webhook converts it.
    pub(crate) fn of(resource: &Arc<ResourceType>, types: &TypeSnapshot) -> Option<Self> {
        let webhook = Self::webhook_of(resource)?;
        let versions = webhook["conversionReviewVersions"].as_array();
        let understood = versions
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .find(|version| matches!(*version, "v1" | "v1beta1"));
        Some(Self {
            resource: Arc::clone(resource),
            definition: Arc::clone(types.definition(&resource.custom.as_ref()?.definition)?),
            // what cannot be read is no address
            endpoint: serde_json::from_value(webhook["clientConfig"].clone()).unwrap_or_default(),
            review_version: understood.map(str::to_owned),
        })
    }

    /// Objects from the store as this version shows them.
    ///
    /// # Errors
    /// The webhook has yet to be asked, or failed.
    pub(crate) fn show(
        &self,
        objects: Vec<Arc<Stored>>,
        answers: &Answers,
    ) -> Result<Vec<Arc<Stored>>, Trouble> {
        let wanted = self.resource.api_version();
        let mut values = Vec::with_capacity(objects.len());
        for stored in &objects {
            values.push(self.in_its_own_version(stored)?);
        }
        let foreign: Vec<Value> = values
            .iter()
            .filter(|value| value["apiVersion"] != wanted)
            .cloned()
            .collect();
        let mut converted = self.convert(foreign, &wanted, answers)?.into_iter();
        let mut shown = Vec::with_capacity(objects.len());
        for (stored, mut value) in objects.into_iter().zip(values) {
            if value["apiVersion"] != wanted
                && let Some(other) = converted.next()
            {
                value = other;
                self.resource.drop_unknown(&mut value);
            }
            shown.push(Arc::new(stored.shown_as(meta::object_of(&value))));
        }
        Ok(shown)
    }

    /// An object of this version as it is to be stored, and as it will be shown again.
    ///
    /// # Errors
    /// The webhook has yet to be asked, or failed.
    pub(crate) fn hide(&self, object: &Object, answers: &Answers) -> Result<(Object, Object), Trouble> {
        let mut value = Value::Object(object.clone());
        value["apiVersion"] = self.resource.api_version().into();
        value["kind"] = (*self.resource.kind).into();
        if let Some(metadata) = value["metadata"].as_object_mut() {
            metadata.remove("resourceVersion");
        }
        let storage = self.version(&self.definition.storage_version)?;
        let stored = self.one(value, &storage, answers)?;
        let shown = self.one(stored.clone(), &self.resource, answers)?;
        Ok((meta::into_object(stored), meta::into_object(shown)))
    }

    /// An object in another version.
    ///
    /// # Errors
    /// The webhook has yet to be asked, or failed; there is no such version.
    pub(crate) fn to(&self, object: Value, version: &str, answers: &Answers) -> Result<Value, Trouble> {
        let to = self.version(version)?;
        self.one(object, &to, answers)
    }

    fn one(&self, object: Value, to: &ResourceType, answers: &Answers) -> Result<Value, Trouble> {
        let wanted = to.api_version();
        if object["apiVersion"] == wanted {
            return Ok(object);
        }
        let converted = self.convert(vec![object], &wanted, answers)?;
        let mut converted = converted.into_iter().next().unwrap_or_default();
        to.drop_unknown(&mut converted);
        Ok(converted)
    }

    fn version(&self, version: &str) -> Result<Arc<ResourceType>, Trouble> {
        self.definition.version(version).cloned().ok_or_else(|| {
            let group = &self.definition.group;
            Trouble::Failed(no_such_version(&format!("{group}/{version}")))
        })
    }

    /// A stored object with the defaults of the version it was stored in.
    fn in_its_own_version(&self, stored: &Stored) -> Result<Value, Trouble> {
        let version = self.version(self.definition.version_at(stored.revision))?;
        let mut object = stored.value();
        if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
            metadata.remove("resourceVersion");
        }
        object.insert("apiVersion".into(), version.api_version().into());
        object.insert("kind".into(), (*version.kind).into());
        let mut value = Value::Object(object);
        version.fill_defaults(&mut value);
        Ok(value)
    }

    fn convert(&self, objects: Vec<Value>, wanted: &str, answers: &Answers) -> Result<Vec<Value>, Trouble> {
        let Some(first) = objects.first() else {
            return Ok(objects);
        };
        let about = format!(
            "conversion webhook for {}, Kind={}",
            first["apiVersion"].as_str().unwrap_or_default(),
            first["kind"].as_str().unwrap_or_default()
        );
        let Some(version) = &self.review_version else {
            return Err(Trouble::Failed(
                "no supported conversion review versions".to_owned(),
            ));
        };
        let question = Question {
            endpoint: self.endpoint.clone(),
            kind: "ConversionReview",
            api_version: format!("apiextensions.k8s.io/{version}"),
            request: json!({"desiredAPIVersion": wanted, "objects": objects}),
            seconds: SECONDS,
        };
        let Some(answer) = answers.to(&question) else {
            return Err(Trouble::Ask(Box::new(question)));
        };
        let converted = converted(answer, version == "v1")
            .map_err(|why| Trouble::Failed(format!("{about} failed: {why}")))?;
        if converted.len() != objects.len() {
            let (got, expected) = (converted.len(), objects.len());
            let why = format!("{about} returned {got} objects, expected {expected}");
            return Err(Trouble::Failed(why));
        }
        let pairs = objects.into_iter().zip(converted);
        pairs
            .map(|(original, converted)| {
                accept(&original, converted, wanted).map_err(|why| Trouble::Failed(format!("{about} {why}")))
            })
            .collect()
    }
}

/// What is said of a version that a definition does not have.
pub(crate) fn no_such_version(api_version: &str) -> String {
    format!("request to convert CR to an invalid group/version: {api_version}")
}

/// The objects of an answer.
fn converted(answer: &Answer, strict: bool) -> Result<Vec<Value>, String> {
    let review = answer.review.as_ref().map_err(Clone::clone)?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let response = &review["response"];
    if strict {
        let (version, kind) = (text(&review["apiVersion"]), text(&review["kind"]));
        if (version.as_str(), kind.as_str()) != ("apiextensions.k8s.io/v1", "ConversionReview") {
            let slash = if version.contains('/') { "" } else { "/" };
            return Err(format!(
                "expected webhook response of apiextensions.k8s.io/v1, Kind=ConversionReview, got {slash}{version}, Kind={kind}"
            ));
        }
    }
    if !response.is_object() {
        return Err("no response provided".to_owned());
    }
    let uid = text(&response["uid"]);
    if strict && uid != answer.uid {
        return Err(format!("expected response.uid={:?}, got {uid:?}", answer.uid));
    }
    let status = text(&response["result"]["status"]);
    if status != "Success" {
        return Err(match text(&response["result"]["message"]) {
            message if message.is_empty() => format!("response.result.status was '{status}', not 'Success'"),
            message => message,
        });
    }
    Ok(response["convertedObjects"]
        .as_array()
        .cloned()
        .unwrap_or_default())
}

/// A converted object with the metadata of the original, but for labels and annotations.
fn accept(original: &Value, mut converted: Value, wanted: &str) -> Result<Value, String> {
    let got = converted["apiVersion"].as_str().unwrap_or_default();
    if got != wanted {
        return Err(format!(
            "returned invalid object at index 0: invalid groupVersion (expected {wanted}, received {got})"
        ));
    }
    let text = |object: &Value, path: &str| {
        let found = object.pointer(path).and_then(Value::as_str);
        found.unwrap_or_default().to_owned()
    };
    let (expected, got) = (text(original, "/kind"), text(&converted, "/kind"));
    if expected != got {
        return Err(format!(
            "returned invalid object at index 0: invalid kind (expected {expected}, received {got})"
        ));
    }
    for (what, path) in [
        ("name", "/metadata/name"),
        ("namespace", "/metadata/namespace"),
        ("UID", "/metadata/uid"),
    ] {
        let (expected, got) = (text(original, path), text(&converted, path));
        if expected != got {
            return Err(format!(
                "returned invalid object: must have the same {what}: {expected} != {got}"
            ));
        }
    }
    let metadata =
        restored(original, &converted).map_err(|why| format!("returned invalid metadata: {why}"))?;
    converted["metadata"] = metadata.into();
    Ok(converted)
}

fn restored(original: &Value, converted: &Value) -> Result<Map<String, Value>, String> {
    let Some(answered) = converted["metadata"].as_object() else {
        return Err("missing metadata in converted object".to_owned());
    };
    let mut metadata = original["metadata"].as_object().cloned().unwrap_or_default();
    for field in ["labels", "annotations"] {
        let value = match answered.get(field) {
            None | Some(Value::Null) => {
                metadata.remove(field);
                continue;
            }
            Some(value) => value,
        };
        if metadata.get(field) != Some(value) {
            let errors = meta::validate_map(field, value);
            match errors.as_slice() {
                [] => {}
                [one] => return Err(one.to_string()),
                many => {
                    let many: Vec<_> = many.iter().map(ToString::to_string).collect();
                    return Err(format!("[{}]", many.join(", ")));
                }
            }
        }
        metadata.insert(field.to_owned(), value.clone());
    }
    Ok(metadata)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(version: &str) -> Value {
        json!({"apiVersion": version, "kind": "Foo", "metadata": {"name": "a", "uid": "u", "generation": 1}})
    }

    #[test]
    fn only_labels_and_annotations_of_the_metadata_are_taken() {
        let mut converted = object("g/v2");
        converted["metadata"]["generation"] = 77.into();
        converted["metadata"]["labels"] = json!({"a": "b"});
        let accepted = accept(&object("g/v1"), converted, "g/v2").unwrap();
        assert_eq!(
            accepted["metadata"],
            json!({"name": "a", "uid": "u", "generation": 1, "labels": {"a": "b"}})
        );
    }

    #[test]
    fn what_became_another_object_is_refused() {
        let other = |path: &str, value: &str| {
            let mut converted = object("g/v2");
            *converted.pointer_mut(path).unwrap() = value.into();
            accept(&object("g/v1"), converted, "g/v2").unwrap_err()
        };
        assert_eq!(
            other("/metadata/name", "b"),
            "returned invalid object: must have the same name: a != b"
        );
        assert_eq!(
            other("/kind", "Bar"),
            "returned invalid object at index 0: invalid kind (expected Foo, received Bar)"
        );
        assert_eq!(
            other("/apiVersion", "g/v3"),
            "returned invalid object at index 0: invalid groupVersion (expected g/v2, received g/v3)"
        );
    }
}
