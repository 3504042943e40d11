//! Makes a schema structural, from the leaves up.
//!
//! The rules are those of the API server: every place has one type, alternatives (`oneOf`, `anyOf`, `allOf`, `not`) may
//! restrict values but not introduce anything, `properties` and `additionalProperties` exclude each other.

use serde_json::{Map, Value, json};

use super::variants;

/// A schema as an object.
pub(super) type Schema = Map<String, Value>;

pub(super) const ALTERNATIVES: [&str; 3] = ["oneOf", "anyOf", "allOf"];
pub(super) const PRESERVE: &str = "x-kubernetes-preserve-unknown-fields";
pub(super) const INT_OR_STRING: &str = "x-kubernetes-int-or-string";
/// Marks the alternatives of a tuple's elements, which are not those of an enum. It does not leave this module.
const TUPLE: &str = "x-tuple";

/// Where something is wrong: the path, and the sentence that says what.
#[derive(Debug, Default)]
pub(super) struct Problems {
    found: Vec<String>,
}

impl Problems {
    pub(super) fn add(&mut self, at: &str, what: impl std::fmt::Display) {
        self.found
            .push(format!("`{}` {what}", if at.is_empty() { "." } else { at }));
    }
}

/// Rewrites `schema` in place. The result is what could not be rewritten, empty when the schema is structural.
pub(super) fn rewrite(schema: &mut Value) -> Vec<String> {
    let mut problems = Problems::default();
    node(schema, "", &mut problems);
    complete(schema);
    problems.found
}

/// One place and everything below it.
fn node(value: &mut Value, at: &str, problems: &mut Problems) {
    if let Value::Bool(allowed) = value {
        *value = if *allowed { json!({}) } else { json!({"not": {}}) };
    }
    let Value::Object(schema) = value else { return };
    if schema.remove("$ref").is_some() {
        // The type contains itself, and a CRD has no references: what is inside is not described.
        schema.insert("type".into(), "object".into());
        schema.insert(PRESERVE.into(), true.into());
        return;
    }
    map_of_patterns(schema);
    children(schema, at, problems);
    flatten_null(schema);
    type_list(schema);
    for key in ALTERNATIVES {
        if let Some(Value::Array(branches)) = schema.remove(key) {
            if key == "anyOf" && schema.remove(TUPLE).is_none() {
                variants::check_untagged(&branches, at, problems);
            }
            variants::hoist(schema, key, branches, at, problems);
        }
    }
    object(schema);
    array(schema);
    limits(schema);
    optional_int_or_string(schema);
    if schema.get("default").is_some_and(Value::is_null) {
        schema.remove("default");
    }
    if let Some(Value::Array(required)) = schema.get_mut("required") {
        required.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
        required.dedup();
    }
}

fn children(schema: &mut Schema, at: &str, problems: &mut Problems) {
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        for (name, property) in properties {
            node(property, &format!("{at}.{name}"), problems);
        }
    }
    if let Some(items) = schema.get_mut("items") {
        // A tuple has a schema for each place, and Kubernetes one for all.
        if let Value::Array(places) = items {
            let mut different: Vec<Value> = Vec::new();
            for place in std::mem::take(places) {
                if !different.contains(&place) {
                    different.push(place);
                }
            }
            *items = if different.len() == 1 {
                different.remove(0)
            } else {
                json!({"anyOf": different, TUPLE: true})
            };
        }
        node(items, &format!("{at}[*]"), problems);
    }
    if let Some(values @ Value::Object(_)) = schema.get_mut("additionalProperties") {
        node(values, &format!("{at}.*"), problems);
    }
    for key in ALTERNATIVES {
        if let Some(Value::Array(branches)) = schema.get_mut(key) {
            // Null among alternatives is no type of its own.
            for branch in branches.iter_mut().filter(|branch| !is_null(branch)) {
                node(branch, at, problems);
            }
        }
    }
    if let Some(not) = schema.get_mut("not") {
        node(not, at, problems);
    }
}

/// `Option<T>` is "T or null" to schemars and `nullable` to Kubernetes.
fn flatten_null(schema: &mut Schema) {
    for key in ["anyOf", "oneOf"] {
        let Some(Value::Array(branches)) = schema.get_mut(key) else {
            continue;
        };
        let before = branches.len();
        branches.retain(|branch| !is_null(branch));
        if branches.len() == before {
            continue;
        }
        let only = (branches.len() == 1).then(|| branches.remove(0));
        if branches.is_empty() {
            schema.remove(key);
        }
        if let Some(Value::Object(only)) = only {
            for (key, value) in only {
                schema.entry(key).or_insert(value);
            }
        }
        schema.insert("nullable".into(), true.into());
    }
}

fn is_null(branch: &Value) -> bool {
    branch.get("type").is_some_and(|type_| type_ == "null")
        || branch.get("const").is_some_and(Value::is_null)
        || branch.get("enum").is_some_and(|values| *values == json!([null]))
}

