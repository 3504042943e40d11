//! What the author of a Pod or of a template for Pods is warned of.
//!
//! Source: `k8s.io/kubernetes/pkg/api/pod/warnings.go`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{at, has, items, text};

/// Warns of what is questionable about the Pods of a resource, named with its group; kinds without Pods pass.
pub(super) fn of_pods(resource: &str, object: &Value, warnings: &mut Vec<String>) {
    let path: &[&str] = match resource {
        "pods" => &["spec"],
        "deployments.apps" | "replicasets.apps" | "statefulsets.apps" | "daemonsets.apps" | "jobs.batch" => {
            &["spec", "template", "spec"]
        }
        "cronjobs.batch" => &["spec", "jobTemplate", "spec", "template", "spec"],
        _ => return,
    };
    let spec = at(object, path);
    let mut containers = Vec::new();
    for list in ["initContainers", "containers", "ephemeralContainers"] {
        for (index, container) in items(spec, list).iter().enumerate() {
            containers.push((format!("{}.{list}[{index}]", path.join(".")), container));
        }
    }
    for (field, container) in &containers {
        hidden_variables(container, field, warnings);
    }
    conflicting_ports(&containers, warnings);
    shared_port_names(&containers, warnings);
    if number(spec, "terminationGracePeriodSeconds") < 0 {
        let field = format!("{}.terminationGracePeriodSeconds", path.join("."));
        warnings.push(format!(
            "{field}: must be >= 0; negative values are invalid and will be treated as 1"
        ));
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
