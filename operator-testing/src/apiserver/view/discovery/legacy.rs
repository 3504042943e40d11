//! Discovery as every client knows it: one document a group and version.
//!
//! Sources: `k8s.io/apiserver/pkg/endpoints/discovery`, `k8s.io/apiextensions-apiserver/pkg/apiserver/customresource_discovery.go`.

use serde_json::{Map, Value, json};

use crate::apiserver::types::{ResourceType, Subresource, TypeSnapshot};

/// `/api`: the versions of the core group. `address` is where the server says it is reachable, such as `127.0.0.1:8001`.
pub fn core_versions(address: &str) -> Value {
    json!({
        "kind": "APIVersions",
        "versions": ["v1"],
        "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": address}],
    })
}

/// `/apis`: every named group with its versions.
pub fn groups(types: &TypeSnapshot) -> Value {
    let groups: Vec<_> = types
        .groups()
        .into_iter()
        .filter(|group| !group.is_empty())
        .filter_map(|group| group_fields(types, group))
        .map(Value::Object)
        .collect();
    json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})
}

/// `/apis/GROUP`: the versions of one group; `None` if nothing of the group is served.
pub fn group(types: &TypeSnapshot, name: &str) -> Option<Value> {
    let mut document = group_fields(types, name)?;
    document.insert("kind".into(), "APIGroup".into());
    document.insert("apiVersion".into(), "v1".into());
    Some(document.into())
}

fn group_fields(types: &TypeSnapshot, name: &str) -> Option<Map<String, Value>> {
    let versions: Vec<_> = types
        .versions_of(name)
        .map(|version| json!({"groupVersion": version.api_version(), "version": version.version}))
        .collect();
    let mut fields = Map::new();
    fields.insert("name".into(), name.into());
    fields.insert("preferredVersion".into(), versions.first()?.clone());
    fields.insert("versions".into(), versions.into());
    Some(fields)
}

/// `/api/v1` and `/apis/GROUP/VERSION`: the resources of one version; `None` if it is not served.
pub fn resources(types: &TypeSnapshot, group: &str, version: &str) -> Option<Value> {
    let version = types.version(group, version)?;
    let mut list = Vec::new();
    for resource in &version.resources {
        list.push(resource_entry(resource));
        for subresource in &resource.subresources {
            list.push(subresource_entry(resource, subresource));
        }
    }
    let mut document =
        json!({"kind": "APIResourceList", "groupVersion": version.api_version(), "resources": list});
    // The document of the core group is older than the field.
    if !group.is_empty() {
        document["apiVersion"] = "v1".into();
    }
    Some(document)
}

fn resource_entry(resource: &ResourceType) -> Value {
    let mut entry = json!({
        "name": resource.plural,
        "singularName": resource.singular,
        "namespaced": resource.namespaced,
        "kind": resource.kind,
        "verbs": resource.verbs,
    });
    if !resource.short_names.is_empty() {
        entry["shortNames"] = json!(resource.short_names);
    }
    if !resource.categories.is_empty() {
        entry["categories"] = json!(resource.categories);
    }
    if !resource.storage_version_hash.is_empty() {
        entry["storageVersionHash"] = json!(resource.storage_version_hash);
    }
    entry
}

fn subresource_entry(resource: &ResourceType, subresource: &Subresource) -> Value {
    let (group, version, kind) = response_kind(resource, subresource);
    let mut entry = json!({
        "name": format!("{}/{}", resource.plural, subresource.name),
        "singularName": "",
        "namespaced": resource.namespaced,
        "kind": kind,
        "verbs": subresource.verbs,
    });
    if (group, version) != (&*resource.group, &*resource.version) {
        if !group.is_empty() {
            entry["group"] = group.into();
        }
        entry["version"] = version.into();
    }
    entry
}

/// The group, version and kind that a subresource answers with.
pub(super) fn response_kind<'a>(
    resource: &'a ResourceType,
    subresource: &'a Subresource,
) -> (&'a str, &'a str, &'a str) {
    match &subresource.kind {
        // Without a version the kind belongs to the version of its resource.
        Some((_, version, kind)) if version.is_empty() => (&resource.group, &resource.version, kind),
        Some((group, version, kind)) => (group, version, kind),
        None => (&resource.group, &resource.version, &resource.kind),
    }
}
