//! Endpoint slices.
//!
//! Source: `k8s.io/kubernetes/pkg/apis/discovery/validation/validation.go`.

use std::{collections::BTreeSet, net::IpAddr};

use serde_json::Value;

use super::{Errors, items, number, text};
use crate::apiserver::{
    meta::{label_value_problems, name_problems},
    types::resource::NameRule,
};

/// An EndpointSlice.
pub(super) fn slice(slice: &Value, old: Option<&Value>, errors: &mut Errors) {
    let family = text(slice, "addressType");
    errors.one_of_required("addressType", &slice["addressType"], &["FQDN", "IPv4", "IPv6"]);
    // Endpoints that were taken before are good enough to stay.
    if old.is_none_or(|old| old["endpoints"] != slice["endpoints"]) {
        for (index, endpoint) in items(slice, "endpoints").iter().enumerate() {
            check_endpoint(endpoint, family, &format!("endpoints[{index}]"), errors);
        }
    }
    let mut names = BTreeSet::new();
    for (index, port) in items(slice, "ports").iter().enumerate() {
        let field = format!("ports[{index}]");
        let name = text(port, "name");
        if !names.insert(name) {
            errors.duplicate(format!("{field}.name"), &name.into());
        }
        check_port(port, &field, true, errors);
    }
    if let Some(old) = old {
        errors.immutable("addressType", &family.into(), &old["addressType"]);
    }
}

fn check_endpoint(endpoint: &Value, family: &str, field: &str, errors: &mut Errors) {
    let addresses = items(endpoint, "addresses");
    let field_of_all = format!("{field}.addresses");
    if addresses.is_empty() {
        errors.required(field_of_all.clone(), "must contain at least 1 address");
    }
    for (index, address) in addresses.iter().enumerate() {
        check_address(address, family, &field_of_all, index, errors);
    }
    if let Some(name) = endpoint["nodeName"].as_str() {
        errors.dns_subdomain(&format!("{field}.nodeName"), name);
    }
    errors.labels(
        &format!("{field}.deprecatedTopology"),
        &endpoint["deprecatedTopology"],
    );
    if let Some(name) = endpoint["hostname"].as_str() {
        errors.dns_label(&format!("{field}.hostname"), name);
    }
    for list in ["forZones", "forNodes"] {
        let mut known = BTreeSet::new();
        for (index, place) in items(&endpoint["hints"], list).iter().enumerate() {
            let (field, name) = (format!("{field}.hints.{list}[{index}].name"), text(place, "name"));
            if !known.insert(name) {
                errors.duplicate(field.clone(), &name.into());
            }
            if list == "forNodes" {
                errors.dns_subdomain(&field, name);
                continue;
            }
            for problem in label_value_problems(name) {
                errors.invalid(field.clone(), &name.into(), problem);
            }
        }
    }
}

const PROTOCOLS: [&str; 3] = ["SCTP", "TCP", "UDP"];

/// A port of endpoints, which may have a name. An empty protocol of a slice is a wrong one, that of a subset is none.
fn check_port(port: &Value, field: &str, is_of_slice: bool, errors: &mut Errors) {
    let name = text(port, "name");
    if !name.is_empty() {
        errors.dns_label(&format!("{field}.name"), name);
    }
    let (path, protocol) = (format!("{field}.protocol"), &port["protocol"]);
    if is_of_slice {
        errors.one_of(path, protocol, &PROTOCOLS);
    } else {
        errors.one_of_required(path, protocol, &PROTOCOLS);
    }
    if let Some(protocol) = port["appProtocol"].as_str() {
        errors.qualified_name(&format!("{field}.appProtocol"), protocol);
    }
}

