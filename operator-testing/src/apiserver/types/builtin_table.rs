//! The built-in resources, read from the committed table.

use std::sync::{Arc, LazyLock};

use serde::Deserialize;

use super::{
    definitions::DefinitionId,
    resource::{CREATION_COLUMN, Column, NAME_COLUMN, ResourceType, Subresource},
    rules,
    schema::SchemaRef,
    version::Version,
};

static TABLE: &str = include_str!("../../../data/resources.json");

#[derive(Deserialize)]
struct Table {
    groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    group: Arc<str>,
    versions: Vec<GroupVersion>,
}

#[derive(Deserialize)]
struct GroupVersion {
    version: Arc<str>,
    resources: Vec<Entry>,
    schemas: Vec<u16>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    plural: Arc<str>,
    singular: Arc<str>,
    kind: Arc<str>,
    namespaced: bool,
    verbs: Vec<Arc<str>>,
    #[serde(default)]
    short_names: Vec<Arc<str>>,
    #[serde(default)]
    categories: Vec<Arc<str>>,
    #[serde(default)]
    subresources: Vec<SubEntry>,
    #[serde(default)]
    columns: Vec<ColumnEntry>,
    definition: Option<String>,
    hash: Option<Arc<str>>,
}

/// Name, type, format, priority.
type ColumnEntry = (Arc<str>, Arc<str>, Arc<str>, i32);

#[derive(Deserialize)]
struct SubEntry {
    name: Arc<str>,
    verbs: Vec<Arc<str>>,
    kind: Option<(Arc<str>, Arc<str>, Arc<str>)>,
}

/// The built-in versions in discovery order.
pub(super) static BUILT_INS: LazyLock<Vec<Version>> = LazyLock::new(|| {
    let table = read();
    let mut versions = Vec::new();
    for group in table.groups {
        for version in group.versions {
            versions.push(Version {
                resources: version
                    .resources
                    .into_iter()
                    .map(|entry| Arc::new(resource(&group.group, &version.version, entry)))
                    .collect(),
                group: Arc::clone(&group.group),
                version: version.version,
            });
        }
    }
    versions
});

/// The definitions that the OpenAPI document of a built-in group version lists, by name; none if it is not built in.
pub fn openapi_definitions(group: &str, version: &str) -> Vec<DefinitionId> {
    let table = read();
    table
        .groups
        .into_iter()
        .filter(|known| &*known.group == group)
        .flat_map(|known| known.versions)
        .filter(|known| &*known.version == version)
        .flat_map(|known| known.schemas)
        .filter_map(DefinitionId::at)
        .collect()
}

fn read() -> Table {
    serde_json::from_str(TABLE).expect("the committed table is well formed")
}

fn resource(group: &Arc<str>, version: &Arc<str>, entry: Entry) -> ResourceType {
    let name = if group.is_empty() {
        entry.plural.to_string()
    } else {
        format!("{}.{group}", entry.plural)
    };
    let has_status = entry.subresources.iter().any(|sub| &*sub.name == "status");
    ResourceType {
        group: Arc::clone(group),
        version: Arc::clone(version),
        list_kind: format!("{}List", entry.kind).into(),
        schema: entry
            .definition
            .as_deref()
            .and_then(DefinitionId::named)
            .map(SchemaRef::definition),
        rules: rules::rules_of(&name, has_status),
        selectable_fields: rules::selectable_fields(&name),
        scale: rules::scale_paths(&name),
        deprecation_warning: rules::deprecation_warning(&name, version).map(Arc::from),
        columns: entry
            .columns
            .into_iter()
            .map(|(name, column_type, format, priority)| Column {
                description: match &*name {
                    "Name" if &*format == "name" => NAME_COLUMN.into(),
                    "Created At" => CREATION_COLUMN.into(),
                    _ => "".into(),
                },
                name,
                column_type,
                format,
                priority,
                json_path: None,
            })
            .collect(),
        storage_version_hash: entry.hash.unwrap_or_default(),
        subresources: entry
            .subresources
            .into_iter()
            .map(|sub| Subresource {
                name: sub.name,
                kind: sub.kind,
                verbs: sub.verbs,
            })
            .collect(),
        kind: entry.kind,
        plural: entry.plural,
        singular: entry.singular,
        short_names: entry.short_names,
        categories: entry.categories,
        namespaced: entry.namespaced,
        verbs: entry.verbs,
        custom: None,
    }
}
