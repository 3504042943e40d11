//! What a definition points at in its schema: columns, selectable fields, the scale subresource.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceDefinitionVersion, JSONSchemaProps,
};

use super::Findings;
use crate::meta::schema::at_path;

const COLUMN_TYPES: [&str; 5] = ["boolean", "date", "integer", "number", "string"];
const COLUMN_FORMATS: [&str; 8] = [
    "byte",
    "date",
    "date-time",
    "double",
    "float",
    "int32",
    "int64",
    "password",
];

pub(super) fn check(
    version: &CustomResourceDefinitionVersion,
    schema: &JSONSchemaProps,
    findings: &mut Findings<'_>,
) {
    columns(version, schema, findings);
    selectable(version, schema, findings);
    scale(version, schema, findings);
}

fn columns(version: &CustomResourceDefinitionVersion, schema: &JSONSchemaProps, findings: &mut Findings<'_>) {
    for column in version.additional_printer_columns.iter().flatten() {
        let place = format!("column \"{}\"", column.name);
        if !COLUMN_TYPES.contains(&column.type_.as_str()) {
            findings.refused(
                &place,
                format!(
                    "has type `{}`: it is one of {}",
                    column.type_,
                    COLUMN_TYPES.join(", ")
                ),
            );
        }
        if let Some(format) = column
            .format
            .as_deref()
            .filter(|format| !format.is_empty() && !COLUMN_FORMATS.contains(format))
        {
            findings.refused(
                &place,
                format!(
                    "has format `{format}`: it is one of {}",
                    COLUMN_FORMATS.join(", ")
                ),
            );
        }
        if column.name.is_empty() {
            findings.refused(&place, "has no name");
        }
        if !column.json_path.starts_with('.') {
            findings.refused(
                &place,
                format!(
                    "has the path `{}`, which does not begin with a dot",
                    column.json_path
                ),
            );
            continue;
        }
        match at_path(schema, &column.json_path) {
            Err(error) => findings.useless(&place, format!("would always be empty: {error}")),
            Ok(Some(found)) => {
                let actual = found.type_.as_deref().unwrap_or_default();
                let fits = match column.type_.as_str() {
                    "integer" => actual == "integer",
                    "number" => actual == "number" || actual == "integer",
                    "boolean" => actual == "boolean",
                    "date" => actual == "string",
                    _ => true,
                };
                if !fits && !actual.is_empty() {
                    findings.useless(
                        &place,
                        format!(
                            "is a column of type {}, and `{}` is {actual}",
                            column.type_, column.json_path
                        ),
                    );
                }
            }
            Ok(None) => {}
        }
    }
}

fn selectable(
    version: &CustomResourceDefinitionVersion,
    schema: &JSONSchemaProps,
    findings: &mut Findings<'_>,
) {
    let fields = version.selectable_fields.as_deref().unwrap_or_default();
    if fields.len() > 8 {
        findings.refused(
            "selectableFields",
            format!("there are {}, and the server takes eight", fields.len()),
        );
    }
    for (index, field) in fields.iter().enumerate() {
        let place = format!("selectable field `{}`", field.json_path);
        if fields[..index].contains(field) {
            findings.refused(&place, "is there twice");
            continue;
        }
        if field.json_path.starts_with(".metadata") {
            findings.refused(&place, "metadata can be selected by name and namespace already");
            continue;
        }
        if field.json_path.contains('[') {
            findings.refused(
                &place,
                "leads into a list, and an object has one value to be selected by",
            );
            continue;
        }
        match at_path(schema, &field.json_path) {
            Err(error) => findings.refused(&place, error.to_string()),
            Ok(found) => {
                let actual = found
                    .and_then(|found| found.type_.as_deref())
                    .unwrap_or("of no type");
                if !["string", "integer", "boolean"].contains(&actual) {
                    findings.refused(
                        &place,
                        format!("is {actual}: objects are selected by strings, integers and booleans"),
                    );
                }
            }
        }
    }
}

fn scale(version: &CustomResourceDefinitionVersion, schema: &JSONSchemaProps, findings: &mut Findings<'_>) {
    let Some(subresources) = &version.subresources else {
        return;
    };
    let Some(scale) = &subresources.scale else { return };
    if subresources.status.is_none() {
        findings.useless(
            "scale",
            "reads the present replicas from the status, which is no subresource",
        );
    }
    let paths = [
        (
            "scale.specReplicasPath",
            Some(&scale.spec_replicas_path),
            ".spec.",
            "integer",
        ),
        (
            "scale.statusReplicasPath",
            Some(&scale.status_replicas_path),
            ".status.",
            "integer",
        ),
        (
            "scale.labelSelectorPath",
            scale.label_selector_path.as_ref(),
            ".",
            "string",
        ),
    ];
    for (place, path, root, type_) in paths {
        let Some(path) = path else { continue };
        let below = [".spec.", ".status."]
            .iter()
            .any(|known| known.starts_with(root) && path.starts_with(known));
        if !below {
            let root = if root == "." { ".spec.` or `.status." } else { root };
            findings.refused(place, format!("`{path}` must be fields below `{root}`"));
            continue;
        }
        if path.contains('[') {
            findings.useless(
                place,
                format!("`{path}` leads into a list, and there is one value"),
            );
            continue;
        }
        match at_path(schema, path) {
            Err(error) => findings.useless(place, error.to_string()),
            Ok(found) => {
                if let Some(actual) = found.and_then(|found| found.type_.as_deref())
                    && actual != type_
                {
                    findings.useless(place, format!("`{path}` is {actual}, and must be {type_}"));
                }
            }
        }
    }
}
