//! What a version could not hold, kept in an annotation.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// The annotation's name after the group.
const ANNOTATION: &str = "kept-fields";

/// The fields kept on one object: by the version that can hold them, then by name.
#[derive(Debug, Default)]
pub(super) struct Kept {
    fields: BTreeMap<String, Map<String, Value>>,
}

impl Kept {
    /// Takes what is kept off the object.
    pub(super) fn take(object: &mut Value, group: &str) -> Self {
        let key = format!("{group}/{ANNOTATION}");
        let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) else {
            return Self::default();
        };
        let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) else {
            return Self::default();
        };
        // Somebody may have written nonsense there; it is not ours then, and goes.
        let fields = annotations
            .remove(&key)
            .and_then(|text| serde_json::from_str(text.as_str()?).ok())
            .unwrap_or_default();
        if annotations.is_empty() {
            metadata.remove("annotations");
        }
        Self { fields }
    }

    /// Puts what is kept on the object.
    pub(super) fn put(self, object: &mut Value, group: &str) {
        if self.fields.is_empty() {
            return;
        }
        let text = serde_json::to_string(&self.fields).expect("fields are JSON");
        let object = object
            .as_object_mut()
            .expect("it was converted, so it is an object");
        let metadata = object.entry("metadata").or_insert_with(|| Map::new().into());
        if let Some(metadata) = metadata.as_object_mut() {
            let annotations = metadata.entry("annotations").or_insert_with(|| Map::new().into());
            if let Some(annotations) = annotations.as_object_mut() {
                annotations.insert(format!("{group}/{ANNOTATION}"), text.into());
            }
        }
    }

    /// Keeps a value that only `version` can hold.
    pub(super) fn keep(&mut self, version: &str, field: &str, value: Value) {
        self.fields
            .entry(version.into())
            .or_default()
            .insert(field.into(), value);
    }

    /// The value that was kept for `version`.
    pub(super) fn recall(&mut self, version: &str, field: &str) -> Option<Value> {
        let fields = self.fields.get_mut(version)?;
        let value = fields.remove(field);
        if fields.is_empty() {
            self.fields.remove(version);
        }
        value
    }
}
