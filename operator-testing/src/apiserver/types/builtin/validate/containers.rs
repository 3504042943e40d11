//! The containers of Pods.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Errors, has, items, members, number, pods, text};
use crate::apiserver::types::decode::Quantity;

/// The containers of a Pod, with those that run first.
pub(super) fn check(spec: &Value, field: &str, volumes: &BTreeSet<String>, errors: &mut Errors) {
    let list = items(spec, "containers");
    if list.is_empty() {
        errors.required(format!("{field}.containers"), "");
    }
    let mut names = BTreeSet::new();
    let lists = [("containers", false), ("initContainers", true)];
    for (list, is_init) in lists {
        for (index, container) in items(spec, list).iter().enumerate() {
            let field = format!("{field}.{list}[{index}]");
            let name = text(container, "name");
            if name.is_empty() {
                errors.required(format!("{field}.name"), "");
            } else {
                errors.dns_label(&format!("{field}.name"), name);
                if !names.insert(name.to_owned()) {
                    errors.duplicate(format!("{field}.name"), &name.into());
                }
            }
            check_container(container, &field, volumes, is_init, errors);
        }
    }
}

fn check_container(
    container: &Value,
    field: &str,
    volumes: &BTreeSet<String>,
    is_init: bool,
    errors: &mut Errors,
) {
    let image = text(container, "image");
    if image.is_empty() {
        errors.required(format!("{field}.image"), "");
    } else if image.trim() != image {
        errors.invalid(
            format!("{field}.image"),
            &image.into(),
            "must not have leading or trailing whitespace",
        );
    }
    errors.one_of(
        format!("{field}.terminationMessagePolicy"),
        &container["terminationMessagePolicy"],
        &["FallbackToLogsOnError", "File"],
    );
    ports(container, field, errors);
    environment(container, field, errors);
    mounts(container, field, volumes, errors);
    errors.one_of(
        format!("{field}.imagePullPolicy"),
        &container["imagePullPolicy"],
        &["Always", "IfNotPresent", "Never"],
    );
    resources(&container["resources"], &format!("{field}.resources"), errors);
    pods::ids(
        &container["securityContext"],
        &format!("{field}.securityContext"),
        errors,
    );
    let restarts = text(container, "restartPolicy") == "Always";
    for (name, needs_one) in [
        ("livenessProbe", true),
        ("readinessProbe", false),
        ("startupProbe", true),
    ] {
        if !has(container, name) {
            continue;
        }
        if is_init && !restarts {
            let why = "may not be set for init containers without restartPolicy=Always";
            errors.forbidden(format!("{field}.{name}"), why);
            continue;
        }
        probe(&container[name], &format!("{field}.{name}"), needs_one, errors);
    }
    for hook in ["postStart", "preStop"] {
        if has(&container["lifecycle"], hook) {
            handler(
                &container["lifecycle"][hook],
                &format!("{field}.lifecycle.{hook}"),
                errors,
            );
        }
    }
}

fn ports(container: &Value, field: &str, errors: &mut Errors) {
    let mut names = BTreeSet::new();
    for (index, port) in items(container, "ports").iter().enumerate() {
        let field = format!("{field}.ports[{index}]");
        if let Some(name) = port["name"].as_str().filter(|name| !name.is_empty()) {
            errors.port_name(&format!("{field}.name"), name);
            if !names.insert(name) {
                errors.duplicate(format!("{field}.name"), &name.into());
            }
        }
        if number(port, "containerPort") == 0 {
            errors.required(format!("{field}.containerPort"), "");
        } else {
            errors.port_number(format!("{field}.containerPort"), &port["containerPort"]);
        }
        if number(port, "hostPort") != 0 {
            errors.port_number(format!("{field}.hostPort"), &port["hostPort"]);
        }
        match text(port, "protocol") {
            "" => errors.required(format!("{field}.protocol"), ""),
            _ => errors.one_of(
                format!("{field}.protocol"),
                &port["protocol"],
                &["SCTP", "TCP", "UDP"],
            ),
        }
    }
}

const SOURCES: [&str; 5] = [
    "fieldRef",
    "resourceFieldRef",
    "configMapKeyRef",
    "secretKeyRef",
    "fileKeyRef",
];

