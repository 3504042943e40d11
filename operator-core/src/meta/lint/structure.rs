//! Whether a schema is structural, by the server's rules.

use std::collections::BTreeMap;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    JSONSchemaProps, JSONSchemaPropsOrArray, JSONSchemaPropsOrBool,
};

use super::{Findings, alternative, default, list, rule};

/// The whole object; with a `status` subresource less can be said of it.
pub(super) fn check(schema: &JSONSchemaProps, status: bool, findings: &mut Findings<'_>) {
    if schema.type_.as_deref() != Some("object") {
        findings.refused("", "the object itself is of type object");
    }
    if schema.nullable == Some(true) {
        findings.refused("", "the object itself cannot be null");
    }
    if schema.default.is_some() {
        findings.refused("", "the object itself has no default");
    }
    if status && !says_little(schema) {
        findings.refused(
            "",
            "the object itself has fields, rules and a description, and nothing else, because there is a status \
             subresource",
        );
    }
    let metadata = schema.properties.as_ref().and_then(|all| all.get("metadata"));
    let fields = metadata.and_then(|metadata| metadata.properties.as_ref());
    for name in fields.iter().flat_map(|fields| fields.keys()) {
        if name != "name" && name != "generateName" {
            findings.refused(
                ".metadata",
                format!("describes `{name}`, and only name and generateName can be restricted"),
            );
        }
    }
    type_of_names(schema, "", findings);
    place(schema, "", findings);
}

/// Whether there is nothing at the root but what the server takes beside a status subresource.
fn says_little(schema: &JSONSchemaProps) -> bool {
    let little = JSONSchemaProps {
        default: schema.default.clone(),
        description: schema.description.clone(),
        example: schema.example.clone(),
        external_docs: schema.external_docs.clone(),
        nullable: schema.nullable,
        properties: schema.properties.clone(),
        required: schema.required.clone(),
        title: schema.title.clone(),
        type_: schema.type_.clone(),
        x_kubernetes_preserve_unknown_fields: schema.x_kubernetes_preserve_unknown_fields,
        x_kubernetes_validations: schema.x_kubernetes_validations.clone(),
        ..JSONSchemaProps::default()
    };
    little == *schema
}

/// `apiVersion` and `kind` of an object are strings.
fn type_of_names(schema: &JSONSchemaProps, at: &str, findings: &mut Findings<'_>) {
    for name in ["apiVersion", "kind"] {
        let field = schema.properties.as_ref().and_then(|all| all.get(name));
        if field.is_some_and(|field| field.type_.as_deref() != Some("string")) {
            findings.refused(&format!("{at}.{name}"), "is a string in every object");
        }
    }
}

/// One place of the object and everything below it.
fn place(schema: &JSONSchemaProps, at: &str, findings: &mut Findings<'_>) {
    let open = schema.x_kubernetes_preserve_unknown_fields == Some(true)
        || schema.x_kubernetes_int_or_string == Some(true);
    match schema.type_.as_deref() {
        None | Some("") if !open => findings.refused(at, "has no type"),
        Some(type_) if !["array", "boolean", "integer", "number", "object", "string"].contains(&type_) => {
            findings.refused(at, format!("has type `{type_}`, which is none"));
        }
        _ => {}
    }
    keywords(schema, at, findings);
    embedded(schema, at, findings);
    default::check(schema, at, findings);
    list::check(schema, at, findings);
    rule::check(schema, at, findings);
    alternative::check(schema, at, findings);
    let map = matches!(
        schema.additional_properties,
        Some(JSONSchemaPropsOrBool::Schema(_) | JSONSchemaPropsOrBool::Bool(false))
    );
    if map && schema.properties.is_some() {
        findings.refused(at, "has fields and is a map: use one, or keep unknown fields");
    }
    for (name, property) in schema.properties.iter().flatten() {
        place(property, &format!("{at}.{name}"), findings);
    }
    if let Some(JSONSchemaPropsOrBool::Schema(values)) = &schema.additional_properties {
        place(values, &format!("{at}.*"), findings);
    }
    match &schema.items {
        Some(JSONSchemaPropsOrArray::Schema(items)) => place(items, &format!("{at}[*]"), findings),
        Some(JSONSchemaPropsOrArray::Schemas(_)) => {
            findings.refused(at, "has a schema for each element, and needs one for all");
        }
        None if schema.type_.as_deref() == Some("array") => {
            findings.refused(at, "is a list of nothing: say what its elements are");
        }
        None => {}
    }
}

fn keywords(schema: &JSONSchemaProps, at: &str, findings: &mut Findings<'_>) {
    if schema.x_kubernetes_int_or_string == Some(true)
        && schema.x_kubernetes_preserve_unknown_fields == Some(true)
    {
        findings.refused(at, "is an integer or a string and cannot be anything else");
    }
    let forbidden = [
        ("$ref", schema.ref_path.is_some()),
        ("$schema", schema.schema.is_some()),
        ("definitions", schema.definitions.is_some()),
        ("dependencies", schema.dependencies.is_some()),
        ("patternProperties", schema.pattern_properties.is_some()),
        ("additionalItems", schema.additional_items.is_some()),
        ("id", schema.id.is_some()),
        ("uniqueItems: true", schema.unique_items == Some(true)),
        (
            "x-kubernetes-preserve-unknown-fields: false",
            schema.x_kubernetes_preserve_unknown_fields == Some(false),
        ),
    ];
    for (keyword, given) in forbidden {
        if given {
            findings.refused(at, format!("uses `{keyword}`, which the server does not take"));
        }
    }
}

/// An object within the object.
fn embedded(schema: &JSONSchemaProps, at: &str, findings: &mut Findings<'_>) {
    if schema.x_kubernetes_embedded_resource != Some(true) {
        return;
    }
    let keeps = schema.x_kubernetes_preserve_unknown_fields == Some(true);
    if schema.type_.as_deref() != Some("object") {
        findings.refused(at, "is a whole object and not of type object");
    } else if schema.additional_properties.is_some() {
        findings.refused(at, "is a whole object and no map");
    } else if !keeps && schema.properties.as_ref().is_none_or(BTreeMap::is_empty) {
        findings.refused(
            at,
            "is a whole object without fields: describe them, or keep unknown ones",
        );
    }
    type_of_names(schema, at, findings);
}
