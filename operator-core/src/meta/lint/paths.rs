//! What a definition points at in its schema: columns, selectable fields, the scale subresource.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceDefinitionVersion, JSONSchemaProps,
};

use super::Findings;
use crate::meta::schema::at_path;

const COLUMN_TYPES: [&str; 5] = ["boolean", "date", "integer", "number", "string"];

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
    for field in fields {
        let place = format!("selectable field `{}`", field.json_path);
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
            "",
            "string",
        ),
    ];
    for (place, path, root, type_) in paths {
        let Some(path) = path else { continue };
        if !path.starts_with(root) || path.contains('[') {
            findings.refused(place, format!("`{path}` must be fields below `{root}`"));
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
