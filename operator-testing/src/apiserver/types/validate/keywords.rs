//! Validates a value by the OpenAPI keywords of a custom resource's schema.
//!
//! The order of the checks and the choice of the alternative that is reported follow `k8s.io/kube-openapi/pkg/validation/validate`,
//! because clients see both.

use serde_json::Value;

use super::{
    correlate::Old,
    formats, numbers,
    report::{Report, show, too_long, too_many},
};
use crate::apiserver::types::{
    custom::Keywords,
    place::Place,
    schema::{Schema, ValueType},
};

/// Validates a value and everything in it. What is equal to the old value beside it is not held against it.
pub(super) fn ratcheted(schema: &Schema, value: &Value, old: Option<Old<'_>>, place: &Place<'_>) -> Report {
    let report = validate(schema, value, old, place);
    if !report.is_valid() && old.is_some_and(|old| old.equals(value)) {
        return Report {
            issues: Vec::new(),
            matches: report.matches,
        };
    }
    report
}

fn validate(schema: &Schema, value: &Value, old: Option<Old<'_>>, place: &Place<'_>) -> Report {
    static NONE: std::sync::LazyLock<Keywords> = std::sync::LazyLock::new(Keywords::default);
    let keywords = schema.validation.as_deref().unwrap_or(&NONE);
    let mut report = Report::default();
    if value.is_null() {
        report.merge(value_type(schema, value, place));
        report.merge(choice(keywords, value, place));
        return report;
    }
    let format = formats::applicable(schema);
    let has_type = schema.value_type != ValueType::Any
        || keywords.written_type.is_some()
        || keywords.written_format.is_some();
    if has_type || format.is_some() {
        report.merge(value_type(schema, value, place));
        report.matches += 1;
    }
    report.merge(alternatives(keywords, value, old, place));
    report.matches += 1;
    match value {
        Value::String(text) => {
            report.merge(string(keywords, text, value, place));
            report.matches += 1;
            let written = keywords.written_format.as_deref().or(format);
            if let Some(format) = written.filter(|format| formats::is_text_format(format)) {
                if !formats::matches(format, text) {
                    report.merge(Report::wrong_type(place, format, text));
                }
                report.matches += 1;
            }
        }
        Value::Number(number) => {
            report.merge(numbers::validate(schema, keywords, number, place));
            report.matches += 1;
        }
        Value::Array(items) => {
            report.merge(list(schema, keywords, items, old, place));
            report.matches += 1;
        }
        _ => {}
    }
    report.merge(choice(keywords, value, place));
    report.matches += 1;
    if let Value::Object(fields) = value {
        report.merge(object(schema, keywords, fields, old, place));
        report.matches += 1;
    }
    report.matches += 1;
    report
}

/// Whether a value is of the type that its schema asks for without a look at its format.
fn is_plainly(schema: &Schema, value: &Value) -> bool {
    match (schema.value_type, value) {
        (ValueType::Object, Value::Object(_))
        | (ValueType::Array, Value::Array(_))
        | (ValueType::Boolean, Value::Bool(_))
        | (ValueType::String | ValueType::IntOrString, Value::String(_)) => true,
        (ValueType::Integer | ValueType::IntOrString, Value::Number(number)) => !number.is_f64(),
        _ => false,
    }
}

fn value_type(schema: &Schema, value: &Value, place: &Place<'_>) -> Report {
    let wanted = match schema.value_type {
        ValueType::Any => {
            let keywords = schema.validation.as_ref();
            keywords
                .and_then(|keywords| keywords.written_type.as_deref())
                .unwrap_or("")
        }
        ValueType::Object => "object",
        ValueType::Array => "array",
        ValueType::String => "string",
        ValueType::Integer => "integer",
        ValueType::Number => "number",
        ValueType::Boolean => "boolean",
        ValueType::IntOrString => "integer,string",
    };
    let passed = Report {
        matches: 1,
        ..Report::default()
    };
    if is_plainly(schema, value) {
        return passed;
    }
    let is_wanted = |found: &str| wanted.split(',').any(|one| one == found);
    let keywords = schema.validation.as_ref();
    let written = keywords.and_then(|keywords| keywords.written_format.as_deref());
    let format = written.or_else(|| formats::applicable(schema)).unwrap_or("");
    let (found, is_integral) = match value {
        Value::Null if wanted.is_empty() || schema.nullable => return passed,
        Value::Null => return Report::wrong_type(place, wanted, "null"),
        Value::Bool(_) => ("boolean", false),
        Value::Object(_) => ("object", false),
        Value::Array(_) => ("array", false),
        Value::String(_) => ("string", false),
        Value::Number(number) if number.is_f64() => ("number", numbers::is_whole(number)),
        Value::Number(_) => ("integer", false),
    };
    let converts = (is_integral && is_wanted("integer")) || (found == "integer" && is_wanted("number"));
    let is_text = matches!(value, Value::String(_) | Value::Array(_));
    if !is_text && !format.is_empty() && !is_wanted(found) && !converts {
        let found = match value {
            Value::Number(number) if number.is_f64() => "float64",
            Value::Number(_) => "int64",
            _ => "",
        };
        if found != format {
            return Report::wrong_type(place, format, found);
        }
    }
    if is_text && !format.is_empty() && !is_wanted("number") && !is_wanted("integer") {
        return passed;
    }
    if wanted.is_empty() && format.is_empty() || is_wanted(found) || converts {
        return passed;
    }
    Report::wrong_type(place, wanted, found)
}

