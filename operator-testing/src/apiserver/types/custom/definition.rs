//! What the server makes of a CustomResourceDefinition object.

use std::sync::Arc;

use serde_json::Value;

use super::structural;
use crate::apiserver::{
    types::{
        resource::{
            CREATION_COLUMN, Column, NAME_COLUMN, NameRule, Propagation, ResourceType, Rules, ScalePaths,
            SelectableField, Subresource,
        },
        schema::{Schema, SchemaRef},
    },
    view::jsonpath::JsonPath,
};

/// A CustomResourceDefinition, ready to be served.
#[derive(Clone, Debug)]
pub struct CustomDefinition {
    /// The name of the definition: `plural.group`.
    pub name: Arc<str>,
    /// The API group.
    pub group: Arc<str>,
    /// The names it has been given (`status.acceptedNames`).
    pub accepted_names: Value,
    /// The uid of the definition, so that one made again is told from its predecessor.
    pub uid: Arc<str>,
    /// The version that objects are stored in.
    pub storage_version: Arc<str>,
    /// The versions that objects were stored in, the newest last, each with the revision after which.
    stored_in: Vec<(u64, Arc<str>)>,
    /// How objects get from one version to another.
    pub conversion: Conversion,
    /// Whether the definition is being deleted: no object may be created any more.
    pub terminating: bool,
    /// Every version, served or not.
    pub versions: Vec<Arc<ResourceType>>,
    /// The versions that are served; none before the definition is established.
    pub served: Vec<Arc<ResourceType>>,
}

/// How objects get from one version to another.
#[derive(Clone, Debug, PartialEq)]
pub enum Conversion {
    /// Only `apiVersion` changes.
    None,
    /// A webhook converts; this is `spec.conversion.webhook`.
    Webhook(Value),
}

/// What the server keeps of one version of a CustomResourceDefinition beside the tables every kind has.
#[derive(Clone, Debug)]
pub struct CustomType {
    /// The name of the definition: `plural.group`.
    pub definition: Arc<str>,
    /// The uid of the definition.
    pub definition_uid: Arc<str>,
    /// The version that objects are stored in.
    pub storage_version: Arc<str>,
    /// How objects get from one version to another.
    pub conversion: Conversion,
    /// Whether the definition is being deleted: no object may be created any more.
    pub terminating: bool,
    /// The schema as it is written, `metadata` restricted to what it says there: what validation goes by.
    pub written: Arc<Schema>,
    /// The schema as JSON, for OpenAPI documents.
    pub openapi: Option<Arc<Value>>,
    /// The schema of the version that objects are stored in, if it is another one than `written`.
    pub stored: Option<Arc<Schema>>,
    /// The same as JSON.
    pub stored_openapi: Option<Arc<Value>>,
    /// Objects written after this revision were written under these schemas.
    pub schema_since: u64,
}

const VERBS: [&str; 8] = [
    "delete",
    "deletecollection",
    "get",
    "list",
    "patch",
    "create",
    "update",
    "watch",
];

impl CustomDefinition {
    /// A version, served or not.
    pub fn version(&self, name: &str) -> Option<&Arc<ResourceType>> {
        self.versions.iter().find(|resource| *resource.version == *name)
    }

    /// Reads a definition object that has been validated and defaulted, with its status.
    pub fn new(crd: &Value) -> Self {
        Self::after(crd, None)
    }

    /// The same for a definition that takes the place of an earlier form of itself.
    pub fn after(crd: &Value, previous: Option<&Self>) -> Self {
        let spec = &crd["spec"];
        let name: Arc<str> = text(&crd["metadata"]["name"]);
        let entries = || spec["versions"].as_array().into_iter().flatten();
        let storage_version = entries()
            .find(|version| version["storage"] == true)
            .map(|version| text(&version["name"]))
            .unwrap_or_default();
        let conversion = match spec["conversion"]["strategy"].as_str() {
            Some("Webhook") => Conversion::Webhook(spec["conversion"]["webhook"].clone()),
            _ => Conversion::None,
        };
        let previous = previous.filter(|previous| *previous.uid == *text(&crd["metadata"]["uid"]));
        let mut stored_in = previous.map_or_else(Vec::new, |previous| previous.stored_in.clone());
        if stored_in
            .last()
            .is_none_or(|(_, version)| *version != storage_version)
        {
            let since = if stored_in.is_empty() { 0 } else { revision_of(crd) };
            stored_in.push((since, Arc::clone(&storage_version)));
        }
        let established = condition_is_true(crd, "Established");
        let terminating = !crd["metadata"]["deletionTimestamp"].is_null();
        let shared = Shared {
            crd,
            name: &name,
            storage_version: &storage_version,
            conversion: &conversion,
            terminating,
            stored_schema: entries().find(|version| version["storage"] == true).map(openapi),
            previous,
        };
        let versions: Vec<_> = entries()
            .map(|version| Arc::new(shared.resource(version)))
            .collect();
        let served = entries()
            .zip(&versions)
            .filter(|(entry, _)| established && entry["served"] == true)
            .map(|(_, resource)| Arc::clone(resource))
            .collect();
        Self {
            group: text(&spec["group"]),
            accepted_names: crd["status"]["acceptedNames"].clone(),
            uid: text(&crd["metadata"]["uid"]),
            name: Arc::clone(&name),
            storage_version: Arc::clone(&storage_version),
            stored_in,
            conversion: conversion.clone(),
            terminating,
            versions,
            served,
        }
    }

