//! Addresses and ports of Services.
//!
//! Source: `k8s.io/kubernetes/pkg/registry/core/service/storage/{storage,alloc}.go`.

use std::{collections::BTreeSet, net::Ipv4Addr};

use serde_json::{Value, json};

use super::{
    fields::{default, items, items_mut, number, remove, text},
    surroundings::Surroundings,
};
use crate::apiserver::status::{About, FieldError, StatusError};

/// Service addresses come from 10.0.0.0/24; the first one is that of the Service `kubernetes`.
const NETWORK: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 0);
const SIZE: u32 = 256;
/// Addresses are given out from here, so that the lower ones can be asked for.
const FIRST_DYNAMIC: u32 = 16;
const PORTS: std::ops::RangeInclusive<i64> = 30_000..=32_767;

/// Gives a Service the addresses and ports that its type needs and that it does not have yet.
pub(super) fn allocate(
    service: &mut Value,
    old: Option<&Value>,
    around: &dyn Surroundings,
) -> Result<(), StatusError> {
    let name = text(&service["metadata"], "name").to_owned();
    if let Some(old) = old {
        keep(&mut service["spec"], &old["spec"]);
        drop_unneeded(&mut service["spec"], &old["spec"]);
    }
    let kind = text(&service["spec"], "type").to_owned();
    if kind == "ExternalName" {
        if let Some(old) = old {
            release(&mut service["spec"], &old["spec"]);
        }
        return Ok(());
    }
    if !matches!(&*kind, "ClusterIP" | "NodePort" | "LoadBalancer") {
        return Ok(());
    }
    let others = Others::of(service, around);
    let spec = &mut service["spec"];
    align_addresses(spec);
    families(spec);
    let errors = match text(spec, "clusterIP") {
        "" => {
            let address = others.free_address();
            spec["clusterIP"] = address.to_string().into();
            spec["clusterIPs"] = json!([address.to_string()]);
            Vec::new()
        }
        "None" => Vec::new(),
        wanted if is_kept(old, wanted) => Vec::new(),
        wanted => others.refuse_address(wanted),
    };
    let mut errors = errors;
    if kind != "ClusterIP" && !(kind == "LoadBalancer" && spec["allocateLoadBalancerNodePorts"] == false) {
        others.give_ports(spec, old, &mut errors);
    }
    if kind == "LoadBalancer"
        && text(spec, "externalTrafficPolicy") == "Local"
        && number(spec, "healthCheckNodePort") == 0
    {
        let port = others.free_port(spec);
        spec["healthCheckNodePort"] = port.into();
    }
    if errors.is_empty() {
        return Ok(());
    }
    let about = About {
        group: "",
        kind: "Service",
        name: &name,
    };
    Err(StatusError::invalid(about, &errors))
}

/// Which families a Service has addresses of: both, if it has no addresses and says itself where it leads.
fn families(spec: &mut Value) {
    let has_selector = spec["selector"]
        .as_object()
        .is_some_and(|selector| !selector.is_empty());
    let is_open = text(spec, "clusterIP") == "None" && !has_selector;
    if is_open && spec["ipFamilyPolicy"].is_null() && spec["ipFamilies"].is_null() {
        spec["ipFamilyPolicy"] = "RequireDualStack".into();
    }
    let both = is_open
        && matches!(
            text(spec, "ipFamilyPolicy"),
            "RequireDualStack" | "PreferDualStack"
        );
    default(
        spec,
        "ipFamilies",
        if both {
            json!(["IPv4", "IPv6"])
        } else {
            json!(["IPv4"])
        },
    );
    default(spec, "ipFamilyPolicy", "SingleStack");
}

fn is_kept(old: Option<&Value>, address: &str) -> bool {
    old.is_some_and(|old| text(&old["spec"], "clusterIP") == address)
}

