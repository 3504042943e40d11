//! Reads the schema of a CustomResourceDefinition.
//!
//! Source: <https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema>.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::{Map, Number, Value};

use super::{
    field_path,
    keywords::{Keywords, Rule},
    sight::is_declared,
};
use crate::apiserver::types::{
    definitions::DefinitionId,
    members::{string, strings, text},
    pattern::Pattern,
    schema::{Holds, ListType, Schema, SchemaRef, ValueType},
    validate::Programs,
};

/// The schema as it is written in the definition: what validation goes by.
pub(in crate::apiserver::types) fn parse(json: &Value) -> Schema {
    match json.as_object() {
        Some(fields) => node(fields, Use::Objects),
        None => Schema::default(),
    }
}

/// The schema that the values of defaults are validated by. A real server does not prepare it as it does for objects: it has no
/// special type for what is an integer or a string, and formats that do not belong to a type are looked at.
pub(super) fn parse_for_defaults(json: &Value) -> Schema {
    match json.as_object() {
        Some(fields) => node(fields, Use::Defaults),
        None => Schema::default(),
    }
}

/// What a schema is to validate.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    Objects,
    Defaults,
}

/// The schema with the fields that every object has: what pruning, apply and field validation go by.
pub(super) fn with_object_fields(written: &Schema) -> Schema {
    let mut schema = written.clone();
    add_object_fields(&mut schema);
    schema.value_type = ValueType::Object;
    schema
}

fn add_object_fields(schema: &mut Schema) {
    let text = || {
        SchemaRef::owned(Schema {
            value_type: ValueType::String,
            ..Schema::default()
        })
    };
    schema.properties.insert("apiVersion".into(), text());
    schema.properties.insert("kind".into(), text());
    let metadata = SchemaRef::definition(DefinitionId::object_meta());
    schema.properties.insert("metadata".into(), metadata);
}

fn node(json: &Map<String, Value>, using: Use) -> Schema {
    let flag = |key: &str| json.get(key).and_then(Value::as_bool).unwrap_or(false);
    let mut schema = Schema {
        value_type: value_type(json, using),
        format: string(json, "format"),
        properties: properties(json, using),
        additional: match json.get("additionalProperties") {
            Some(Value::Object(fields)) => Some(SchemaRef::owned(node(fields, using))),
            Some(Value::Bool(true)) => Some(SchemaRef::owned(Schema::default())),
            _ => None,
        },
        items: json
            .get("items")
            .and_then(Value::as_object)
            .map(|fields| SchemaRef::owned(node(fields, using))),
        required: strings(json, "required"),
        default: json.get("default").cloned(),
        published_defaults: BTreeMap::new(),
        choices: Vec::new(),
        nullable: flag("nullable"),
        preserve_unknown: flag("x-kubernetes-preserve-unknown-fields"),
        embedded_resource: flag("x-kubernetes-embedded-resource"),
        list_type: match text(json, "x-kubernetes-list-type") {
            Some("set") => ListType::Set,
            Some("map") => ListType::Map,
            _ => ListType::Atomic,
        },
        list_map_keys: strings(json, "x-kubernetes-list-map-keys"),
        atomic_map: text(json, "x-kubernetes-map-type") == Some("atomic"),
        patch_merge_key: None,
        patch_merge: false,
        patch_replace: false,
        patch_retain_keys: false,
        typed: None,
        validation: keywords(json, using).map(Arc::new),
        holds: Holds::default(),
    };
    schema.holds = Holds {
        hidden: !is_declared(json),
        ..Holds::of(&schema)
    };
    schema
}

fn properties(json: &Map<String, Value>, using: Use) -> BTreeMap<Arc<str>, SchemaRef> {
    let fields = json.get("properties").and_then(Value::as_object);
    fields
        .into_iter()
        .flatten()
        .filter_map(|(name, value)| {
            Some((
                name.as_str().into(),
                SchemaRef::owned(node(value.as_object()?, using)),
            ))
        })
        .collect()
}

fn value_type(json: &Map<String, Value>, using: Use) -> ValueType {
    if using == Use::Objects && json.get("x-kubernetes-int-or-string") == Some(&Value::Bool(true)) {
        return ValueType::IntOrString;
    }
    ValueType::named(text(json, "type").unwrap_or_default())
}

