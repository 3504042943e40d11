//! What the operator means an object to be, as it is sent, and how two versions of an object are told apart.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use serde::Serialize;
use serde_json::{Map, Value};

/// What the server fills in; an intent that holds any of it was copied from a live object and would claim it.
const SYSTEM_METADATA: [&str; 8] = [
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "selfLink",
    "uid",
];

/// A number that is the same for two values exactly if they are written the same, as far as 64 bits can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Fingerprint(u64);

impl Fingerprint {
    /// The fingerprint of what is sent.
    pub(crate) fn of(value: &Value) -> Self {
        let mut hasher = DefaultHasher::new();
        feed(value, &mut hasher);
        Self(hasher.finish())
    }

    /// The fingerprint of a live object without what changes by itself: its status and the server's bookkeeping.
    pub(crate) fn of_live(object: &impl Serialize) -> Option<Self> {
        let mut value = serde_json::to_value(object).ok()?;
        let object = value.as_object_mut()?;
        object.remove("status");
        // A typed object may or may not write its kind, depending on where it came from.
        object.remove("apiVersion");
        object.remove("kind");
        if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
            for field in ["generation", "managedFields", "resourceVersion", "selfLink"] {
                metadata.remove(field);
            }
        }
        Some(Self::of(&value))
    }
}

/// Feeds a value into a hasher; an object in the order of its keys, because the map may keep another.
fn feed(value: &Value, hasher: &mut DefaultHasher) {
    match value {
        Value::Null => 0_u8.hash(hasher),
        Value::Bool(value) => (1_u8, value).hash(hasher),
        Value::Number(value) => (2_u8, value).hash(hasher),
        Value::String(value) => (3_u8, value).hash(hasher),
        Value::Array(items) => {
            (4_u8, items.len()).hash(hasher);
            for item in items {
                feed(item, hasher);
            }
        }
        Value::Object(fields) => {
            (5_u8, fields.len()).hash(hasher);
            let mut names: Vec<&String> = fields.keys().collect();
            names.sort_unstable();
            for name in names {
                name.hash(hasher);
                feed(&fields[name], hasher);
            }
        }
    }
}

/// The body of an apply: `object` as it is serialised, without status, nulls and what belongs to the server, in
/// `namespace`, and controlled by `owner`.
pub(crate) fn apply_body(
    object: &impl Serialize,
    api_version: &str,
    kind: &str,
    namespace: Option<&str>,
    owner: Option<&OwnerReference>,
) -> Result<Value, serde_json::Error> {
    let mut body = serde_json::to_value(object)?;
    drop_nulls(&mut body);
    let Value::Object(fields) = &mut body else {
        return Err(serde::ser::Error::custom("a Kubernetes object is a JSON object"));
    };
    fields.insert("apiVersion".to_owned(), api_version.into());
    fields.insert("kind".to_owned(), kind.into());
    fields.remove("status");
    let metadata = fields
        .entry("metadata")
        .or_insert_with(|| Value::Object(Map::new()));
    let Value::Object(metadata) = metadata else {
        return Err(serde::ser::Error::custom("metadata is a JSON object"));
    };
    for field in SYSTEM_METADATA {
        metadata.remove(field);
    }
    match namespace {
        Some(namespace) => metadata.insert("namespace".to_owned(), namespace.into()),
        None => metadata.remove("namespace"),
    };
    if let Some(owner) = owner {
        let references = metadata
            .entry("ownerReferences")
            .or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(references) = references {
            references.retain(|reference| reference["uid"] != owner.uid.as_str());
            references.push(serde_json::to_value(owner)?);
        }
    }
    Ok(body)
}

/// Removes every field that is null: an absent field and a null one mean the same to whoever wrote an `Option`.
pub(crate) fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, field| !field.is_null());
            fields.values_mut().for_each(drop_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_nulls),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_body_is_free_of_what_the_server_owns() {
        let live = json!({
            "metadata": {
                "name": "web", "namespace": "elsewhere", "uid": "u", "resourceVersion": "7", "generation": 3,
                "creationTimestamp": "2026-01-01T00:00:00Z", "managedFields": [], "labels": {"a": "b"},
            },
            "spec": {"replicas": 3, "paused": null, "list": [{"x": null}]},
            "status": {"replicas": 3},
        });
        let body = apply_body(&live, "apps/v1", "Deployment", Some("prod"), None).unwrap();
        assert_eq!(
            body,
            json!({
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                "metadata": {"name": "web", "namespace": "prod", "labels": {"a": "b"}},
                "spec": {"replicas": 3, "list": [{}]},
            })
        );
    }

    #[test]
    fn an_owner_is_added_once() {
        let owner = OwnerReference {
            uid: "u-1".into(),
            name: "db".into(),
            ..OwnerReference::default()
        };
        let first = apply_body(&json!({"metadata": {}}), "v1", "Secret", None, Some(&owner)).unwrap();
        let second = apply_body(&first, "v1", "Secret", None, Some(&owner)).unwrap();
        assert_eq!(first, second);
        assert_eq!(second["metadata"]["ownerReferences"].as_array().unwrap().len(), 1);
    }

    #[test]
    fn a_status_change_keeps_the_live_fingerprint() {
        let object = |version: &str, replicas: i64, label: &str| {
            json!({
                "metadata": {"name": "web", "resourceVersion": version, "labels": {"a": label}},
                "status": {"replicas": replicas},
            })
        };
        let first = Fingerprint::of_live(&object("1", 1, "b")).unwrap();
        assert_eq!(first, Fingerprint::of_live(&object("2", 2, "b")).unwrap());
        assert_ne!(first, Fingerprint::of_live(&object("2", 2, "c")).unwrap());
    }

    #[test]
    fn a_fingerprint_tells_shapes_apart() {
        let values = [
            json!(null),
            json!(0),
            json!(""),
            json!([]),
            json!({}),
            json!([[]]),
            json!({"a": {}}),
            json!(["a"]),
            json!({"a": "b", "c": "d"}),
            json!({"a": "d", "c": "b"}),
        ];
        for (i, a) in values.iter().enumerate() {
            for (j, b) in values.iter().enumerate() {
                assert_eq!(Fingerprint::of(a) == Fingerprint::of(b), i == j, "{a} and {b}");
            }
        }
    }
}