fn environment(container: &Value, field: &str, errors: &mut Errors) {
    for (index, variable) in items(container, "env").iter().enumerate() {
        let field = format!("{field}.env[{index}]");
        if text(variable, "name").is_empty() {
            errors.required(format!("{field}.name"), "");
        } else if text(variable, "name").contains('=') {
            let why = "a valid environment variable name must consist only of printable ASCII characters other than '='";
            errors.invalid(format!("{field}.name"), &variable["name"], why);
        }
        let Some(source) = variable.get("valueFrom") else {
            continue;
        };
        let field = format!("{field}.valueFrom");
        let given = SOURCES.iter().filter(|name| has(source, name)).count();
        if given == 0 {
            let why = "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`";
            errors.invalid(field.clone(), &"".into(), why);
        } else if !text(variable, "value").is_empty() {
            errors.invalid(
                field.clone(),
                &"".into(),
                "may not be specified when `value` is not empty",
            );
        } else if given > 1 {
            errors.invalid(
                field.clone(),
                &"".into(),
                "may not have more than one field specified at a time",
            );
        }
        if has(source, "fieldRef") {
            field_reference(&source["fieldRef"], &format!("{field}.fieldRef"), errors);
        }
        for reference in ["configMapKeyRef", "secretKeyRef"] {
            if has(source, reference) && text(&source[reference], "key").is_empty() {
                errors.required(format!("{field}.{reference}.key"), "");
            }
        }
    }
}

/// A field of the pod itself, given to a container.
pub(super) fn field_reference(reference: &Value, field: &str, errors: &mut Errors) {
    const KNOWN: [&str; 13] = [
        "metadata.annotations",
        "metadata.labels",
        "metadata.name",
        "metadata.namespace",
        "metadata.uid",
        "spec.nodeName",
        "spec.restartPolicy",
        "spec.serviceAccountName",
        "spec.schedulerName",
        "status.hostIP",
        "status.hostIPs",
        "status.podIP",
        "status.podIPs",
    ];
    let path = text(reference, "fieldPath");
    let field = format!("{field}.fieldPath");
    let (base, has_key) = match path.split_once('[') {
        Some((base, rest)) => (base, rest.ends_with(']')),
        None => (path, false),
    };
    if path.is_empty() {
        errors.required(field, "");
    } else if !KNOWN.contains(&base) {
        let why = format!("error converting fieldPath: field label not supported: {path}");
        errors.invalid(field, &path.into(), why);
    } else if has_key && !matches!(base, "metadata.annotations" | "metadata.labels") {
        errors.invalid(field, &path.into(), "does not support subscript");
    }
}

fn mounts(container: &Value, field: &str, volumes: &BTreeSet<String>, errors: &mut Errors) {
    let mut paths = BTreeSet::new();
    for (index, mount) in items(container, "volumeMounts").iter().enumerate() {
        let field = format!("{field}.volumeMounts[{index}]");
        let (name, path) = (text(mount, "name"), text(mount, "mountPath"));
        if name.is_empty() {
            errors.required(format!("{field}.name"), "");
        } else if !volumes.contains(name) {
            errors.not_found(format!("{field}.name"), &name.into());
        }
        if path.is_empty() {
            errors.required(format!("{field}.mountPath"), "");
        } else if !paths.insert(path) {
            errors.invalid(format!("{field}.mountPath"), &path.into(), "must be unique");
        }
    }
}

fn resources(resources: &Value, field: &str, errors: &mut Errors) {
    let parse = |quantity: &Value| Quantity::parse(quantity.as_str().unwrap_or_default()).ok();
    for list in ["limits", "requests"] {
        for (name, quantity) in members(resources, list) {
            let field = format!("{field}.{list}[{name}]");
            resource_name(name, &field, errors);
            if parse(quantity).is_some_and(|amount| amount.nano() < 0) {
                errors.invalid(field, quantity, "must be greater than or equal to 0");
            }
        }
    }
    for (name, request) in members(resources, "requests") {
        let limit = &resources["limits"][name];
        let (Some(wanted), Some(most)) = (parse(request), parse(limit)) else {
            continue;
        };
        if wanted > most {
            let why = format!(
                "must be less than or equal to {name} limit of {}",
                text(&resources["limits"], name)
            );
            errors.invalid(format!("{field}.requests"), request, why);
        }
    }
}

fn resource_name(name: &str, field: &str, errors: &mut Errors) {
    let is_standard =
        matches!(name, "cpu" | "memory" | "ephemeral-storage") || name.starts_with("hugepages-");
    errors.qualified_name(field, name);
    if !is_standard && !name.contains('/') {
        let value = name.into();
        errors.invalid(
            field,
            &value,
            "must be a standard resource type or fully qualified",
        );
        errors.invalid(field, &value, "must be a standard resource for containers");
    }
}

