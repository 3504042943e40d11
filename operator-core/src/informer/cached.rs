use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::value::RawValue;

use crate::meta::ObjectKey;

/// An object in a cache: its compact JSON without `managedFields`, beside what is asked for most.
///
/// The parts of the header are places in the JSON, so that an object costs little more than its text.
pub struct CachedObject {
    json: Box<str>,
    key: ObjectKey,
    revision: u64,
    generation: i64,
    uid: Span,
    resource_version: Span,
    labels: Span,
    annotations: Span,
    owners: Span,
    finalizers: Span,
    deleting: bool,
}

/// A place in the JSON; empty when the part is missing.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Span {
    start: u32,
    len: u32,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    metadata: Header<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Header<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow, default)]
    namespace: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    uid: Option<&'a str>,
    #[serde(borrow, default)]
    resource_version: Option<&'a str>,
    #[serde(default)]
    generation: Option<i64>,
    #[serde(default)]
    deletion_timestamp: Option<IgnoredAny>,
    #[serde(borrow, default)]
    labels: Option<&'a RawValue>,
    #[serde(borrow, default)]
    annotations: Option<&'a RawValue>,
    #[serde(borrow, default)]
    owner_references: Option<&'a RawValue>,
    #[serde(borrow, default)]
    finalizers: Option<&'a RawValue>,
    #[serde(borrow, default)]
    managed_fields: Option<&'a RawValue>,
}

impl CachedObject {
    /// Reads the header of an object and keeps its text, without `managedFields`.
    ///
    /// # Errors
    /// When the text is no JSON object with a name.
    pub fn parse(json: &str) -> Result<Self, serde_json::Error> {
        Self::read(json, false)
    }

    /// As [`parse`](CachedObject::parse), with `managedFields`.
    pub(super) fn parse_whole(json: &str) -> Result<Self, serde_json::Error> {
        Self::read(json, true)
    }

    fn read(json: &str, managed_fields: bool) -> Result<Self, serde_json::Error> {
        let Envelope { metadata } = serde_json::from_str(json)?;
        if metadata.name.is_empty() {
            return Err(serde::de::Error::custom("metadata.name is empty"));
        }
        if u32::try_from(json.len()).is_err() {
            return Err(serde::de::Error::custom("the object is larger than 4 GiB"));
        }
        let cut = metadata
            .managed_fields
            .filter(|_| !managed_fields)
            .map(|value| Cut::around(json, value.get()));
        let span =
            |part: Option<&str>| part.map_or_else(Span::default, |part| Span::of(json, part, cut.as_ref()));
        let raw = |part: Option<&RawValue>| span(part.map(RawValue::get).filter(|part| *part != "null"));
        Ok(Self {
            key: ObjectKey::new(metadata.namespace.as_deref(), &metadata.name),
            revision: metadata
                .resource_version
                .and_then(|version| version.parse().ok())
                .unwrap_or(0),
            generation: metadata.generation.unwrap_or(0),
            uid: span(metadata.uid),
            resource_version: span(metadata.resource_version),
            labels: raw(metadata.labels),
            annotations: raw(metadata.annotations),
            owners: raw(metadata.owner_references),
            finalizers: raw(metadata.finalizers),
            deleting: metadata.deletion_timestamp.is_some(),
            json: match &cut {
                Some(cut) => [&json[..cut.start], &json[cut.end..]].concat().into(),
                None => json.into(),
            },
        })
    }

    /// Its namespace and name.
    pub fn key(&self) -> &ObjectKey {
        &self.key
    }

    /// Its uid; empty when it has none.
    pub fn uid(&self) -> &str {
        self.text(self.uid)
    }

    /// Its resource version; empty when it has none.
    pub fn resource_version(&self) -> &str {
        self.text(self.resource_version)
    }

    /// Its resource version as a number; 0 when it is none.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Its generation; 0 for kinds that have none.
    pub fn generation(&self) -> i64 {
        self.generation
    }

    /// Whether its deletion has begun.
    pub fn is_deleting(&self) -> bool {
        self.deleting
    }

    /// Its labels.
    pub fn labels(&self) -> BTreeMap<Cow<'_, str>, Cow<'_, str>> {
        self.part(self.labels)
    }

    /// Its annotations.
    pub fn annotations(&self) -> BTreeMap<Cow<'_, str>, Cow<'_, str>> {
        self.part(self.annotations)
    }

    /// Its owners.
    pub fn owner_references(&self) -> Vec<OwnerReference> {
        self.part(self.owners)
    }

