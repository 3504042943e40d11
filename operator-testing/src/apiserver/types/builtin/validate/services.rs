//! Services.

use std::{collections::BTreeSet, net::IpAddr};

use serde_json::{Value, json};

use super::{Errors, endpoints::reachable, has, items, networking::check_cidr, number, text};

const PROTOCOLS: &[&str] = &["SCTP", "TCP", "UDP"];

/// A Service.
pub(super) fn service(service: &Value, old: Option<&Value>, errors: &mut Errors) {
    let spec = &service["spec"];
    if let Some(old) = old {
        keep(spec, &old["spec"], errors);
    }
    let kind = text(spec, "type");
    let ports = items(spec, "ports");
    let is_headless = items(spec, "clusterIPs") == ["None"];
    if ports.is_empty() && !is_headless && kind != "ExternalName" {
        errors.required("spec.ports", "");
    }
    match kind {
        "LoadBalancer" | "NodePort" if is_headless => {
            let why = format!("may not be set to 'None' for {kind} services");
            errors.invalid("spec.clusterIPs[0]", &"None".into(), why);
        }
        "ExternalName" => external_name(spec, errors),
        _ => {}
    }
    check_ports(spec, errors);
    errors.labels("spec.selector", &spec["selector"]);
    affinity(spec, errors);
    if kind != "ExternalName" {
        addresses(spec, errors);
    }
    for (index, address) in items(spec, "externalIPs").iter().enumerate() {
        let field = format!("spec.externalIPs[{index}]");
        let before = errors.0.len();
        errors.address(&field, address);
        if errors.0.len() == before {
            reachable(address, &field, errors);
        }
    }
    errors.one_of_required(
        "spec.type",
        &spec["type"],
        &["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"],
    );
    balancer(spec, kind, errors);
    traffic(spec, kind, errors);
}

/// What a Service keeps as long as it stays what it is.
fn keep(spec: &Value, old: &Value, errors: &mut Errors) {
    let needs = |spec: &Value| text(spec, "type") != "ExternalName";
    let (new_address, old_address) = (text(spec, "clusterIP"), text(old, "clusterIP"));
    if needs(spec) && needs(old) && !old_address.is_empty() && new_address != old_address {
        errors.invalid(
            "spec.clusterIPs[0]",
            &spec["clusterIPs"],
            "may not change once set",
        );
    }
    let family = |spec: &Value| spec["ipFamilies"].get(0).cloned();
    if needs(spec)
        && needs(old)
        && family(old).is_some()
        && family(spec).is_some()
        && family(spec) != family(old)
    {
        errors.invalid(
            "spec.ipFamilies[0]",
            &spec["ipFamilies"],
            "may not change once set",
        );
    }
    let is_balancer = |spec: &Value| text(spec, "type") == "LoadBalancer";
    if is_balancer(spec) && is_balancer(old) && spec["loadBalancerClass"] != old["loadBalancerClass"] {
        let why = "may not change once set";
        errors.invalid("spec.loadBalancerClass", &spec["loadBalancerClass"], why);
    }
    let checked = |spec: &Value| is_balancer(spec) && text(spec, "externalTrafficPolicy") == "Local";
    if checked(spec) && checked(old) && spec["healthCheckNodePort"] != old["healthCheckNodePort"] {
        errors.forbidden("spec.healthCheckNodePort", "field is immutable");
    }
}

/// A Service that is another name has no addresses.
fn external_name(spec: &Value, errors: &mut Errors) {
    for field in ["clusterIPs", "ipFamilies", "ipFamilyPolicy"] {
        if has(spec, field) && spec[field] != json!([]) {
            let why = "may not be set for ExternalName services";
            errors.forbidden(format!("spec.{field}"), why);
        }
    }
    let name = text(spec, "externalName");
    match name.strip_suffix('.').unwrap_or(name) {
        "" => errors.required("spec.externalName", ""),
        name => errors.dns_subdomain("spec.externalName", name),
    }
}

