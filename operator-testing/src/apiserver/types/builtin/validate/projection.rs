//! Volumes put together from several sources.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    Errors, environment, has, items, text,
    volumes::{file_mode, inner_path, key_to_path},
};

/// A projected volume.
pub(super) fn check(projection: &Value, field: &str, errors: &mut Errors) {
    file_mode(projection, "defaultMode", field, errors);
    let mut paths = BTreeSet::new();
    for (index, source) in items(projection, "sources").iter().enumerate() {
        let within = format!("{field}.sources[{index}]");
        for kind in ["secret", "configMap"] {
            if has(source, kind) {
                keys(
                    &source[kind],
                    &format!("{within}.{kind}"),
                    field,
                    &mut paths,
                    errors,
                );
            }
        }
        for item in items(&source["downwardAPI"], "items") {
            file(item, &format!("{within}.downwardAPI"), errors);
            let path = text(item, "path");
            if !path.is_empty() && !paths.insert(path) {
                errors.invalid(field, &path.into(), "conflicting duplicate paths");
            }
        }
        if has(source, "serviceAccountToken") {
            let inner = format!("{within}.serviceAccountToken");
            token(&source["serviceAccountToken"], &inner, field, errors);
        }
        let kinds = [
            "secret",
            "configMap",
            "downwardAPI",
            "serviceAccountToken",
            "clusterTrustBundle",
            "podCertificate",
        ];
        if kinds.iter().filter(|kind| has(source, kind)).count() > 1 {
            errors.forbidden(within, "may not specify more than 1 volume type per source");
        }
    }
}

fn keys<'a>(
    source: &'a Value,
    within: &str,
    field: &str,
    paths: &mut BTreeSet<&'a str>,
    errors: &mut Errors,
) {
    errors.needs(source, within, "name");
    for (index, item) in items(source, "items").iter().enumerate() {
        key_to_path(item, &format!("{within}.items[{index}]"), errors);
        let path = text(item, "path");
        if !path.is_empty() && !paths.insert(path) {
            let name = text(source, "name").into();
            errors.invalid(field, &name, "conflicting duplicate paths");
        }
    }
}

fn token(token: &Value, within: &str, field: &str, errors: &mut Errors) {
    let seconds = &token["expirationSeconds"];
    if seconds.as_i64().unwrap_or_default() < 600 {
        let why = "may not specify a duration less than 10 minutes";
        errors.invalid(format!("{within}.expirationSeconds"), seconds, why);
    }
    if seconds.as_i64().unwrap_or_default() > 1 << 32 {
        let why = "may not specify a duration larger than 2^32 seconds";
        errors.invalid(format!("{within}.expirationSeconds"), seconds, why);
    }
    match text(token, "path") {
        "" => errors.required(format!("{field}.path"), ""),
        path => inner_path(path, &format!("{field}.path"), errors),
    }
}

/// What containers may be told about their Pod in a file.
const FIELDS: [&str; 5] = [
    "metadata.annotations",
    "metadata.labels",
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
];

/// A file that tells of the Pod.
pub(super) fn file(file: &Value, field: &str, errors: &mut Errors) {
    errors.needs(file, field, "path");
    inner_path(text(file, "path"), &format!("{field}.path"), errors);
    if has(file, "fieldRef") {
        environment::field_reference(&file["fieldRef"], &format!("{field}.fieldRef"), &FIELDS, errors);
        if has(file, "resourceFieldRef") {
            let why = "fieldRef and resourceFieldRef can not be specified simultaneously";
            errors.invalid(field, &"resource".into(), why);
        }
    } else if has(file, "resourceFieldRef") {
        let inner = format!("{field}.resourceFieldRef");
        environment::resource_reference(&file["resourceFieldRef"], &inner, true, errors);
    } else {
        errors.required(field, "one of fieldRef and resourceFieldRef is required");
    }
    file_mode(file, "mode", field, errors);
}
