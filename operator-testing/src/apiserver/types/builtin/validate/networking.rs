//! Ingresses and network policies.

use std::net::IpAddr;

use serde_json::Value;

use super::{Errors, at, has, items, number, text};
use crate::apiserver::types::resource::NameRule;

/// An Ingress.
pub(super) fn ingress(ingress: &Value, old: Option<&Value>, errors: &mut Errors, warnings: &mut Vec<String>) {
    let spec = &ingress["spec"];
    let class = at(
        ingress,
        &["metadata", "annotations", "kubernetes.io/ingress.class"],
    );
    if class.is_string() {
        if old.is_none() {
            warnings.push(
                "annotation \"kubernetes.io/ingress.class\" is deprecated, please use 'spec.ingressClassName' instead".to_owned(),
            );
        }
        if old.is_none() && has(spec, "ingressClassName") && spec["ingressClassName"] != *class {
            let why = "must match `ingressClassName` when both are specified";
            errors.invalid("metadata.annotations.kubernetes.io/ingress.class", class, why);
        }
    }
    let rules = items(spec, "rules");
    if rules.is_empty() && !has(spec, "defaultBackend") {
        errors.invalid(
            "spec",
            &Value::Null,
            "either `defaultBackend` or `rules` must be specified",
        );
    }
    if has(spec, "defaultBackend") {
        backend(&spec["defaultBackend"], "spec.defaultBackend", errors);
    }
    for (index, rule) in rules.iter().enumerate() {
        let field = format!("spec.rules[{index}]");
        host(text(rule, "host"), &format!("{field}.host"), errors);
        if has(rule, "http") {
            paths(&rule["http"], &format!("{field}.http"), errors);
        }
    }
    for (index, tls) in items(spec, "tls").iter().enumerate() {
        for (at, name) in items(tls, "hosts").iter().enumerate() {
            let name = name.as_str().unwrap_or_default();
            host_name(name, &format!("spec.tls[{index}].hosts[{at}]"), errors);
        }
        if let Some(name) = tls["secretName"].as_str().filter(|name| !name.is_empty()) {
            errors.dns_subdomain(&format!("spec.tls[{index}].secretName"), name);
        }
    }
    if let Some(name) = spec["ingressClassName"].as_str() {
        errors.dns_subdomain("spec.ingressClassName", name);
    }
}

fn host(name: &str, field: &str, errors: &mut Errors) {
    if name.is_empty() {
        return;
    }
    if name.parse::<IpAddr>().is_ok() {
        errors.invalid(field, &name.into(), "must be a DNS name, not an IP address");
    }
    host_name(name, field, errors);
}

fn host_name(name: &str, field: &str, errors: &mut Errors) {
    match name.strip_prefix("*.") {
        Some(rest) if errors_of(rest) => {
            let why = "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of \
                       lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. \
                       '*.example.com', regex used for validation is \
                       '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
            errors.invalid(field, &name.into(), why);
        }
        Some(_) => {}
        None => errors.dns_subdomain(field, name),
    }
}

fn errors_of(name: &str) -> bool {
    !crate::apiserver::meta::name_problems(NameRule::DnsSubdomain, name, false).is_empty()
}

fn paths(http: &Value, field: &str, errors: &mut Errors) {
    let paths = items(http, "paths");
    if paths.is_empty() {
        errors.required(format!("{field}.paths"), "");
    }
    for (index, path) in paths.iter().enumerate() {
        let field = format!("{field}.paths[{index}]");
        let value = text(path, "path");
        match path["pathType"].as_str() {
            None => errors.required(format!("{field}.pathType"), "pathType must be specified"),
            Some("Exact" | "Prefix") => {
                if !value.starts_with('/') {
                    errors.invalid(format!("{field}.path"), &value.into(), "must be an absolute path");
                }
                for sequence in ["//", "/./", "/../", "%2f", "%2F"] {
                    if value.contains(sequence) {
                        let why = format!("must not contain '{sequence}'");
                        errors.invalid(format!("{field}.path"), &value.into(), why);
                    }
                }
            }
            Some("ImplementationSpecific") => {
                if !value.is_empty() && !value.starts_with('/') {
                    errors.invalid(format!("{field}.path"), &value.into(), "must be an absolute path");
                }
            }
            Some(_) => errors.one_of(
                format!("{field}.pathType"),
                &path["pathType"],
                &["Exact", "ImplementationSpecific", "Prefix"],
            ),
        }
        backend(&path["backend"], &format!("{field}.backend"), errors);
    }
}

