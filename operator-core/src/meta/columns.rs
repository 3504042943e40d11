//! Print columns: what `kubectl get` shows of a custom resource.
//!
//! The type of a column is taken from the schema unless it is written, so it follows the field.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceColumnDefinition, JSONSchemaProps,
};

use super::schema::{self, PathError};

/// A column, before it is known where its struct is and what type its value has.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct PrintColumn {
    name: &'static str,
    place: Place,
    type_: Option<&'static str>,
    format: Option<&'static str>,
    description: Option<&'static str>,
    priority: Option<i32>,
    order: Option<i32>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    Below(String),
    Root(&'static str),
}

impl PrintColumn {
    /// A column at a path relative to the struct that declares it.
    pub fn below(path: &'static str) -> Self {
        Self::new(Place::Below(path.into()))
    }

    /// A column at a path from the root of the object.
    pub fn at(path: &'static str) -> Self {
        Self::new(Place::Root(path))
    }

    fn new(place: Place) -> Self {
        Self {
            name: "",
            place,
            type_: None,
            format: None,
            description: None,
            priority: None,
            order: None,
        }
    }

    /// Sets the header.
    pub fn named(mut self, name: &'static str) -> Self {
        self.name = name;
        self
    }

    /// Sets the type: `string`, `integer`, `number`, `boolean` or `date`.
    pub fn typed(mut self, type_: &'static str) -> Self {
        self.type_ = Some(type_);
        self
    }

    /// Sets the format, a hint of OpenAPI.
    pub fn formatted(mut self, format: &'static str) -> Self {
        self.format = Some(format);
        self
    }

    /// Sets the description.
    pub fn described(mut self, description: &'static str) -> Self {
        self.description = Some(description);
        self
    }

    /// Sets the priority: 0 is always shown, more only with `-o wide`.
    pub fn with_priority(mut self, priority: i32) -> Self {
        self.priority = Some(priority);
        self
    }

    /// Sets the order: columns are sorted by it, 0 where it is not given, and keep their order where it is the same.
    pub fn ordered(mut self, order: i32) -> Self {
        self.order = Some(order);
        self
    }

    /// The same column for a struct that is put at `path`.
    pub(super) fn moved_below(mut self, path: &str) -> Self {
        if let Place::Below(below) = &mut self.place {
            below.insert_str(0, path);
        }
        self
    }

    fn path(&self) -> &str {
        match &self.place {
            Place::Below(path) => path,
            Place::Root(path) => path,
        }
    }
}

/// All columns of a resource in the order they are shown.
///
/// # Errors
/// When a column whose type is to be inferred points at a place that the schema does not have.
pub(super) fn resolve(
    mut columns: Vec<PrintColumn>,
    age: bool,
    schema: Option<&JSONSchemaProps>,
) -> Result<Vec<CustomResourceColumnDefinition>, PathError> {
    columns.sort_by_key(|column| column.order.unwrap_or(0));
    // A CRD without columns gets Age from the server, one with columns loses it.
    if age
        && !columns
            .iter()
            .any(|column| column.name.eq_ignore_ascii_case("age"))
    {
        columns.push(
            PrintColumn::at(".metadata.creationTimestamp")
                .named("Age")
                .typed("date"),
        );
    }
    columns
        .into_iter()
        .map(|column| define(&column, schema))
        .collect()
}

fn define(
    column: &PrintColumn,
    schema: Option<&JSONSchemaProps>,
) -> Result<CustomResourceColumnDefinition, PathError> {
    let type_ = match (column.type_, schema) {
        (Some(type_), _) => type_,
        (None, Some(schema)) => column_type(schema, column.path())?,
        (None, None) => "string",
    };
    Ok(CustomResourceColumnDefinition {
        name: column.name.into(),
        json_path: column.path().into(),
        type_: type_.into(),
        format: column.format.map(Into::into),
        description: column.description.map(Into::into),
        priority: column.priority,
    })
}

/// What the server calls the type of the value at `path`. What is no scalar is printed as text.
fn column_type(schema: &JSONSchemaProps, path: &str) -> Result<&'static str, PathError> {
    let Some(found) = schema::at_path(schema, path)? else {
        return Ok("string");
    };
    Ok(match (found.type_.as_deref(), found.format.as_deref()) {
        (Some("integer"), _) => "integer",
        (Some("number"), _) => "number",
        (Some("boolean"), _) => "boolean",
        (Some("string"), Some("date-time")) => "date",
        _ => "string",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema() -> JSONSchemaProps {
        serde_json::from_value(serde_json::json!({
            "type": "object",
            "properties": {
                "spec": {"type": "object", "properties": {
                    "size": {"type": "integer"},
                    "since": {"type": "string", "format": "date-time"},
                    "tags": {"type": "array", "items": {"type": "string"}},
                }},
            },
        }))
        .unwrap()
    }

    fn names(columns: &[CustomResourceColumnDefinition]) -> Vec<(&str, &str, &str)> {
        columns
            .iter()
            .map(|c| (c.name.as_str(), c.type_.as_str(), c.json_path.as_str()))
            .collect()
    }

    #[test]
    fn types_come_from_the_schema_and_age_comes_last() {
        let columns = vec![
            PrintColumn::below(".spec.since").named("Since"),
            PrintColumn::below(".spec.size").named("Size").ordered(-1),
            PrintColumn::at(".spec.tags").named("Tags"),
        ];
        let columns = resolve(columns, true, Some(&schema())).unwrap();
        assert_eq!(
            names(&columns),
            [
                ("Size", "integer", ".spec.size"),
                ("Since", "date", ".spec.since"),
                ("Tags", "string", ".spec.tags"),
                ("Age", "date", ".metadata.creationTimestamp"),
            ]
        );
    }

    #[test]
    fn a_given_age_is_kept() {
        let age = vec![PrintColumn::at(".status.since").named("AGE").typed("date")];
        let columns = resolve(age, true, None).unwrap();
        assert_eq!(names(&columns), [("AGE", "date", ".status.since")]);
    }

    #[test]
    fn a_path_that_is_not_there_is_named() {
        let wrong = vec![PrintColumn::below(".spec.siez").named("Size")];
        let error = resolve(wrong, true, Some(&schema())).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`.spec.siez` is not in the schema: `.spec` has `since`, `size`, `tags`"
        );
    }
}
