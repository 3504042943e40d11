//! Pods and pod templates.

use serde_json::{Value, json};

use super::{Errors, containers, gated, has, items, resources, scheduling, security, text, volumes};
use crate::apiserver::{
    meta::name_problems,
    types::{builtin::fields, resource::NameRule},
};

/// A pod.
pub(super) fn pod(pod: &Value, errors: &mut Errors, warnings: &mut Vec<String>) {
    let name = text(&pod["metadata"], "name");
    of_pod(pod, errors);
    if !items(&pod["spec"], "ephemeralContainers").is_empty() {
        errors.forbidden("spec.ephemeralContainers", "cannot be set on create");
    }
    if !text(&pod["spec"], "nodeName").is_empty() && !items(&pod["spec"], "schedulingGates").is_empty() {
        let why = "cannot be set until all schedulingGates have been cleared";
        errors.forbidden("spec.nodeName", why);
    }
    let problems = name_problems(NameRule::DnsLabel, name, false);
    warn_of_name(name, &problems, "the Pod's hostname", warnings);
}

/// What a Pod has to be, new or changed.
fn of_pod(pod: &Value, errors: &mut Errors) {
    let name = Some(text(&pod["metadata"], "name")).filter(|name| !name.is_empty());
    spec_of(&pod["spec"], "spec", name, errors);
    if text(&pod["spec"], "serviceAccountName").is_empty() {
        for (index, volume) in items(&pod["spec"], "volumes").iter().enumerate() {
            for (at, source) in items(&volume["projected"], "sources").iter().enumerate() {
                if has(source, "serviceAccountToken") {
                    let why = "must not be specified when serviceAccountName is not set";
                    let field = format!("spec.volumes[{index}].projected.sources[{at}].serviceAccountToken");
                    errors.forbidden(field, why);
                }
            }
        }
    }
    containers::of_pod_only(&pod["spec"], "spec", errors);
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
    of_pod(new, errors);
    let (spec, was) = (&new["spec"], &old["spec"]);
    for list in ["containers", "initContainers"] {
        if items(spec, list).len() != items(was, list).len() {
            let why = "pod updates may not add or remove containers";
            errors.forbidden(format!("spec.{list}"), why);
            return;
        }
        for (index, container) in items(spec, list).iter().enumerate() {
            let field = format!("spec.{list}[{index}]");
            errors.needs(container, &field, "image");
            containers::trimmed_image(container, &field, errors);
        }
    }
    if !deadline(
        &spec["activeDeadlineSeconds"],
        &was["activeDeadlineSeconds"],
        errors,
    ) {
        return;
    }
    added_tolerations(spec, was, errors);
    removed_gates(spec, was, errors);
    let mut changed = fixed(spec, was);
    gated::narrowed(&mut changed, was, errors);
    if changed != fixed(was, was) {
        errors.forbidden(
            "spec",
            "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,\
             `spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),\
             `spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)",
        );
    }
}

/// A time limit may be given and become shorter; whether the rest of the change is looked at.
fn deadline(new: &Value, old: &Value, errors: &mut Errors) -> bool {
    const FIELD: &str = "spec.activeDeadlineSeconds";
    match (new.as_i64(), old.as_i64()) {
        (Some(seconds), _) if !(0..=i64::from(i32::MAX)).contains(&seconds) => {
            errors.invalid(FIELD, new, "must be between 0 and 2147483647, inclusive");
            false
        }
        (Some(seconds), Some(before)) if before < seconds => {
            errors.invalid(FIELD, new, "must be less than or equal to previous value");
            false
        }
        (None, Some(_)) => {
            let why = "must not update from a positive integer to nil value";
            errors.invalid(FIELD, &Value::Null, why);
            true
        }
        _ => true,
    }
}

fn added_tolerations(spec: &Value, was: &Value, errors: &mut Errors) {
    let without_time = |toleration: &Value| {
        let mut toleration = toleration.clone();
        fields::remove(&mut toleration, "tolerationSeconds");
        toleration
    };
    let now: Vec<Value> = items(spec, "tolerations").iter().map(without_time).collect();
    let mut known = items(was, "tolerations").iter();
    if known.all(|known| now.contains(&without_time(known))) {
        scheduling::tolerations(spec, "spec.tolerations", errors);
    } else {
        let why = "existing toleration can not be modified except its tolerationSeconds";
        errors.forbidden("spec.tolerations", why);
    }
}

fn removed_gates(spec: &Value, was: &Value, errors: &mut Errors) {
    for (index, gate) in items(spec, "schedulingGates").iter().enumerate() {
        if !items(was, "schedulingGates").contains(gate) {
            let name = text(gate, "name");
            let why = format!("only deletion is allowed, but found new scheduling gate '{name}'");
            errors.forbidden(format!("spec.schedulingGates[{index}].name"), why);
        }
    }
}

