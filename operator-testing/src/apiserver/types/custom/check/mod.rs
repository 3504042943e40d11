//! What is wrong with a CustomResourceDefinition.
//!
//! Source: `k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation/validation.go`.

mod budget;
mod conversion;
#[cfg(test)]
mod costs;
mod declare;
mod defaults;
mod names;
mod openapi;
mod prepare;
mod rules;
mod shape;
mod standing;
mod versions;

use serde_json::Value;

use crate::apiserver::{status::FieldError, types::validate::Verdict};

use super::definition::condition_is_true;

/// Brings the defaults in a definition into the form in which they are stored.
pub(in crate::apiserver::types) fn read_defaults(definition: &mut Value) {
    let versions = definition["spec"]["versions"].as_array_mut();
    for version in versions.into_iter().flatten() {
        if let Some(schema) = version.pointer_mut("/schema/openAPIV3Schema") {
            defaults::read(schema);
        }
    }
}

/// What is wrong with a new definition.
pub(in crate::apiserver::types) fn create(definition: &Value, metadata: Vec<FieldError>) -> Verdict {
    let mut errors = metadata;
    let spec = &definition["spec"];
    let plural = spec["names"]["plural"].as_str().unwrap_or_default();
    let group = spec["group"].as_str().unwrap_or_default();
    let name = &definition["metadata"]["name"];
    if name
        .as_str()
        .is_some_and(|name| !name.is_empty() && *name != *format!("{plural}.{group}"))
    {
        let why = r#"must be spec.names.plural+"."+spec.group"#;
        errors.push(FieldError::invalid("metadata.name", name, why));
    }
    errors.extend(common(definition));
    verdict(definition, &Value::Null, errors)
}

/// What is wrong with a change of a definition.
pub(in crate::apiserver::types) fn update(new: &Value, old: &Value, metadata: Vec<FieldError>) -> Verdict {
    let mut errors = metadata;
    let (spec, was) = (&new["spec"], &old["spec"]);
    errors.extend(spec_errors(spec, was));
    let mut keep = |path: &[&str]| {
        let at = |value: &Value| {
            path.iter()
                .fold(value.clone(), |value, name| value[*name].clone())
        };
        if at(spec) != at(was) {
            let field = format!("spec.{}", path.join("."));
            errors.push(FieldError::invalid(field, &at(spec), "field is immutable"));
        }
    };
    if condition_is_true(old, "Established") {
        keep(&["scope"]);
        keep(&["names", "kind"]);
    }
    keep(&["group"]);
    keep(&["names", "plural"]);
    errors.extend(outside_spec(new));
    verdict(new, old, errors)
}

/// What is wrong with a changed status.
pub(in crate::apiserver::types) fn update_status(new: &Value, metadata: Vec<FieldError>) -> Verdict {
    let mut errors = metadata;
    errors.extend(names::check(
        &new["status"]["acceptedNames"],
        "status.acceptedNames",
    ));
    Verdict {
        errors,
        warnings: Vec::new(),
    }
}

fn verdict(definition: &Value, old: &Value, errors: Vec<FieldError>) -> Verdict {
    let warnings = if errors.is_empty() {
        // formats that were there before are not warned of again
        let known = unrecognised_formats(old);
        let mut found = unrecognised_formats(definition);
        found.retain(|warning| !known.contains(warning));
        found
    } else {
        Vec::new()
    };
    Verdict { errors, warnings }
}

fn common(definition: &Value) -> Vec<FieldError> {
    let mut errors = spec_errors(&definition["spec"], &Value::Null);
    errors.extend(outside_spec(definition));
    errors
}

fn outside_spec(definition: &Value) -> Vec<FieldError> {
    let mut errors = names::check(&definition["status"]["acceptedNames"], "status.acceptedNames");
    errors.extend(versions::stored(definition));
    errors.extend(approval(definition));
    if definition["spec"]["preserveUnknownFields"] == true {
        errors.push(FieldError::invalid(
            "spec.preserveUnknownFields",
            &true.into(),
            "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead",
        ));
    }
    errors
}