    /// Its finalizers.
    pub fn finalizers(&self) -> Vec<Cow<'_, str>> {
        self.part(self.finalizers)
    }

    /// The whole object as JSON, without `managedFields`.
    pub fn json(&self) -> &str {
        &self.json
    }

    /// The object as its type.
    ///
    /// # Errors
    /// When the object does not fit the type.
    pub fn decode<K: DeserializeOwned>(&self) -> Result<K, serde_json::Error> {
        serde_json::from_str(&self.json)
    }

    pub(crate) fn has_owners(&self) -> bool {
        self.owners != Span::default()
    }

    pub(crate) fn has_annotations(&self) -> bool {
        self.annotations != Span::default()
    }

    pub(crate) fn same_labels(&self, other: &Self) -> bool {
        self.text(self.labels) == other.text(other.labels)
    }

    pub(crate) fn same_annotations(&self, other: &Self) -> bool {
        self.text(self.annotations) == other.text(other.annotations)
    }

    pub(crate) fn same_finalizers(&self, other: &Self) -> bool {
        self.text(self.finalizers) == other.text(other.finalizers)
    }

    pub(crate) fn same_owners(&self, other: &Self) -> bool {
        self.text(self.owners) == other.text(other.owners)
    }

    /// Whether both are the same state of the same object.
    pub(crate) fn same_version(&self, other: &Self) -> bool {
        self.uid() == other.uid()
            && self.resource_version() == other.resource_version()
            && self.json == other.json
    }

    fn text(&self, span: Span) -> &str {
        let start = span.start as usize;
        &self.json[start..start + span.len as usize]
    }

    /// A part of the object; what is missing or not of the form that Kubernetes gives it is empty.
    fn part<'a, T: Deserialize<'a> + Default>(&'a self, span: Span) -> T {
        if span == Span::default() {
            return T::default();
        }
        serde_json::from_str(self.text(span)).unwrap_or_default()
    }
}

impl fmt::Debug for CachedObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CachedObject")
            .field("key", &self.key)
            .field("resource_version", &self.resource_version())
            .finish_non_exhaustive()
    }
}

impl Span {
    fn of(json: &str, part: &str, cut: Option<&Cut>) -> Self {
        let mut start = offset(json, part);
        if let Some(cut) = cut
            && start >= cut.end
        {
            start -= cut.end - cut.start;
        }
        let narrow = |place: usize| u32::try_from(place).expect("the text is shorter than 4 GiB");
        Self {
            start: narrow(start),
            len: narrow(part.len()),
        }
    }
}

/// The place of a member that is left out: its name, its value and one comma.
struct Cut {
    start: usize,
    end: usize,
}

impl Cut {
    fn around(json: &str, value: &str) -> Self {
        let value_start = offset(json, value);
        let name = json[..value_start]
            .rfind("\"managedFields\"")
            .unwrap_or(value_start);
        let (before, after) = (
            json[..name].trim_end(),
            json[value_start + value.len()..].trim_start(),
        );
        if let Some(rest) = after.strip_prefix(',') {
            Self {
                start: name,
                end: offset(json, rest.trim_start()),
            }
        } else {
            Self {
                start: before.strip_suffix(',').unwrap_or(before).len(),
                end: offset(json, after),
            }
        }
    }
}

/// Where `part`, a part of `whole`, begins.
fn offset(whole: &str, part: &str) -> usize {
    part.as_ptr() as usize - whole.as_ptr() as usize
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn header_and_text_agree_wherever_managed_fields_stand() {
        let managed = json!([{"manager": "\"managedFields\":[],", "fieldsV1": {"f:data": {}}}]);
        let rest = json!({"name": "web", "namespace": "n", "uid": "u-1", "resourceVersion": "12", "generation": 3,
            "labels": {"a": "b"}, "annotations": {"managedFields": "x"}, "finalizers": ["f/g"],
            "deletionTimestamp": "2026-01-01T00:00:00Z",
            "ownerReferences": [{"apiVersion": "v1", "kind": "K", "name": "o", "uid": "u-0"}]});
        let rest = rest.as_object().unwrap();
        for position in 0..=rest.len() {
            for space in ["", " "] {
                let mut members: Vec<String> = rest
                    .iter()
                    .map(|(name, value)| format!("\"{name}\":{space}{value}"))
                    .collect();
                members.insert(position, format!("\"managedFields\"{space}:{managed}"));
                let text = format!(
                    "{{\"metadata\":{{{}}},\"data\":{{\"k\":\"ü\"}}}}",
                    members.join(&format!("{space},{space}"))
                );
                let object = CachedObject::parse(&text).unwrap();
                assert_eq!(object.key().as_str(), "n/web");
                assert_eq!(
                    (object.uid(), object.resource_version(), object.revision()),
                    ("u-1", "12", 12)
                );
                assert_eq!(object.generation(), 3);
                assert!(object.is_deleting());
                assert_eq!(object.labels()["a"], "b");
                assert_eq!(object.annotations()["managedFields"], "x");
                assert_eq!(object.finalizers(), ["f/g"]);
                assert_eq!(object.owner_references()[0].uid, "u-0");
                let decoded: Value = object.decode().unwrap();
                assert_eq!(decoded, json!({"metadata": rest, "data": {"k": "ü"}}), "{text}");
            }
        }
    }

    #[test]
    fn managed_fields_alone_leave_an_object() {
        let object = CachedObject::parse(r#"{"metadata":{"managedFields":[],"name":"a"}}"#).unwrap();
        assert_eq!(object.json(), r#"{"metadata":{"name":"a"}}"#);
    }

    #[test]
    fn what_has_no_name_is_refused() {
        for text in [
            "[]",
            "{}",
            r#"{"metadata":{}}"#,
            r#"{"metadata":{"name":""}}"#,
            r#"{"metadata":{"name":1}}"#,
        ] {
            assert!(CachedObject::parse(text).is_err(), "{text}");
        }
    }
}