/// The part of a Pod that does not change, with empty lists and objects left out.
fn fixed(spec: &Value, was: &Value) -> Value {
    let mut spec = spec.clone();
    for list in ["containers", "initContainers"] {
        for container in fields::items_mut(&mut spec, list) {
            fields::remove(container, "image");
        }
    }
    for field in ["activeDeadlineSeconds", "tolerations", "schedulingGates"] {
        fields::remove(&mut spec, field);
    }
    let was_negative = was["terminationGracePeriodSeconds"]
        .as_i64()
        .is_some_and(|seconds| seconds < 0);
    if was_negative && spec["terminationGracePeriodSeconds"] == 1 {
        spec["terminationGracePeriodSeconds"] = was["terminationGracePeriodSeconds"].clone();
    }
    spec
}

/// A pod template.
pub(super) fn template(template: &Value, field: &str, errors: &mut Errors) {
    template_metadata(template, field, errors);
    spec_of(&template["spec"], &format!("{field}.spec"), None, errors);
    if !items(&template["spec"], "ephemeralContainers").is_empty() {
        let why = "ephemeral containers not allowed in pod template";
        errors.forbidden(format!("{field}.spec.ephemeralContainers"), why);
    }
}

/// The metadata of a pod template.
pub(super) fn template_metadata(template: &Value, field: &str, errors: &mut Errors) {
    errors.labels(&format!("{field}.labels"), &template["metadata"]["labels"]);
    errors.annotations(
        &format!("{field}.annotations"),
        &template["metadata"]["annotations"],
    );
}

/// What a pod is made of; `pod` is its name, if it is known.
fn spec_of(spec: &Value, field: &str, pod: Option<&str>, errors: &mut Errors) {
    if !has(spec, "terminationGracePeriodSeconds") {
        errors.required(format!("{field}.terminationGracePeriodSeconds"), "");
    }
    let volumes = volumes::check(spec, &format!("{field}.volumes"), pod, errors);
    containers::check(spec, field, &volumes, errors);
    if pod.is_some() || has(spec, "hostNetwork") {
        host_network(spec, field, pod.is_some(), errors);
    }
    errors.one_of_required(
        format!("{field}.restartPolicy"),
        &spec["restartPolicy"],
        &["Always", "OnFailure", "Never"],
    );
    errors.one_of_required(
        format!("{field}.dnsPolicy"),
        &spec["dnsPolicy"],
        &["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"],
    );
    errors.labels(&format!("{field}.nodeSelector"), &spec["nodeSelector"]);
    security::of_pod(spec, &format!("{field}.securityContext"), errors);
    scheduling::affinity(&spec["affinity"], &format!("{field}.affinity"), errors);
    name_resolution(spec, &format!("{field}.dnsConfig"), errors);
    gates(spec, field, errors);
    scheduling::spread(spec, &format!("{field}.topologySpreadConstraints"), errors);
    host_users(spec, field, errors);
    host_name(spec, field, errors);
    named(
        spec,
        field,
        &["serviceAccountName", "nodeName"],
        NameRule::DnsSubdomain,
        errors,
    );
    if let Some(seconds) = spec["activeDeadlineSeconds"].as_i64()
        && !(1..=i64::from(i32::MAX)).contains(&seconds)
    {
        let why = "must be between 1 and 2147483647, inclusive";
        errors.invalid(format!("{field}.activeDeadlineSeconds"), &seconds.into(), why);
    }
    named(
        spec,
        field,
        &["hostname", "subdomain"],
        NameRule::DnsLabel,
        errors,
    );
    scheduling::tolerations(spec, &format!("{field}.tolerations"), errors);
    for (index, alias) in items(spec, "hostAliases").iter().enumerate() {
        let field = format!("{field}.hostAliases[{index}]");
        errors.address(&format!("{field}.ip"), &alias["ip"]);
        for (index, name) in items(alias, "hostnames").iter().enumerate() {
            errors.dns_subdomain(
                &format!("{field}.hostnames[{index}]"),
                name.as_str().unwrap_or_default(),
            );
        }
    }
    named(
        spec,
        field,
        &["priorityClassName"],
        NameRule::DnsSubdomain,
        errors,
    );
    if let Some(name) = spec["runtimeClassName"].as_str() {
        errors.dns_subdomain(&format!("{field}.runtimeClassName"), name);
    }
    if has(spec, "preemptionPolicy") {
        errors.one_of_required(
            format!("{field}.preemptionPolicy"),
            &spec["preemptionPolicy"],
            &["PreemptLowerPriority", "Never"],
        );
    }
    if has(spec, "overhead") {
        let overhead = json!({"limits": spec["overhead"]});
        resources::check(&overhead, &Value::Null, &format!("{field}.overhead"), errors);
    }
    system(spec, field, errors);
    volumes::files_of_variables(spec, field, errors);
}

/// Names of other objects, and of hosts, that may be left out.
fn named(spec: &Value, field: &str, names: &[&str], rule: NameRule, errors: &mut Errors) {
    for name in names {
        if let Some(value) = spec[name].as_str().filter(|value| !value.is_empty()) {
            errors.named(&format!("{field}.{name}"), rule, value);
        }
    }
}

