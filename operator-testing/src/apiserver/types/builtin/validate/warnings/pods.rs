//! What the author of a Pod or of a template for Pods is warned of.
//!
//! Source: `k8s.io/kubernetes/pkg/api/pod/warnings.go`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{deprecated_label, is_fractional, node_term, of_claim_spec, paths};
use crate::apiserver::types::builtin::{
    fields::{has, items, members, text},
    validate::at,
};

/// Warns of what is questionable about a Pod: `path` leads from `object` to the spec.
pub(super) fn check(object: &Value, path: &[&str], warnings: &mut Vec<String>) {
    let spec = at(object, path);
    let metadata = at(object, &path[..path.len() - 1]);
    let path = path.join(".");
    nodes(spec, &path, warnings);
    spread(spec, &path, warnings);
    let annotations = path.strip_suffix("spec").unwrap_or(&path);
    old_annotations(metadata, &format!("{annotations}metadata.annotations"), warnings);
    volumes(spec, &path, warnings);
    paths::overlapping(items(spec, "volumes"), warnings);
    repeated(spec, &path, warnings);
    let mut containers = Vec::new();
    for list in ["initContainers", "containers", "ephemeralContainers"] {
        for (index, container) in items(spec, list).iter().enumerate() {
            containers.push((format!("{path}.{list}[{index}]"), container));
        }
    }
    for (field, container) in &containers {
        fractions(container, field, warnings);
        hidden_variables(container, field, warnings);
    }
    conflicting_ports(&containers, warnings);
    shared_port_names(&containers, warnings);
    if number(spec, "terminationGracePeriodSeconds") < 0 {
        warnings.push(format!(
            "{path}.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1"
        ));
    }
}

/// Labels of nodes that are called otherwise today.
fn nodes(spec: &Value, path: &str, warnings: &mut Vec<String>) {
    for (label, _) in members(spec, "nodeSelector") {
        if let Some(why) = deprecated_label(label) {
            warnings.push(format!("{path}.nodeSelector[{label}]: {why}"));
        }
    }
    let affinity = &spec["affinity"]["nodeAffinity"];
    let required = "requiredDuringSchedulingIgnoredDuringExecution";
    for (index, term) in items(&affinity[required], "nodeSelectorTerms").iter().enumerate() {
        let field = format!("{path}.affinity.nodeAffinity.{required}.nodeSelectorTerms[{index}]");
        node_term(term, &field, false, warnings);
    }
    let preferred = "preferredDuringSchedulingIgnoredDuringExecution";
    for (index, term) in items(affinity, preferred).iter().enumerate() {
        let field = format!("{path}.affinity.nodeAffinity.{preferred}[{index}].preference");
        node_term(&term["preference"], &field, true, warnings);
    }
}

/// Constraints and terms that no Pod matches.
fn spread(spec: &Value, path: &str, warnings: &mut Vec<String>) {
    let mut unmatched = |field: String| {
        warnings.push(format!(
            "{field}: a null labelSelector results in matching no pod"
        ));
    };
    for (index, constraint) in items(spec, "topologySpreadConstraints").iter().enumerate() {
        if !has(constraint, "labelSelector") {
            unmatched(format!("{path}.topologySpreadConstraints[{index}].labelSelector"));
        }
    }
    for kind in ["podAffinity", "podAntiAffinity"] {
        let affinity = &spec["affinity"][kind];
        let required = "requiredDuringSchedulingIgnoredDuringExecution";
        for (index, term) in items(affinity, required).iter().enumerate() {
            if !has(term, "labelSelector") {
                unmatched(format!(
                    "{path}.affinity.{kind}.{required}[{index}].labelSelector"
                ));
            }
        }
        let preferred = "preferredDuringSchedulingIgnoredDuringExecution";
        for (index, term) in items(affinity, preferred).iter().enumerate() {
            if !has(&term["podAffinityTerm"], "labelSelector") {
                let term = format!("{path}.affinity.{kind}.{preferred}[{index}].podAffinityTerm");
                unmatched(format!("{term}.labelSelector"));
            }
        }
    }
    for (index, constraint) in items(spec, "topologySpreadConstraints").iter().enumerate() {
        let key = text(constraint, "topologyKey");
        if let Some(why) = deprecated_label(key) {
            warnings.push(format!(
                "{path}.topologySpreadConstraints[{index}].topologyKey: {key} is {why}"
            ));
        }
    }
}

/// Annotations that nobody reads any more.
fn old_annotations(object: &Value, field: &str, warnings: &mut Vec<String>) {
    for (key, why) in [
        (
            "scheduler.alpha.kubernetes.io/critical-pod",
            "non-functional in v1.16+; use the \"priorityClassName\" field instead",
        ),
        (
            "security.alpha.kubernetes.io/sysctls",
            "non-functional in v1.11+; use the \"sysctls\" field instead",
        ),
        (
            "security.alpha.kubernetes.io/unsafe-sysctls",
            "non-functional in v1.11+; use the \"sysctls\" field instead",
        ),
    ] {
        if has(&object["metadata"]["annotations"], key) {
            warnings.push(format!("{field}[{key}]: {why}"));
        }
    }
}