fn affinity(spec: &Value, errors: &mut Errors) {
    const FIELD: &str = "spec.sessionAffinityConfig";
    errors.one_of_required(
        "spec.sessionAffinity",
        &spec["sessionAffinity"],
        &["ClientIP", "None"],
    );
    let config = &spec["sessionAffinityConfig"];
    match text(spec, "sessionAffinity") {
        "ClientIP" => {
            let why = "when session affinity type is ClientIP";
            if config.is_null() {
                errors.required(FIELD, why);
            } else if !has(config, "clientIP") {
                errors.required(format!("{FIELD}.clientIP"), why);
            } else {
                let seconds = &config["clientIP"]["timeoutSeconds"];
                let field = format!("{FIELD}.clientIP.timeoutSeconds");
                match seconds.as_i64() {
                    None => errors.required(field, why),
                    Some(1..=86_400) => {}
                    Some(_) => errors.invalid(field, seconds, "must be greater than 0 and less than 86400"),
                }
            }
        }
        "None" if !config.is_null() => {
            errors.forbidden(FIELD, "must not be set when session affinity is None");
        }
        _ => {}
    }
}

/// The addresses of a Service and their families.
fn addresses(spec: &Value, errors: &mut Errors) {
    const FIELD: &str = "spec.clusterIPs";
    let addresses = items(spec, "clusterIPs");
    match (text(spec, "clusterIP"), addresses.first()) {
        ("", Some(_)) => {
            let why = "must be empty when `clusterIP` is not specified";
            errors.invalid(FIELD, &spec["clusterIPs"], why);
        }
        ("", None) => {}
        (_, None) => errors.required(FIELD, ""),
        (first, Some(listed)) if listed != first => {
            errors.invalid(FIELD, &spec["clusterIPs"], "first value must match `clusterIP`");
        }
        _ => {}
    }
    let families = items(spec, "ipFamilies");
    for (index, family) in families.iter().enumerate() {
        let field = format!("spec.ipFamilies[{index}]");
        errors.one_of(field.clone(), family, &["IPv4", "IPv6"]);
        if families[..index].contains(family) {
            errors.duplicate(field, family);
        }
    }
    if has(spec, "ipFamilyPolicy") {
        errors.one_of(
            "spec.ipFamilyPolicy",
            &spec["ipFamilyPolicy"],
            &["PreferDualStack", "RequireDualStack", "SingleStack"],
        );
    }
    let before = errors.0.len();
    for (index, address) in addresses.iter().enumerate() {
        if index == 0 && address == "None" {
            if addresses.len() > 1 {
                let why = "'None' must be the first and only value";
                errors.invalid(FIELD, &spec["clusterIPs"], why);
            }
            continue;
        }
        errors.address(&format!("{FIELD}[{index}]"), address);
    }
    if addresses.len() > 2 {
        errors.invalid(FIELD, &spec["clusterIPs"], "may only hold up to 2 values");
    }
    if errors.0.len() > before {
        return;
    }
    let is_old = |address: &Value| {
        let parsed = address.as_str().unwrap_or_default().parse::<IpAddr>();
        parsed.is_ok_and(|address| address.is_ipv4())
    };
    if addresses.len() == 2 && is_old(&addresses[0]) == is_old(&addresses[1]) {
        let why = "may specify no more than one IP for each IP family";
        errors.invalid(FIELD, &spec["clusterIPs"], why);
    }
    for (index, (address, family)) in addresses.iter().zip(families).enumerate() {
        let is_of_family = is_old(address) == (*family == "IPv4");
        if address != "None" && !is_of_family && matches!(family.as_str(), Some("IPv4" | "IPv6")) {
            let family = family.as_str().unwrap_or_default();
            let why = format!("expected an {family} value as indicated by `ipFamilies[{index}]`");
            errors.invalid(format!("{FIELD}[{index}]"), address, why);
        }
    }
}

