//! The status of a Pod.
//!
//! Source: `ValidatePodStatusUpdate` in `k8s.io/kubernetes/pkg/apis/core/validation/validation.go`.

use std::net::IpAddr;

use serde_json::Value;

use super::{Errors, at, cluster_ips::NO_ADDRESS, has, items, number, text};

/// A change of a Pod's status.
pub(super) fn check(new: &Value, old: &Value, errors: &mut Errors) {
    let (status, was) = (&new["status"], &old["status"]);
    for (index, condition) in items(status, "conditions").iter().enumerate() {
        let field = format!("status.conditions[{index}]");
        if number(condition, "observedGeneration") < 0 {
            errors.invalid(
                format!("{field}.observedGeneration"),
                &condition["observedGeneration"],
                "must be a non-negative integer",
            );
        }
        errors.qualified_name(&format!("{field}.Type"), text(condition, "type"));
    }
    nominated_node(new, old, errors);
    errors.immutable("status.qosClass", &status["qosClass"], &was["qosClass"]);
    for list in ["containerStatuses", "initContainerStatuses"] {
        stay_ended(old, status, list, errors);
    }
    addresses(status, was, "podIPs", errors);
    let hosts = items(status, "hostIPs");
    if let Some(first) = hosts.first()
        && text(first, "ip") != text(status, "hostIP")
    {
        errors.invalid("status.hostIPs[0].ip", &first["ip"], "must be equal to `hostIP`");
    }
    addresses(status, was, "hostIPs", errors);
}

fn nominated_node(new: &Value, old: &Value, errors: &mut Errors) {
    let field = "status.nominatedNodeName";
    let name = text(&new["status"], "nominatedNodeName");
    if name.is_empty() || name == text(&old["status"], "nominatedNodeName") {
        return;
    }
    errors.dns_subdomain(field, name);
    if !text(&old["spec"], "nodeName").is_empty() {
        errors.forbidden(field, "may not be set on pods that are already bound to a node");
    }
}

/// Containers that have ended and will not be started again stay so.
fn stay_ended(old: &Value, status: &Value, list: &str, errors: &mut Errors) {
    for (index, known) in items(&old["status"], list).iter().enumerate() {
        let ended = at(known, &["state", "terminated"]);
        let starts_again = match text(&old["spec"], "restartPolicy") {
            "Always" => true,
            "OnFailure" => number(ended, "exitCode") != 0,
            _ => false,
        };
        if ended.is_null() || starts_again {
            continue;
        }
        let now = items(status, list)
            .iter()
            .find(|now| now["name"] == known["name"]);
        if now.is_some_and(|now| !has(&now["state"], "terminated")) {
            let field = format!("status.{list}[{index}].state");
            errors.forbidden(field, "may not be transitioned to non-terminated state");
        }
    }
}

/// Addresses are one of each family at most; those that were there already need not be any.
fn addresses(status: &Value, old: &Value, list: &str, errors: &mut Errors) {
    let (given, field) = (items(status, list), format!("status.{list}"));
    let mut families = Vec::new();
    let mut broken = None;
    for (index, entry) in given.iter().enumerate() {
        let address = text(entry, "ip");
        match address.parse::<IpAddr>() {
            Ok(address) => families.push(address.is_ipv4()),
            Err(_) => {
                broken.get_or_insert((index, address));
                if !items(old, list).iter().any(|known| text(known, "ip") == address) {
                    errors.invalid(format!("{field}[{index}]"), &address.into(), NO_ADDRESS);
                }
            }
        }
    }
    if given.len() < 2 {
        return;
    }
    if let Some((index, address)) = broken {
        errors.internal(
            field.clone(),
            format!("failed to check for dual stack with error:invalid IP[{index}]: {address}"),
        );
    }
    let is_pair = given.len() == 2 && broken.is_none() && families[0] != families[1];
    if !is_pair {
        let shown: Value = given
            .iter()
            .map(|entry| serde_json::json!({"IP": entry["ip"]}))
            .collect();
        errors.invalid(
            field,
            &shown,
            "may specify no more than one IP for each IP family",
        );
    }
}