/// Kinds of volumes that are no longer there, with what is said of each.
const OLD_VOLUMES: [(&str, &str, &str); 9] = [
    (
        "photonPersistentDisk",
        "photonPersistentDisk",
        "deprecated in v1.11, non-functional in v1.16+",
    ),
    (
        "gitRepo",
        "gitRepo",
        "deprecated in v1.11, and disabled by default in v1.33+",
    ),
    (
        "scaleIO",
        "scaleIO",
        "deprecated in v1.16, non-functional in v1.22+",
    ),
    (
        "flocker",
        "flocker",
        "deprecated in v1.22, non-functional in v1.25+",
    ),
    (
        "storageos",
        "storageOS",
        "deprecated in v1.22, non-functional in v1.25+",
    ),
    (
        "quobyte",
        "quobyte",
        "deprecated in v1.22, non-functional in v1.25+",
    ),
    (
        "glusterfs",
        "glusterfs",
        "deprecated in v1.25, non-functional in v1.26+",
    ),
    (
        "cephfs",
        "cephfs",
        "deprecated in v1.28, non-functional in v1.31+",
    ),
    ("rbd", "rbd", "deprecated in v1.28, non-functional in v1.31+"),
];

fn volumes(spec: &Value, path: &str, warnings: &mut Vec<String>) {
    for (index, volume) in items(spec, "volumes").iter().enumerate() {
        let field = format!("{path}.volumes[{index}]");
        for (name, shown, why) in OLD_VOLUMES {
            if has(volume, name) {
                warnings.push(format!("{field}.{shown}: {why}"));
            }
        }
        let template = &volume["ephemeral"]["volumeClaimTemplate"];
        if !template.is_null() {
            let field = format!("{field}.ephemeral.volumeClaimTemplate.spec");
            of_claim_spec(&template["spec"], &field, warnings);
        }
    }
}

/// Entries of lists that come twice or are empty.
fn repeated(spec: &Value, path: &str, warnings: &mut Vec<String>) {
    for (list, member, what) in [("hostAliases", "ip", "ip"), ("imagePullSecrets", "name", "name")] {
        let mut known = BTreeSet::new();
        for (index, item) in items(spec, list).iter().enumerate() {
            let value = text(item, member);
            if !known.insert(value) {
                warnings.push(format!(
                    "{path}.{list}[{index}].{member}: duplicate {what} {value:?}"
                ));
            }
        }
    }
    for (index, secret) in items(spec, "imagePullSecrets").iter().enumerate() {
        if text(secret, "name").is_empty() {
            warnings.push(format!(
                "{path}.imagePullSecrets[{index}].name: invalid empty name \"\""
            ));
        }
    }
}

/// Amounts of memory and storage that are no whole numbers of bytes.
fn fractions(container: &Value, field: &str, warnings: &mut Vec<String>) {
    for resource in ["memory", "ephemeral-storage"] {
        for list in ["limits", "requests"] {
            let quantity = &container["resources"][list][resource];
            if is_fractional(quantity) {
                warnings.push(format!(
                    "{field}.resources.{list}[{resource}]: fractional byte value {quantity} is invalid, must be an integer"
                ));
            }
        }
    }
}

/// Names that several ports have: only the first is found by them.
fn shared_port_names(containers: &[(String, &Value)], warnings: &mut Vec<String>) {
    let mut known: BTreeMap<&str, String> = BTreeMap::new();
    for (container, value) in containers {
        for (index, port) in items(value, "ports").iter().enumerate() {
            let (name, field) = (text(port, "name"), format!("{container}.ports[{index}]"));
            if name.is_empty() {
                continue;
            }
            match known.get(name) {
                Some(first) => warnings.push(format!(
                    "{field}: duplicate port name {name:?} with {first}, services and probes that select ports by name will \
                     use {first}"
                )),
                None => drop(known.insert(name, field)),
            }
        }
    }
}

/// Ports that are there twice, in one container or in several.
fn conflicting_ports(containers: &[(String, &Value)], warnings: &mut Vec<String>) {
    let mut known: BTreeMap<(i64, &str), Vec<(String, &Value)>> = BTreeMap::new();
    for (container, value) in containers {
        for (index, port) in items(value, "ports").iter().enumerate() {
            let field = format!("{container}.ports[{index}]");
            if !text(port, "hostIP").is_empty() && number(port, "hostPort") == 0 {
                warnings.push(format!(
                    "{field}: hostIP set without hostPort: {{Name:{} HostPort:0 ContainerPort:{} Protocol:{} HostIP:{}}}",
                    text(port, "name"),
                    number(port, "containerPort"),
                    text(port, "protocol"),
                    text(port, "hostIP")
                ));
            }
            let key = (number(port, "containerPort"), text(port, "protocol"));
            let others = known.entry(key).or_default();
            for (other, earlier) in others.iter() {
                let (host, before) = (number(port, "hostPort"), number(earlier, "hostPort"));
                let (ip, ip_before) = (text(port, "hostIP"), text(earlier, "hostIP"));
                let kind = if (host, ip) == (before, ip_before) {
                    "duplicate"
                } else if host == 0 || before == 0 {
                    "overlapping"
                } else if host == before && ip.is_empty() != ip_before.is_empty() {
                    "dangerously ambiguous"
                } else {
                    continue;
                };
                warnings.push(format!("{field}: {kind} port definition with {other}"));
            }
            others.push((field, port));
        }
    }
}

fn number(value: &Value, field: &str) -> i64 {
    value.get(field).and_then(Value::as_i64).unwrap_or_default()
}

/// A variable that comes twice is lost in an apply, unless the second one builds on the first.
fn hidden_variables(container: &Value, field: &str, warnings: &mut Vec<String>) {
    let mut known = BTreeSet::new();
    for (index, variable) in items(container, "env").iter().enumerate() {
        let name = text(variable, "name");
        if known.insert(name) {
            continue;
        }
        let reference = format!("$({name})");
        let value = text(variable, "value");
        let builds_on_it = !has(variable, "valueFrom") && value != reference && value.contains(&reference);
        if !builds_on_it {
            warnings.push(format!(
                "{field}.env[{index}]: hides previous definition of {name:?}, which may be dropped when using apply"
            ));
        }
    }
}
