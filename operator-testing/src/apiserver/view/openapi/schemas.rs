//! The component schemas of a group version.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::apiserver::types::{DefinitionId, ResourceType, Version, openapi_definitions};

const META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1";
const PREFIX: &str = "#/components/schemas/";

/// The schemas that the documents of a version refer to, by name.
pub(super) fn of_version(version: &Version) -> Map<String, Value> {
    let mut schemas = Map::new();
    let mut wanted = BTreeSet::new();
    for resource in version
        .resources
        .iter()
        .filter(|resource| resource.custom.is_some())
    {
        schemas.insert(name_of(resource), custom(resource));
        schemas.insert(list_name_of(resource), custom_list(resource));
        wanted.extend(
            ["ObjectMeta", "ListMeta", "DeleteOptions", "Patch", "Status"]
                .map(|kind| format!("{META}.{kind}")),
        );
        if resource.scale.is_some() {
            wanted.insert("io.k8s.api.autoscaling.v1.Scale".into());
        }
    }
    let built_in = openapi_definitions(&version.group, &version.version);
    wanted.extend(built_in.into_iter().map(|id| id.name().to_owned()));
    // What is referred to comes along.
    while let Some(name) = wanted.pop_first() {
        if schemas.contains_key(&name) {
            continue;
        }
        let Some(id) = DefinitionId::named(&name) else {
            continue;
        };
        let text = id.openapi();
        for reference in text.split(PREFIX).skip(1) {
            if let Some((name, _)) = reference.split_once('"') {
                wanted.insert(name.to_owned());
            }
        }
        let schema = serde_json::from_str(text).expect("the committed table holds JSON");
        schemas.insert(name, schema);
    }
    schemas
}

/// The name of the schema of a resource's kind: the group turned round, the version, the kind.
pub(super) fn name_of(resource: &ResourceType) -> String {
    match &resource.schema {
        Some(schema) if resource.custom.is_none() => match schema.definition_id() {
            Some(id) => id.name().to_owned(),
            None => turned_round(resource, &resource.kind),
        },
        _ => turned_round(resource, &resource.kind),
    }
}

/// The name of the schema of a list of them.
pub(super) fn list_name_of(resource: &ResourceType) -> String {
    let name = name_of(resource);
    match name.rsplit_once('.') {
        Some((package, _)) => format!("{package}.{}", resource.list_kind),
        None => name,
    }
}

fn turned_round(resource: &ResourceType, kind: &str) -> String {
    let mut parts: Vec<_> = resource.group.split('.').rev().collect();
    parts.extend([&*resource.version, kind]);
    parts.join(".")
}

/// A reference to a schema.
pub(super) fn reference(name: &str) -> Value {
    json!({"$ref": format!("{PREFIX}{name}")})
}

/// Where the descriptions of the fields that every kind has point to.
const CONVENTIONS: &str =
    "https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md";

fn api_version() -> Value {
    let description = format!(
        "APIVersion defines the versioned schema of this representation of an object. Servers should convert recognized schemas \
         to the latest internal value, and may reject unrecognized values. More info: {CONVENTIONS}#resources"
    );
    json!({"type": "string", "description": description})
}

fn kind() -> Value {
    let description = format!(
        "Kind is a string value representing the REST resource this object represents. Servers may infer this from the endpoint \
         the client submits requests to. Cannot be updated. In CamelCase. More info: {CONVENTIONS}#types-kinds"
    );
    json!({"type": "string", "description": description})
}

fn metadata(of: &str, description: &str, section: &str) -> Value {
    json!({
        "allOf": [reference(&format!("{META}.{of}"))],
        "description": format!("{description} More info: {CONVENTIONS}#{section}"),
    })
}

fn custom(resource: &ResourceType) -> Value {
    let written = resource
        .custom
        .as_ref()
        .and_then(|custom| custom.openapi.as_deref());
    let mut schema = match written {
        Some(Value::Object(fields)) => fields.clone(),
        _ => Map::new(),
    };
    schema.entry("type").or_insert_with(|| "object".into());
    let properties = schema.entry("properties").or_insert_with(|| json!({}));
    properties["apiVersion"] = api_version();
    properties["kind"] = kind();
    properties["metadata"] = metadata("ObjectMeta", "Standard object's metadata.", "metadata");
    schema.insert(
        "x-kubernetes-group-version-kind".into(),
        kinds(resource, &resource.kind),
    );
    schema.into()
}

fn custom_list(resource: &ResourceType) -> Value {
    json!({
        "description": format!("{} is a list of {}", resource.list_kind, resource.kind),
        "type": "object",
        "required": ["items"],
        "properties": {
            "apiVersion": api_version(),
            "items": {
                "type": "array",
                "items": reference(&name_of(resource)),
                "description": format!("List of {}. More info: {CONVENTIONS}", resource.plural),
            },
            "kind": kind(),
            "metadata": metadata("ListMeta", "Standard list metadata.", "types-kinds"),
        },
        "x-kubernetes-group-version-kind": kinds(resource, &resource.list_kind),
    })
}

fn kinds(resource: &ResourceType, kind: &str) -> Value {
    json!([{"group": resource.group, "kind": kind, "version": resource.version}])
}