/// A map whose keys are numbers has a pattern for them, and Kubernetes has maps of any key.
fn map_of_patterns(schema: &mut Schema) {
    let Some(Value::Object(patterns)) = schema.remove("patternProperties") else {
        return;
    };
    let mut values = patterns.into_iter().map(|(_, values)| values);
    let first = values.next();
    let fields = schema.get("properties").and_then(Value::as_object);
    match first {
        Some(first) if fields.is_none_or(Schema::is_empty) && values.all(|other| other == first) => {
            schema.insert("additionalProperties".into(), first);
        }
        _ => {
            schema.remove("additionalProperties");
            schema.insert(PRESERVE.into(), true.into());
        }
    }
}

/// `type: [string, integer]`, which Kubernetes does not have, and `type: null`, as of `()`.
fn type_list(schema: &mut Schema) {
    if schema.get("type").is_some_and(|type_| type_ == "null") {
        schema.remove("type");
        schema.insert(PRESERVE.into(), true.into());
        schema.insert("nullable".into(), true.into());
    }
    let Some(Value::Array(types)) = schema.get("type") else {
        return;
    };
    let mut types: Vec<String> = types
        .iter()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect();
    let before = types.len();
    types.retain(|type_| type_ != "null");
    if types.len() < before {
        schema.insert("nullable".into(), true.into());
    }
    types.sort_unstable();
    schema.remove("type");
    match types.as_slice() {
        [only] => {
            schema.insert("type".into(), only.as_str().into());
        }
        [a, b] if a == "integer" && b == "string" => {
            schema.insert(INT_OR_STRING.into(), true.into());
        }
        _ => {
            schema.insert(PRESERVE.into(), true.into());
        }
    }
}

/// Fields and a map in one object: the server knows the fields and keeps the rest.
fn object(schema: &mut Schema) {
    let has_fields = schema
        .get("properties")
        .and_then(Value::as_object)
        .is_some_and(|fields| !fields.is_empty());
    if !has_fields && schema.contains_key("additionalProperties") {
        schema.remove("properties");
    }
    match schema.get("additionalProperties") {
        Some(Value::Bool(false)) => {
            schema.remove("additionalProperties");
        }
        Some(Value::Bool(true) | Value::Object(_)) if has_fields => {
            schema.remove("additionalProperties");
            schema.insert(PRESERVE.into(), true.into());
        }
        _ => {}
    }
    for unknown in ["unevaluatedProperties", "propertyNames"] {
        schema.remove(unknown);
    }
}

/// schemars has no "or null" for what has no type, and an optional int-or-string has none.
fn optional_int_or_string(schema: &mut Schema) {
    let required = schema.get("required").cloned().unwrap_or_default();
    let Some(Value::Object(properties)) = schema.get_mut("properties") else {
        return;
    };
    for (name, property) in properties {
        let demanded = required
            .as_array()
            .is_some_and(|required| required.iter().any(|one| one == name.as_str()));
        if let Value::Object(property) = property
            && !demanded
            && property.get(INT_OR_STRING).is_some_and(|flag| *flag == true)
        {
            property.entry("nullable").or_insert(true.into());
        }
    }
}

fn array(schema: &mut Schema) {
    // The server refuses `uniqueItems: true`; the list type `set` is its word for it.
    schema.remove("uniqueItems");
    if schema.get("type").is_some_and(|type_| type_ == "array") && !schema.contains_key("items") {
        schema.insert("items".into(), json!({PRESERVE: true}));
    }
}

/// Newer JSON Schema gives an exclusive limit as a number, Kubernetes as a flag beside the limit.
fn limits(schema: &mut Schema) {
    for (exclusive, limit) in [("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")] {
        if let Some(number @ Value::Number(_)) = schema.get(exclusive).cloned() {
            schema.insert(limit.into(), number);
            schema.insert(exclusive.into(), true.into());
        }
    }
}

/// Gives a type to every place that has none, from the top down. Alternatives are left alone: they must not have one.
fn complete(value: &mut Value) {
    let Value::Object(schema) = value else { return };
    let open = [PRESERVE, INT_OR_STRING]
        .iter()
        .any(|key| schema.get(*key).is_some_and(|flag| *flag == true));
    if !schema.contains_key("type") && !open {
        let inferred = if schema.contains_key("properties") || schema.contains_key("additionalProperties") {
            Some("object")
        } else if schema.contains_key("items") {
            Some("array")
        } else {
            None
        };
        match inferred {
            Some(type_) => schema.insert("type".into(), type_.into()),
            None => schema.insert(PRESERVE.into(), true.into()),
        };
    }
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        properties.values_mut().for_each(complete);
    }
    for key in ["items", "additionalProperties"] {
        if let Some(below) = schema.get_mut(key) {
            complete(below);
        }
    }
}
