//! Services.
//!
//! Source: `k8s.io/kubernetes/pkg/apis/core/validation/validation.go`.

use std::{
    collections::BTreeSet,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use serde_json::Value;

use super::{Errors, cluster_ips, endpoints, has, items, number, text};

/// A Service.
pub(super) fn service(service: &Value, old: Option<&Value>, errors: &mut Errors) {
    let spec = &service["spec"];
    if let Some(old) = old {
        cluster_ips::change(spec, &old["spec"], errors);
        load_balancer_class(spec, Some(&old["spec"]), errors);
        let port = &spec["healthCheckNodePort"];
        if needs_health_check(spec)
            && needs_health_check(&old["spec"])
            && *port != old["spec"]["healthCheckNodePort"]
        {
            errors.forbidden("spec.healthCheckNodePort", "field is immutable");
        }
    }
    required_by_type(spec, errors);
    let ports = items(spec, "ports");
    let mut names = BTreeSet::new();
    for (index, port) in ports.iter().enumerate() {
        let field = format!("spec.ports[{index}]");
        service_port(port, ports.len() > 1, &field, &mut names, errors);
    }
    errors.labels("spec.selector", &spec["selector"]);
    session_affinity(spec, errors);
    cluster_ips::check(spec, old.map(|old| &old["spec"]), errors);
    external_ips(spec, errors);
    match text(spec, "type") {
        "" => errors.required("spec.type", ""),
        _ => errors.one_of(
            "spec.type",
            &spec["type"],
            &["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"],
        ),
    }
    repeated_ports(spec, errors);
    load_balancing(spec, errors);
    traffic(spec, errors);
}

/// Whether a Service asks for no address of its own.
pub(super) fn is_headless(spec: &Value) -> bool {
    matches!(items(spec, "clusterIPs"), [only] if only == "None")
}

fn required_by_type(spec: &Value, errors: &mut Errors) {
    let kind = text(spec, "type");
    if items(spec, "ports").is_empty() && !is_headless(spec) && kind != "ExternalName" {
        errors.required("spec.ports", "");
    }
    match kind {
        "LoadBalancer" | "NodePort" if is_headless(spec) => {
            let why = format!("may not be set to 'None' for {kind} services");
            errors.invalid("spec.clusterIPs[0]", &spec["clusterIPs"][0], why);
        }
        "ExternalName" => {
            for field in ["clusterIPs", "ipFamilies"] {
                if !items(spec, field).is_empty() {
                    errors.forbidden(
                        format!("spec.{field}"),
                        "may not be set for ExternalName services",
                    );
                }
            }
            if has(spec, "ipFamilyPolicy") {
                errors.forbidden("spec.ipFamilyPolicy", "may not be set for ExternalName services");
            }
            let name = text(spec, "externalName");
            match name.strip_suffix('.').unwrap_or(name) {
                "" => errors.required("spec.externalName", ""),
                name => errors.dns_subdomain("spec.externalName", name),
            }
        }
        _ => {}
    }
}

fn service_port<'a>(
    port: &'a Value,
    needs_name: bool,
    field: &str,
    names: &mut BTreeSet<&'a str>,
    errors: &mut Errors,
) {
    match text(port, "name") {
        "" if needs_name => errors.required(format!("{field}.name"), ""),
        "" => {}
        name => {
            errors.dns_label(&format!("{field}.name"), name);
            if !names.insert(name) {
                errors.duplicate(format!("{field}.name"), &name.into());
            }
        }
    }
    errors.port_number(format!("{field}.port"), &number(port, "port").into());
    errors.protocol(&format!("{field}.protocol"), &port["protocol"]);
    errors.port(&format!("{field}.targetPort"), &port["targetPort"]);
    if let Some(protocol) = port["appProtocol"].as_str() {
        errors.qualified_name(&format!("{field}.appProtocol"), protocol);
    }
}

fn session_affinity(spec: &Value, errors: &mut Errors) {
    let (affinity, config) = (text(spec, "sessionAffinity"), &spec["sessionAffinityConfig"]);
    let field = "spec.sessionAffinityConfig";
    match affinity {
        "" => errors.required("spec.sessionAffinity", ""),
        "ClientIP" => {
            const LONGEST: i64 = 86_400;
            let seconds = &config["clientIP"]["timeoutSeconds"];
            let why = "when session affinity type is ClientIP";
            if config.is_null() {
                errors.required(field, why);
            } else if config["clientIP"].is_null() {
                errors.required(format!("{field}.clientIP"), why);
            } else if seconds.is_null() {
                errors.required(format!("{field}.clientIP.timeoutSeconds"), why);
            } else if !(1..=LONGEST).contains(&seconds.as_i64().unwrap_or_default()) {
                let why = format!("must be greater than 0 and less than {LONGEST}");
                errors.invalid(format!("{field}.clientIP.timeoutSeconds"), seconds, why);
            }
        }
        "None" => {
            if !config.is_null() {
                errors.forbidden(field, "must not be set when session affinity is None");
            }
        }
        _ => errors.one_of(
            "spec.sessionAffinity",
            &spec["sessionAffinity"],
            &["ClientIP", "None"],
        ),
    }
}

