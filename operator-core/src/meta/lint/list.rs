//! How lists and objects are merged.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    JSONSchemaProps, JSONSchemaPropsOrArray,
};

use super::Findings;

pub(super) fn check(schema: &JSONSchemaProps, at: &str, findings: &mut Findings<'_>) {
    object(schema, at, findings);
    let keys = schema.x_kubernetes_list_map_keys.as_deref().unwrap_or_default();
    let type_ = schema.x_kubernetes_list_type.as_deref();
    if type_ != Some("map") && !keys.is_empty() {
        findings.refused(at, "has keys and is no list of type map");
    }
    let Some(type_) = type_ else { return };
    if schema.type_.as_deref() != Some("array") {
        findings.refused(at, format!("has the list type {type_} and is no list"));
        return;
    }
    let Some(JSONSchemaPropsOrArray::Schema(element)) = &schema.items else {
        return;
    };
    match type_ {
        "map" => map(keys, element, at, findings),
        "set" => set(element, at, findings),
        "atomic" => {}
        other => findings.refused(
            at,
            format!("has the list type `{other}`: it is atomic, set or map"),
        ),
    }
}

fn object(schema: &JSONSchemaProps, at: &str, findings: &mut Findings<'_>) {
    let Some(type_) = schema.x_kubernetes_map_type.as_deref() else {
        return;
    };
    if schema.type_.as_deref() != Some("object") {
        findings.refused(at, format!("has the map type {type_} and is no object"));
    } else if !["atomic", "granular"].contains(&type_) {
        findings.refused(
            at,
            format!("has the map type `{type_}`: it is atomic or granular"),
        );
    }
}

fn map(keys: &[String], element: &JSONSchemaProps, at: &str, findings: &mut Findings<'_>) {
    if keys.is_empty() {
        findings.refused(at, "is a list of type map without keys");
    }
    if element.type_.as_deref() != Some("object") {
        findings.refused(at, "is a list of type map, and its elements are no objects");
        return;
    }
    if element.nullable == Some(true) {
        findings.refused(at, "is a list of type map with null as an element");
    }
    for (index, key) in keys.iter().enumerate() {
        if keys[..index].contains(key) {
            findings.refused(at, format!("is told apart by `{key}` twice"));
            continue;
        }
        let Some(field) = element.properties.as_ref().and_then(|fields| fields.get(key)) else {
            findings.refused(
                at,
                format!("is told apart by `{key}`, which its elements have not"),
            );
            continue;
        };
        if matches!(field.type_.as_deref(), Some("array" | "object")) {
            findings.refused(at, format!("is told apart by `{key}`, which is no single value"));
        }
        if field.nullable == Some(true) {
            findings.refused(at, format!("is told apart by `{key}`, which may be null"));
        }
        if !element.required.iter().flatten().any(|name| name == key) && field.default.is_none() {
            findings.refused(
                at,
                format!("is told apart by `{key}`, which its elements may lack"),
            );
        }
    }
}

fn set(element: &JSONSchemaProps, at: &str, findings: &mut Findings<'_>) {
    let atomic = match element.type_.as_deref() {
        Some("object") => element.x_kubernetes_map_type.as_deref() == Some("atomic"),
        Some("array") => element
            .x_kubernetes_list_type
            .as_deref()
            .is_none_or(|inner| inner == "atomic"),
        _ => true,
    };
    if !atomic {
        findings.refused(
            at,
            "is a set of objects that are merged: make them atomic, or use a list of type map",
        );
    }
    if element.nullable == Some(true) {
        findings.refused(at, "is a set with null as an element");
    }
}