fn backend(backend: &Value, field: &str, errors: &mut Errors) {
    let service = &backend["service"];
    let resource = &backend["resource"];
    if !resource.is_null() && !service.is_null() {
        errors.invalid(field, &"".into(), "cannot set both resource and service backends");
    } else if resource.is_null() && service.is_null() {
        errors.required(field, "resource or service backend is required");
    } else if !service.is_null() {
        match text(service, "name") {
            "" => errors.required(format!("{field}.service.name"), ""),
            name => errors.named(&format!("{field}.service.name"), NameRule::DnsLabel, name),
        }
        let (name, number) = (text(&service["port"], "name"), number(&service["port"], "number"));
        if !name.is_empty() && number != 0 {
            errors.invalid(field, &"".into(), "cannot set both port name & port number");
        } else if !name.is_empty() {
            errors.port_name(&format!("{field}.service.port.name"), name);
        } else if number == 0 {
            errors.required(field, "port name or number is required");
        } else {
            errors.port_number(format!("{field}.service.port.number"), &number.into());
        }
    }
}

/// A network policy.
pub(super) fn policy(policy: &Value, errors: &mut Errors) {
    let spec = &policy["spec"];
    errors.selector("spec.podSelector", &spec["podSelector"]);
    for (list, peers) in [("ingress", "from"), ("egress", "to")] {
        for (index, rule) in items(spec, list).iter().enumerate() {
            let field = format!("spec.{list}[{index}]");
            for (at, port) in items(rule, "ports").iter().enumerate() {
                policy_port(port, &format!("{field}.ports[{at}]"), errors);
            }
            for (at, one) in items(rule, peers).iter().enumerate() {
                peer(one, &format!("{field}.{peers}[{at}]"), errors);
            }
        }
    }
    let types = items(spec, "policyTypes");
    if types.len() > 2 {
        let why = "may not specify more than two policyTypes";
        errors.invalid("spec.policyTypes", &spec["policyTypes"], why);
    }
    for (index, kind) in types.iter().enumerate() {
        errors.one_of(format!("spec.policyTypes[{index}]"), kind, &["Ingress", "Egress"]);
    }
}

fn policy_port(port: &Value, field: &str, errors: &mut Errors) {
    if let Some(protocol) = port.get("protocol") {
        errors.one_of(format!("{field}.protocol"), protocol, &["TCP", "UDP", "SCTP"]);
    }
    if let Some(number) = port.get("port") {
        errors.port(&format!("{field}.port"), number);
    }
    if let (Some(first), Some(last)) = (port["port"].as_i64(), port["endPort"].as_i64())
        && last < first
    {
        errors.invalid(
            format!("{field}.endPort"),
            &last.into(),
            "must be greater than or equal to `port`",
        );
    }
}

fn peer(peer: &Value, field: &str, errors: &mut Errors) {
    let kinds = ["podSelector", "namespaceSelector", "ipBlock"];
    if !kinds.iter().any(|kind| has(peer, kind)) {
        errors.required(field, "must specify a peer");
    }
    for kind in ["podSelector", "namespaceSelector"] {
        if has(peer, kind) {
            errors.selector(&format!("{field}.{kind}"), &peer[kind]);
        }
    }
    if !has(peer, "ipBlock") {
        return;
    }
    if has(peer, "podSelector") || has(peer, "namespaceSelector") {
        errors.forbidden(field, "may not specify both ipBlock and another peer");
    }
    let block = &peer["ipBlock"];
    match text(block, "cidr") {
        "" => errors.required(format!("{field}.ipBlock.cidr"), ""),
        cidr => check_cidr(cidr, &format!("{field}.ipBlock.cidr"), errors),
    }
    for (index, except) in items(block, "except").iter().enumerate() {
        let cidr = except.as_str().unwrap_or_default();
        check_cidr(cidr, &format!("{field}.ipBlock.except[{index}]"), errors);
    }
}

fn check_cidr(cidr: &str, field: &str, errors: &mut Errors) {
    let is_cidr = cidr.split_once('/').is_some_and(|(address, length)| {
        let limit = match address.parse::<IpAddr>() {
            Ok(IpAddr::V4(_)) => 32,
            Ok(IpAddr::V6(_)) => 128,
            Err(_) => return false,
        };
        length.parse::<u32>().is_ok_and(|length| length <= limit)
    });
    if !is_cidr {
        let why = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";
        errors.invalid(field, &cidr.into(), why);
    }
}
