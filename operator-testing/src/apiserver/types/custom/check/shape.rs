//! A schema must be structural: every field has a type, and what only validates says nothing about the shape.
//!
//! Source: `k8s.io/apiextensions-apiserver/pkg/apiserver/schema/validation.go`.

use serde_json::{Map, Value, json};

use crate::apiserver::{status::FieldError, types::Pattern};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Root,
    Field,
    Item,
}

/// What keeps a schema from being structural, sorted.
pub(super) fn check(schema: &Value, path: &str) -> Vec<FieldError> {
    let mut errors = Vec::new();
    node(schema, Level::Root, path, &mut errors);
    complete(schema, path, &mut errors);
    errors.sort_by_key(ToString::to_string);
    errors
}

fn text<'a>(schema: &'a Value, name: &str) -> &'a str {
    schema[name].as_str().unwrap_or_default()
}

fn is_set(schema: &Value, flag: &str) -> bool {
    schema[flag] == true
}

fn properties(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    schema["properties"].as_object().into_iter().flatten()
}

fn node(schema: &Value, level: Level, path: &str, errors: &mut Vec<FieldError>) {
    let kind = text(schema, "type");
    if kind == "array" && schema["items"].is_null() {
        errors.push(FieldError::required(format!("{path}.items"), "must be specified"));
    }
    if schema["items"].is_object() {
        node(&schema["items"], Level::Item, &format!("{path}.items"), errors);
    }
    for (name, child) in properties(schema) {
        node(child, Level::Field, &format!("{path}.properties[{name}]"), errors);
    }
    let additional = &schema["additionalProperties"];
    if !additional.is_null() && level == Level::Root {
        errors.push(FieldError::forbidden(
            format!("{path}.additionalProperties"),
            "must not be used at the root",
        ));
    }
    if additional.is_object() {
        node(
            additional,
            Level::Field,
            &format!("{path}.additionalProperties"),
            errors,
        );
    }
    let (keeps, embedded) = (
        is_set(schema, "x-kubernetes-preserve-unknown-fields"),
        is_set(schema, "x-kubernetes-embedded-resource"),
    );
    let either = is_set(schema, "x-kubernetes-int-or-string");
    for (name, flag) in [
        ("x-kubernetes-preserve-unknown-fields", keeps),
        ("x-kubernetes-embedded-resource", embedded),
    ] {
        if either && flag {
            let why = "must be false if x-kubernetes-int-or-string is true";
            errors.push(FieldError::invalid(format!("{path}.{name}"), &true.into(), why));
        }
    }
    value_validation(schema, path, is_int_or_string(schema), errors);
    if embedded && kind != "object" {
        let why = "must be object if x-kubernetes-embedded-resource is true";
        let field = format!("{path}.type");
        errors.push(if kind.is_empty() {
            FieldError::required(field, why)
        } else {
            FieldError::invalid(field, &kind.into(), why)
        });
    } else if kind.is_empty() && !either && !keeps {
        let why = match level {
            Level::Root => "must not be empty at the root",
            Level::Item => "must not be empty for specified array items",
            Level::Field => "must not be empty for specified object fields",
        };
        errors.push(FieldError::required(format!("{path}.type"), why));
    }
    if embedded && !additional.is_null() {
        let why = "must not be used if x-kubernetes-embedded-resource is set";
        errors.push(FieldError::forbidden(format!("{path}.additionalProperties"), why));
    }
    if level == Level::Root && !kind.is_empty() && kind != "object" {
        errors.push(FieldError::invalid(
            format!("{path}.type"),
            &kind.into(),
            "must be object at the root",
        ));
    }
    type_and_metadata(schema, level, embedded, path, errors);
    if embedded && !keeps && properties(schema).next().is_none() {
        let why = "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields";
        errors.push(FieldError::required(format!("{path}.properties"), why));
    }
}

fn type_and_metadata(schema: &Value, level: Level, embedded: bool, path: &str, errors: &mut Vec<FieldError>) {
    let is_object = level == Level::Root || embedded;
    let child = |name: &str| schema["properties"].get(name);
    for name in ["kind", "apiVersion"] {
        if let Some(child) = child(name).filter(|child| is_object && text(child, "type") != "string") {
            let field = format!("{path}.properties[{name}].type");
            errors.push(FieldError::invalid(
                field,
                &text(child, "type").into(),
                "must be string",
            ));
        }
    }
    let Some(metadata) = child("metadata") else { return };
    let path = format!("{path}.properties[metadata]");
    if is_object && text(metadata, "type") != "object" {
        errors.push(FieldError::invalid(
            format!("{path}.type"),
            &text(metadata, "type").into(),
            "must be object",
        ));
    }
    if level != Level::Root {
        return;
    }
    let only_names = properties(metadata).all(|(name, _)| matches!(name.as_str(), "name" | "generateName"));
    let allowed = ["type", "properties", "default"];
    let nothing_else = metadata
        .as_object()
        .is_none_or(|fields| fields.keys().all(|name| allowed.contains(&name.as_str())));
    if !only_names || !nothing_else {
        let why = "must not specify anything other than name and generateName, but metadata is implicitly specified";
        errors.push(FieldError::forbidden(path, why));
    }
}