/// The name that a pod has instead of its own.
fn host_name(spec: &Value, field: &str, errors: &mut Errors) {
    let Some(name) = spec["hostnameOverride"].as_str() else {
        return;
    };
    let field = format!("{field}.hostnameOverride");
    for flag in ["setHostnameAsFQDN", "hostNetwork"] {
        if spec[flag] == true {
            errors.forbidden(field.clone(), format!("may not be specified when {flag} is true"));
        }
    }
    if name.len() > 64 {
        errors.too_long(&field, 64);
    }
    errors.dns_subdomain(&field, name);
}

/// Ports of containers that share the network of their node are those of the node.
fn host_network(spec: &Value, field: &str, is_pod: bool, errors: &mut Errors) {
    if spec["hostNetwork"] != true {
        return;
    }
    for (index, container) in items(spec, "containers").iter().enumerate() {
        for (at, port) in items(container, "ports").iter().enumerate() {
            let (host, own) = (
                fields::number(port, "hostPort"),
                fields::number(port, "containerPort"),
            );
            if (is_pod || host != 0) && host != own {
                let why = "must match `containerPort` when `hostNetwork` is true";
                let field = format!("{field}.containers[{index}].ports[{at}].hostPort");
                errors.invalid(field, &host.into(), why);
            }
        }
    }
}

fn host_users(spec: &Value, field: &str, errors: &mut Errors) {
    if spec["hostUsers"] != false {
        return;
    }
    for (flag, shown) in [
        ("hostNetwork", "hostNetwork"),
        ("hostPID", "HostPID"),
        ("hostIPC", "HostIPC"),
    ] {
        if spec[flag] == true {
            errors.forbidden(format!("{field}.{shown}"), "when `hostUsers` is false");
        }
    }
}

/// How names are looked up.
fn name_resolution(spec: &Value, field: &str, errors: &mut Errors) {
    let config = &spec["dnsConfig"];
    let servers = items(config, "nameservers");
    if text(spec, "dnsPolicy") == "None" {
        if config.is_null() {
            errors.required(field, "must provide `dnsConfig` when `dnsPolicy` is None");
            return;
        }
        if servers.is_empty() {
            let why = "must provide at least one DNS nameserver when `dnsPolicy` is None";
            errors.required(format!("{field}.nameservers"), why);
            return;
        }
    }
    if servers.len() > 3 {
        let why = "must not have more than 3 nameservers";
        errors.invalid(format!("{field}.nameservers"), &config["nameservers"], why);
    }
    for (index, server) in servers.iter().enumerate() {
        errors.address(&format!("{field}.nameservers[{index}]"), server);
    }
    let searches = items(config, "searches");
    if searches.len() > 32 {
        let why = "must not have more than 32 search paths";
        errors.invalid(format!("{field}.searches"), &config["searches"], why);
    }
    let length: usize = searches
        .iter()
        .map(|search| search.as_str().map_or(0, str::len) + 1)
        .sum();
    if length > 2049 {
        let why = "must not have more than 2048 characters (including spaces) in the search list";
        errors.invalid(format!("{field}.searches"), &config["searches"], why);
    }
    for (index, search) in searches.iter().enumerate() {
        let search = search.as_str().unwrap_or_default();
        if search != "." {
            let search = search.strip_suffix('.').unwrap_or(search);
            errors.search_domain(&format!("{field}.searches[{index}]"), search);
        }
    }
    for (index, option) in items(config, "options").iter().enumerate() {
        if text(option, "name").is_empty() {
            errors.required(format!("{field}.options[{index}]"), "must not be empty");
        }
    }
}

/// What a Pod waits for before it is scheduled and before it is ready.
fn gates(spec: &Value, field: &str, errors: &mut Errors) {
    for (index, gate) in items(spec, "readinessGates").iter().enumerate() {
        let field = format!("{field}.readinessGates[{index}].conditionType");
        errors.qualified_name(&field, text(gate, "conditionType"));
    }
    let gates = items(spec, "schedulingGates");
    for (index, gate) in gates.iter().enumerate() {
        let field = format!("{field}.schedulingGates[{index}]");
        errors.qualified_name(&field, text(gate, "name"));
        if gates[..index].contains(gate) {
            errors.duplicate(field, &gate["name"]);
        }
    }
}

/// The operating system, and what it does not know.
fn system(spec: &Value, field: &str, errors: &mut Errors) {
    if !has(spec, "os") {
        return;
    }
    match text(&spec["os"], "name") {
        "" => errors.required(format!("{field}.os.name"), ""),
        "linux" => {
            let why = "windows options cannot be set for a linux pod";
            if has(&spec["securityContext"], "windowsOptions") {
                errors.forbidden(format!("{field}.securityContext.windowsOptions"), why);
            }
            for list in ["initContainers", "containers"] {
                for (index, container) in items(spec, list).iter().enumerate() {
                    if has(&container["securityContext"], "windowsOptions") {
                        let field = format!("{field}.{list}[{index}].securityContext.windowsOptions");
                        errors.forbidden(field, why);
                    }
                }
            }
        }
        name => errors.one_of(format!("{field}.os"), &name.into(), &["linux", "windows"]),
    }
}
