//! The variables of a container.

use serde_json::Value;

use super::{Errors, has, items, text, volumes::no_backsteps};
use crate::apiserver::{meta::name_problems, types::resource::NameRule};

/// The variables that are told one by one.
pub(super) fn variables(container: &Value, field: &str, errors: &mut Errors) {
    for (index, variable) in items(container, "env").iter().enumerate() {
        let field = format!("{field}.env[{index}]");
        let name = text(variable, "name");
        if name.is_empty() {
            errors.required(format!("{field}.name"), "");
        } else {
            variable_name(name, &format!("{field}.name"), errors);
        }
        if has(variable, "valueFrom") {
            value_from(variable, &format!("{field}.valueFrom"), errors);
        }
    }
}

fn variable_name(name: &str, field: &str, errors: &mut Errors) {
    if name.chars().any(|c| !(' '..='~').contains(&c) || c == '=') {
        let why = "a valid environment variable name must consist only of printable ASCII characters other than '='";
        errors.invalid(field, &name.into(), why);
    }
}

/// What a variable may tell of its Pod.
const FIELDS: [&str; 9] = [
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];

fn value_from(variable: &Value, field: &str, errors: &mut Errors) {
    let source = &variable["valueFrom"];
    let mut given = 0;
    if has(source, "fieldRef") {
        given += 1;
        field_reference(&source["fieldRef"], &format!("{field}.fieldRef"), &FIELDS, errors);
    }
    if has(source, "resourceFieldRef") {
        given += 1;
        let inner = format!("{field}.resourceFieldRef");
        resource_reference(&source["resourceFieldRef"], &inner, false, errors);
    }
    for reference in ["configMapKeyRef", "secretKeyRef"] {
        if has(source, reference) {
            given += 1;
            key_reference(&source[reference], &format!("{field}.{reference}"), errors);
        }
    }
    if has(source, "fileKeyRef") {
        given += 1;
        file_reference(&source["fileKeyRef"], &format!("{field}.fileKeyRef"), errors);
    }
    let empty = "".into();
    if given == 0 {
        let why = "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`";
        errors.invalid(field, &empty, why);
    } else if !text(variable, "value").is_empty() {
        errors.invalid(field, &empty, "may not be specified when `value` is not empty");
    } else if given > 1 {
        let why = "may not have more than one field specified at a time";
        errors.invalid(field, &empty, why);
    }
}

fn key_reference(reference: &Value, field: &str, errors: &mut Errors) {
    errors.dns_subdomain(&format!("{field}.name"), text(reference, "name"));
    match text(reference, "key") {
        "" => errors.required(format!("{field}.key"), ""),
        key => errors.config_key(|| format!("{field}.key"), key),
    }
}

fn file_reference(reference: &Value, field: &str, errors: &mut Errors) {
    match text(reference, "key") {
        "" => errors.required(format!("{field}.key"), ""),
        key => variable_name(key, &format!("{field}.key"), errors),
    }
    match text(reference, "volumeName") {
        "" => errors.required(format!("{field}.volumeName"), ""),
        name => errors.dns_label(&format!("{field}.volumeName"), name),
    }
    match text(reference, "path") {
        "" => errors.required(format!("{field}.path"), ""),
        path => no_backsteps(path, &format!("{field}.path"), errors),
    }
}

/// Files that variables are read from are in volumes that begin empty.
pub(super) fn files(container: &Value, field: &str, spec: &Value, errors: &mut Errors) {
    for (index, variable) in items(container, "env").iter().enumerate() {
        let reference = &variable["valueFrom"]["fileKeyRef"];
        if reference.is_null() {
            continue;
        }
        let name = text(reference, "volumeName");
        let field = format!("{field}.env[{index}].valueFrom.fileKeyRef.volumeName");
        let volume = items(spec, "volumes")
            .iter()
            .rfind(|volume| text(volume, "name") == name);
        match volume {
            None => errors.not_found(field, &name.into()),
            Some(volume) if !has(volume, "emptyDir") => {
                errors.invalid(field, &name.into(), "referenced volume must be of type emptyDir");
            }
            Some(_) => {}
        }
    }
}

/// The variables that come from a whole ConfigMap or Secret.
pub(super) fn sources(container: &Value, field: &str, errors: &mut Errors) {
    let list = format!("{field}.envFrom");
    for (index, source) in items(container, "envFrom").iter().enumerate() {
        let field = format!("{list}[{index}]");
        variable_name(text(source, "prefix"), &format!("{field}.prefix"), errors);
        let mut given = 0;
        for reference in ["configMapRef", "secretRef"] {
            if !has(source, reference) {
                continue;
            }
            given += 1;
            let field = format!("{field}.{reference}.name");
            let name = text(&source[reference], "name");
            if name.is_empty() {
                errors.required(field, "");
                continue;
            }
            for problem in name_problems(NameRule::DnsSubdomain, name, true) {
                errors.invalid(field.clone(), &name.into(), problem);
            }
        }
        if given == 0 {
            let why = "must specify one of: `configMapRef` or `secretRef`";
            errors.invalid(list.clone(), &"".into(), why);
        } else if given > 1 {
            let why = "may not have more than one field specified at a time";
            errors.invalid(list.clone(), &"".into(), why);
        }
    }
}