    /// The version that an object of this revision was stored in.
    pub fn version_at(&self, revision: u64) -> &str {
        let known = self.stored_in.iter().rev().find(|(since, _)| *since < revision);
        known.map_or(&self.storage_version, |(_, version)| version)
    }

    /// The version that objects are stored in.
    pub fn stored(&self) -> Option<&Arc<ResourceType>> {
        self.versions
            .iter()
            .find(|resource| resource.version == self.storage_version)
    }
}

/// The revision of a definition.
fn revision_of(crd: &Value) -> u64 {
    let revision = crd["metadata"]["resourceVersion"].as_str();
    revision
        .and_then(|revision| revision.parse().ok())
        .unwrap_or(u64::MAX)
}

/// Whether the definition has a condition of that type with status `True`.
pub(super) fn condition_is_true(crd: &Value, condition: &str) -> bool {
    let conditions = crd["status"]["conditions"].as_array();
    conditions
        .into_iter()
        .flatten()
        .any(|known| known["type"] == condition && known["status"] == "True")
}

struct Shared<'a> {
    crd: &'a Value,
    name: &'a Arc<str>,
    storage_version: &'a Arc<str>,
    conversion: &'a Conversion,
    terminating: bool,
    /// The schema of the version that objects are stored in.
    stored_schema: Option<&'a Value>,
    previous: Option<&'a CustomDefinition>,
}

/// The schema of a version, as it is written.
fn openapi(entry: &Value) -> &Value {
    &entry["schema"]["openAPIV3Schema"]
}

impl Shared<'_> {
    /// Since which revision objects were written under these schemas: the revision of the definition, or what was known of its
    /// earlier form if that had the same schemas.
    fn schema_since(&self, version: &str, schema: &Value, stored: Option<&Value>) -> u64 {
        let earlier = self.previous.and_then(|previous| {
            let resource = previous
                .versions
                .iter()
                .find(|known| *known.version == *version)?;
            let custom = resource.custom.as_deref()?;
            let same = custom.storage_version == *self.storage_version
                && custom.openapi.as_deref().unwrap_or(&Value::Null) == schema
                && custom.stored_openapi.as_deref() == stored;
            same.then_some(custom.schema_since)
        });
        earlier.unwrap_or_else(|| revision_of(self.crd))
    }

    fn resource(&self, entry: &Value) -> ResourceType {
        let spec = &self.crd["spec"];
        // Names in conflict are not served: the accepted ones count.
        let accepted = &self.crd["status"]["acceptedNames"];
        let names = if accepted["plural"]
            .as_str()
            .is_some_and(|plural| !plural.is_empty())
        {
            accepted
        } else {
            &spec["names"]
        };
        let group: Arc<str> = text(&spec["group"]);
        let version: Arc<str> = text(&entry["name"]);
        let schema = openapi(entry);
        let stored = self.stored_schema.filter(|stored| *stored != schema);
        let schema_since = self.schema_since(&version, schema, stored);
        let openapi = entry["schema"].get("openAPIV3Schema");
        let written = openapi.map(structural::parse).unwrap_or_default();
        let has_status = !entry["subresources"]["status"].is_null();
        let scale = entry["subresources"]
            .get("scale")
            .filter(|scale| !scale.is_null());
        ResourceType {
            kind: text(&names["kind"]),
            list_kind: text(&names["listKind"]),
            plural: text(&names["plural"]),
            singular: text(&names["singular"]),
            short_names: texts(&names["shortNames"]),
            categories: texts(&names["categories"]),
            namespaced: spec["scope"] == "Namespaced",
            verbs: VERBS
                .into_iter()
                .filter(|verb| !self.terminating || !matches!(*verb, "patch" | "create" | "update"))
                .map(Arc::from)
                .collect(),
            subresources: subresources(has_status, scale.is_some()),
            schema: Some(SchemaRef::owned(structural::with_object_fields(&written))),
            rules: Rules {
                name: NameRule::DnsSubdomain,
                generation: true,
                unconditional_update: false,
                create_on_update: false,
                delete_returns_object: false,
                status_subresource: has_status,
                default_propagation: Propagation::Background,
                graceful_deletion: false,
                collectable: true,
            },
            selectable_fields: selectable_fields(entry),
            scale: scale.map(|scale| ScalePaths {
                spec_replicas: path(&scale["specReplicasPath"]),
                status_replicas: path(&scale["statusReplicasPath"]),
                label_selector: scale
                    .get("labelSelectorPath")
                    .filter(|path| !path.is_null())
                    .map(path),
            }),
            columns: columns(entry),
            storage_version_hash: "".into(),
            deprecation_warning: deprecation_warning(spec, entry, &names["kind"]).map(Arc::from),
            custom: Some(Arc::new(CustomType {
                definition: Arc::clone(self.name),
                definition_uid: text(&self.crd["metadata"]["uid"]),
                storage_version: Arc::clone(self.storage_version),
                conversion: self.conversion.clone(),
                terminating: self.terminating,
                written: Arc::new(written),
                openapi: openapi.cloned().map(Arc::new),
                stored: stored.map(|schema| Arc::new(structural::parse(schema))),
                stored_openapi: stored.cloned().map(Arc::new),
                schema_since,
            })),
            group,
            version,
        }
    }
}