fn choice(keywords: &Keywords, value: &Value, place: &Place<'_>) -> Report {
    let Some(choices) = &keywords.choices else {
        return Report::default();
    };
    let is_same = |choice: &Value| is_chosen(choice, value);
    if choices.iter().any(is_same) {
        return Report::default();
    }
    let supported: Vec<_> = choices
        .iter()
        .map(|choice| match choice {
            Value::String(text) => Value::from(text.as_str()).to_string(),
            other => Value::from(other.to_string()).to_string(),
        })
        .collect();
    let supported = supported.join(", ");
    Report::of(
        place,
        "FieldValueNotSupported",
        format!(
            "Unsupported value: {}: supported values: {supported}",
            show(value)
        ),
    )
}

/// Whether a value is the choice once it is converted to its type, as Go converts: a number loses its fraction where the choice has
/// none, and a whole number becomes the character that it stands for.
fn is_chosen(choice: &Value, value: &Value) -> bool {
    match (choice, value) {
        (Value::Null, _) => false,
        (Value::Number(choice), Value::Number(value)) => match (choice.as_i64(), value.as_f64()) {
            (Some(_), Some(float)) if value.is_f64() => choice.as_f64() == Some(float.trunc()),
            _ => choice == value || choice.as_f64() == value.as_f64(),
        },
        (Value::String(choice), Value::Number(value)) => value.as_i64().is_some_and(|number| {
            let character = u32::try_from(number).ok().and_then(char::from_u32);
            choice
                .chars()
                .eq([character.unwrap_or(char::REPLACEMENT_CHARACTER)])
        }),
        (choice, value) => choice == value,
    }
}

fn string(keywords: &Keywords, text: &str, value: &Value, place: &Place<'_>) -> Report {
    let length = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
    if let Some(limit) = keywords.max_length.filter(|limit| length > *limit) {
        return Report::of(place, "FieldValueTooLong", too_long(limit));
    }
    if let Some(limit) = keywords.min_length.filter(|limit| length < *limit) {
        return Report::invalid(place, value, &format!("should be at least {limit} chars long"));
    }
    match &keywords.pattern {
        Some(pattern) if pattern.is_match(text) != Some(true) => {
            Report::invalid(place, value, &format!("should match '{}'", pattern.as_str()))
        }
        _ => Report::default(),
    }
}

fn list(
    schema: &Schema,
    keywords: &Keywords,
    items: &[Value],
    old: Option<Old<'_>>,
    place: &Place<'_>,
) -> Report {
    let mut report = Report::default();
    if let Some(child) = &schema.items {
        for (index, item) in items.iter().enumerate() {
            let old = old.and_then(|old| old.item(item));
            report.merge(ratcheted(child, item, old, &Place::Item(place, index)));
        }
    }
    let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
    if let Some(limit) = keywords.min_items.filter(|limit| length < *limit) {
        let what = format!("should have at least {limit} items");
        report.merge(Report::invalid(place, &length.into(), &what));
    }
    if let Some(limit) = keywords.max_items.filter(|limit| length > *limit) {
        report.add(place, "FieldValueTooMany", too_many(items.len(), limit));
    }
    if keywords.unique_items
        && items
            .iter()
            .enumerate()
            .any(|(i, item)| items[..i].contains(item))
    {
        report.add(
            place,
            "FieldValueInvalid",
            format!("Invalid value: \"\": {place} in body shouldn't contain duplicates"),
        );
    }
    report.matches += 1;
    report
}