/// Endpoints of a Service in one object.
pub(super) fn subsets(endpoints: &Value, old: Option<&Value>, errors: &mut Errors) {
    if old.is_some_and(|old| old["subsets"] == endpoints["subsets"]) {
        return;
    }
    for (index, subset) in items(endpoints, "subsets").iter().enumerate() {
        let field = format!("subsets[{index}]");
        let lists = ["addresses", "notReadyAddresses"];
        if lists.iter().all(|list| items(subset, list).is_empty()) {
            let why = "must specify `addresses` or `notReadyAddresses`";
            errors.required(field.clone(), why);
        }
        for list in lists {
            for (index, address) in items(subset, list).iter().enumerate() {
                let field = format!("{field}.{list}[{index}]");
                let ip = text(address, "ip").into();
                errors.address(&format!("{field}.ip"), &ip);
                reachable(&ip, &format!("{field}.ip"), errors);
                if let Some(name) = address["hostname"].as_str().filter(|name| !name.is_empty()) {
                    errors.dns_label(&format!("{field}.hostname"), name);
                }
                if let Some(name) = address["nodeName"].as_str() {
                    errors.dns_subdomain(&format!("{field}.nodeName"), name);
                }
            }
        }
        let ports = items(subset, "ports");
        for (index, port) in ports.iter().enumerate() {
            let field = format!("{field}.ports[{index}]");
            if ports.len() > 1 && text(port, "name").is_empty() {
                errors.required(format!("{field}.name"), "");
            }
            errors.port_number(format!("{field}.port"), &number(port, "port").into());
            check_port(port, &field, false, errors);
        }
    }
}

fn check_address(address: &Value, family: &str, addresses: &str, index: usize, errors: &mut Errors) {
    let written = address.as_str().unwrap_or_default();
    let field = format!("{addresses}[{index}]");
    match family {
        "FQDN" => return domain(written, &field, errors),
        "IPv4" | "IPv6" => {}
        _ => return,
    }
    let Ok(parsed) = written.parse::<IpAddr>() else {
        let why = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
        errors.invalid(field, address, why);
        return;
    };
    match family {
        "IPv4" if !parsed.is_ipv4() => errors.invalid(addresses, address, "must be an IPv4 address"),
        "IPv6" if !parsed.is_ipv6() => errors.invalid(addresses, address, "must be an IPv6 address"),
        _ => {}
    }
    if family == "IPv6" && parsed.to_string() != written {
        let why = format!("must be in canonical form (\"{parsed}\")");
        errors.invalid(field, address, why);
        return;
    }
    reachable(address, &field, errors);
}

/// A domain of at least two parts.
fn domain(name: &str, field: &str, errors: &mut Errors) {
    let name = name.strip_suffix('.').unwrap_or(name);
    let problems = name_problems(NameRule::DnsSubdomain, name, false);
    if name.is_empty() {
        errors.required(field, "");
    } else if !problems.is_empty() {
        errors.invalid(field, &name.into(), problems.join(","));
    } else if !name.contains('.') {
        let why = "should be a domain with at least two segments separated by dots";
        errors.invalid(field, &name.into(), why);
    }
}

/// An address that clients can reach.
pub(super) fn reachable(address: &Value, field: &str, errors: &mut Errors) {
    match address.as_str().unwrap_or_default().parse::<IpAddr>() {
        Err(_) => errors.invalid(field, address, "must be a valid IP address"),
        Ok(parsed) => {
            if let Some(why) = special(parsed) {
                errors.invalid(field, address, why);
            }
        }
    }
}

/// Why an address is nobody's that a client could reach.
pub(super) fn special(address: IpAddr) -> Option<&'static str> {
    let (link_local, link_local_multicast) = match address {
        IpAddr::V4(v4) => (v4.is_link_local(), v4.octets()[..3] == [224, 0, 0]),
        IpAddr::V6(v6) => (
            v6.segments()[0] & 0xffc0 == 0xfe80,
            v6.segments()[0] & 0xff0f == 0xff02,
        ),
    };
    if address.is_unspecified() {
        Some(match address {
            IpAddr::V4(_) => "may not be unspecified (0.0.0.0)",
            IpAddr::V6(_) => "may not be unspecified (::)",
        })
    } else if address.is_loopback() {
        Some("may not be in the loopback range (127.0.0.0/8, ::1/128)")
    } else if link_local {
        Some("may not be in the link-local range (169.254.0.0/16, fe80::/10)")
    } else if link_local_multicast {
        Some("may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_empty_protocol_is_wrong_or_none() {
        let said = |is_of_slice: bool| {
            let mut errors = Errors::default();
            check_port(&json!({"protocol": ""}), "p", is_of_slice, &mut errors);
            errors.0.remove(0).message
        };
        assert!(said(true).starts_with("Unsupported value: \"\""));
        assert_eq!(said(false), "Required value");
    }
}