fn check_ports(spec: &Value, errors: &mut Errors) {
    let ports = items(spec, "ports");
    let (mut names, mut of_nodes, mut seen) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
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
        errors.port_number(format!("{field}.port"), &number(port, "port").into());
        errors.one_of_required(format!("{field}.protocol"), &port["protocol"], PROTOCOLS);
        errors.port(&format!("{field}.targetPort"), &port["targetPort"]);
        if let Some(protocol) = port["appProtocol"].as_str() {
            errors.qualified_name(&format!("{field}.appProtocol"), protocol);
        }
        let of_node = number(port, "nodePort");
        if text(spec, "type") == "ClusterIP" && of_node != 0 {
            let why = "may not be used when `type` is 'ClusterIP'";
            errors.forbidden(format!("{field}.nodePort"), why);
        }
        if of_node != 0 && !of_nodes.insert((text(port, "protocol"), of_node)) {
            errors.duplicate(format!("{field}.nodePort"), &of_node.into());
        }
        if !seen.insert((text(port, "protocol"), number(port, "port"))) {
            errors.duplicate_as(
                field,
                &format!(
                    "{{\"Name\":\"\",\"Protocol\":{:?},\"AppProtocol\":null,\"Port\":{},\"TargetPort\":0,\"NodePort\":0}}",
                    text(port, "protocol"),
                    number(port, "port")
                ),
            );
        }
    }
}

/// What only load balancers have.
fn balancer(spec: &Value, kind: &str, errors: &mut Errors) {
    const ONLY: &str = "may only be used when `type` is 'LoadBalancer'";
    let is_balancer = kind == "LoadBalancer";
    let ranges = items(spec, "loadBalancerSourceRanges");
    if !ranges.is_empty() && !is_balancer {
        errors.forbidden("spec.LoadBalancerSourceRanges", ONLY);
    }
    for (index, range) in ranges.iter().enumerate() {
        let range = range.as_str().unwrap_or_default().trim();
        check_cidr(range, &format!("spec.LoadBalancerSourceRanges[{index}]"), errors);
    }
    for field in ["allocateLoadBalancerNodePorts", "loadBalancerClass"] {
        if !is_balancer && has(spec, field) {
            errors.forbidden(format!("spec.{field}"), ONLY);
        }
    }
    if let Some(class) = spec["loadBalancerClass"].as_str().filter(|_| is_balancer) {
        errors.qualified_name("spec.loadBalancerClass", class);
    }
}

fn traffic(spec: &Value, kind: &str, errors: &mut Errors) {
    let is_external = matches!(kind, "NodePort" | "LoadBalancer")
        || kind == "ClusterIP" && !items(spec, "externalIPs").is_empty();
    let policy = &spec["externalTrafficPolicy"];
    if is_external {
        errors.one_of_required("spec.externalTrafficPolicy", policy, &["Cluster", "Local"]);
    } else if !policy.is_null() {
        let why = "may only be set for externally-accessible services";
        errors.invalid("spec.externalTrafficPolicy", policy, why);
    }
    let port = &spec["healthCheckNodePort"];
    if kind == "LoadBalancer" && policy == "Local" {
        match port.as_i64().unwrap_or_default() {
            0 => errors.required("spec.healthCheckNodePort", ""),
            _ => errors.port_number("spec.healthCheckNodePort", port),
        }
    } else if port.as_i64().is_some_and(|port| port != 0) {
        let why = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
        errors.invalid("spec.healthCheckNodePort", port, why);
    }
    if has(spec, "internalTrafficPolicy") {
        let policy = &spec["internalTrafficPolicy"];
        errors.one_of("spec.internalTrafficPolicy", policy, &["Cluster", "Local"]);
    }
    if has(spec, "trafficDistribution") {
        errors.one_of(
            "spec.trafficDistribution",
            &spec["trafficDistribution"],
            &["PreferClose", "PreferSameZone", "PreferSameNode"],
        );
    }
}
