//! The containers of Pods.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Errors, environment, has, items, number, probes, resources, security, text, volumes::Volumes};

/// The containers of a Pod, with those that run first.
pub(super) fn check(spec: &Value, field: &str, volumes: &Volumes<'_>, errors: &mut Errors) {
    let grace = spec["terminationGracePeriodSeconds"].as_i64();
    let list = items(spec, "containers");
    if list.is_empty() {
        errors.required(format!("{field}.containers"), "");
    }
    let mut names = BTreeSet::new();
    let mut ports = BTreeSet::new();
    for (index, container) in list.iter().enumerate() {
        let field = format!("{field}.containers[{index}]");
        common(container, &field, spec, volumes, errors);
        unique(container, &field, &mut names, errors);
        probes::lifecycle(container, &field, spec, grace, errors);
        probes::check(container, &field, grace, errors);
        restart_policy(container, &field, errors);
        host_ports(container, &field, &mut ports, errors);
    }
    for (index, container) in items(spec, "initContainers").iter().enumerate() {
        let list = format!("{field}.initContainers");
        let field = format!("{list}[{index}]");
        common(container, &field, spec, volumes, errors);
        restart_policy(container, &field, errors);
        unique(container, &field, &mut names, errors);
        // These run one by one, so each has the host to itself; the place is that in a list of one.
        host_ports(container, &format!("{list}[0]"), &mut BTreeSet::new(), errors);
        if text(container, "restartPolicy") == "Always" {
            probes::lifecycle(container, &field, spec, grace, errors);
            probes::check(container, &field, grace, errors);
            continue;
        }
        for name in ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"] {
            if has(container, name) {
                let why = "may not be set for init containers without restartPolicy=Always";
                errors.forbidden(format!("{field}.{name}"), why);
            }
        }
        for (index, policy) in items(container, "resizePolicy").iter().enumerate() {
            if policy["restartPolicy"] == "RestartContainer" {
                let why = "must not be set to 'RestartContainer' for non-sidecar initContainers";
                let field = format!("{field}.resizePolicy[{index}].restartPolicy");
                errors.invalid(field, &policy["restartPolicy"], why);
            }
        }
    }
}

/// What only Pods are asked for, not the templates of Pods.
pub(super) fn of_pod_only(spec: &Value, field: &str, errors: &mut Errors) {
    for list in ["containers", "initContainers"] {
        for (index, container) in items(spec, list).iter().enumerate() {
            trimmed_image(container, &format!("{field}.{list}[{index}]"), errors);
        }
    }
}

/// The image of a container has no space around it.
pub(super) fn trimmed_image(container: &Value, field: &str, errors: &mut Errors) {
    let image = text(container, "image");
    if image.trim() != image {
        let why = "must not have leading or trailing whitespace";
        errors.invalid(format!("{field}.image"), &image.into(), why);
    }
}

fn unique<'a>(container: &'a Value, field: &str, names: &mut BTreeSet<&'a str>, errors: &mut Errors) {
    let name = text(container, "name");
    if !names.insert(name) {
        errors.duplicate(format!("{field}.name"), &name.into());
    }
}

/// What all kinds of containers have to be.
fn common(container: &Value, field: &str, spec: &Value, volumes: &Volumes<'_>, errors: &mut Errors) {
    match text(container, "name") {
        "" => errors.required(format!("{field}.name"), ""),
        name => errors.dns_label(&format!("{field}.name"), name),
    }
    errors.needs(container, field, "image");
    errors.one_of_required(
        format!("{field}.terminationMessagePolicy"),
        &container["terminationMessagePolicy"],
        &["File", "FallbackToLogsOnError"],
    );
    ports(container, field, errors);
    environment::variables(container, field, errors);
    environment::sources(container, field, errors);
    mounts(container, field, volumes, errors);
    devices(container, field, volumes, errors);
    errors.one_of_required(
        format!("{field}.imagePullPolicy"),
        &container["imagePullPolicy"],
        &["Always", "IfNotPresent", "Never"],
    );
    resources::check(
        &container["resources"],
        spec,
        &format!("{field}.resources"),
        errors,
    );
    resize_policy(container, &format!("{field}.resizePolicy"), spec, errors);
    let own_users = spec["hostUsers"] == false;
    let context = &container["securityContext"];
    security::of_container(context, &format!("{field}.securityContext"), own_users, errors);
}