/// What a change leaves out stays as it was.
fn keep(spec: &mut Value, old: &Value) {
    let needs = |spec: &Value| text(spec, "type") != "ExternalName";
    if !needs(spec) || !needs(old) {
        return;
    }
    let address = &spec["clusterIP"];
    if address.is_string() && *address != old["clusterIP"] && spec["clusterIPs"] == old["clusterIPs"] {
        // who changes the one address means the first of the list too
        spec["clusterIPs"] = json!([address]);
    }
    for field in ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"] {
        let same_address = matches!(text(spec, "clusterIP"), "") || spec["clusterIP"] == old["clusterIP"];
        if same_address && !old[field].is_null() {
            default(spec, field, old[field].clone());
        }
    }
    if !matches!(text(spec, "type"), "NodePort" | "LoadBalancer") {
        if matches!(text(old, "type"), "NodePort" | "LoadBalancer") {
            drop_ports(spec, old);
        }
        return;
    }
    for port in items_mut(spec, "ports") {
        let same = items(old, "ports")
            .iter()
            .find(|known| known["port"] == port["port"] && known["protocol"] == port["protocol"]);
        if let Some(known) = same.filter(|known| number(known, "nodePort") != 0) {
            default(port, "nodePort", known["nodePort"].clone());
        }
    }
    if number(old, "healthCheckNodePort") != 0 && text(spec, "externalTrafficPolicy") == "Local" {
        default(spec, "healthCheckNodePort", old["healthCheckNodePort"].clone());
    }
}

/// What another type needed goes with it, unless the change says something else about it.
fn drop_unneeded(spec: &mut Value, old: &Value) {
    let is_balancer = |spec: &Value| text(spec, "type") == "LoadBalancer";
    let is_external = |spec: &Value| {
        matches!(text(spec, "type"), "NodePort" | "LoadBalancer") || !items(spec, "externalIPs").is_empty()
    };
    let is_checked = |spec: &Value| is_balancer(spec) && text(spec, "externalTrafficPolicy") == "Local";
    let was_balancer = is_balancer(old) && !is_balancer(spec);
    for (field, is_gone) in [
        ("allocateLoadBalancerNodePorts", was_balancer),
        ("loadBalancerClass", was_balancer),
        ("healthCheckNodePort", is_checked(old) && !is_checked(spec)),
        ("externalTrafficPolicy", is_external(old) && !is_external(spec)),
    ] {
        if is_gone && spec[field] == old[field] {
            remove(spec, field);
        }
    }
}

/// Ports that were given out for the old type go with it.
fn drop_ports(spec: &mut Value, old: &Value) {
    let given: Vec<Value> = items(old, "ports")
        .iter()
        .map(|port| port["nodePort"].clone())
        .collect();
    for port in items_mut(spec, "ports") {
        if given.contains(&port["nodePort"]) {
            remove(port, "nodePort");
        }
    }
}

/// A Service that becomes another name gives back what it was given.
fn release(spec: &mut Value, old: &Value) {
    if spec["clusterIP"].is_null() || spec["clusterIP"] == old["clusterIP"] {
        remove(spec, "clusterIP");
        remove(spec, "clusterIPs");
    }
    for field in ["ipFamilies", "ipFamilyPolicy"] {
        if spec[field] == old[field] {
            remove(spec, field);
        }
    }
}

/// `clusterIP` is the first of `clusterIPs`.
fn align_addresses(spec: &mut Value) {
    let first = items(spec, "clusterIPs").first().cloned();
    match (text(spec, "clusterIP"), first) {
        ("", Some(first)) => spec["clusterIP"] = first,
        ("", None) => {}
        (_, None) => spec["clusterIPs"] = json!([spec["clusterIP"]]),
        _ => {}
    }
}

/// What other Services have.
struct Others {
    addresses: BTreeSet<String>,
    ports: BTreeSet<i64>,
}

impl Others {
    fn of(service: &Value, around: &dyn Surroundings) -> Self {
        let is_this = |other: &Value| {
            let same = |field: &str| other["metadata"][field] == service["metadata"][field];
            same("name") && same("namespace")
        };
        let mut others = Self {
            addresses: BTreeSet::new(),
            ports: BTreeSet::new(),
        };
        for other in around.all("", "services").iter().filter(|other| !is_this(other)) {
            let spec = &other["spec"];
            let addresses = items(spec, "clusterIPs").iter().filter_map(Value::as_str);
            others.addresses.extend(addresses.map(str::to_owned));
            others
                .ports
                .extend(items(spec, "ports").iter().map(|port| number(port, "nodePort")));
            others.ports.insert(number(spec, "healthCheckNodePort"));
        }
        others
    }

    fn free_address(&self) -> Ipv4Addr {
        let base = u32::from(NETWORK);
        let dynamic = FIRST_DYNAMIC..SIZE - 1;
        let low = 1..FIRST_DYNAMIC;
        // A test with more Services than the real network holds goes on beyond it.
        let beyond = SIZE..u32::MAX - base;
        dynamic
            .chain(low)
            .chain(beyond)
            .map(|offset| Ipv4Addr::from(base + offset))
            .find(|address| !self.addresses.contains(&address.to_string()))
            .unwrap_or(NETWORK)
    }

