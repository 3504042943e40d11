//! Tables: the answer to `kubectl get`, with the cells computed by the server.
//!
//! A table has the columns of the resource type. Custom resources say with a JSONPath where each cell comes from; for the
//! built-in kinds `cells` computes what the printers of the real server show.
//!
//! Sources: `k8s.io/kubernetes/pkg/printers/internalversion`, `k8s.io/apiextensions-apiserver/pkg/registry/customresource/tableconvertor`,
//! `k8s.io/apiserver/pkg/endpoints/handlers/response.go`.

mod cells;
mod custom;
mod duration;
mod fields;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    accept::MetaVersion,
    metadata::{self, list_metadata},
};
use crate::apiserver::{
    status::StatusError,
    types::{Column, ResourceType},
};

/// How much of each object comes with its row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IncludeObject {
    /// Nothing.
    None,
    /// Its metadata.
    #[default]
    Metadata,
    /// All of it.
    Object,
}

impl IncludeObject {
    /// Reads the query parameter `includeObject`.
    ///
    /// # Errors
    /// 400 `BadRequest` for a value that has no meaning.
    pub fn parse(parameter: Option<&str>) -> Result<Self, StatusError> {
        match parameter.unwrap_or_default() {
            "" | "Metadata" => Ok(Self::Metadata),
            "None" => Ok(Self::None),
            "Object" => Ok(Self::Object),
            other => Err(StatusError::bad_request(format!(
                "Unable to convert to Table as requested: includeObject: Invalid value: {other:?}: must be 'Metadata', 'Object', 'None', or empty"
            ))),
        }
    }
}

/// What a client wants to see of a table.
#[derive(Clone, Copy, Debug)]
pub struct TableOptions {
    /// The version of the table.
    pub version: MetaVersion,
    /// How much of each object comes with its row.
    pub include: IncludeObject,
    /// Whether the column definitions are left out, as in every event of a watch but the first.
    pub no_headers: bool,
    /// The time that ages count from.
    pub now: Timestamp,
}

/// The table of one object; a `Status` stays as it is.
pub fn of_object(resource: &ResourceType, object: &Value, options: &TableOptions) -> Value {
    if object["kind"] == "Status" && object["apiVersion"] == "v1" {
        return object.clone();
    }
    let metadata =
        json!({"resourceVersion": object["metadata"]["resourceVersion"].as_str().unwrap_or_default()});
    table(resource, &[object], &metadata, options)
}

/// The table of a list.
pub fn of_list(resource: &ResourceType, list: &Value, options: &TableOptions) -> Value {
    let objects: Vec<_> = list["items"].as_array().into_iter().flatten().collect();
    table(resource, &objects, &list_metadata(list), options)
}

fn table(resource: &ResourceType, objects: &[&Value], metadata: &Value, options: &TableOptions) -> Value {
    // The scale subresource answers with a kind of its own.
    let scales = objects
        .first()
        .is_some_and(|object| object["kind"] == "Scale" && object["apiVersion"] == "autoscaling/v1");
    let scale_columns = if scales {
        cells::scale_columns()
    } else {
        Vec::new()
    };
    let columns = if scales { &scale_columns } else { &resource.columns };
    let printer = if scales {
        Printer::BuiltIn(cells::scale)
    } else if resource.custom.is_some() {
        Printer::Custom(custom::CustomColumns::new(columns))
    } else {
        Printer::BuiltIn(cells::printer(&resource.group, &resource.plural))
    };
    let rows: Vec<_> = objects
        .iter()
        .map(|object| row(resource, &printer, object, options))
        .collect();
    let definitions = if options.no_headers {
        Value::Null
    } else {
        columns
            .iter()
            .map(|column| definition(column, resource.custom.is_some()))
            .collect()
    };
    json!({
        "kind": "Table",
        "apiVersion": options.version.api_version(),
        "metadata": metadata,
        "columnDefinitions": definitions,
        // the printer of kinds that have none of their own leaves an empty table without rows
        "rows": if rows.is_empty() && printer.is_the_default() { Value::Null } else { rows.into() },
    })
}

enum Printer<'a> {
    BuiltIn(cells::CellPrinter),
    Custom(custom::CustomColumns<'a>),
}

impl Printer<'_> {
    fn is_the_default(&self) -> bool {
        match self {
            Self::BuiltIn(print) => {
                std::ptr::fn_addr_eq(*print, cells::name_and_creation as cells::CellPrinter)
            }
            Self::Custom(_) => false,
        }
    }
}

fn row(resource: &ResourceType, printer: &Printer<'_>, object: &Value, options: &TableOptions) -> Value {
    let cells = match printer {
        Printer::BuiltIn(print) => print(object, options.now),
        Printer::Custom(columns) => columns.cells(object, options.now),
    };
    let initial_events_end = object["metadata"]["annotations"]["k8s.io/initial-events-end"] == "true";
    let shown = match options.include {
        IncludeObject::Object => whole(resource, object),
        IncludeObject::None if !initial_events_end => Value::Null,
        _ => metadata::of_object(object, options.version),
    };
    let mut row = json!({"cells": cells, "object": shown});
    if resource.group.is_empty()
        && &*resource.plural == "pods"
        && let Some(conditions) = cells::pod_conditions(object)
    {
        row["conditions"] = conditions;
    }
    row
}

/// The object with its kind and version, which the items of a list of built-in objects leave to the list.
fn whole(resource: &ResourceType, object: &Value) -> Value {
    let mut object = object.clone();
    if object["kind"].is_null() {
        object["kind"] = json!(resource.kind);
        object["apiVersion"] = resource.api_version().into();
    }
    object
}

fn definition(column: &Column, custom: bool) -> Value {
    let description = match &column.json_path {
        Some(path) if custom && column.description.is_empty() && &*column.format != "name" => {
            format!("Custom resource definition column (in JSONPath format): {path}").into()
        }
        _ => json!(column.description),
    };
    json!({
        "name": column.name,
        "type": column.column_type,
        "format": column.format,
        "description": description,
        "priority": column.priority,
    })
}