const HANDLERS: [&str; 5] = ["exec", "httpGet", "tcpSocket", "grpc", "sleep"];

fn handler(action: &Value, field: &str, errors: &mut Errors) {
    let mut given = 0;
    for name in HANDLERS {
        if !has(action, name) {
            continue;
        }
        given += 1;
        let field = format!("{field}.{name}");
        if given > 1 {
            errors.forbidden(field, "may not specify more than 1 handler type");
            continue;
        }
        match name {
            "exec" if items(&action["exec"], "command").is_empty() => {
                errors.required(format!("{field}.command"), "");
            }
            "httpGet" => {
                let get = &action["httpGet"];
                if text(get, "path").is_empty() {
                    errors.required(format!("{field}.path"), "");
                }
                errors.port(&format!("{field}.port"), &get["port"]);
                errors.one_of(format!("{field}.scheme"), &get["scheme"], &["HTTP", "HTTPS"]);
            }
            "tcpSocket" => errors.port(&format!("{field}.port"), &action["tcpSocket"]["port"]),
            "grpc" => errors.port_number(format!("{field}.port"), &action["grpc"]["port"]),
            _ => {}
        }
    }
    if given == 0 {
        errors.required(field, "must specify a handler type");
    }
}

fn probe(probe: &Value, field: &str, needs_one: bool, errors: &mut Errors) {
    handler(probe, field, errors);
    for name in [
        "initialDelaySeconds",
        "timeoutSeconds",
        "periodSeconds",
        "successThreshold",
        "failureThreshold",
    ] {
        errors.not_negative(format!("{field}.{name}"), &probe[name]);
    }
    if needs_one && probe["successThreshold"].as_i64().is_some_and(|count| count != 1) {
        errors.invalid(
            format!("{field}.successThreshold"),
            &probe["successThreshold"],
            "must be 1",
        );
    }
}

/// What containers cannot have that were added to a running Pod.
const NOT_EPHEMERAL: [&str; 7] = [
    "ports",
    "resources",
    "resizePolicy",
    "livenessProbe",
    "readinessProbe",
    "startupProbe",
    "lifecycle",
];

/// The containers that were added to a running Pod: only more of them can be added.
pub(super) fn ephemeral(new: &Value, old: &Value, volumes: &BTreeSet<String>, errors: &mut Errors) {
    const LIST: &str = "ephemeralContainers";
    let field = format!("spec.{LIST}");
    let others = ["containers", "initContainers"];
    let mut names: BTreeSet<&str> = others
        .iter()
        .flat_map(|list| items(&new["spec"], list))
        .map(|container| text(container, "name"))
        .collect();
    for (index, container) in items(&new["spec"], LIST).iter().enumerate() {
        let field = format!("{field}[{index}]");
        let name = text(container, "name");
        if name.is_empty() {
            errors.required(format!("{field}.name"), "");
        } else {
            errors.dns_label(&format!("{field}.name"), name);
            if !names.insert(name) {
                errors.duplicate(format!("{field}.name"), &name.into());
            }
        }
        check_container(container, &field, volumes, false, errors);
        let target = text(container, "targetContainerName");
        let known = |list: &&str| {
            let mut containers = items(&new["spec"], list).iter();
            containers.any(|container| text(container, "name") == target)
        };
        if !target.is_empty() && !others.iter().any(known) {
            errors.not_found(format!("{field}.targetContainerName"), &target.into());
        }
        for forbidden in NOT_EPHEMERAL {
            let value = &container[forbidden];
            if !value.is_null() && *value != serde_json::json!({}) {
                let why = "cannot be set for an Ephemeral Container";
                errors.forbidden(format!("{field}.{forbidden}"), why);
            }
        }
    }
    for known in items(&old["spec"], LIST) {
        let name = text(known, "name");
        let now = items(&new["spec"], LIST)
            .iter()
            .find(|container| text(container, "name") == name);
        match now {
            None => {
                let why = format!("existing ephemeral containers {name:?} may not be removed\n");
                errors.forbidden(field.clone(), &why);
            }
            Some(now) if now != known => {
                let why = format!("existing ephemeral containers {name:?} may not be changed");
                errors.forbidden(field.clone(), &why);
            }
            Some(_) => {}
        }
    }
}