fn external_ips(spec: &Value, errors: &mut Errors) {
    for (index, address) in items(spec, "externalIPs").iter().enumerate() {
        let field = format!("spec.externalIPs[{index}]");
        match address.as_str().unwrap_or_default().parse::<IpAddr>() {
            Err(_) => errors.invalid(field, address, cluster_ips::NO_ADDRESS),
            Ok(parsed) => {
                if let Some(why) = endpoints::special(parsed) {
                    errors.invalid(field, address, why);
                }
            }
        }
    }
}

/// Ports are told apart by protocol and number, on the Service and on the node.
fn repeated_ports(spec: &Value, errors: &mut Errors) {
    let ports = items(spec, "ports");
    let field = |index: usize| format!("spec.ports[{index}]");
    for (index, port) in ports.iter().enumerate() {
        if text(spec, "type") == "ClusterIP" && number(port, "nodePort") != 0 {
            errors.forbidden(
                format!("{}.nodePort", field(index)),
                "may not be used when `type` is 'ClusterIP'",
            );
        }
    }
    let mut seen = BTreeSet::new();
    for (index, port) in ports.iter().enumerate() {
        let key = (text(port, "protocol"), number(port, "nodePort"));
        if key.1 != 0 && !seen.insert(key) {
            errors.duplicate(format!("{}.nodePort", field(index)), &port["nodePort"]);
        }
    }
    let mut seen = BTreeSet::new();
    for (index, port) in ports.iter().enumerate() {
        let key = (text(port, "protocol"), number(port, "port"));
        if !seen.insert(key) {
            // the server's own form of what tells ports apart
            let shown = format!(
                "{{\"Name\":\"\",\"Protocol\":{:?},\"AppProtocol\":null,\"Port\":{},\"TargetPort\":0,\"NodePort\":0}}",
                key.0, key.1
            );
            errors.duplicate_as(field(index), &shown);
        }
    }
}

fn load_balancing(spec: &Value, errors: &mut Errors) {
    let is_balanced = text(spec, "type") == "LoadBalancer";
    let ranges = items(spec, "loadBalancerSourceRanges");
    if !ranges.is_empty() {
        let field = "spec.LoadBalancerSourceRanges";
        if !is_balanced {
            errors.forbidden(field, "may only be used when `type` is 'LoadBalancer'");
        }
        for (index, range) in ranges.iter().enumerate() {
            let range = range.as_str().unwrap_or_default().trim();
            if !is_network(range) {
                errors.invalid(
                    format!("{field}[{index}]"),
                    &range.into(),
                    "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)",
                );
            }
        }
    }
    if has(spec, "allocateLoadBalancerNodePorts") && !is_balanced {
        let why = "may only be used when `type` is 'LoadBalancer'";
        errors.forbidden("spec.allocateLoadBalancerNodePorts", why);
    }
    if is_balanced && !has(spec, "allocateLoadBalancerNodePorts") {
        errors.required("allocateLoadBalancerNodePorts", "");
    }
    load_balancer_class(spec, None, errors);
}

fn is_network(range: &str) -> bool {
    let Some((address, bits)) = range.split_once('/') else {
        return false;
    };
    let most = match address.parse::<IpAddr>() {
        Ok(IpAddr::V4(_)) => Ipv4Addr::BITS,
        Ok(IpAddr::V6(_)) => Ipv6Addr::BITS,
        Err(_) => return false,
    };
    bits.parse::<u32>().is_ok_and(|bits| bits <= most)
}

fn load_balancer_class(spec: &Value, old: Option<&Value>, errors: &mut Errors) {
    let field = "spec.loadBalancerClass";
    let is_balanced = |spec: &Value| text(spec, "type") == "LoadBalancer";
    let class = &spec["loadBalancerClass"];
    if let Some(old) = old
        && is_balanced(old)
        && is_balanced(spec)
        && *class != old["loadBalancerClass"]
    {
        errors.invalid(field, class, "may not change once set");
    }
    match class.as_str() {
        Some(class) if is_balanced(spec) => errors.qualified_name(field, class),
        Some(_) => errors.forbidden(field, "may only be used when `type` is 'LoadBalancer'"),
        None => {}
    }
}

