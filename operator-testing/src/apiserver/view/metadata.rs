//! `PartialObjectMetadata`: objects without spec and status, for clients that need only names, labels and owners.

use serde_json::{Map, Value, json};

use super::accept::MetaVersion;
use crate::apiserver::{status::StatusError, types::ResourceType};

/// The metadata of one object.
pub fn of_object(object: &Value, version: MetaVersion) -> Value {
    json!({
        "kind": "PartialObjectMetadata",
        "apiVersion": version.api_version(),
        "metadata": metadata(object),
    })
}

/// The metadata of the objects of a list.
pub fn of_list(list: &Value, version: MetaVersion) -> Value {
    let items: Vec<_> = list
        .get("items")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .map(|item| of_object(item, version))
        .collect();
    json!({
        "kind": "PartialObjectMetadataList",
        "apiVersion": version.api_version(),
        "metadata": list_metadata(list),
        // The real server leaves the list unset where there is nothing to put into it.
        "items": if items.is_empty() { Value::Null } else { items.into() },
    })
}

/// The metadata that a list, or the answer built from one object, carries itself.
pub(super) fn list_metadata(list: &Value) -> Value {
    let mut kept = Map::new();
    if let Some(metadata) = list.get("metadata") {
        for field in ["resourceVersion", "continue", "remainingItemCount"] {
            match metadata.get(field) {
                Some(Value::String(text)) if text.is_empty() => {}
                Some(value) => {
                    kept.insert(field.into(), value.clone());
                }
                None => {}
            }
        }
    }
    Value::Object(kept)
}

/// Annotations that a version of a kind has for what the server's own form of it keeps elsewhere.
const OF_VERSIONS: [&str; 5] = [
    "deprecated.daemonset.template.generation",
    "autoscaling.alpha.kubernetes.io/behavior",
    "autoscaling.alpha.kubernetes.io/conditions",
    "autoscaling.alpha.kubernetes.io/current-metrics",
    "autoscaling.alpha.kubernetes.io/metrics",
];

/// The metadata of the server's own form of an object.
fn metadata(object: &Value) -> Value {
    let Some(mut metadata) = object.get("metadata").cloned() else {
        return json!({"creationTimestamp": null});
    };
    if let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) {
        annotations.retain(|name, _| !OF_VERSIONS.contains(&name.as_str()));
        if annotations.is_empty()
            && let Some(metadata) = metadata.as_object_mut()
        {
            metadata.remove("annotations");
        }
    }
    metadata
}

/// The answer to a client that asks for the metadata of one object where there is a list.
pub fn is_a_list(resource: &ResourceType) -> StatusError {
    let got = if resource.custom.is_some() {
        "unstructured.UnstructuredList".into()
    } else {
        format!("{}.{}", package(resource), resource.list_kind)
    };
    not_acceptable(format!(
        "you requested PartialObjectMetadata, but the requested object is a list (*{got})"
    ))
}

/// The answer to a client that asks for the metadata of a list where there is one object.
pub fn is_not_a_list(resource: &ResourceType) -> StatusError {
    let got = if resource.custom.is_some() {
        "unstructured.Unstructured".into()
    } else {
        format!("{}.{}", package(resource), resource.kind)
    };
    not_acceptable(format!(
        "you requested PartialObjectMetadataList, but the requested object is not a list (*{got})"
    ))
}

fn not_acceptable(message: String) -> StatusError {
    StatusError::new(406, "NotAcceptable", message)
}

/// The package that holds the type in the real server, which its messages name.
fn package(resource: &ResourceType) -> &str {
    match &*resource.group {
        "" | "events.k8s.io" => "core",
        group => group.split('.').next().unwrap_or(group),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_metadata_is_left() {
        let object = json!({"kind": "Foo", "apiVersion": "x/v1", "metadata": {"name": "a", "labels": {"b": "c"}}, "spec": {"d": 1}});
        let partial = of_object(&object, MetaVersion::V1);
        assert_eq!(
            partial,
            json!({"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": {"name": "a", "labels": {"b": "c"}}})
        );
    }

    #[test]
    fn a_list_keeps_its_place_in_time_and_its_token() {
        let list = json!({"kind": "FooList", "metadata": {"resourceVersion": "7", "continue": "", "remainingItemCount": 3}, "items": [{"metadata": {"name": "a"}}]});
        let partial = of_list(&list, MetaVersion::V1Beta1);
        assert_eq!(
            partial["metadata"],
            json!({"resourceVersion": "7", "remainingItemCount": 3})
        );
        assert_eq!(partial["items"][0]["apiVersion"], "meta.k8s.io/v1beta1");
        assert_eq!(partial["items"][0]["metadata"]["name"], "a");
    }
}