/// `anyOf: [{type: integer}, {type: string}]` is the one place where a type may be repeated.
fn is_int_or_string(schema: &Value) -> bool {
    let either = json!([{"type": "integer"}, {"type": "string"}]);
    schema["anyOf"] == either
}

/// What only validates.
fn value_validation(schema: &Value, path: &str, skips_any: bool, errors: &mut Vec<FieldError>) {
    for list in ["anyOf", "allOf", "oneOf"] {
        if list == "anyOf" && skips_any {
            continue;
        }
        for (index, child) in schema[list].as_array().into_iter().flatten().enumerate() {
            let skips = list == "allOf" && index == 0 && is_int_or_string(child);
            nested(child, &format!("{path}.{list}[{index}]"), skips, errors);
        }
    }
    if schema["not"].is_object() {
        nested(&schema["not"], &format!("{path}.not"), false, errors);
    }
    if let Some(pattern) = schema["pattern"].as_str().filter(|pattern| !pattern.is_empty())
        && let Some(why) = Pattern::new(pattern).problem()
    {
        let why = format!("must be a valid regular expression, but isn't: {why}");
        errors.push(FieldError::invalid(
            format!("{path}.pattern"),
            &pattern.into(),
            why,
        ));
    }
}

fn nested(schema: &Value, path: &str, skips_any: bool, errors: &mut Vec<FieldError>) {
    value_validation(schema, path, skips_any, errors);
    if schema["items"].is_object() {
        nested(&schema["items"], &format!("{path}.items"), false, errors);
    }
    for (name, child) in properties(schema) {
        nested(child, &format!("{path}.properties[{name}]"), false, errors);
    }
    let mut refuse = |name: &str, is_there: bool, why: &str| {
        if is_there {
            errors.push(FieldError::forbidden(
                format!("{path}.{name}"),
                format!("must be {why} to be structural"),
            ));
        }
    };
    refuse("type", !text(schema, "type").is_empty(), "empty");
    refuse(
        "additionalProperties",
        !schema["additionalProperties"].is_null(),
        "undefined",
    );
    refuse("default", !schema["default"].is_null(), "undefined");
    refuse("title", !text(schema, "title").is_empty(), "empty");
    refuse("description", !text(schema, "description").is_empty(), "empty");
    for flag in [
        "nullable",
        "x-kubernetes-preserve-unknown-fields",
        "x-kubernetes-embedded-resource",
        "x-kubernetes-int-or-string",
    ] {
        refuse(flag, is_set(schema, flag), "false");
    }
    let keys = schema["x-kubernetes-list-map-keys"].as_array();
    refuse(
        "x-kubernetes-list-map-keys",
        keys.is_some_and(|keys| !keys.is_empty()),
        "empty",
    );
    refuse(
        "x-kubernetes-list-type",
        !schema["x-kubernetes-list-type"].is_null(),
        "undefined",
    );
    refuse(
        "x-kubernetes-map-type",
        !schema["x-kubernetes-map-type"].is_null(),
        "undefined",
    );
    let rules = schema["x-kubernetes-validations"].as_array();
    let has_rules = rules.is_some_and(|rules| !rules.is_empty());
    refuse("x-kubernetes-validations", has_rules, "empty");
    if schema["properties"].get("metadata").is_some() {
        let field = format!("{path}.properties[metadata]");
        errors.push(FieldError::forbidden(
            field,
            "must not be specified in a nested context",
        ));
    }
}

/// What an alternative talks about must be in the schema around it.
fn complete(schema: &Value, path: &str, errors: &mut Vec<FieldError>) {
    let lists = ["anyOf", "allOf", "oneOf"].into_iter().flat_map(|list| {
        let items = schema[list].as_array().into_iter().flatten().enumerate();
        items.map(move |(index, child)| (child, format!("{list}[{index}]")))
    });
    let not = schema["not"]
        .is_object()
        .then(|| (&schema["not"], "not".to_owned()));
    for (child, at) in lists.chain(not) {
        covered(child, schema, &format!("{path}.{at}"), path, errors);
    }
}

fn covered(nested: &Value, spine: &Value, path: &str, spine_path: &str, errors: &mut Vec<FieldError>) {
    let nothing = Map::new();
    let known = spine["properties"].as_object().unwrap_or(&nothing);
    for (name, child) in properties(nested) {
        let below = format!("{spine_path}.properties[{name}]");
        match known.get(name) {
            Some(inner) => covered(
                child,
                inner,
                &format!("{path}.properties[{name}]"),
                &below,
                errors,
            ),
            None => {
                let why = format!("because it is defined in {path}.properties[{name}]");
                errors.push(FieldError::required(below, &why));
            }
        }
    }
    if nested["items"].is_object() {
        let below = format!("{spine_path}.items");
        if spine["items"].is_object() {
            covered(
                &nested["items"],
                &spine["items"],
                &format!("{path}.items"),
                &below,
                errors,
            );
        } else {
            let why = format!("because it is defined in {path}.items");
            errors.push(FieldError::required(below, &why));
        }
    }
    for list in ["anyOf", "allOf", "oneOf"] {
        for (index, child) in nested[list].as_array().into_iter().flatten().enumerate() {
            covered(
                child,
                spine,
                &format!("{path}.{list}[{index}]"),
                spine_path,
                errors,
            );
        }
    }
    if nested["not"].is_object() {
        covered(&nested["not"], spine, &format!("{path}.not"), spine_path, errors);
    }
}
