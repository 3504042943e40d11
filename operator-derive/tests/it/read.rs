//! What tests look at in a definition.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use serde_json::Value;

/// Name, type and path of each column of the first version.
pub(crate) fn columns(crd: &CustomResourceDefinition) -> Vec<(&str, &str, &str)> {
    let columns = crd.spec.versions[0].additional_printer_columns.iter().flatten();
    columns
        .map(|c| (c.name.as_str(), c.type_.as_str(), c.json_path.as_str()))
        .collect()
}

/// The schema of the spec in the first version.
pub(crate) fn spec_of(crd: &CustomResourceDefinition) -> Value {
    let schema = crd.spec.versions[0].schema.as_ref().unwrap();
    let schema = serde_json::to_value(schema.open_api_v3_schema.as_ref().unwrap()).unwrap();
    schema["properties"]["spec"].clone()
}
