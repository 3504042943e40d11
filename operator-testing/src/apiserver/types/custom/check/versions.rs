//! The versions of a definition.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{super::field_path::follow, Shared, defaults, names::label_problems, openapi, shape};
use crate::apiserver::status::FieldError;

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
const MOST_SELECTABLE: usize = 8;

fn list(spec: &Value) -> &[Value] {
    spec["versions"].as_array().map_or(&[], Vec::as_slice)
}

/// What is wrong with the versions, besides what they have in common.
pub(super) fn check(spec: &Value, was: &Value, shared: &Shared) -> Vec<FieldError> {
    let versions = list(spec);
    let mut errors = Vec::new();
    for (index, version) in versions.iter().enumerate() {
        if version["schema"]["openAPIV3Schema"].is_null() {
            errors.push(FieldError::required(
                format!("spec.versions[{index}].schema.openAPIV3Schema"),
                "",
            ));
        }
    }
    for (index, version) in versions.iter().enumerate() {
        let path = format!("spec.versions[{index}]");
        if let Some(why) = label_problems(version["name"].as_str().unwrap_or_default()) {
            errors.push(FieldError::invalid(format!("{path}.name"), &version["name"], why));
        }
        errors.extend(deprecation(version, &path));
        if !shared.schema {
            errors.extend(schema(version, was, &format!("{path}.schema")));
        }
        if !shared.subresources {
            errors.extend(subresources(
                &version["subresources"],
                &format!("{path}.subresources"),
            ));
        }
        if !shared.columns {
            errors.extend(columns(version, &path));
        }
        if !shared.selectable {
            errors.extend(selectable(version, &path));
        }
    }
    let names: BTreeSet<_> = versions.iter().map(|version| version["name"].as_str()).collect();
    let refuse = |why: &str| {
        let shown = show(spec, shared);
        FieldError::new(
            "spec.versions",
            "FieldValueInvalid",
            format!("Invalid value: {shown}: {why}"),
        )
    };
    if names.len() != versions.len() {
        errors.push(refuse("must contain unique version names"));
    }
    if versions
        .iter()
        .filter(|version| version["storage"] == true)
        .count()
        != 1
    {
        errors.push(refuse("must have exactly one version marked as storage version"));
    }
    // The server keeps the name of the first version in another place too.
    let first = versions
        .first()
        .and_then(|version| version["name"].as_str())
        .unwrap_or_default();
    if !first.is_empty()
        && let Some(why) = label_problems(first)
    {
        errors.push(FieldError::invalid("spec.version", &first.into(), why));
    }
    errors
}

/// What is wrong with what all versions have in common.
pub(super) fn shared(spec: &Value, was: &Value, shared: &Shared) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let Some(first) = list(spec).first() else {
        return errors;
    };
    if shared.schema {
        errors.extend(schema(first, was, "spec.validation"));
    }
    if shared.subresources {
        errors.extend(subresources(&first["subresources"], "spec.subresources"));
    }
    if shared.columns {
        errors.extend(columns(first, "spec"));
    }
    if shared.selectable {
        errors.extend(selectable(first, "spec"));
    }
    errors
}

/// Versions as errors show them.
fn show(spec: &Value, shared: &Shared) -> String {
    let Some(versions) = spec["versions"].as_array() else {
        return "null".to_owned();
    };
    let unless = |is_shared: bool, value: &Value| if is_shared { Value::Null } else { value.clone() };
    let flag = |value: &Value| value.as_bool().unwrap_or(false);
    let one = |version: &Value| -> String {
        let columns = unless(shared.columns, &version["additionalPrinterColumns"]);
        let parts = [
            ("Name", json!(version["name"])),
            ("Served", json!(flag(&version["served"]))),
            ("Storage", json!(flag(&version["storage"]))),
            ("Deprecated", json!(flag(&version["deprecated"]))),
            ("DeprecationWarning", version["deprecationWarning"].clone()),
            ("Schema", unless(shared.schema, &version["schema"])),
            (
                "Subresources",
                unless(shared.subresources, &version["subresources"]),
            ),
            ("AdditionalPrinterColumns", columns),
            (
                "SelectableFields",
                unless(shared.selectable, &version["selectableFields"]),
            ),
        ];
        let parts: Vec<_> = parts
            .iter()
            .map(|(name, value)| format!("{name:?}:{value}"))
            .collect();
        format!("{{{}}}", parts.join(","))
    };
    let text: Vec<_> = versions.iter().map(one).collect();
    format!("[{}]", text.join(","))
}