fn object(
    schema: &Schema,
    keywords: &Keywords,
    fields: &serde_json::Map<String, Value>,
    old: Option<Old<'_>>,
    place: &Place<'_>,
) -> Report {
    let mut report = Report::default();
    let count = i64::try_from(fields.len()).unwrap_or(i64::MAX);
    if let Some(limit) = keywords.min_properties.filter(|limit| count < *limit) {
        let what = format!("should have at least {limit} properties");
        report.merge(Report::invalid(place, &count.into(), &what));
    }
    if let Some(limit) = keywords.max_properties.filter(|limit| count > *limit) {
        report.add(place, "FieldValueTooMany", too_many(fields.len(), limit));
    }
    for (name, value) in fields {
        let named = schema.properties.get(name.as_str());
        if named.is_none() && keywords.closed {
            let what = format!("{place}.{name} in body is a forbidden property");
            let shown = Value::from(name.as_str());
            report.add(
                place,
                "FieldValueInvalid",
                format!("Invalid value: {shown}: {what}"),
            );
        }
        let Some(child) = named.or(schema.additional.as_ref()) else {
            continue;
        };
        let below = match named {
            Some(_) => Place::Field(place, name),
            None => Place::Member(place, name),
        };
        // The type of an object is not the client's to keep: it is converted before it is validated.
        let is_type = place.is_empty() && (name == "kind" || name == "apiVersion");
        let old = old.filter(|_| !is_type).and_then(|old| old.field(name));
        report.merge(ratcheted(child, value, old, &below));
    }
    for name in &schema.required {
        if !fields.contains_key(&**name) {
            report.add(
                &Place::Member(place, name),
                "FieldValueRequired",
                "Required value".to_owned(),
            );
        }
    }
    report
}

fn alternatives(keywords: &Keywords, value: &Value, old: Option<Old<'_>>, place: &Place<'_>) -> Report {
    let mut report = Report::default();
    if !keywords.any_of.is_empty() {
        report.merge(any_of(&keywords.any_of, value, old, place));
    }
    if !keywords.one_of.is_empty() {
        report.merge(one_of(&keywords.one_of, value, old, place));
    }
    if !keywords.all_of.is_empty() {
        let mut valid = 0;
        for schema in &keywords.all_of {
            let one = validate(schema, value, old, place);
            valid += usize::from(one.is_valid());
            report.merge(one);
        }
        if valid != keywords.all_of.len() {
            let none = if valid == 0 { ". None validated" } else { "" };
            let quoted = quoted(place);
            report.about_whole(&format!("{quoted} must validate all the schemas (allOf){none}"));
        }
    }
    if let Some(schema) = &keywords.not
        && validate(schema, value, old, place).is_valid()
    {
        let quoted = quoted(place);
        report.about_whole(&format!("{quoted} must not validate the schema (not)"));
    }
    report.matches += 1;
    report
}

fn quoted(place: &Place<'_>) -> String {
    Value::from(place.to_string()).to_string()
}

fn any_of(schemas: &[Schema], value: &Value, old: Option<Old<'_>>, place: &Place<'_>) -> Report {
    let mut best: Option<Report> = None;
    for schema in schemas {
        let one = validate(schema, value, old, place);
        if one.is_valid() {
            return one;
        }
        if best.as_ref().is_none_or(|best| one.matches > best.matches) {
            best = Some(one);
        }
    }
    let mut report = Report::default();
    let quoted = quoted(place);
    report.about_whole(&format!("{quoted} must validate at least one schema (anyOf)"));
    report.merge(best.unwrap_or_default());
    report
}

fn one_of(schemas: &[Schema], value: &Value, old: Option<Old<'_>>, place: &Place<'_>) -> Report {
    let mut best: Option<Report> = None;
    let mut first_valid: Option<Report> = None;
    let mut valid = 0;
    for schema in schemas {
        let one = validate(schema, value, old, place);
        if one.is_valid() {
            valid += 1;
            best = None;
            first_valid.get_or_insert(one);
        } else if valid == 0 && best.as_ref().is_none_or(|best| one.matches > best.matches) {
            best = Some(one);
        }
    }
    if let (1, Some(report)) = (valid, first_valid) {
        return report;
    }
    let found = match valid {
        0 => "Found none valid".to_owned(),
        many => format!("Found {many} valid alternatives"),
    };
    let mut report = Report::default();
    let quoted = quoted(place);
    report.about_whole(&format!(
        "{quoted} must validate one and only one schema (oneOf). {found}"
    ));
    report.merge(best.unwrap_or_default());
    report
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn choices_are_compared_as_go_converts() {
        for (choice, value, expected) in [
            (json!(2), json!(2.5), true),
            (json!(2), json!(3.5), false),
            (json!(2.5), json!(2), false),
            (json!(2.0), json!(2), true),
            (json!("a"), json!(97), true),
            (json!("97"), json!(97), false),
            (json!("a"), json!(97.0), false),
            (json!(null), json!(null), false),
            (json!({"a": 1}), json!({"a": 1}), true),
        ] {
            assert_eq!(is_chosen(&choice, &value), expected, "{choice} {value}");
        }
    }
}