/// Whether somebody asks the nodes for the health of the Service's Pods.
pub(in crate::apiserver::types::builtin) fn needs_health_check(spec: &Value) -> bool {
    text(spec, "type") == "LoadBalancer" && text(spec, "externalTrafficPolicy") == "Local"
}

/// Whether a Service can be reached from outside.
pub(in crate::apiserver::types::builtin) fn is_external(spec: &Value) -> bool {
    match text(spec, "type") {
        "LoadBalancer" | "NodePort" => true,
        kind => kind == "ClusterIP" && !items(spec, "externalIPs").is_empty(),
    }
}

fn traffic(spec: &Value, errors: &mut Errors) {
    let policy = &spec["externalTrafficPolicy"];
    let field = "spec.externalTrafficPolicy";
    match policy.as_str().unwrap_or_default() {
        "" if is_external(spec) => errors.required(field, ""),
        "" => {}
        _ if is_external(spec) => errors.one_of(field, policy, &["Cluster", "Local"]),
        _ => errors.invalid(
            field,
            policy,
            "may only be set for externally-accessible services",
        ),
    }
    let port = number(spec, "healthCheckNodePort");
    let field = "spec.healthCheckNodePort";
    match (needs_health_check(spec), port) {
        (false, 0) => {}
        (false, _) => errors.invalid(
            field,
            &port.into(),
            "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
        ),
        (true, 0) => errors.required(field, ""),
        (true, _) => errors.port_number(field, &port.into()),
    }
    let policy = &spec["internalTrafficPolicy"];
    let field = "spec.internalTrafficPolicy";
    if !policy.is_null() {
        errors.one_of(field, policy, &["Cluster", "Local"]);
    } else if matches!(text(spec, "type"), "NodePort" | "LoadBalancer" | "ClusterIP") {
        errors.required(field, "");
    }
    if has(spec, "trafficDistribution") {
        errors.one_of(
            "spec.trafficDistribution",
            &spec["trafficDistribution"],
            &["PreferClose", "PreferSameZone", "PreferSameNode"],
        );
    }
}

/// The addresses that a balancer reports in the status of a Service.
pub(super) fn load_balancer(service: &Value, old: &Value, errors: &mut Errors) {
    let points = items(&service["status"]["loadBalancer"], "ingress");
    if text(&service["spec"], "type") != "LoadBalancer" {
        if !points.is_empty() {
            let why = "may only be used when `spec.type` is 'LoadBalancer'";
            errors.forbidden("status.loadBalancer.ingress", why);
        }
        return;
    }
    let known = items(&old["status"]["loadBalancer"], "ingress");
    for (index, point) in points.iter().enumerate() {
        let field = format!("status.loadBalancer.ingress[{index}]");
        balanced_address(point, known, &field, errors);
        let mode = &point["ipMode"];
        let of_mode = format!("{field}.ipMode");
        match (mode.is_null(), text(point, "ip").is_empty()) {
            (true, false) => errors.required(of_mode, "must be specified when `ip` is set"),
            (true, true) => {}
            (false, true) => errors.forbidden(of_mode, "may not be specified when `ip` is not set"),
            (false, false) => errors.one_of(of_mode, mode, &["Proxy", "VIP"]),
        }
        balanced_name(point, &field, errors);
    }
}

/// The addresses and names that a balancer reports in the status of an Ingress.
pub(super) fn balanced_points(object: &Value, old: &Value, errors: &mut Errors) {
    let known = items(&old["status"]["loadBalancer"], "ingress");
    for (index, point) in items(&object["status"]["loadBalancer"], "ingress")
        .iter()
        .enumerate()
    {
        let field = format!("status.loadBalancer.ingress[{index}]");
        balanced_address(point, known, &field, errors);
        balanced_name(point, &field, errors);
    }
}

fn balanced_address(point: &Value, known: &[Value], field: &str, errors: &mut Errors) {
    let address = text(point, "ip");
    let is_known = known.iter().any(|known| known["ip"] == point["ip"]);
    if !address.is_empty() && !is_known && address.parse::<IpAddr>().is_err() {
        errors.invalid(format!("{field}.ip"), &point["ip"], cluster_ips::NO_ADDRESS);
    }
}

fn balanced_name(point: &Value, field: &str, errors: &mut Errors) {
    let host = text(point, "hostname");
    if !host.is_empty() {
        let field = format!("{field}.hostname");
        errors.dns_subdomain(&field, host);
        if host.parse::<IpAddr>().is_ok() {
            errors.invalid(field, &host.into(), "must be a DNS name, not an IP address");
        }
    }
}