fn keywords(json: &Map<String, Value>, using: Use) -> Option<Keywords> {
    let flag = |key: &str| json.get(key).and_then(Value::as_bool).unwrap_or(false);
    let count = |key: &str| json.get(key).and_then(Value::as_i64);
    let any = [
        "minimum",
        "maximum",
        "multipleOf",
        "minLength",
        "maxLength",
        "pattern",
        "minItems",
        "maxItems",
        "uniqueItems",
        "minProperties",
        "maxProperties",
        "enum",
        "allOf",
        "anyOf",
        "oneOf",
        "not",
        "x-kubernetes-validations",
    ];
    let written_type = string(json, "type").filter(|written| {
        let value_type = value_type(json, using);
        !written.is_empty() && matches!(value_type, ValueType::IntOrString | ValueType::Any)
    });
    let written_format =
        string(json, "format").filter(|written| using == Use::Defaults && !written.is_empty());
    let unknown_list_type = string(json, "x-kubernetes-list-type")
        .filter(|written| !matches!(&**written, "" | "atomic" | "set" | "map"));
    let closed = json.get("additionalProperties") == Some(&Value::Bool(false));
    if written_type.is_none()
        && written_format.is_none()
        && unknown_list_type.is_none()
        && !closed
        && !any.iter().any(|key| json.contains_key(*key))
    {
        return None;
    }
    Some(Keywords {
        written_type,
        written_format,
        unknown_list_type,
        closed,
        minimum: number(json, "minimum"),
        exclusive_minimum: flag("exclusiveMinimum"),
        maximum: number(json, "maximum"),
        exclusive_maximum: flag("exclusiveMaximum"),
        multiple_of: number(json, "multipleOf"),
        min_length: count("minLength"),
        max_length: count("maxLength"),
        pattern: text(json, "pattern")
            .filter(|text| !text.is_empty())
            .map(Pattern::new),
        min_items: count("minItems"),
        max_items: count("maxItems"),
        unique_items: flag("uniqueItems"),
        min_properties: count("minProperties"),
        max_properties: count("maxProperties"),
        choices: json
            .get("enum")
            .and_then(Value::as_array)
            .filter(|list| !list.is_empty())
            .cloned(),
        all_of: schemas(json, "allOf", using),
        any_of: schemas(json, "anyOf", using),
        one_of: schemas(json, "oneOf", using),
        not: json
            .get("not")
            .and_then(Value::as_object)
            .map(|fields| Arc::new(node(fields, using))),
        rules: rules(json),
    })
}

fn schemas(json: &Map<String, Value>, key: &str, using: Use) -> Vec<Schema> {
    let list = json.get(key).and_then(Value::as_array);
    list.into_iter()
        .flatten()
        .filter_map(Value::as_object)
        .map(|fields| node(fields, using))
        .collect()
}

fn rules(json: &Map<String, Value>) -> Vec<Rule> {
    let list = json.get("x-kubernetes-validations").and_then(Value::as_array);
    list.into_iter()
        .flatten()
        .filter_map(Value::as_object)
        .map(|rule| Rule {
            rule: string(rule, "rule").unwrap_or_default(),
            message: string(rule, "message"),
            message_expression: string(rule, "messageExpression"),
            reason: string(rule, "reason"),
            field_path: text(rule, "fieldPath")
                .filter(|path| !path.is_empty())
                .and_then(|path| Some(field_path::follow(json, path, true).ok()?.shown.into())),
            optional_old_self: rule.get("optionalOldSelf") == Some(&Value::Bool(true)),
            programs: Programs::default(),
        })
        .collect()
}

/// A bound; `1.0` is the whole number 1, however it is written.
fn number(json: &Map<String, Value>, key: &str) -> Option<Number> {
    let number = json.get(key)?.as_number()?;
    let whole = number
        .as_f64()
        .filter(|float| float.fract() == 0.0 && float.abs() < 9_007_199_254_740_992.0);
    match (number.as_i64(), whole) {
        #[allow(clippy::cast_possible_truncation)]
        (None, Some(float)) => Some(Number::from(float as i64)),
        _ => Some(number.clone()),
    }
}
