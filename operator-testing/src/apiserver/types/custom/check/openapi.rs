//! What a schema may not say, whatever its shape.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::expression::{self, Wanted};
use crate::apiserver::{status::FieldError, types::validate::Programs};

const TYPES: [&str; 6] = ["array", "boolean", "integer", "number", "object", "string"];
const REASONS: [&str; 4] = [
    "FieldValueDuplicate",
    "FieldValueForbidden",
    "FieldValueInvalid",
    "FieldValueRequired",
];

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
    is_root: bool,
    /// Why a default may not stand here.
    no_default: Option<String>,
    /// The part of the schema within which new and old values cannot be matched.
    no_old_self: Option<String>,
    /// Whether rules are compiled.
    asks: bool,
    inside_metadata: bool,
}

/// What is wrong with a schema. Rules are looked into if the schema is sound otherwise.
pub(super) fn check(schema: &Value, path: &str, is_sound: bool) -> Vec<FieldError> {
    let place = Place {
        is_root: true,
        no_default: None,
        no_old_self: None,
        asks: is_sound,
        inside_metadata: false,
    };
    let mut errors = Vec::new();
    let mut rules = Vec::new();
    node(schema, path, &place, &mut errors, &mut rules);
    errors.extend(rules);
    errors
}

fn node(
    schema: &Value,
    path: &str,
    place: &Place,
    errors: &mut Vec<FieldError>,
    rules: &mut Vec<FieldError>,
) {
    let Some(fields) = schema.as_object() else { return };
    let before = errors.len();
    keywords(schema, path, place, errors);
    children(fields, path, place, errors, rules);
    lists_and_maps(schema, path, errors);
    validations(schema, path, errors);
    if errors.len() == before && place.asks {
        expressions(schema, path, place, rules);
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

fn children(
    fields: &Map<String, Value>,
    path: &str,
    place: &Place,
    errors: &mut Vec<FieldError>,
    rules: &mut Vec<FieldError>,
) {
    let inner = Place {
        is_root: false,
        ..place.clone()
    };
    if let Some(additional) = fields.get("additionalProperties") {
        let mut inner = inner.clone();
        if place.inside_metadata {
            inner.no_default = Some("inside additionalProperties applying to object metadata".to_owned());
        }
        node(
            additional,
            &format!("{path}.additionalProperties"),
            &inner,
            errors,
            rules,
        );
    }
    let is_object = place.is_root || fields.get("x-kubernetes-embedded-resource") == Some(&Value::Bool(true));
    for (name, child) in fields
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        let mut inner = inner.clone();
        if is_object && matches!(name.as_str(), "metadata" | "kind" | "apiVersion") {
            inner.inside_metadata = true;
            if place.is_root {
                inner.no_default = Some(format!("in top-level {name}"));
            }
        }
        node(
            child,
            &format!("{path}.properties[{name}]"),
            &inner,
            errors,
            rules,
        );
    }
    let silent = Place {
        asks: false,
        ..inner.clone()
    };
    if let Some(not) = fields.get("not") {
        node(not, &format!("{path}.not"), &silent, errors, rules);
    }
    for list in ["allOf", "oneOf", "anyOf"] {
        for (index, child) in fields
            .get(list)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .enumerate()
        {
            node(child, &format!("{path}.{list}[{index}]"), &silent, errors, rules);
        }
    }
    if let Some(items) = fields.get("items") {
        let mut inner = inner;
        if fields.get("x-kubernetes-list-type") != Some(&Value::String("map".to_owned()))
            && inner.no_old_self.is_none()
        {
            inner.no_old_self = Some(path.to_owned());
        }
        node(items, &format!("{path}.items"), &inner, errors, rules);
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

fn validations(schema: &Value, path: &str, errors: &mut Vec<FieldError>) {
    for (index, rule) in schema["x-kubernetes-validations"]
        .as_array()
        .into_iter()
        .flatten()
        .enumerate()
    {
        let path = format!("{path}.x-kubernetes-validations[{index}]");
        let text = |name: &str| rule[name].as_str().unwrap_or_default();
        let (expression, message) = (text("rule").trim(), text("message").trim());
        let has_breaks = |text: &str| text.contains(['\n', '\r']);
        if expression.is_empty() {
            errors.push(FieldError::required(
                format!("{path}.rule"),
                "rule is not specified",
            ));
        } else if !text("message").is_empty() && message.is_empty() {
            let why = "must be non-empty if specified";
            errors.push(FieldError::invalid(
                format!("{path}.message"),
                &rule["message"],
                why,
            ));
        } else if has_breaks(message) {
            let why = "must not contain line breaks";
            errors.push(FieldError::invalid(
                format!("{path}.message"),
                &rule["message"],
                why,
            ));
        } else if has_breaks(expression) && message.is_empty() {
            let why = "message must be specified if rule contains line breaks";
            errors.push(FieldError::required(format!("{path}.message"), why));
        }
        if !text("messageExpression").is_empty() && text("messageExpression").trim().is_empty() {
            let why = "messageExpression must be non-empty if specified";
            errors.push(FieldError::required(format!("{path}.messageExpression"), why));
        }
        if !rule["reason"].is_null() && !REASONS.contains(&text("reason")) {
            errors.push(FieldError::not_supported(
                format!("{path}.reason"),
                &rule["reason"],
                &REASONS,
            ));
        }
        if !text("fieldPath").is_empty() && follow(schema, text("fieldPath"), true).is_err() {
            let field = format!("{path}.fieldPath");
            errors.push(FieldError::invalid(
                field,
                &rule["fieldPath"],
                "must be a valid path",
            ));
        }
    }
}

/// The rules must at least be expressions, and fit where they stand.
fn expressions(schema: &Value, path: &str, place: &Place, errors: &mut Vec<FieldError>) {
    for (index, rule) in schema["x-kubernetes-validations"]
        .as_array()
        .into_iter()
        .flatten()
        .enumerate()
    {
        let path = format!("{path}.x-kubernetes-validations[{index}]");
        let text = |name: &str| rule[name].as_str().unwrap_or_default();
        let shown = show(rule);
        match compile(text("rule"), schema, place.is_root, Wanted::Bool) {
            Err(why) => errors.push(raw_invalid(format!("{path}.rule"), &shown, &why)),
            Ok(uses_old_self) => {
                if let (true, Some(within)) = (uses_old_self, &place.no_old_self) {
                    let why = format!(
                        "oldSelf cannot be used on the uncorrelatable portion of the schema within {within}"
                    );
                    errors.push(FieldError::invalid(format!("{path}.rule"), &rule["rule"], why));
                } else if !uses_old_self && !rule["optionalOldSelf"].is_null() {
                    let why = "may not be set if oldSelf is not used in rule";
                    let field = format!("{path}.optionalOldSelf");
                    errors.push(FieldError::invalid(field, &rule["optionalOldSelf"], why));
                }
            }
        }
        if !text("messageExpression").is_empty()
            && let Err(why) = compile(text("messageExpression"), schema, place.is_root, Wanted::Text)
        {
            let why = format!("messageExpression {why}");
            errors.push(raw_invalid(format!("{path}.messageExpression"), &shown, &why));
        }
    }
}

/// Whether an expression looks at the old value.
fn compile(text: &str, schema: &Value, is_root: bool, wanted: Wanted) -> Result<bool, String> {
    let uses_old_self = Programs::default().check_rule(text).map_err(|why| {
        let ends_early = text.trim_end().ends_with([
            '=', '+', '-', '*', '/', '&', '|', '<', '>', '!', '.', '(', '[', '?', ':', ',',
        ]);
        if ends_early {
            expression::unfinished(text)
        } else {
            why
        }
    })?;
    expression::check(text, schema, is_root, wanted)?;
    Ok(uses_old_self)
}

fn raw_invalid(field: String, shown: &str, why: &str) -> FieldError {
    FieldError::new(
        field,
        "FieldValueInvalid",
        format!("Invalid value: {shown}: {why}"),
    )
}

/// A rule as errors show it.
fn show(rule: &Value) -> String {
    let text = |name: &str| rule[name].as_str().unwrap_or_default();
    let quote = |name: &str| {
        json!(text(name))
            .to_string()
            .replace('<', "\\u003c")
            .replace('>', "\\u003e")
            .replace('&', "\\u0026")
    };
    format!(
        "{{\"Rule\":{},\"Message\":{},\"MessageExpression\":{},\"Reason\":{},\"FieldPath\":{},\"OptionalOldSelf\":{}}}",
        quote("rule"),
        quote("message"),
        quote("messageExpression"),
        rule["reason"],
        quote("fieldPath"),
        rule["optionalOldSelf"]
    )
}

/// The schema that a path leads to.
pub(super) fn follow<'a>(schema: &'a Value, path: &str, with_brackets: bool) -> Result<&'a Value, String> {
    let mut rest = path;
    let mut schema = schema;
    while !rest.is_empty() {
        let name;
        if let Some(after) = rest.strip_prefix('[') {
            if !with_brackets {
                return Err("array notation is not allowed".to_owned());
            }
            let quoted = after.strip_prefix('\'').and_then(|after| after.split_once("']"));
            let Some((inner, tail)) = quoted else {
                let token = after.split([']', '.']).next().unwrap_or_default();
                return Err(format!("expected single quoted string but got {token}"));
            };
            (name, rest) = (inner, tail);
        } else if let Some(after) = rest.strip_prefix('.') {
            let end = after.find(['.', '[']).unwrap_or(after.len());
            (name, rest) = after.split_at(end);
            if name.is_empty() {
                return Err("unexpected end of JSON path".to_owned());
            }
        } else {
            let token = rest.split(['.', '[', ']']).next().unwrap_or_default();
            return Err(format!("expected [ or . but got: {token}"));
        }
        schema = match (schema["properties"].as_object(), &schema["additionalProperties"]) {
            (Some(fields), _) => fields.get(name).ok_or("does not refer to a valid field")?,
            (None, additional) if additional.is_object() => additional,
            _ => return Err("does not refer to a valid field".to_owned()),
        };
    }
    Ok(schema)
}
