//! The cells of custom resources: each column says with a JSONPath where its value is.

use jiff::Timestamp;
use serde_json::Value;

use super::duration;
use crate::apiserver::{
    types::Column,
    view::jsonpath::{self, JsonPath},
};

struct CustomColumn<'a> {
    column_type: &'a str,
    path: Option<JsonPath>,
    /// What the cell holds where there is no value: of the name, which nothing but a bookmark lacks, an empty text.
    nothing: Value,
}

/// The columns of a custom resource with their paths parsed.
pub(super) struct CustomColumns<'a> {
    columns: Vec<CustomColumn<'a>>,
}

impl<'a> CustomColumns<'a> {
    pub(super) fn new(columns: &'a [Column]) -> Self {
        let columns = columns
            .iter()
            .map(|column| {
                let path = column.json_path.as_deref();
                CustomColumn {
                    column_type: &column.column_type,
                    nothing: match path {
                        Some(".metadata.name") => "".into(),
                        _ => Value::Null,
                    },
                    path: path.and_then(|path| JsonPath::parse(path).ok()),
                }
            })
            .collect();
        Self { columns }
    }

    pub(super) fn cells(&self, object: &Value, now: Timestamp) -> Vec<Value> {
        self.columns
            .iter()
            .map(|column| {
                let found = column.path.as_ref().and_then(|path| path.find(object).ok());
                let value = found.and_then(|found| found.into_iter().next());
                value.map_or_else(
                    || column.nothing.clone(),
                    |value| cell(column.column_type, &value, now),
                )
            })
            .collect()
    }
}

/// The first value that a path found, as a cell of the column's type; null where it is of another type.
fn cell(column_type: &str, value: &Value, now: Timestamp) -> Value {
    match (column_type, value) {
        ("string", value) => jsonpath::text(value).into(),
        ("integer", Value::Number(number)) => match number.as_i64() {
            Some(whole) => whole.into(),
            // A fraction loses what follows the point.
            None => number
                .as_f64()
                .map_or(Value::Null, |fraction| Value::from(fraction as i64)),
        },
        // JSON has no other form for a whole number
        ("number", Value::Number(number)) => match number.as_f64() {
            Some(fraction) if fraction.fract() == 0.0 && fraction.abs() < 1e15 => {
                Value::from(fraction as i64)
            }
            fraction => fraction.map_or(Value::Null, Value::from),
        },
        ("boolean", Value::Bool(yes)) => (*yes).into(),
        ("date", Value::String(text)) if text.is_empty() => "<unknown>".into(),
        ("date", Value::String(text)) => match text.parse::<Timestamp>() {
            Ok(since) if duration::is_zero(since) => "<unknown>".into(),
            Ok(since) => duration::elapsed(since, now).into(),
            Err(_) => "<invalid>".into(),
        },
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn column(column_type: &str, path: &str) -> Column {
        Column {
            name: "x".into(),
            column_type: column_type.into(),
            format: "".into(),
            priority: 0,
            description: "".into(),
            json_path: Some(path.into()),
        }
    }

    #[test]
    fn a_cell_has_the_type_of_its_column() {
        let object = json!({"spec": {
            "size": 3, "ratio": 2.0, "ready": true, "when": "2026-11-21T10:00:00Z", "odd": "nonsense", "none": null,
            "list": [{"name": "x", "v": {"a": 1}}],
        }});
        let now = "2026-11-21T12:26:00Z".parse().expect("a timestamp");
        let cases = [
            ("integer", ".spec.size", json!(3)),
            ("integer", ".spec.ratio", json!(2)),
            ("integer", ".spec.odd", Value::Null),
            ("number", ".spec.size", json!(3)),
            ("number", ".spec.ratio", json!(2)),
            ("boolean", ".spec.ready", json!(true)),
            ("boolean", ".spec.size", Value::Null),
            ("string", ".spec.size", json!("3")),
            ("string", ".spec.none", json!("<no value>")),
            ("string", ".spec.missing", Value::Null),
            ("string", ".spec.list[?(@.name==\"x\")].v", json!("{\"a\":1}")),
            ("string", ".spec.list[9]", Value::Null),
            ("date", ".spec.when", json!("146m")),
            ("date", ".spec.odd", json!("<invalid>")),
            ("date", ".spec.size", Value::Null),
            ("string", "spec[", Value::Null),
        ];
        for (column_type, path, expected) in cases {
            let columns = [column(column_type, path)];
            let cells = CustomColumns::new(&columns).cells(&object, now);
            assert_eq!(cells, [expected], "{column_type} {path}");
        }
    }
}
