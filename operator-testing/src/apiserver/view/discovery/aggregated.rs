//! Discovery in one document (`apidiscovery.k8s.io/v2`), which kubectl and client-go ask for first.
//!
//! Source: `k8s.io/apiserver/pkg/endpoints/discovery/aggregated`.

use serde_json::{Value, json};

use super::legacy::response_kind;
use crate::apiserver::types::{ResourceType, Subresource, TypeSnapshot, Version};

/// `/api` as aggregated discovery: the core group.
pub fn aggregated_core(types: &TypeSnapshot) -> Value {
    document(&[group_entry(types, "")])
}

/// `/apis` as aggregated discovery: every named group.
pub fn aggregated_groups(types: &TypeSnapshot) -> Value {
    let named = types.groups().into_iter().filter(|group| !group.is_empty());
    let items: Vec<_> = named.map(|group| group_entry(types, group)).collect();
    document(&items)
}

/// The `ETag` of an aggregated document: the same content has the same tag.
///
/// The tag is a 128-bit FNV-1a hash: it has to tell documents apart, nobody has to be kept from forging one.
pub fn etag(body: &[u8]) -> String {
    let hash = body
        .iter()
        .fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d_u128, |hash, byte| {
            (hash ^ u128::from(*byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b)
        });
    format!("\"{hash:032X}\"")
}

fn document(items: &[Value]) -> Value {
    json!({"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items})
}

fn group_entry(types: &TypeSnapshot, group: &str) -> Value {
    let metadata = if group.is_empty() {
        json!({})
    } else {
        json!({"name": group})
    };
    let versions: Vec<_> = types.versions_of(group).map(version_entry).collect();
    json!({"metadata": metadata, "versions": versions})
}

fn version_entry(version: &Version) -> Value {
    let resources: Vec<_> = version
        .resources
        .iter()
        .map(|resource| resource_entry(resource))
        .collect();
    json!({"version": version.version, "resources": resources, "freshness": "Current"})
}

fn resource_entry(resource: &ResourceType) -> Value {
    let mut entry = json!({
        "resource": resource.plural,
        "responseKind": kind_reference(resource, &resource.group, &resource.version, &resource.kind),
        "scope": if resource.namespaced { "Namespaced" } else { "Cluster" },
        "singularResource": resource.singular,
        "verbs": resource.verbs,
    });
    if !resource.short_names.is_empty() {
        entry["shortNames"] = json!(resource.short_names);
    }
    if !resource.categories.is_empty() {
        entry["categories"] = json!(resource.categories);
    }
    if !resource.subresources.is_empty() {
        entry["subresources"] = resource
            .subresources
            .iter()
            .map(|subresource| subresource_entry(resource, subresource))
            .collect();
    }
    entry
}

fn subresource_entry(resource: &ResourceType, subresource: &Subresource) -> Value {
    let (group, version, kind) = response_kind(resource, subresource);
    json!({
        "subresource": subresource.name,
        "responseKind": kind_reference(resource, group, version, kind),
        "verbs": subresource.verbs,
    })
}

/// Built-in resources leave out a group and version that are those of the document; custom ones spell them out.
fn kind_reference(resource: &ResourceType, group: &str, version: &str, kind: &str) -> Value {
    let own = (group, version) == (&*resource.group, &*resource.version);
    if own && resource.custom.is_none() {
        json!({"group": "", "version": "", "kind": kind})
    } else {
        json!({"group": group, "version": version, "kind": kind})
    }
}