/// A field of the Pod itself, one of those `supported` or a label or annotation.
pub(super) fn field_reference(reference: &Value, field: &str, supported: &[&str], errors: &mut Errors) {
    let version = text(reference, "apiVersion");
    let path = text(reference, "fieldPath");
    if version.is_empty() {
        errors.required(format!("{field}.apiVersion"), "");
        return;
    }
    if path.is_empty() {
        errors.required(format!("{field}.fieldPath"), "");
        return;
    }
    match converted(version, path) {
        Err(why) => errors.invalid(
            format!("{field}.fieldPath"),
            &path.into(),
            format!("error converting fieldPath: {why}"),
        ),
        Ok((_, Some(key))) => {
            let is_annotation = path.starts_with("metadata.annotations");
            let key = if is_annotation {
                key.to_lowercase()
            } else {
                key.to_owned()
            };
            errors.qualified_name(field, &key);
        }
        Ok((path, None)) if !supported.contains(&path) => {
            errors.one_of(format!("{field}.fieldPath"), &path.into(), supported);
        }
        Ok(_) => {}
    }
}

/// The path of a field without the key that may follow it; why there is no such field.
fn converted<'a>(version: &str, path: &'a str) -> Result<(&'a str, Option<&'a str>), String> {
    const KNOWN: [&str; 14] = [
        "metadata.annotations",
        "metadata.labels",
        "metadata.name",
        "metadata.namespace",
        "metadata.uid",
        "spec.nodeName",
        "spec.restartPolicy",
        "spec.schedulerName",
        "spec.serviceAccountName",
        "status.hostIP",
        "status.hostIPs",
        "status.phase",
        "status.podIP",
        "status.podIPs",
    ];
    if version != "v1" {
        return Err(format!("unsupported pod version: {version}"));
    }
    let keyed = path.strip_suffix("']").and_then(|rest| rest.split_once("['"));
    match keyed.filter(|(base, _)| !base.is_empty()) {
        Some((base @ ("metadata.annotations" | "metadata.labels"), key)) => Ok((base, Some(key))),
        Some(_) => Err(format!("field label does not support subscript: {path}")),
        None if path == "spec.host" => Ok(("spec.nodeName", None)),
        None if KNOWN.contains(&path) => Ok((path, None)),
        None => Err(format!("field label not supported: {path}")),
    }
}

const RESOURCES: [&str; 6] = [
    "limits.cpu",
    "limits.ephemeral-storage",
    "limits.memory",
    "requests.cpu",
    "requests.ephemeral-storage",
    "requests.memory",
];
const DIVISORS: [&str; 13] = [
    "1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei",
];

/// What a container asks for or may use.
pub(super) fn resource_reference(reference: &Value, field: &str, in_volume: bool, errors: &mut Errors) {
    let resource = text(reference, "resource");
    let is_huge = resource.starts_with("requests.hugepages-") || resource.starts_with("limits.hugepages-");
    if in_volume && text(reference, "containerName").is_empty() {
        errors.required(format!("{field}.containerName"), "");
    } else if resource.is_empty() {
        errors.required(format!("{field}.resource"), "");
    } else if !RESOURCES.contains(&resource) && !is_huge {
        errors.one_of(format!("{field}.resource"), &resource.into(), &RESOURCES);
    }
    let divisor = text(reference, "divisor");
    if matches!(divisor, "" | "0") {
        return;
    }
    let what = match resource.rsplit_once('.').map_or("", |(_, name)| name) {
        "cpu" if RESOURCES.contains(&resource) => {
            if !matches!(divisor, "1" | "1m") {
                let why = "only divisor's values 1m and 1 are supported with the cpu resource";
                errors.invalid(format!("{field}.divisor"), &resource.into(), why);
            }
            return;
        }
        "memory" if RESOURCES.contains(&resource) => "memory",
        "ephemeral-storage" if RESOURCES.contains(&resource) => "local ephemeral storage",
        _ if is_huge => "hugepages",
        _ => return,
    };
    if !DIVISORS.contains(&divisor) {
        let why = format!(
            "only divisor's values {} are supported with the {what} resource",
            DIVISORS.join(", ")
        );
        errors.invalid(format!("{field}.divisor"), &resource.into(), why);
    }
}
