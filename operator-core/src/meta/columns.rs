//! Print columns: what `kubectl get` shows of a custom resource.
//!
//! A struct declares columns on its fields with paths relative to itself; whoever contains the struct moves them to where
//! it puts it. The type of a column is taken from the schema unless it is written, so it follows the field.

use std::marker::PhantomData;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceColumnDefinition, JSONSchemaProps,
};

use super::schema::{self, PathError};

/// A type whose fields declare print columns. Derived by `CustomResource`, `Status` and `PrintColumns`.
pub trait PrintColumns {
    /// The columns in the order they are shown, with paths relative to the type.
    fn print_columns() -> Vec<PrintColumn>;
}

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
    fn moved_below(mut self, path: &str) -> Self {
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

/// The columns of a struct nested at `path`; `priority` and `order` hold for those that have none themselves.
pub fn nested_columns<T: PrintColumns>(
    path: &str,
    priority: Option<i32>,
    order: Option<i32>,
) -> impl Iterator<Item = PrintColumn> {
    T::print_columns().into_iter().map(move |mut column| {
        column.priority = column.priority.or(priority);
        column.order = column.order.or(order);
        column.moved_below(path)
    })
}

/// All columns of a resource in the order they are shown.
///
/// # Errors
/// When a column whose type is to be inferred points at a place that the schema does not have.
pub(super) fn resolve(
    groups: Vec<(&str, Vec<PrintColumn>)>,
    age: Option<bool>,
    schema: Option<&JSONSchemaProps>,
) -> Result<Vec<CustomResourceColumnDefinition>, PathError> {
    let on_fields = groups
        .iter()
        .any(|(path, columns)| !path.is_empty() && !columns.is_empty());
    let mut columns: Vec<PrintColumn> = groups
        .into_iter()
        .flat_map(|(path, columns)| columns.into_iter().map(move |column| column.moved_below(path)))
        .collect();
    columns.sort_by_key(|column| column.order.unwrap_or(0));
    // A CRD without columns gets Age from the server, one with columns loses it.
    let has_age = columns
        .iter()
        .any(|column| column.name.eq_ignore_ascii_case("age"));
    if age.unwrap_or(on_fields) && !has_age {
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

/// Asks by method resolution whether a type declares columns, which a bound cannot.
///
/// `(&Probe::<T>::new()).columns_of()` with both [`Declared`] and [`Undeclared`] in scope is the former's if `T` is
/// [`PrintColumns`]. It works for concrete types only, which is all that generated code has.
#[derive(Debug)]
pub struct Probe<T>(PhantomData<T>);

impl<T> Probe<T> {
    /// Asks about `T`.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "it stands for a type, not for a value")]
    pub fn new() -> Self {
        Self(PhantomData)
    }
}

/// The answer of a [`Probe`] whose type declares columns.
pub trait Declared {
    /// The columns.
    fn columns_of(&self) -> Vec<PrintColumn>;
}

impl<T: PrintColumns> Declared for Probe<T> {
    fn columns_of(&self) -> Vec<PrintColumn> {
        T::print_columns()
    }
}

/// The answer of a [`Probe`] whose type declares none.
pub trait Undeclared {
    /// No columns.
    fn columns_of(&self) -> Vec<PrintColumn>;
}

impl<T> Undeclared for &Probe<T> {
    fn columns_of(&self) -> Vec<PrintColumn> {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Inner;
    impl PrintColumns for Inner {
        fn print_columns() -> Vec<PrintColumn> {
            vec![
                PrintColumn::below(".size").named("Size"),
                PrintColumn::at(".metadata.name").named("N").ordered(3),
            ]
        }
    }
    struct Plain;

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
    fn the_probe_finds_columns_where_they_are_declared() {
        assert_eq!((&Probe::<Inner>::new()).columns_of().len(), 2);
        assert_eq!((&Probe::<Plain>::new()).columns_of().len(), 0);
    }

    #[test]
    fn types_come_from_the_schema_and_age_comes_last() {
        let fields = vec![
            PrintColumn::below(".since").named("Since"),
            PrintColumn::below(".size").named("Size").ordered(-1),
            PrintColumn::below(".tags").named("Tags"),
        ];
        let columns = resolve(vec![("", vec![]), (".spec", fields)], None, Some(&schema())).unwrap();
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
    fn columns_on_the_type_alone_get_no_age_unless_asked() {
        let on_type = || {
            vec![(
                "",
                vec![PrintColumn::at(".spec.size").named("Size").typed("integer")],
            )]
        };
        assert_eq!(resolve(on_type(), None, None).unwrap().len(), 1);
        assert_eq!(resolve(on_type(), Some(true), None).unwrap().len(), 2);
    }

    #[test]
    fn nested_columns_are_moved_and_a_given_age_is_kept() {
        let mut columns: Vec<_> = nested_columns::<Inner>(".storage", Some(1), None).collect();
        columns.push(PrintColumn::at(".status.since").named("AGE").typed("date"));
        let columns = resolve(vec![(".spec", columns)], None, None).unwrap();
        assert_eq!(
            names(&columns),
            [
                ("Size", "string", ".spec.storage.size"),
                ("AGE", "date", ".status.since"),
                ("N", "string", ".metadata.name"),
            ]
        );
        assert_eq!(columns[0].priority, Some(1));
    }

    #[test]
    fn a_path_that_is_not_there_is_named() {
        let wrong = vec![PrintColumn::below(".siez").named("Size")];
        let error = resolve(vec![(".spec", wrong)], None, Some(&schema())).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`.spec.siez` is not in the schema: `.spec` has `since`, `size`, `tags`"
        );
    }
}