fn deprecation(version: &Value, path: &str) -> Option<FieldError> {
    let warning = version
        .get("deprecationWarning")
        .filter(|warning| !warning.is_null())?;
    let text = warning.as_str().unwrap_or_default();
    let why = if version["deprecated"] != true {
        "can only be set for deprecated versions".to_owned()
    } else if text.len() > 256 {
        "must be <= 256 characters long".to_owned()
    } else if text.is_empty() {
        "must not be an empty string".to_owned()
    } else if let Some((at, _)) = text.char_indices().find(|(_, c)| c.is_control()) {
        format!("must only contain printable UTF-8 characters; non-printable character found at index {at}")
    } else {
        return None;
    };
    Some(FieldError::invalid(
        format!("{path}.deprecationWarning"),
        warning,
        why,
    ))
}

/// A schema: its shape first, its defaults if the shape is right, and what does not depend on the shape.
fn schema(version: &Value, was: &Value, path: &str) -> Vec<FieldError> {
    let schema = &version["schema"]["openAPIV3Schema"];
    if schema.is_null() {
        return Vec::new();
    }
    let path = format!("{path}.openAPIV3Schema");
    let mut errors = Vec::new();
    if schema["nullable"] == true {
        errors.push(FieldError::forbidden(
            format!("{path}.nullable"),
            "nullable cannot be true at the root",
        ));
    }
    let mut is_sound = false;
    if openapi::can_be_structural(schema) {
        let found = shape::check(schema, &path);
        let found = if found.is_empty() {
            defaults::check(schema, &path)
        } else {
            found
        };
        is_sound = found.is_empty();
        errors.extend(found);
    }
    let is_unchanged = list(was)
        .iter()
        .any(|before| before["name"] == version["name"] && before["schema"] == version["schema"]);
    errors.extend(openapi::check(schema, &path, is_sound, is_unchanged));
    errors
}

fn subresources(subresources: &Value, path: &str) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let scale = &subresources["scale"];
    if scale.is_null() {
        return errors;
    }
    let mut check = |name: &str, roots: &[&str], shown: &str, is_required: bool| {
        let field = format!("{path}.scale.{name}");
        let value = &scale[name];
        match value.as_str().unwrap_or_default() {
            "" if is_required => errors.push(FieldError::required(field, "")),
            "" => {}
            text if !text.starts_with('.') => {
                errors.push(FieldError::invalid(
                    field,
                    value,
                    "must be a simple json path starting with .",
                ));
            }
            text if !roots.iter().any(|root| text.starts_with(root)) => {
                errors.push(FieldError::invalid(
                    field,
                    value,
                    format!("should be a json path under {shown}"),
                ));
            }
            _ => {}
        }
    };
    check("specReplicasPath", &[".spec."], ".spec", true);
    check("statusReplicasPath", &[".status."], ".status", true);
    check(
        "labelSelectorPath",
        &[".spec.", ".status."],
        "either .spec or .status",
        false,
    );
    errors
}

