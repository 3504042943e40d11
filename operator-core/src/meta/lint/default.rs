//! Whether a default is a value of its own schema. The server checks it as it is, without filling in anything.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    JSONSchemaProps, JSONSchemaPropsOrArray, JSONSchemaPropsOrBool,
};
use serde_json::{Map, Value};

use super::Findings;

pub(super) fn check(schema: &JSONSchemaProps, at: &str, findings: &mut Findings<'_>) {
    let Some(default) = &schema.default else { return };
    let mut problems = Vec::new();
    unknown(&default.0, schema, &mut problems);
    violations(&default.0, schema, "", &mut problems);
    if let Some(problem) = problems.first() {
        findings.refused(at, format!("has the default {}, which {problem}", default.0));
    }
}

/// Fields that the server would prune.
fn unknown(value: &Value, schema: &JSONSchemaProps, problems: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                if let Some(below) = below(schema, name) {
                    unknown(value, below, problems);
                } else if !is_open(schema, name) {
                    problems.push(format!("has the field `{name}` that the schema does not have"));
                }
            }
        }
        Value::Array(elements) => {
            if let Some(JSONSchemaPropsOrArray::Schema(items)) = &schema.items {
                elements
                    .iter()
                    .for_each(|element| unknown(element, items, problems));
            }
        }
        _ => {}
    }
}

/// The schema of a field.
fn below<'s>(schema: &'s JSONSchemaProps, name: &str) -> Option<&'s JSONSchemaProps> {
    let property = schema.properties.as_ref().and_then(|all| all.get(name));
    property.or(match &schema.additional_properties {
        Some(JSONSchemaPropsOrBool::Schema(values)) => Some(values),
        Some(JSONSchemaPropsOrBool::Bool(_)) | None => None,
    })
}

/// Whether a field that the schema does not describe stays.
fn is_open(schema: &JSONSchemaProps, name: &str) -> bool {
    let whole = schema.x_kubernetes_embedded_resource == Some(true);
    schema.x_kubernetes_preserve_unknown_fields == Some(true)
        || matches!(
            schema.additional_properties,
            Some(JSONSchemaPropsOrBool::Bool(true))
        )
        || (whole && ["apiVersion", "kind", "metadata"].contains(&name))
}

/// What is wrong with a value, at a path below the default.
fn violations(value: &Value, schema: &JSONSchemaProps, at: &str, problems: &mut Vec<String>) {
    let mut wrong = |what: String| {
        let place = if at.is_empty() {
            String::new()
        } else {
            format!("at `{at}` ")
        };
        problems.push(format!("{place}{what}"));
    };
    if value.is_null() && schema.nullable == Some(true) {
        return;
    }
    if let Some(type_) = schema.type_.as_deref()
        && !is_of(value, type_)
    {
        wrong(format!("is not of type {type_}"));
        return;
    }
    if let Some(values) = &schema.enum_
        && !values.is_empty()
        && !values.iter().any(|allowed| allowed.0 == *value)
    {
        wrong("is none of its values".into());
    }
    match value {
        Value::Number(number) => limits(number.as_f64().unwrap_or_default(), schema, &mut wrong),
        Value::String(text) => sizes(
            text.chars().count(),
            (schema.min_length, schema.max_length),
            "characters",
            &mut wrong,
        ),
        Value::Array(elements) => sizes(
            elements.len(),
            (schema.min_items, schema.max_items),
            "elements",
            &mut wrong,
        ),
        Value::Object(fields) => {
            sizes(
                fields.len(),
                (schema.min_properties, schema.max_properties),
                "fields",
                &mut wrong,
            );
            required(fields, schema, &mut wrong);
        }
        Value::Null | Value::Bool(_) => {}
    }
    alternatives(value, schema, &mut wrong);
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                if let Some(below) = below(schema, name) {
                    violations(value, below, &format!("{at}.{name}"), problems);
                }
            }
        }
        Value::Array(elements) => {
            if let Some(JSONSchemaPropsOrArray::Schema(items)) = &schema.items {
                for (index, element) in elements.iter().enumerate() {
                    violations(element, items, &format!("{at}[{index}]"), problems);
                }
            }
        }
        _ => {}
    }
}

fn is_of(value: &Value, type_: &str) -> bool {
    match value {
        Value::Null => type_ == "null",
        Value::Bool(_) => type_ == "boolean",
        Value::Number(number) => type_ == "number" || (type_ == "integer" && !number.is_f64()),
        Value::String(_) => type_ == "string",
        Value::Array(_) => type_ == "array",
        Value::Object(_) => type_ == "object",
    }
}

fn limits(number: f64, schema: &JSONSchemaProps, wrong: &mut impl FnMut(String)) {
    if let Some(minimum) = schema.minimum
        && (number < minimum || (schema.exclusive_minimum == Some(true) && number <= minimum))
    {
        wrong(format!("is below its minimum {minimum}"));
    }
    if let Some(maximum) = schema.maximum
        && (number > maximum || (schema.exclusive_maximum == Some(true) && number >= maximum))
    {
        wrong(format!("is above its maximum {maximum}"));
    }
    if let Some(of) = schema.multiple_of
        && number % of != 0.0
    {
        wrong(format!("is no multiple of {of}"));
    }
}

fn sizes(
    count: usize,
    (minimum, maximum): (Option<i64>, Option<i64>),
    what: &str,
    wrong: &mut impl FnMut(String),
) {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    if let Some(minimum) = minimum.filter(|minimum| count < *minimum) {
        wrong(format!("has fewer than {minimum} {what}"));
    }
    if let Some(maximum) = maximum.filter(|maximum| count > *maximum) {
        wrong(format!("has more than {maximum} {what}"));
    }
}

fn required(fields: &Map<String, Value>, schema: &JSONSchemaProps, wrong: &mut impl FnMut(String)) {
    for name in schema.required.iter().flatten() {
        if !fields.contains_key(name) {
            wrong(format!("lacks `{name}`, which is required"));
        }
    }
}

fn alternatives(value: &Value, schema: &JSONSchemaProps, wrong: &mut impl FnMut(String)) {
    let holds = |branch: &JSONSchemaProps| {
        let mut found = Vec::new();
        violations(value, branch, "", &mut found);
        found.is_empty()
    };
    let held = |branches: &[JSONSchemaProps]| branches.iter().filter(|branch| holds(branch)).count();
    if schema
        .all_of
        .as_ref()
        .is_some_and(|branches| held(branches) < branches.len())
    {
        wrong("does not fit all of `allOf`".into());
    }
    if schema.any_of.as_ref().is_some_and(|branches| held(branches) == 0) {
        wrong("fits none of `anyOf`".into());
    }
    if schema.one_of.as_ref().is_some_and(|branches| held(branches) != 1) {
        wrong("does not fit exactly one of `oneOf`".into());
    }
    if schema.not.as_ref().is_some_and(|not| holds(not)) {
        wrong("is excluded by `not`".into());
    }
}
