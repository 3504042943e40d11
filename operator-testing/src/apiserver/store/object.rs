//! One state of one object: compact JSON beside a small header.

use std::io::Write as _;

use bytes::Bytes;
use serde_json::{Map, Value};

use super::{ObjectKey, Revision, json};

/// The members of `metadata` in the order a real server writes them.
const METADATA_ORDER: [&str; 15] = [
    "name",
    "generateName",
    "namespace",
    "selfLink",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "labels",
    "annotations",
    "ownerReferences",
    "finalizers",
    "managedFields",
];

/// An object as it is kept: without `kind` and `apiVersion`, which are added on the way out.
#[derive(Debug)]
pub struct Stored {
    /// Where it is.
    pub key: ObjectKey,
    /// The revision that made this state.
    pub revision: Revision,
    /// Its uid.
    pub uid: Box<str>,
    /// Its labels.
    pub labels: Box<[(Box<str>, Box<str>)]>,
    /// Whether it is being deleted.
    pub deleting: bool,
    /// Whether a real server would store it in another form when it is written next, even if nothing changes.
    pub unsettled: bool,
    /// Whether this is how another version shows the object, not how it is stored.
    pub shown: bool,
    json: Bytes,
    revision_at: u32,
}

impl Stored {
    /// Freezes an object, writing `revision` into it.
    ///
    /// `kind` and `apiVersion` are left out; everything else stays as it is.
    pub fn freeze(key: ObjectKey, revision: Revision, object: &Map<String, Value>) -> Self {
        let mut json = Vec::with_capacity(2048);
        let empty = Map::new();
        let metadata = object
            .get("metadata")
            .and_then(Value::as_object)
            .unwrap_or(&empty);
        let revision_at = write_object(&mut json, revision, metadata, object);
        json.shrink_to_fit();
        let text = |field: &str| metadata.get(field).and_then(Value::as_str).unwrap_or_default();
        let labels = metadata
            .get("labels")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .map(|(label, value)| (label.as_str().into(), value.as_str().unwrap_or_default().into()))
            .collect();
        Self {
            key,
            revision,
            uid: text("uid").into(),
            labels,
            deleting: metadata
                .get("deletionTimestamp")
                .is_some_and(|time| !time.is_null()),
            unsettled: false,
            shown: false,
            json: Bytes::from(json),
            revision_at,
        }
    }

    /// The same state as another version shows it.
    pub fn shown_as(&self, object: &Map<String, Value>) -> Self {
        let mut shown = Self::freeze(self.key.clone(), self.revision, object);
        shown.unsettled = self.unsettled;
        shown.shown = true;
        shown
    }

    /// The compact JSON, without `kind` and `apiVersion`.
    pub fn json(&self) -> &Bytes {
        &self.json
    }

    /// The JSON before and after the digits of the resource version.
    pub fn around_revision(&self) -> (&[u8], &[u8]) {
        let (head, tail) = self.json.split_at(self.revision_at as usize);
        let digits = tail.iter().take_while(|byte| byte.is_ascii_digit()).count();
        (head, &tail[digits..])
    }

    /// The object as a value, without `kind` and `apiVersion`.
    pub fn value(&self) -> Map<String, Value> {
        serde_json::from_slice(&self.json).expect("what is stored was written by this server")
    }

    /// The value of a label.
    pub fn label(&self, name: &str) -> Option<&str> {
        self.labels
            .iter()
            .find(|(label, _)| **label == *name)
            .map(|(_, value)| &**value)
    }

    /// Roughly how many bytes this state takes.
    pub fn size(&self) -> usize {
        let labels: usize = self
            .labels
            .iter()
            .map(|(label, value)| label.len() + value.len() + 32)
            .sum();
        std::mem::size_of::<Self>() + self.key.as_str().len() + self.uid.len() + labels + self.json.len()
    }
}

/// Writes the object and returns where the digits of its resource version begin.
fn write_object(
    json: &mut Vec<u8>,
    revision: Revision,
    metadata: &Map<String, Value>,
    object: &Map<String, Value>,
) -> u32 {
    let mut revision_at = 0;
    json.extend_from_slice(b"{\"metadata\":{");
    for name in METADATA_ORDER {
        if name == "resourceVersion" {
            separate(json);
            json.extend_from_slice(b"\"resourceVersion\":\"");
            revision_at = u32::try_from(json.len()).expect("an object is smaller than 4 GiB");
            write!(json, "{revision}").expect("a vector takes every write");
            json.push(b'"');
        } else if let Some(value) = metadata.get(name) {
            member(json, name, value);
        }
    }
    for (name, value) in metadata {
        if !METADATA_ORDER.contains(&name.as_str()) {
            member(json, name, value);
        }
    }
    json.push(b'}');
    for (name, value) in object {
        if !matches!(name.as_str(), "metadata" | "kind" | "apiVersion") {
            member(json, name, value);
        }
    }
    json.push(b'}');
    revision_at
}

fn separate(json: &mut Vec<u8>) {
    if json.last() != Some(&b'{') {
        json.push(b',');
    }
}

fn member(json: &mut Vec<u8>, name: &str, value: &Value) {
    separate(json);
    json::write_text(json, name);
    json.push(b':');
    json::write(json, value);
}
