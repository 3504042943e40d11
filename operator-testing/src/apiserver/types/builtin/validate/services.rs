//! Services.

use std::{collections::BTreeSet, net::IpAddr};

use serde_json::{Value, json};

use super::{Errors, has, items, number, text};

const PROTOCOLS: &[&str] = &["SCTP", "TCP", "UDP"];

/// A Service.
pub(super) fn service(service: &Value, old: Option<&Value>, errors: &mut Errors) {
    let spec = &service["spec"];
    if let Some(old) = old {
        keep_address(spec, &old["spec"], errors);
    }
    let kind = text(spec, "type");
    let ports = items(spec, "ports");
    let is_headless = text(spec, "clusterIP") == "None";
    if ports.is_empty() && !is_headless && kind != "ExternalName" {
        errors.required("spec.ports", "");
    }
    if kind == "LoadBalancer" && is_headless {
        let why = "may not be set to 'None' for LoadBalancer services";
        errors.invalid("spec.clusterIPs[0]", &"None".into(), why);
    }
    if kind == "ExternalName" {
        for field in ["clusterIP", "clusterIPs"] {
            if has(spec, field) {
                errors.forbidden(
                    format!("spec.{field}"),
                    "may not be set when `type` is 'ExternalName'",
                );
            }
        }
        match text(spec, "externalName") {
            "" => errors.required("spec.externalName", ""),
            name => errors.dns_subdomain("spec.externalName", name.trim_end_matches('.')),
        }
    }
    check_ports(spec, errors);
    errors.labels("spec.selector", &spec["selector"]);
    match text(spec, "sessionAffinity") {
        "" => errors.required("spec.sessionAffinity", ""),
        _ => errors.one_of(
            "spec.sessionAffinity",
            &spec["sessionAffinity"],
            &["ClientIP", "None"],
        ),
    }
    for (index, address) in items(spec, "clusterIPs").iter().enumerate() {
        let text = address.as_str().unwrap_or_default();
        if text != "None" && text.parse::<IpAddr>().is_err() {
            let why = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
            errors.invalid(format!("spec.clusterIPs[{index}]"), address, why);
        }
    }
    errors.one_of(
        "spec.type",
        &spec["type"],
        &["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"],
    );
    check_combinations(spec, kind, errors);
}

/// An address does not change as long as the Service needs one.
fn keep_address(spec: &Value, old: &Value, errors: &mut Errors) {
    let needs = |spec: &Value| text(spec, "type") != "ExternalName";
    let (new_address, old_address) = (text(spec, "clusterIP"), text(old, "clusterIP"));
    if needs(spec) && needs(old) && !old_address.is_empty() && new_address != old_address {
        errors.invalid(
            "spec.clusterIPs[0]",
            &json!([new_address]),
            "may not change once set",
        );
    }
}

fn check_ports(spec: &Value, errors: &mut Errors) {
    let ports = items(spec, "ports");
    let mut names = BTreeSet::new();
    for (index, port) in ports.iter().enumerate() {
        let field = format!("spec.ports[{index}]");
        match text(port, "name") {
            "" if ports.len() > 1 => errors.required(format!("{field}.name"), ""),
            "" => {}
            name => {
                errors.dns_label(&format!("{field}.name"), name);
                if !names.insert(name) {
                    errors.duplicate(format!("{field}.name"), &name.into());
                }
            }
        }
        errors.port_number(format!("{field}.port"), &number_of(port, "port"));
        errors.one_of(format!("{field}.protocol"), &port["protocol"], PROTOCOLS);
        errors.port(&format!("{field}.targetPort"), &port["targetPort"]);
        if text(spec, "type") == "ClusterIP" && number(port, "nodePort") != 0 {
            errors.forbidden(
                format!("{field}.nodePort"),
                "may not be used when `type` is 'ClusterIP'",
            );
        }
    }
    let mut seen = BTreeSet::new();
    for (index, port) in ports.iter().enumerate() {
        let key = (text(port, "protocol"), number(port, "port"));
        if !seen.insert(key) {
            let shown = json!({"Name": "", "Protocol": port["protocol"], "AppProtocol": null, "Port": port["port"],
                "TargetPort": 0, "NodePort": 0});
            errors.duplicate(format!("spec.ports[{index}]"), &shown);
        }
    }
}

fn number_of(value: &Value, field: &str) -> Value {
    number(value, field).into()
}

fn check_combinations(spec: &Value, kind: &str, errors: &mut Errors) {
    let is_external = matches!(kind, "NodePort" | "LoadBalancer");
    if let Some(policy) = spec.get("externalTrafficPolicy") {
        if is_external || !items(spec, "externalIPs").is_empty() {
            errors.one_of("spec.externalTrafficPolicy", policy, &["Cluster", "Local"]);
        } else {
            let why = "may only be set for externally-accessible services";
            errors.invalid("spec.externalTrafficPolicy", policy, why);
        }
    }
    if kind != "LoadBalancer" && spec.get("allocateLoadBalancerNodePorts").is_some() {
        let why = "may only be used when `type` is 'LoadBalancer'";
        errors.forbidden("spec.allocateLoadBalancerNodePorts", why);
    }
    if kind != "LoadBalancer" && has(spec, "loadBalancerClass") {
        errors.forbidden(
            "spec.loadBalancerClass",
            "may only be used when `type` is 'LoadBalancer'",
        );
    }
    if let Some(policy) = spec.get("internalTrafficPolicy") {
        errors.one_of("spec.internalTrafficPolicy", policy, &["Cluster", "Local"]);
    }
}
