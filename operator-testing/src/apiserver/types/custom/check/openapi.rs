//! What a schema may not say, whatever its shape.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{budget::Budget, rules, standing::Standing};
use crate::apiserver::status::FieldError;

const TYPES: [&str; 6] = ["array", "boolean", "integer", "number", "object", "string"];

/// Keywords that no schema of a custom resource may use.
const UNSUPPORTED: [&str; 6] = [
    "id",
    "additionalItems",
    "patternProperties",
    "definitions",
    "dependencies",
    "$ref",
];

/// Whether a schema is without the keywords that have no place in a structural one.
pub(super) fn can_be_structural(schema: &Value) -> bool {
    let fine = |child: &Value| !child.is_object() || can_be_structural(child);
    let children = |name: &str| {
        schema[name]
            .as_object()
            .into_iter()
            .flatten()
            .all(|(_, child)| fine(child))
    };
    let lists = ["allOf", "anyOf", "oneOf"];
    !UNSUPPORTED.iter().any(|name| is_given(schema, name))
        && schema["x-kubernetes-preserve-unknown-fields"] != false
        && !schema["items"].is_array()
        && fine(&schema["items"])
        && fine(&schema["additionalProperties"])
        && fine(&schema["not"])
        && children("properties")
        && lists
            .iter()
            .all(|list| schema[*list].as_array().into_iter().flatten().all(fine))
}

fn is_given(schema: &Value, name: &str) -> bool {
    match &schema[name] {
        Value::Null => false,
        Value::Object(fields) => !fields.is_empty() || name == "dependencies",
        Value::String(text) => !text.is_empty(),
        _ => true,
    }
}

/// Where in the schema we are.
#[derive(Clone)]
struct Place {
    /// Why a default may not stand here.
    no_default: Option<String>,
    /// Where rules stand, if they are compiled.
    rules: Option<Standing>,
    is_root: bool,
    inside_metadata: bool,
}

/// What is found on the way.
struct Found {
    errors: Vec<FieldError>,
    /// What is wrong with rules: it comes last.
    rules: Vec<FieldError>,
    budget: Budget,
}

/// What is wrong with a schema. Rules are looked into if the schema is sound otherwise; the cost of each is limited unless the
/// schema is as it was before.
pub(super) fn check(schema: &Value, path: &str, is_sound: bool, is_unchanged: bool) -> Vec<FieldError> {
    let place = Place {
        no_default: None,
        rules: is_sound.then(Standing::at_root),
        is_root: true,
        inside_metadata: false,
    };
    let mut found = Found {
        errors: Vec::new(),
        rules: Vec::new(),
        budget: Budget::new(!is_unchanged),
    };
    node(schema, path, &place, &mut found);
    let mut errors = found.errors;
    errors.extend(found.rules);
    errors.extend(found.budget.errors(path));
    errors
}

fn node(schema: &Value, path: &str, place: &Place, found: &mut Found) {
    let Some(fields) = schema.as_object() else { return };
    let before = found.errors.len();
    keywords(schema, path, place, &mut found.errors);
    children(schema, fields, path, place, found);
    lists_and_maps(schema, path, &mut found.errors);
    rules::forms(schema, path, &mut found.errors);
    if let (Some(standing), true) = (&place.rules, found.errors.len() == before) {
        rules::compile(schema, path, standing, &mut found.budget, &mut found.rules);
    }
}