    fn refuse_address(&self, wanted: &str) -> Vec<FieldError> {
        let Ok(address) = wanted.parse::<Ipv4Addr>() else {
            return Vec::new();
        };
        let offset = u32::from(address).wrapping_sub(u32::from(NETWORK));
        let list = json!([wanted]);
        let why = if offset == 0 || offset >= SIZE {
            format!("failed to allocate IP {wanted}: the provided network does not match the current range")
        } else if self.addresses.contains(wanted) {
            format!("failed to allocate IP {wanted}: provided IP is already allocated")
        } else {
            return Vec::new();
        };
        vec![FieldError::invalid("spec.clusterIPs", &list, why)]
    }

    fn free_port(&self, spec: &Value) -> i64 {
        let own: BTreeSet<i64> = items(spec, "ports")
            .iter()
            .map(|port| number(port, "nodePort"))
            .collect();
        let mut free = PORTS.filter(|port| !self.ports.contains(port) && !own.contains(port));
        free.next().unwrap_or(*PORTS.start())
    }

    fn give_ports(&self, spec: &mut Value, old: Option<&Value>, errors: &mut Vec<FieldError>) {
        let kept = |port: i64| {
            old.is_some_and(|old| {
                items(&old["spec"], "ports")
                    .iter()
                    .any(|known| number(known, "nodePort") == port)
            })
        };
        for index in 0..items(spec, "ports").len() {
            let port = number(&spec["ports"][index], "nodePort");
            if port == 0 {
                let free = self.free_port(spec);
                spec["ports"][index]["nodePort"] = free.into();
                continue;
            }
            let field = format!("spec.ports[{index}].nodePort");
            if !PORTS.contains(&port) {
                let why = "provided port is not in the valid range. The range of valid ports is 30000-32767";
                errors.push(FieldError::invalid(field, &port.into(), why));
            } else if self.ports.contains(&port) && !kept(port) {
                errors.push(FieldError::invalid(
                    field,
                    &port.into(),
                    "provided port is already allocated",
                ));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Services(Vec<Value>);

    impl Surroundings for Services {
        fn find(&self, _: &str, _: &str, _: &str, _: &str) -> Option<Value> {
            None
        }

        fn all(&self, _: &str, _: &str) -> Vec<Value> {
            self.0.clone()
        }
    }

    fn service(spec: &Value) -> Value {
        json!({"metadata": {"name": "s", "namespace": "n"}, "spec": spec})
    }

    #[test]
    fn addresses_and_ports_are_given_once() {
        let mut first = service(&json!({"type": "NodePort", "ports": [{"port": 80}]}));
        allocate(&mut first, None, &Services(Vec::new())).unwrap();
        assert_eq!(first["spec"]["clusterIP"], "10.0.0.16");
        assert_eq!(first["spec"]["ports"][0]["nodePort"], 30_000);

        let mut second = service(&json!({"type": "NodePort", "ports": [{"port": 80}, {"port": 81}]}));
        second["metadata"]["name"] = "t".into();
        allocate(&mut second, None, &Services(vec![first.clone()])).unwrap();
        assert_eq!(second["spec"]["clusterIP"], "10.0.0.17");
        assert_eq!(second["spec"]["ports"][1]["nodePort"], 30_002);

        let mut changed = service(&json!({"type": "ClusterIP", "ports": [{"port": 80, "nodePort": 30_000}]}));
        allocate(&mut changed, Some(&first), &Services(Vec::new())).unwrap();
        assert_eq!(changed["spec"]["clusterIP"], "10.0.0.16");
        assert_eq!(changed["spec"]["ports"][0].get("nodePort"), None);
    }

    #[test]
    fn an_address_of_somebody_else_is_refused() {
        let mut taken = service(&json!({"type": "ClusterIP", "clusterIP": "10.0.0.20"}));
        allocate(&mut taken, None, &Services(Vec::new())).unwrap();
        let mut other = taken.clone();
        other["metadata"]["name"] = "t".into();
        let error = allocate(&mut other, None, &Services(vec![taken])).unwrap_err();
        assert!(
            error.message.contains("provided IP is already allocated"),
            "{}",
            error.message
        );
        let mut outside = service(&json!({"type": "ClusterIP", "clusterIP": "1.2.3.4"}));
        assert_eq!(
            allocate(&mut outside, None, &Services(Vec::new()))
                .unwrap_err()
                .code,
            422
        );
    }
}