/// What is wrong with a specification that was another before, or none.
fn spec_errors(spec: &Value, was: &Value) -> Vec<FieldError> {
    let mut errors = names::group(spec);
    match spec["scope"].as_str().unwrap_or_default() {
        "" => errors.push(FieldError::required("spec.scope", "")),
        "Cluster" | "Namespaced" => {}
        _ => errors.push(FieldError::not_supported(
            "spec.scope",
            &spec["scope"],
            &["Cluster", "Namespaced"],
        )),
    }
    let shared = Shared::of(spec);
    errors.extend(versions::check(spec, was, &shared));
    errors.extend(names::required(spec));
    errors.extend(names::check(&spec["names"], "spec.names"));
    errors.extend(versions::shared(spec, was, &shared));
    errors.extend(conversion::check(&spec["conversion"]));
    errors
}

/// Parts of versions that are the same in all of them: errors name them once, above the versions.
#[derive(Debug)]
struct Shared {
    schema: bool,
    subresources: bool,
    columns: bool,
    selectable: bool,
}

impl Shared {
    fn of(spec: &Value) -> Self {
        let versions = spec["versions"].as_array().map_or(&[][..], Vec::as_slice);
        let same = |field: &str| {
            let first = versions.first().map_or(&Value::Null, |version| &version[field]);
            !first.is_null() && versions.iter().all(|version| version[field] == *first)
        };
        Self {
            schema: same("schema"),
            subresources: same("subresources"),
            columns: same("additionalPrinterColumns"),
            selectable: same("selectableFields"),
        }
    }
}

/// Groups of the Kubernetes project need its approval.
fn approval(definition: &Value) -> Vec<FieldError> {
    const FIELD: &str = "metadata.annotations[api-approved.kubernetes.io]";
    const PREFIX: &str = r#"protected groups must have approval annotation "api-approved.kubernetes.io""#;
    const SEE: &str = "see https://github.com/kubernetes/enhancements/pull/1111";
    let group = definition["spec"]["group"].as_str().unwrap_or_default();
    let is_protected = ["k8s.io", "kubernetes.io"]
        .iter()
        .any(|owner| group == *owner || group.ends_with(&format!(".{owner}")));
    if !is_protected {
        return Vec::new();
    }
    let annotation = &definition["metadata"]["annotations"]["api-approved.kubernetes.io"];
    match annotation.as_str().unwrap_or_default() {
        "" => vec![FieldError::required(FIELD, &format!("{PREFIX}, {SEE}"))],
        text if text.starts_with("unapproved") || is_url(text) => Vec::new(),
        _ => {
            let why = format!("{PREFIX} with either a URL or a reason starting with \"unapproved\", {SEE}");
            vec![FieldError::invalid(FIELD, annotation, why)]
        }
    }
}

fn is_url(text: &str) -> bool {
    text.split_once("://")
        .is_some_and(|(scheme, rest)| !scheme.is_empty() && !rest.is_empty())
}

/// Formats that the server does not check are accepted with a warning.
fn unrecognised_formats(definition: &Value) -> Vec<String> {
    let mut formats = Vec::new();
    let versions = definition["spec"]["versions"].as_array();
    for version in versions.into_iter().flatten() {
        collect_formats(&version["schema"]["openAPIV3Schema"], &mut formats);
    }
    formats.sort();
    formats.dedup();
    formats
        .into_iter()
        .map(|format| format!("unrecognized format {format:?}"))
        .collect()
}

fn collect_formats(schema: &Value, formats: &mut Vec<String>) {
    let Some(fields) = schema.as_object() else { return };
    if let Some(format) = fields
        .get("format")
        .and_then(Value::as_str)
        .filter(|format| !format.is_empty())
    {
        let is_known = match fields.get("type").and_then(Value::as_str).unwrap_or_default() {
            "" | "string" => crate::apiserver::types::validate::is_text_format(format),
            "integer" => matches!(format, "int32" | "int64"),
            "number" => matches!(format, "float" | "double"),
            _ => false,
        };
        if !is_known {
            formats.push(format.to_owned());
        }
    }
    for child in ["items", "additionalProperties", "not"] {
        collect_formats(&schema[child], formats);
    }
    for (_, child) in schema["properties"].as_object().into_iter().flatten() {
        collect_formats(child, formats);
    }
    for list in ["allOf", "anyOf", "oneOf"] {
        for child in schema[list].as_array().into_iter().flatten() {
            collect_formats(child, formats);
        }
    }
}