fn subresources(status: bool, scale: bool) -> Vec<Subresource> {
    let verbs = || ["get", "patch", "update"].map(Arc::from).to_vec();
    let mut list = Vec::new();
    if status {
        list.push(Subresource {
            name: "status".into(),
            kind: None,
            verbs: verbs(),
        });
    }
    if scale {
        list.push(Subresource {
            name: "scale".into(),
            kind: Some(("autoscaling".into(), "v1".into(), "Scale".into())),
            verbs: verbs(),
        });
    }
    list
}

fn selectable_fields(entry: &Value) -> Vec<SelectableField> {
    let list = entry["selectableFields"].as_array();
    list.into_iter()
        .flatten()
        .filter_map(|field| field["jsonPath"].as_str())
        .map(|json_path| SelectableField {
            name: json_path.trim_start_matches('.').into(),
            paths: vec![split_path(json_path)],
            missing: "".into(),
        })
        .collect()
}

fn columns(entry: &Value) -> Vec<Column> {
    let plain = |name: &str, column_type: &str, format: &str, description: &str, path: Option<&str>| Column {
        name: name.into(),
        column_type: column_type.into(),
        format: format.into(),
        priority: 0,
        description: description.into(),
        json_path: path.map(Arc::from),
    };
    let mut columns = vec![plain(
        "Name",
        "string",
        "name",
        NAME_COLUMN,
        Some(".metadata.name"),
    )];
    let listed = entry["additionalPrinterColumns"].as_array().into_iter().flatten();
    let mut paths = listed.filter_map(|column| column["jsonPath"].as_str());
    if paths.any(|path| JsonPath::parse(path).is_err()) {
        return columns;
    }
    match entry["additionalPrinterColumns"].as_array() {
        Some(list) if !list.is_empty() => columns.extend(list.iter().map(|column| {
            Column {
                name: text(&column["name"]),
                column_type: text(&column["type"]),
                format: text(&column["format"]),
                priority: column["priority"]
                    .as_i64()
                    .and_then(|n| i32::try_from(n).ok())
                    .unwrap_or(0),
                description: text(&column["description"]),
                json_path: column["jsonPath"].as_str().map(Arc::from),
            }
        })),
        _ => columns.push(plain(
            "Age",
            "date",
            "",
            CREATION_COLUMN,
            Some(".metadata.creationTimestamp"),
        )),
    }
    columns
}

/// The text a deprecated version warns with; names a newer version if there is a more stable one that is not deprecated.
fn deprecation_warning(spec: &Value, entry: &Value, kind: &Value) -> Option<String> {
    use crate::apiserver::types::table::version_priority;
    if entry["deprecated"] != true {
        return None;
    }
    if let Some(own) = entry["deprecationWarning"].as_str() {
        return Some(own.to_owned());
    }
    let group = spec["group"].as_str().unwrap_or_default();
    let kind = kind.as_str().unwrap_or_default();
    let version = entry["name"].as_str().unwrap_or_default();
    let newer = spec["versions"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|other| other["served"] == true && other["deprecated"] != true)
        .filter_map(|other| other["name"].as_str())
        .filter(|other| version_priority(other) < version_priority(version))
        .min_by_key(|other| version_priority(other));
    let base = format!("{group}/{version} {kind} is deprecated");
    Some(match newer {
        Some(newer) => format!("{base}; use {group}/{newer} {kind}"),
        None => base,
    })
}

fn text(value: &Value) -> Arc<str> {
    value.as_str().unwrap_or_default().into()
}

fn texts(value: &Value) -> Vec<Arc<str>> {
    value.as_array().into_iter().flatten().map(text).collect()
}

fn path(value: &Value) -> Vec<Arc<str>> {
    split_path(value.as_str().unwrap_or_default())
}

fn split_path(path: &str) -> Vec<Arc<str>> {
    path.split('.')
        .filter(|part| !part.is_empty())
        .map(Arc::from)
        .collect()
}
