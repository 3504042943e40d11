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
            &spec["rules"],
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
    if !name.contains('*') {
        errors.dns_subdomain(field, name);
        return;
    }
    match name.strip_prefix("*.") {
        None => wildcard(name, field, errors),
        Some(rest) if errors_of(rest) => wildcard(name, field, errors),
        Some(_) => {}
    }
}

fn wildcard(name: &str, field: &str, errors: &mut Errors) {
    let why = "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of \
                       lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. \
                       '*.example.com', regex used for validation is \
                       '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
    errors.invalid(field, &name.into(), why);
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
            None => {
                errors.required(format!("{field}.pathType"), "pathType must be specified");
                continue;
            }
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
                for end in ["/..", "/."] {
                    if value.ends_with(end) {
                        let why = format!("cannot end with '{end}'");
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
        errors.invalid(field, &"".into(), "resource or service backend is required");
    } else if !resource.is_null() {
        reference(resource, &format!("{field}.resource"), errors);
    } else {
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
        return;
    }
    for (index, kind) in types.iter().enumerate() {
        errors.one_of(format!("spec.policyTypes[{index}]"), kind, &["Ingress", "Egress"]);
    }
}

fn policy_port(port: &Value, field: &str, errors: &mut Errors) {
    if has(port, "protocol") {
        errors.one_of(
            format!("{field}.protocol"),
            &port["protocol"],
            &["TCP", "UDP", "SCTP"],
        );
    }
    if has(port, "port") {
        errors.port(&format!("{field}.port"), &port["port"]);
    }
    let Some(last) = port["endPort"].as_i64() else {
        return;
    };
    let field = format!("{field}.endPort");
    match (&port["port"], port["port"].as_i64()) {
        (Value::Null, _) => {
            let why = "may not be specified when `port` is not specified";
            errors.invalid(field, &last.into(), why);
        }
        (_, None) => {
            let why = "may not be specified when `port` is non-numeric";
            errors.invalid(field, &last.into(), why);
        }
        (_, Some(first)) => {
            if last < first {
                let why = "must be greater than or equal to `port`";
                errors.invalid(field.clone(), &first.into(), why);
            }
            errors.port_number(field, &last.into());
        }
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
    let cidr = text(block, "cidr");
    if cidr.is_empty() {
        errors.required(format!("{field}.ipBlock.cidr"), "");
        return;
    }
    check_cidr(cidr, &format!("{field}.ipBlock.cidr"), errors);
    let Some(whole) = Network::of(cidr) else { return };
    for (index, except) in items(block, "except").iter().enumerate() {
        let cidr = except.as_str().unwrap_or_default();
        let field = format!("{field}.ipBlock.except[{index}]");
        check_cidr(cidr, &field, errors);
        if Network::of(cidr).is_some_and(|part| !whole.contains(part)) {
            errors.invalid(field, except, "must be a strict subset of `cidr`");
        }
    }
}

/// A range of addresses: the first one, as a number, and how many bits of it are fixed.
#[derive(Clone, Copy)]
struct Network {
    is_old: bool,
    first: u128,
    fixed: u32,
}

impl Network {
    fn of(cidr: &str) -> Option<Self> {
        let (address, length) = cidr.split_once('/')?;
        let length = length.parse::<u32>().ok()?;
        let (is_old, address, limit) = match address.parse::<IpAddr>().ok()? {
            IpAddr::V4(address) => (true, u128::from(u32::from(address)) << 96, 32),
            IpAddr::V6(address) => (false, u128::from(address), 128),
        };
        let network = Self {
            is_old,
            first: address & Self::mask(length),
            fixed: length,
        };
        (length <= limit).then_some(network)
    }

    fn mask(length: u32) -> u128 {
        u128::MAX.checked_shl(128 - length.min(128)).unwrap_or(0)
    }

    /// Whether another range is a part of this one.
    fn contains(self, other: Self) -> bool {
        self.is_old == other.is_old
            && self.fixed < other.fixed
            && other.first & Self::mask(self.fixed) == self.first
    }
}

/// A range of addresses.
pub(super) fn check_cidr(cidr: &str, field: &str, errors: &mut Errors) {
    if Network::of(cidr).is_none() {
        let why = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";
        errors.invalid(field, &cidr.into(), why);
    }
}

/// An object of any kind, in the same namespace.
fn reference(object: &Value, field: &str, errors: &mut Errors) {
    if let Some(group) = object["apiGroup"].as_str() {
        errors.dns_subdomain(&format!("{field}.apiGroup"), group);
    }
    for name in ["kind", "name"] {
        match text(object, name) {
            "" => errors.required(format!("{field}.{name}"), ""),
            value => errors.named(&format!("{field}.{name}"), NameRule::PathSegment, value),
        }
    }
}

/// An `IngressClass`.
pub(super) fn class(class: &Value, old: Option<&Value>, errors: &mut Errors) {
    let spec = &class["spec"];
    if let Some(old) = old {
        let controller = |class: &Value| Value::from(text(&class["spec"], "controller"));
        errors.immutable("spec.controller", &controller(class), &controller(old));
    }
    let controller = text(spec, "controller");
    if controller.len() > 250 {
        errors.too_long("spec.controller", 250);
    }
    errors.domain_prefixed_path("spec.controller", controller);
    let parameters = &spec["parameters"];
    if parameters.is_null() {
        return;
    }
    const FIELD: &str = "spec.parameters";
    reference(parameters, FIELD, errors);
    let namespace = parameters["namespace"].as_str();
    match text(parameters, "scope") {
        "" => errors.required(format!("{FIELD}.scope"), ""),
        "Namespace" => match namespace {
            None => {
                let why = "`parameters.scope` is set to 'Namespace'";
                errors.required(format!("{FIELD}.namespace"), why);
            }
            Some(name) => errors.dns_label(&format!("{FIELD}.namespace"), name),
        },
        scope => {
            errors.one_of(format!("{FIELD}.scope"), &scope.into(), &["Cluster", "Namespace"]);
            if scope == "Cluster" && namespace.is_some() {
                let why = "`parameters.scope` is set to 'Cluster'";
                errors.forbidden(format!("{FIELD}.namespace"), why);
            }
        }
    }
}