fn ports(container: &Value, field: &str, errors: &mut Errors) {
    let mut names = BTreeSet::new();
    for (index, port) in items(container, "ports").iter().enumerate() {
        let field = format!("{field}.ports[{index}]");
        if let Some(name) = port["name"].as_str().filter(|name| !name.is_empty()) {
            let before = errors.0.len();
            errors.port_name(&format!("{field}.name"), name);
            if errors.0.len() == before && !names.insert(name) {
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
        errors.protocol(&format!("{field}.protocol"), &port["protocol"]);
    }
}

/// Ports of the node that two containers want.
fn host_ports(container: &Value, field: &str, taken: &mut BTreeSet<String>, errors: &mut Errors) {
    for (index, port) in items(container, "ports").iter().enumerate() {
        let number = number(port, "hostPort");
        if number == 0 {
            continue;
        }
        let shown = format!("{}/{}/{number}", text(port, "protocol"), text(port, "hostIP"));
        if taken.contains(&shown) {
            errors.duplicate(format!("{field}.ports[{index}].hostPort"), &shown.into());
        } else {
            taken.insert(shown);
        }
    }
}

fn mounts(container: &Value, field: &str, volumes: &Volumes<'_>, errors: &mut Errors) {
    let list = format!("{field}.volumeMounts");
    let devices = items(container, "volumeDevices");
    let mut paths = BTreeSet::new();
    for (index, mount) in items(container, "volumeMounts").iter().enumerate() {
        let field = format!("{list}[{index}]");
        let (name, path) = (text(mount, "name"), text(mount, "mountPath"));
        if name.is_empty() {
            errors.required(format!("{field}.name"), "");
        }
        if !volumes.contains_key(name) {
            errors.not_found(format!("{field}.name"), &name.into());
        }
        if path.is_empty() {
            errors.required(format!("{field}.mountPath"), "");
        }
        if !paths.insert(path) {
            errors.invalid(format!("{field}.mountPath"), &path.into(), "must be unique");
        }
        if devices.iter().any(|device| device["name"] == mount["name"]) {
            let why = "must not already exist in volumeDevices";
            errors.invalid(format!("{field}.name"), &name.into(), why);
        }
        if devices
            .iter()
            .any(|device| device["devicePath"] == mount["mountPath"])
        {
            let why = "must not already exist as a path in volumeDevices";
            errors.invalid(format!("{field}.mountPath"), &path.into(), why);
        }
        mounted_part(mount, &list, &field, errors);
        propagation(mount, container, &list, errors);
    }
}

/// Which part of a volume is mounted.
fn mounted_part(mount: &Value, list: &str, field: &str, errors: &mut Errors) {
    let (path, expression) = (text(mount, "subPath"), text(mount, "subPathExpr"));
    super::volumes::relative_path(path, &format!("{list}.subPath"), errors);
    if !expression.is_empty() && !path.is_empty() {
        let why = "subPathExpr and subPath are mutually exclusive";
        errors.invalid(format!("{field}.subPathExpr"), &expression.into(), why);
    }
    super::volumes::relative_path(expression, &format!("{list}.subPathExpr"), errors);
}

/// How mounts spread from and to the node.
fn propagation(mount: &Value, container: &Value, list: &str, errors: &mut Errors) {
    let mode = text(mount, "mountPropagation");
    if has(mount, "mountPropagation") {
        let field = format!("{list}.mountPropagation");
        errors.one_of(
            field.clone(),
            &mount["mountPropagation"],
            &["Bidirectional", "HostToContainer", "None"],
        );
        if mode == "Bidirectional" && container["securityContext"]["privileged"] != true {
            let why = "Bidirectional mount propagation is available only to privileged containers";
            errors.forbidden(field, why);
        }
    }
    let field = format!("{list}.recursiveReadOnly");
    match mount["recursiveReadOnly"].as_str() {
        None | Some("Disabled") => {}
        Some("Enabled" | "IfPossible") => {
            if mount["readOnly"] != true {
                errors.forbidden(field.clone(), "may only be specified when readOnly is true");
            }
            if has(mount, "mountPropagation") && mode != "None" {
                let why = "may only be specified when mountPropagation is None or not specified";
                errors.forbidden(field, why);
            }
        }
        Some(_) => errors.one_of(
            field,
            &mount["recursiveReadOnly"],
            &["Disabled", "Enabled", "IfPossible"],
        ),
    }
}

/// Volumes that a container sees as block devices.
fn devices(container: &Value, field: &str, volumes: &Volumes<'_>, errors: &mut Errors) {
    let (mut names, mut paths) = (BTreeSet::new(), BTreeSet::new());
    let mounts = items(container, "volumeMounts");
    for (index, device) in items(container, "volumeDevices").iter().enumerate() {
        let field = format!("{field}.volumeDevices[{index}]");
        let (name, path) = (text(device, "name"), text(device, "devicePath"));
        let mut wrong = |part: &str, value: &str, why: &str| {
            errors.invalid(format!("{field}.{part}"), &value.into(), why);
        };
        if !name.is_empty() && !names.insert(name) {
            wrong("name", name, "must be unique");
        }
        let is_claim = |volume: &Value| has(volume, "persistentVolumeClaim") || has(volume, "ephemeral");
        if volumes.get(name).is_some_and(|volume| !is_claim(volume)) {
            let why = "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode";
            wrong("name", name, why);
        }
        if paths.contains(path) {
            wrong("devicePath", path, "must be unique");
        }
        if path.split('/').any(|part| part == "..") {
            wrong("devicePath", path, "can not contain backsteps ('..')");
        } else {
            paths.insert(path);
        }
        if mounts.iter().any(|mount| text(mount, "name") == name) {
            wrong("name", name, "must not already exist in volumeMounts");
        }
        if mounts.iter().any(|mount| text(mount, "mountPath") == path) {
            wrong(
                "devicePath",
                path,
                "must not already exist as a path in volumeMounts",
            );
        }
        errors.needs(device, &field, "name");
        if !volumes.contains_key(name) {
            errors.not_found(format!("{field}.name"), &name.into());
        }
        errors.needs(device, &field, "devicePath");
    }
}

/// Whether a container has to start anew when its resources change.
fn resize_policy(container: &Value, field: &str, spec: &Value, errors: &mut Errors) {
    let mut known = BTreeSet::new();
    for (index, policy) in items(container, "resizePolicy").iter().enumerate() {
        let (resource, restart) = (text(policy, "resourceName"), text(policy, "restartPolicy"));
        if !known.insert(resource) {
            errors.duplicate(format!("{field}[{index}]"), &resource.into());
        }
        errors.one_of_required(field, &resource.into(), &["cpu", "memory"]);
        errors.one_of_required(field, &restart.into(), &["NotRequired", "RestartContainer"]);
        if text(spec, "restartPolicy") == "Never" && restart != "NotRequired" {
            let why = "must be 'NotRequired' when pod `restartPolicy` is 'Never'";
            errors.invalid(field, &restart.into(), why);
        }
    }
}

/// When a container starts anew by itself.
fn restart_policy(container: &Value, field: &str, errors: &mut Errors) {
    let rules = items(container, "restartPolicyRules");
    let policy = format!("{field}.restartPolicy");
    if has(container, "restartPolicy") {
        errors.one_of(
            policy,
            &container["restartPolicy"],
            &["Always", "Never", "OnFailure"],
        );
    } else if !rules.is_empty() {
        errors.required(policy, "must specify restartPolicy when restart rules are used");
    }
    for (index, rule) in rules.iter().enumerate() {
        let field = format!("{field}.restartPolicyRules[{index}]");
        errors.one_of(format!("{field}.action"), &rule["action"], &["Restart"]);
        let codes = &rule["exitCodes"];
        if codes.is_null() {
            errors.required(format!("{field}.exitCodes"), "must be specified");
        } else {
            errors.one_of(
                format!("{field}.exitCodes.operator"),
                &codes["operator"],
                &["In", "NotIn"],
            );
        }
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
pub(super) fn ephemeral(new: &Value, old: &Value, volumes: &Volumes<'_>, errors: &mut Errors) {
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
        if !names.insert(name) {
            errors.duplicate(format!("{field}.name"), &name.into());
        }
        common(container, &field, &new["spec"], volumes, errors);
        trimmed_image(container, &field, errors);
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
