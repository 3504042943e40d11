//! Pods and pod templates.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Errors, has, items, members, number, text, volumes};
use crate::apiserver::{
    meta::name_problems,
    types::{decode::Quantity, resource::NameRule},
};

/// A pod.
pub(super) fn pod(pod: &Value, errors: &mut Errors, warnings: &mut Vec<String>) {
    spec(&pod["spec"], "spec", errors);
    let problems = name_problems(NameRule::DnsLabel, text(&pod["metadata"], "name"), false);
    warn_of_name(
        text(&pod["metadata"], "name"),
        &problems,
        "the Pod's hostname",
        warnings,
    );
}

/// Names of pods become host names, which are shorter than names.
pub(super) fn warn_of_name(name: &str, problems: &[String], used_in: &str, warnings: &mut Vec<String>) {
    if !name.is_empty() && !problems.is_empty() {
        warnings.push(format!(
            "metadata.name: this is used in {used_in}, which can result in surprising behavior; a DNS label is recommended: [{}]",
            problems.join(" ")
        ));
    }
}

/// A change of a pod: hardly anything may change but images and the time limits.
pub(super) fn update(new: &Value, old: &Value, errors: &mut Errors) {
    spec(&new["spec"], "spec", errors);
    let strip = |pod: &Value| {
        let mut spec = pod["spec"].clone();
        for list in ["containers", "initContainers"] {
            for container in super::super::fields::items_mut(&mut spec, list) {
                super::super::fields::remove(container, "image");
            }
        }
        for field in [
            "activeDeadlineSeconds",
            "tolerations",
            "terminationGracePeriodSeconds",
            "schedulingGates",
            "nodeName",
        ] {
            super::super::fields::remove(&mut spec, field);
        }
        spec
    };
    if strip(new) != strip(old) {
        errors.forbidden(
            "spec",
            "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,\
             `spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),\
             `spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)",
        );
    }
    let tolerations = items(&new["spec"], "tolerations");
    if items(&old["spec"], "tolerations")
        .iter()
        .any(|known| !tolerations.contains(known))
    {
        let why = "existing toleration can not be modified except its tolerationSeconds";
        errors.forbidden("spec.tolerations", why);
    }
}

/// A pod template.
pub(super) fn template(template: &Value, field: &str, errors: &mut Errors) {
    errors.labels(&format!("{field}.labels"), &template["metadata"]["labels"]);
    for (key, _) in members(&template["metadata"], "annotations") {
        errors.qualified_name(&format!("{field}.annotations"), &key.to_lowercase());
    }
    spec(&template["spec"], &format!("{field}.spec"), errors);
}

/// What a pod is made of.
pub(super) fn spec(spec: &Value, field: &str, errors: &mut Errors) {
    let volumes = volumes::check(spec, &format!("{field}.volumes"), errors);
    containers(spec, field, &volumes, errors);
    errors.one_of(
        format!("{field}.restartPolicy"),
        &spec["restartPolicy"],
        &["Always", "OnFailure", "Never"],
    );
    errors.one_of(
        format!("{field}.dnsPolicy"),
        &spec["dnsPolicy"],
        &["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"],
    );
    errors.labels(&format!("{field}.nodeSelector"), &spec["nodeSelector"]);
    ids(
        &spec["securityContext"],
        &format!("{field}.securityContext"),
        errors,
    );
    for (name, rule) in [
        ("serviceAccountName", NameRule::DnsSubdomain),
        ("nodeName", NameRule::DnsSubdomain),
        ("hostname", NameRule::DnsLabel),
        ("subdomain", NameRule::DnsLabel),
        ("priorityClassName", NameRule::DnsSubdomain),
    ] {
        if let Some(value) = spec[name].as_str().filter(|value| !value.is_empty()) {
            errors.named(&format!("{field}.{name}"), rule, value);
        }
    }
    if let Some(seconds) = spec.get("activeDeadlineSeconds")
        && !seconds
            .as_i64()
            .is_some_and(|seconds| (1..=i64::from(i32::MAX)).contains(&seconds))
    {
        let why = "must be between 1 and 2147483647, inclusive";
        errors.invalid(format!("{field}.activeDeadlineSeconds"), seconds, why);
    }
    tolerations(spec, &format!("{field}.tolerations"), errors);
}

fn containers(spec: &Value, field: &str, volumes: &BTreeSet<String>, errors: &mut Errors) {
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
    ids(
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

fn ids(context: &Value, field: &str, errors: &mut Errors) {
    for name in ["runAsUser", "runAsGroup", "fsGroup"] {
        if let Some(id) = context.get(name)
            && !id
                .as_i64()
                .is_some_and(|id| (0..=i64::from(i32::MAX)).contains(&id))
        {
            let why = "must be between 0 and 2147483647, inclusive";
            errors.invalid(format!("{field}.{name}"), id, why);
        }
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

fn tolerations(spec: &Value, field: &str, errors: &mut Errors) {
    for (index, toleration) in items(spec, "tolerations").iter().enumerate() {
        let field = format!("{field}[{index}]");
        let (key, operator) = (text(toleration, "key"), text(toleration, "operator"));
        if !key.is_empty() {
            errors.qualified_name(&format!("{field}.key"), key);
        } else if operator != "Exists" {
            let why =
                "operator must be Exists when `key` is empty, which means \"match all values and all keys\"";
            errors.invalid(format!("{field}.operator"), &operator.into(), why);
        }
        if has(toleration, "tolerationSeconds") && text(toleration, "effect") != "NoExecute" {
            let why = "effect must be 'NoExecute' when `tolerationSeconds` is set";
            errors.invalid(format!("{field}.effect"), &text(toleration, "effect").into(), why);
        }
        match operator {
            "" | "Equal" | "Lt" | "Gt" => {}
            "Exists" => {
                if !text(toleration, "value").is_empty() {
                    let why = "value must be empty when `operator` is 'Exists'";
                    errors.invalid(format!("{field}.operator"), &toleration["value"], why);
                }
            }
            _ => errors.one_of(
                format!("{field}.operator"),
                &toleration["operator"],
                &["Equal", "Exists"],
            ),
        }
        if !text(toleration, "effect").is_empty() {
            errors.one_of(
                format!("{field}.effect"),
                &toleration["effect"],
                &["NoSchedule", "PreferNoSchedule", "NoExecute"],
            );
        }
    }
}