fn keywords(schema: &Value, path: &str, place: &Place, errors: &mut Vec<FieldError>) {
    let kind = schema["type"].as_str().unwrap_or_default();
    if !kind.is_empty() && !TYPES.contains(&kind) {
        errors.push(FieldError::not_supported(
            format!("{path}.type"),
            &schema["type"],
            &TYPES,
        ));
    }
    if let (false, Some(why)) = (schema["default"].is_null(), &place.no_default) {
        errors.push(FieldError::forbidden(
            format!("{path}.default"),
            format!("must not be set {why}"),
        ));
    }
    for name in UNSUPPORTED {
        if is_given(schema, name) {
            errors.push(FieldError::forbidden(
                format!("{path}.{name}"),
                format!("{name} is not supported"),
            ));
        }
    }
    if kind == "null" {
        let why = "type cannot be set to null, use nullable as an alternative";
        errors.push(FieldError::forbidden(format!("{path}.type"), why));
    }
    if schema["items"].is_array() {
        let why = "items must be a schema object and not an array";
        errors.push(FieldError::forbidden(format!("{path}.items"), why));
    }
    if place.inside_metadata && schema["x-kubernetes-embedded-resource"] == true {
        let field = format!("{path}.x-kubernetes-embedded-resource");
        errors.push(FieldError::forbidden(
            field,
            "must not be used inside of resource meta",
        ));
    }
    if schema["uniqueItems"] == true {
        let why = "uniqueItems cannot be set to true since the runtime complexity becomes quadratic";
        errors.push(FieldError::forbidden(format!("{path}.uniqueItems"), why));
    }
    let additional = &schema["additionalProperties"];
    let has_properties = schema["properties"]
        .as_object()
        .is_some_and(|fields| !fields.is_empty());
    if has_properties && (additional.is_object() || *additional == false) {
        let why = "additionalProperties and properties are mutual exclusive";
        errors.push(FieldError::forbidden(format!("{path}.additionalProperties"), why));
    }
    if schema["x-kubernetes-preserve-unknown-fields"] == false {
        let field = format!("{path}.x-kubernetes-preserve-unknown-fields");
        errors.push(FieldError::invalid(
            field,
            &false.into(),
            "must be true or undefined",
        ));
    }
}

fn children(schema: &Value, fields: &Map<String, Value>, path: &str, place: &Place, found: &mut Found) {
    let inner = |in_field| Place {
        is_root: false,
        rules: place
            .rules
            .as_ref()
            .map(|standing| standing.below(schema, in_field)),
        ..place.clone()
    };
    if let Some(additional) = fields.get("additionalProperties") {
        let mut inner = inner(false);
        if place.inside_metadata {
            inner.no_default = Some("inside additionalProperties applying to object metadata".to_owned());
        }
        node(additional, &format!("{path}.additionalProperties"), &inner, found);
    }
    let is_object = place.is_root || schema["x-kubernetes-embedded-resource"] == true;
    let map_type = &schema["x-kubernetes-map-type"];
    for (name, child) in schema["properties"].as_object().into_iter().flatten() {
        let mut inner = inner(true);
        if !map_type.is_null() && *map_type != "granular" && *map_type != "atomic" {
            inner.forbid_old_self(path);
        }
        if is_object && matches!(name.as_str(), "metadata" | "kind" | "apiVersion") {
            inner.inside_metadata = true;
            if place.is_root {
                inner.no_default = Some(format!("in top-level {name}"));
            }
        }
        node(child, &format!("{path}.properties[{name}]"), &inner, found);
    }
    let silent = Place {
        is_root: false,
        rules: None,
        ..place.clone()
    };
    if let Some(not) = fields.get("not") {
        node(not, &format!("{path}.not"), &silent, found);
    }
    for list in ["allOf", "oneOf", "anyOf"] {
        for (index, child) in schema[list].as_array().into_iter().flatten().enumerate() {
            node(child, &format!("{path}.{list}[{index}]"), &silent, found);
        }
    }
    if let Some(items) = fields.get("items") {
        let mut inner = inner(false);
        if schema["x-kubernetes-list-type"] != "map" {
            inner.forbid_old_self(path);
        }
        node(items, &format!("{path}.items"), &inner, found);
    }
}

impl Place {
    fn forbid_old_self(&mut self, path: &str) {
        if let Some(standing) = &mut self.rules {
            standing.forbid_old_self(path);
        }
    }
}

fn lists_and_maps(schema: &Value, path: &str, errors: &mut Vec<FieldError>) {
    let kind = schema["type"].as_str().unwrap_or_default();
    let mut needs_type = |wanted: &str, because: &str, given: &Value| {
        if given.is_null() || kind == wanted {
            return false;
        }
        let why = format!("must be {wanted} if {because} is specified");
        let field = format!("{path}.type");
        errors.push(if kind.is_empty() {
            FieldError::required(field, &why)
        } else {
            FieldError::invalid(field, &kind.into(), why)
        });
        true
    };
    let (map_type, list_type) = (
        &schema["x-kubernetes-map-type"],
        &schema["x-kubernetes-list-type"],
    );
    needs_type("object", "x-kubernetes-map-type", map_type);
    let is_misplaced = needs_type("array", "x-kubernetes-list-type", list_type);
    if !map_type.is_null() && !matches!(map_type.as_str(), Some("atomic" | "granular")) {
        let field = format!("{path}.x-kubernetes-map-type");
        errors.push(FieldError::not_supported(
            field,
            map_type,
            &["atomic", "granular"],
        ));
    }
    let items = &schema["items"];
    if !is_misplaced && *list_type == "set" && items.is_object() {
        let refuse = |keyword: &str, shown: &Value| {
            let why = "must be atomic as item of a list with x-kubernetes-list-type=set";
            FieldError::invalid(format!("{path}.items.{keyword}"), shown, why)
        };
        let inner = &items["x-kubernetes-list-type"];
        match items["type"].as_str() {
            Some("array") if !inner.is_null() && *inner != "atomic" => {
                errors.push(refuse("x-kubernetes-list-type", inner));
            }
            Some("object") if items["x-kubernetes-map-type"] != "atomic" => {
                errors.push(refuse("x-kubernetes-map-type", inner));
            }
            _ => {}
        }
    }
    if !list_type.is_null() && !matches!(list_type.as_str(), Some("atomic" | "set" | "map")) {
        let field = format!("{path}.x-kubernetes-list-type");
        errors.push(FieldError::not_supported(
            field,
            list_type,
            &["atomic", "set", "map"],
        ));
    }
    map_keys(schema, path, errors);
}