fn columns(version: &Value, path: &str) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let columns = version["additionalPrinterColumns"].as_array();
    for (index, column) in columns.into_iter().flatten().enumerate() {
        let path = format!("{path}.additionalPrinterColumns[{index}]");
        let text = |name: &str| column[name].as_str().unwrap_or_default();
        if text("name").is_empty() {
            errors.push(FieldError::required(format!("{path}.name"), ""));
        }
        let types = format!("must be one of {}", COLUMN_TYPES.join(","));
        match text("type") {
            "" => errors.push(FieldError::required(format!("{path}.type"), &types)),
            kind if !COLUMN_TYPES.contains(&kind) => {
                errors.push(FieldError::invalid(
                    format!("{path}.type"),
                    &column["type"],
                    types,
                ));
            }
            _ => {}
        }
        if !text("format").is_empty() && !COLUMN_FORMATS.contains(&text("format")) {
            let why = format!("must be one of {}", COLUMN_FORMATS.join(","));
            errors.push(FieldError::invalid(
                format!("{path}.format"),
                &column["format"],
                why,
            ));
        }
        match text("jsonPath") {
            "" => errors.push(FieldError::required(format!("{path}.JSONPath"), "")),
            json_path if !json_path.starts_with('.') => {
                let why = "must be a simple json path starting with .";
                errors.push(FieldError::invalid(
                    format!("{path}.JSONPath"),
                    &json_path.into(),
                    why,
                ));
            }
            _ => {}
        }
    }
    errors
}

fn selectable(version: &Value, path: &str) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let mut seen = BTreeSet::new();
    let path = format!("{path}.selectableFields");
    let fields = version["selectableFields"].as_array();
    for (index, field) in fields.into_iter().flatten().enumerate() {
        let value = &field["jsonPath"];
        let path = format!("{path}[{index}].jsonPath");
        let text = value.as_str().unwrap_or_default();
        if text.is_empty() {
            errors.push(FieldError::required(path, ""));
            continue;
        }
        let nothing = Map::new();
        let schema = version["schema"]["openAPIV3Schema"]
            .as_object()
            .unwrap_or(&nothing);
        let found = match follow(schema, text, false) {
            Ok(found) => found
                .schema
                .and_then(|schema| schema.get("type"))
                .and_then(Value::as_str),
            Err(why) => {
                errors.push(FieldError::invalid(
                    path,
                    value,
                    format!("is an invalid path: {why}"),
                ));
                continue;
            }
        };
        if text.starts_with(".metadata") {
            errors.push(FieldError::invalid(
                path.clone(),
                value,
                "must not point to fields in metadata",
            ));
        }
        if !matches!(found, Some("string" | "boolean" | "integer")) {
            let why = "must point to a field of type string, boolean or integer. Enum string fields and strings with formats are \
                       allowed.";
            errors.push(FieldError::invalid(path.clone(), value, why));
        }
        if !seen.insert(text) {
            errors.push(FieldError::duplicate(path, value));
        }
    }
    if seen.len() > MOST_SELECTABLE {
        let why = format!(
            "Too many: {}: must have at most {MOST_SELECTABLE} items",
            seen.len()
        );
        errors.push(FieldError::new(path, "FieldValueTooMany", why));
    }
    errors
}

/// A version that objects may be stored in stays until they are not.
pub(super) fn stored(definition: &Value) -> Vec<FieldError> {
    const FIELD: &str = "status.storedVersions";
    let list = definition["status"]["storedVersions"].as_array();
    let Some(stored) = list.filter(|list| !list.is_empty()) else {
        let shown = definition["status"]["storedVersions"].clone();
        return vec![FieldError::invalid(
            FIELD,
            &shown,
            "must have at least one stored version",
        )];
    };
    let mut errors = Vec::new();
    let versions = self::list(&definition["spec"]);
    for version in versions {
        if version["storage"] == true && !stored.contains(&version["name"]) {
            let name = version["name"].as_str().unwrap_or_default();
            let why = format!("must have the storage version {name}");
            errors.push(FieldError::invalid(FIELD, &stored.clone().into(), why));
        }
    }
    for (index, name) in stored.iter().enumerate() {
        if versions.iter().any(|version| version["name"] == *name) {
            continue;
        }
        let text = name.as_str().unwrap_or_default();
        let why = format!(
            "missing from spec.versions; {text} was previously a storage version, and must remain in spec.versions until a storage \
             migration ensures no data remains persisted in {text} and removes {text} from status.storedVersions"
        );
        errors.push(FieldError::invalid(format!("{FIELD}[{index}]"), name, why));
    }
    errors
}
