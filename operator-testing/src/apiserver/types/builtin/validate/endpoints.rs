//! Endpoint slices.
//!
//! Source: `k8s.io/kubernetes/pkg/apis/discovery/validation/validation.go`.

use std::{collections::BTreeSet, net::IpAddr};

use serde_json::Value;

use super::{Errors, items, text};

/// An EndpointSlice.
pub(super) fn slice(slice: &Value, old: Option<&Value>, errors: &mut Errors) {
    let family = text(slice, "addressType");
    if family.is_empty() {
        errors.required("addressType", "");
    } else {
        errors.one_of("addressType", &slice["addressType"], &["FQDN", "IPv4", "IPv6"]);
    }
    for (index, endpoint) in items(slice, "endpoints").iter().enumerate() {
        let field = format!("endpoints[{index}]");
        let addresses = items(endpoint, "addresses");
        if addresses.is_empty() {
            errors.required(format!("{field}.addresses"), "must contain at least 1 address");
        }
        let field_of_all = format!("{field}.addresses");
        let typed = if family.is_empty() { &[] } else { addresses };
        for (index, address) in typed.iter().enumerate() {
            check_address(address, family, &field_of_all, index, errors);
        }
        if let Some(name) = endpoint["hostname"].as_str() {
            errors.dns_label(&format!("{field}.hostname"), name);
        }
    }
    check_ports(slice, errors);
    if let Some(old) = old {
        errors.immutable("addressType", &slice["addressType"], &old["addressType"]);
    }
}

fn check_ports(slice: &Value, errors: &mut Errors) {
    let mut names = BTreeSet::new();
    for (index, port) in items(slice, "ports").iter().enumerate() {
        let field = format!("ports[{index}]");
        let name = text(port, "name");
        if !names.insert(name) {
            errors.duplicate(format!("{field}.name"), &name.into());
        }
        if !name.is_empty() {
            errors.dns_label(&format!("{field}.name"), name);
        }
        match text(port, "protocol") {
            "" => errors.required(format!("{field}.protocol"), ""),
            _ => errors.one_of(
                format!("{field}.protocol"),
                &port["protocol"],
                &["SCTP", "TCP", "UDP"],
            ),
        }
    }
}

fn check_address(address: &Value, family: &str, addresses: &str, index: usize, errors: &mut Errors) {
    let written = address.as_str().unwrap_or_default();
    let field = format!("{addresses}[{index}]");
    if family == "FQDN" {
        errors.dns_subdomain(&field, written);
        return;
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
    if let Some(why) = special(parsed) {
        errors.invalid(field, address, why);
    }
}

/// Why an address is nobody's that a client could reach.
fn special(address: IpAddr) -> Option<&'static str> {
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