fn map_keys(schema: &Value, path: &str, errors: &mut Vec<FieldError>) {
    let (list_type, keys) = (
        &schema["x-kubernetes-list-type"],
        &schema["x-kubernetes-list-map-keys"],
    );
    let names: Vec<&str> = keys
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    if !names.is_empty() && *list_type != "map" {
        let field = format!("{path}.x-kubernetes-list-type");
        let why = "must be map if x-kubernetes-list-map-keys is non-empty";
        errors.push(if list_type.is_null() {
            FieldError::required(field, why)
        } else {
            FieldError::invalid(field, list_type, why)
        });
    }
    let items = &schema["items"];
    if *list_type == "map" {
        let field = format!("{path}.x-kubernetes-list-map-keys");
        if names.is_empty() {
            let why = "must not be empty if x-kubernetes-list-type is map";
            errors.push(FieldError::required(field.clone(), why));
        }
        if items.is_null() {
            let why = "must have a schema if x-kubernetes-list-type is map";
            errors.push(FieldError::required(format!("{path}.items"), why));
        } else if items.is_array() {
            let why = "must only have a single schema if x-kubernetes-list-type is map";
            let shown = json!({"Schema": null, "JSONSchemas": items});
            errors.push(FieldError::invalid(format!("{path}.items"), &shown, why));
        } else if items["type"] != "object" {
            let why = "must be object if parent array's x-kubernetes-list-type is map";
            let shown = items["type"].as_str().unwrap_or_default().into();
            errors.push(FieldError::invalid(format!("{path}.items.type"), &shown, why));
        } else {
            let mut seen = BTreeSet::new();
            for name in &names {
                match items["properties"].get(*name) {
                    Some(child) if matches!(child["type"].as_str(), Some("array" | "object")) => {
                        let why = "must be a scalar type if parent array's x-kubernetes-list-type is map";
                        let field = format!("{path}.items.properties[{name}].type");
                        errors.push(FieldError::invalid(field, &items["type"], why));
                    }
                    Some(_) => {}
                    None => {
                        let why = "entries must all be names of item properties";
                        errors.push(FieldError::invalid(field.clone(), keys, why));
                    }
                }
                if !seen.insert(*name) {
                    errors.push(FieldError::invalid(
                        field.clone(),
                        keys,
                        "must not contain duplicate entries",
                    ));
                }
            }
        }
    }
    if !matches!(list_type.as_str(), Some("set" | "map")) || !items.is_object() {
        return;
    }
    if items["nullable"] == true {
        let why = format!(
            "cannot be nullable when x-kubernetes-list-type is {}",
            list_type.as_str().unwrap_or_default()
        );
        errors.push(FieldError::forbidden(format!("{path}.items.nullable"), why));
    }
    if *list_type == "map" {
        for name in names {
            let Some(child) = items["properties"].get(name) else {
                continue;
            };
            let field = format!("{path}.items.properties[{name}]");
            let required = items["required"]
                .as_array()
                .is_some_and(|list| list.contains(&name.into()));
            if !required && child["default"].is_null() {
                let why = "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property";
                errors.push(FieldError::required(format!("{field}.default"), why));
            }
            if child["nullable"] == true {
                let why = "this property is in x-kubernetes-list-map-keys, so it cannot be nullable";
                errors.push(FieldError::forbidden(format!("{field}.nullable"), why));
            }
        }
    }
}
