//! Whether a schema is structural, by the server's rules.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    JSONSchemaProps, JSONSchemaPropsOrArray, JSONSchemaPropsOrBool,
};
use serde_json::Value;

use super::Findings;

pub(super) fn check(schema: &JSONSchemaProps, findings: &mut Findings<'_>) {
    if schema.type_.as_deref() != Some("object") {
        findings.refused("", "the object itself is of type object");
    }
    place(schema, "", findings);
}

/// One place of the object and everything below it.
fn place(schema: &JSONSchemaProps, at: &str, findings: &mut Findings<'_>) {
    let open = schema.x_kubernetes_preserve_unknown_fields == Some(true)
        || schema.x_kubernetes_int_or_string == Some(true)
        || schema.x_kubernetes_embedded_resource == Some(true);
    match schema.type_.as_deref() {
        None | Some("") if !open => findings.refused(at, "has no type"),
        Some(type_) if !["array", "boolean", "integer", "number", "object", "string"].contains(&type_) => {
            findings.refused(at, format!("has type `{type_}`, which is none"));
        }
        _ => {}
    }
    keywords(schema, at, findings);
    default(schema, at, findings);
    list(schema, at, findings);
    rules(schema, at, findings);
    if schema.properties.is_some() && schema.additional_properties.is_some() {
        findings.refused(at, "has fields and is a map: use one, or keep unknown fields");
    }
    for (keyword, branches) in [
        ("oneOf", &schema.one_of),
        ("anyOf", &schema.any_of),
        ("allOf", &schema.all_of),
    ] {
        for branch in branches.iter().flatten() {
            alternative(branch, schema, at, keyword, findings);
        }
    }
    if let Some(not) = &schema.not {
        alternative(not, schema, at, "not", findings);
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
        && (schema.x_kubernetes_preserve_unknown_fields == Some(true) || schema.type_.is_some())
    {
        findings.refused(at, "is an integer or a string and cannot be anything else");
    }
    let forbidden = [
        ("$ref", schema.ref_path.is_some()),
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

fn default(schema: &JSONSchemaProps, at: &str, findings: &mut Findings<'_>) {
    let Some(default) = &schema.default else { return };
    let fits = match (&default.0, schema.type_.as_deref()) {
        (Value::Null, _) => schema.nullable == Some(true),
        (_, None) => true,
        (Value::Bool(_), Some(type_)) => type_ == "boolean",
        (Value::String(_), Some(type_)) => type_ == "string",
        (Value::Number(number), Some(type_)) => type_ == "number" || (type_ == "integer" && !number.is_f64()),
        (Value::Array(_), Some(type_)) => type_ == "array",
        (Value::Object(_), Some(type_)) => type_ == "object",
    };
    if !fits {
        findings.refused(
            at,
            format!("has the default {}, which is not of its type", default.0),
        );
    }
    if let Some(values) = &schema.enum_
        && !values.contains(default)
    {
        findings.refused(
            at,
            format!("has the default {}, which is none of its values", default.0),
        );
    }
    if let (Value::Object(fields), Some(required)) = (&default.0, &schema.required) {
        for name in required.iter().filter(|name| !fields.contains_key(*name)) {
            let filled = schema
                .properties
                .as_ref()
                .and_then(|all| all.get(name))
                .is_some_and(|one| one.default.is_some());
            if !filled {
                findings.refused(at, format!("has a default without `{name}`, which it requires"));
            }
        }
    }
}

fn list(schema: &JSONSchemaProps, at: &str, findings: &mut Findings<'_>) {
    let Some(type_) = &schema.x_kubernetes_list_type else {
        return;
    };
    if schema.type_.as_deref() != Some("array") {
        findings.refused(at, format!("has the list type {type_} and is no list"));
        return;
    }
    let Some(JSONSchemaPropsOrArray::Schema(element)) = &schema.items else {
        return;
    };
    let keys = schema.x_kubernetes_list_map_keys.as_deref().unwrap_or_default();
    match type_.as_str() {
        "map" => {
            if keys.is_empty() {
                findings.refused(at, "is a list of type map without keys");
            }
            for key in keys {
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
                if !element.required.iter().flatten().any(|name| name == key) && field.default.is_none() {
                    findings.refused(
                        at,
                        format!("is told apart by `{key}`, which its elements may lack"),
                    );
                }
            }
        }
        "set" => {
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
        "atomic" => {}
        other => findings.refused(
            at,
            format!("has the list type `{other}`: it is atomic, set or map"),
        ),
    }
    if type_ != "map" && !keys.is_empty() {
        findings.refused(at, "has keys and is no list of type map");
    }
}

fn rules(schema: &JSONSchemaProps, at: &str, findings: &mut Findings<'_>) {
    for rule in schema.x_kubernetes_validations.iter().flatten() {
        if rule.rule.trim().is_empty() {
            findings.refused(at, "has a rule that says nothing");
        }
        match &rule.message {
            Some(message) if message.contains('\n') => {
                findings.refused(at, format!("has a message of several lines for `{}`", rule.rule));
            }
            None if rule.rule.contains('\n') && rule.message_expression.is_none() => {
                findings.refused(at, "has a rule of several lines without a message");
            }
            _ => {}
        }
    }
}

/// An alternative restricts what the place has; it introduces and describes nothing.
fn alternative(
    branch: &JSONSchemaProps,
    owner: &JSONSchemaProps,
    at: &str,
    keyword: &str,
    findings: &mut Findings<'_>,
) {
    let int_or_string = owner.x_kubernetes_int_or_string == Some(true);
    let forbidden = [
        ("type", branch.type_.is_some() && !int_or_string),
        ("description", branch.description.is_some()),
        ("title", branch.title.is_some()),
        ("default", branch.default.is_some()),
        ("nullable", branch.nullable == Some(true)),
        ("additionalProperties", branch.additional_properties.is_some()),
        (
            "x-kubernetes-preserve-unknown-fields",
            branch.x_kubernetes_preserve_unknown_fields.is_some(),
        ),
    ];
    for (word, given) in forbidden {
        if given {
            findings.refused(
                at,
                format!("has `{word}` in `{keyword}`, where only restrictions are allowed"),
            );
        }
    }
    for (name, property) in branch.properties.iter().flatten() {
        match owner
            .properties
            .as_ref()
            .and_then(|properties| properties.get(name))
        {
            Some(known) => alternative(property, known, &format!("{at}.{name}"), keyword, findings),
            None => findings.refused(
                at,
                format!("restricts `{name}` in `{keyword}` and does not have it"),
            ),
        }
    }
    for inner in [&branch.one_of, &branch.any_of, &branch.all_of]
        .into_iter()
        .flatten()
        .flatten()
    {
        alternative(inner, owner, at, keyword, findings);
    }
}
