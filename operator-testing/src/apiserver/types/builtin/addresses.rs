//! Addresses and ports of Services.
//!
//! Source: `k8s.io/kubernetes/pkg/registry/core/service/storage/{storage,alloc}.go` and `../strategy.go`.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    address_pool::{Pool, node_ports},
    fields::{default, items, items_mut, number, remove, text},
    surroundings::Surroundings,
    validate::{
        cluster_ips,
        errors::Errors,
        services::{is_external, needs_health_check},
    },
};
use crate::apiserver::status::{About, FieldError, StatusError};

/// Gives a Service the addresses and ports that its type needs and that it does not have yet.
pub(super) fn allocate(
    service: &mut Value,
    old: Option<&Value>,
    around: &dyn Surroundings,
) -> Result<(), StatusError> {
    let name = text(&service["metadata"], "name").to_owned();
    let pool = Pool::for_service(service, around);
    let old = old.map(|old| with_both_addresses(&old["spec"]));
    let (spec, old) = (&mut service["spec"], old.as_ref());
    match old {
        Some(old) => {
            keep_given(spec, old);
            follow_change(spec, old);
        }
        None if !text(spec, "clusterIP").is_empty() && items(spec, "clusterIPs").is_empty() => {
            spec["clusterIPs"] = json!([spec["clusterIP"]]);
        }
        None => {}
    }
    let given = families(spec, old)
        .and_then(|()| give_address(spec, old, &pool).map_err(|error| vec![error]))
        .and_then(|()| give_ports(spec, old, &pool).map_err(|error| vec![error]));
    if let Err(errors) = given {
        let about = About {
            group: "",
            kind: "Service",
            name: &name,
        };
        return Err(StatusError::invalid(about, &errors));
    }
    if let Some(old) = old {
        if let Some((protocol, port)) = repeated_node_port(spec).filter(|_| needs_ports(spec)) {
            let why = format!("duplicate nodePort: {{{protocol} {port}}}");
            return Err(StatusError::new(500, "", why));
        }
        drop_unneeded(spec, old);
    }
    let is_balanced = text(spec, "type") == "LoadBalancer";
    // a real server keeps it and shows it to nobody
    if !needs_address(spec) {
        remove(spec, "internalTrafficPolicy");
    }
    // what a balancer has reported counts no more
    if old.is_some() && !is_balanced && !service["status"]["loadBalancer"].is_null() {
        service["status"]["loadBalancer"] = json!({});
    }
    Ok(())
}

/// A Service that a write of the status made has no list of its addresses.
fn with_both_addresses(spec: &Value) -> Value {
    let mut spec = spec.clone();
    if !text(&spec, "clusterIP").is_empty() && items(&spec, "clusterIPs").is_empty() {
        spec["clusterIPs"] = json!([spec["clusterIP"]]);
    }
    spec
}

fn needs_address(spec: &Value) -> bool {
    text(spec, "type") != "ExternalName"
}

fn needs_ports(spec: &Value) -> bool {
    matches!(text(spec, "type"), "NodePort" | "LoadBalancer")
}

/// What the server gave stays, if a change leaves it out.
fn keep_given(spec: &mut Value, old: &Value) {
    if needs_address(spec) && needs_address(old) {
        for field in ["clusterIP", "clusterIPs"] {
            let is_empty = text(spec, field).is_empty() && items(spec, field).is_empty();
            if is_empty && !old[field].is_null() {
                spec[field] = old[field].clone();
            }
        }
    }
    if needs_ports(spec) && needs_ports(old) {
        let used: Vec<i64> = node_ports(spec)
            .filter(|port| node_ports(old).any(|known| known == *port))
            .collect();
        for port in items_mut(spec, "ports") {
            let known = items(old, "ports")
                .iter()
                .rfind(|known| text(known, "name") == text(port, "name"));
            let known = known.map_or(0, |known| number(known, "nodePort"));
            if number(port, "nodePort") == 0 && known != 0 && !used.contains(&known) {
                port["nodePort"] = known.into();
            }
        }
    }
    if needs_health_check(spec) && needs_health_check(old) && number(spec, "healthCheckNodePort") == 0 {
        spec["healthCheckNodePort"] = old["healthCheckNodePort"].clone();
    }
}

/// Clients that know only one of `clusterIP` and `clusterIPs` change both.
fn follow_change(spec: &mut Value, old: &Value) {
    let (now, before) = (items(spec, "clusterIPs"), items(old, "clusterIPs"));
    if text(spec, "clusterIP") == text(old, "clusterIP") {
        if now.is_empty() && !before.is_empty() {
            spec["clusterIPs"] = old["clusterIPs"].clone();
        }
    } else if now == before {
        match text(spec, "clusterIP") {
            "" => drop(remove(spec, "clusterIPs")),
            _ => spec["clusterIPs"] = json!([spec["clusterIP"]]),
        }
    }
}

/// Settles the families of the addresses; the server has IPv4 only.
fn families(spec: &mut Value, old: Option<&Value>) -> Result<(), Vec<FieldError>> {
    if !needs_address(spec) {
        return Ok(());
    }
    let is_free = text(spec, "clusterIP") == "None"
        && spec["selector"].as_object().is_none_or(serde_json::Map::is_empty);
    let inherited = old.map_or(Value::Null, |old| old["ipFamilyPolicy"].clone());
    let policy = match inherited {
        Value::Null if is_free => "RequireDualStack".into(),
        Value::Null => "SingleStack".into(),
        inherited => inherited,
    };
    default(spec, "ipFamilyPolicy", policy);
    let mut errors = Errors::default();
    cluster_ips::check(spec, old, &mut errors);
    if !errors.0.is_empty() {
        return Err(errors.0);
    }
    let is_single = text(spec, "ipFamilyPolicy") == "SingleStack";
    if let (Some(old), true) = (old, is_single) {
        for list in ["clusterIPs", "ipFamilies"] {
            if spec[list] == old[list]
                && let Some(list) = spec[list].as_array_mut()
            {
                list.truncate(1);
            }
        }
    }
    fit_policy(spec, old, is_single)?;
    if items(spec, "ipFamilies").is_empty() {
        spec["ipFamilies"] = json!(["IPv4"]);
    }
    if is_free {
        if !is_single && items(spec, "ipFamilies").len() < 2 {
            let other = if spec["ipFamilies"][0] == "IPv4" {
                "IPv6"
            } else {
                "IPv4"
            };
            spec["ipFamilies"] = json!([spec["ipFamilies"][0], other]);
        }
        return Ok(());
    }
    let policy = &spec["ipFamilyPolicy"];
    let mut wrong = Vec::new();
    if policy == "RequireDualStack" {
        let why = "this cluster is not configured for dual-stack services";
        wrong.push(FieldError::invalid("spec.ipFamilyPolicy", policy, why));
    }
    for (index, family) in items(spec, "ipFamilies").iter().enumerate() {
        if family != "IPv4" {
            let field = format!("spec.ipFamilies[{index}]");
            wrong.push(FieldError::invalid(
                field,
                family,
                "not configured on this cluster",
            ));
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong) }
}

/// Refuses a policy that contradicts the addresses and families, and reads families off the addresses.
fn fit_policy(spec: &mut Value, old: Option<&Value>, is_single: bool) -> Result<(), Vec<FieldError>> {
    let mut wrong = Vec::new();
    for (list, one, many) in [
        ("clusterIPs", "cluster IP", "cluster IPs"),
        ("ipFamilies", "IP family", "IP families"),
    ] {
        let count = items(spec, list).len();
        let was = old.map_or(0, |old| items(old, list).len());
        let why = if is_single && count == 2 {
            format!("must be 'RequireDualStack' or 'PreferDualStack' when multiple {many} are specified")
        } else if !is_single && count != 0 && count < was {
            format!("must be 'SingleStack' to release the secondary {one}")
        } else {
            continue;
        };
        wrong.push(FieldError::invalid(
            "spec.ipFamilyPolicy",
            &spec["ipFamilyPolicy"],
            why,
        ));
    }
    let known = items(spec, "ipFamilies").len();
    for (index, address) in items(spec, "clusterIPs").iter().enumerate().skip(known) {
        if address.as_str().is_some_and(|address| address.contains(':')) {
            let why = "IPv6 is not configured on this cluster";
            let field = format!("spec.clusterIPs[{index}]");
            wrong.push(FieldError::invalid(field, &spec["clusterIPs"], why));
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong) }
}

fn give_address(spec: &mut Value, old: Option<&Value>, pool: &Pool) -> Result<(), FieldError> {
    let is_new = old.is_none_or(|old| !needs_address(old));
    if !needs_address(spec)
        || !is_new
        || items(spec, "clusterIPs")
            .first()
            .is_some_and(|first| first == "None")
    {
        return Ok(());
    }
    match items(spec, "clusterIPs").first().and_then(Value::as_str) {
        Some(wanted) if !wanted.is_empty() => pool.claim_address(wanted),
        _ => {
            let address = pool.free_address().to_string();
            spec["clusterIPs"] = json!([address]);
            spec["clusterIP"] = address.into();
            Ok(())
        }
    }
}

fn give_ports(spec: &mut Value, old: Option<&Value>, pool: &Pool) -> Result<(), FieldError> {
    if needs_ports(spec) {
        let known: Option<Vec<i64>> = old.map(|old| node_ports(old).collect());
        pool.give_ports(spec, known.as_deref())?;
    }
    let is_asked = needs_health_check(spec) && !old.is_some_and(needs_health_check);
    if is_asked && number(spec, "healthCheckNodePort") == 0 {
        spec["healthCheckNodePort"] = pool.free_port(spec).into();
    }
    Ok(())
}

/// A protocol and a port on the nodes that two ports have.
fn repeated_node_port(spec: &Value) -> Option<(&str, i64)> {
    let ports = items(spec, "ports").iter();
    let mut keys = ports.map(|port| (text(port, "protocol"), number(port, "nodePort")));
    let mut seen = BTreeSet::new();
    keys.find(|key| key.1 != 0 && !seen.insert(*key))
}

/// An address that a balancer reports leads to the balancer itself, unless it says otherwise.
pub(super) fn tell_mode(service: &mut Value) {
    if text(&service["spec"], "type") != "LoadBalancer" {
        return;
    }
    if let Some(balancer) = service["status"].get_mut("loadBalancer") {
        for point in items_mut(balancer, "ingress").filter(|point| !text(point, "ip").is_empty()) {
            default(point, "ipMode", "VIP");
        }
    }
}

/// Takes away what the old type had and the new one has no use for, unless the client changed it, which validation refuses.
fn drop_unneeded(spec: &mut Value, old: &Value) {
    let is_same = |spec: &Value, field: &str| spec[field] == old[field];
    if needs_address(old) && !needs_address(spec) {
        if is_same(spec, "clusterIP") && is_same(spec, "clusterIPs") {
            remove(spec, "clusterIP");
            remove(spec, "clusterIPs");
        }
        for field in ["ipFamilies", "ipFamilyPolicy"] {
            if is_same(spec, field) {
                remove(spec, field);
            }
        }
    }
    if needs_ports(old) && !needs_ports(spec) {
        let known: Vec<i64> = node_ports(old).collect();
        if node_ports(spec).all(|port| known.contains(&port)) {
            items_mut(spec, "ports").for_each(|port| drop(remove(port, "nodePort")));
        }
    }
    if needs_health_check(old) && !needs_health_check(spec) && is_same(spec, "healthCheckNodePort") {
        remove(spec, "healthCheckNodePort");
    }
    if text(old, "type") == "LoadBalancer" && text(spec, "type") != "LoadBalancer" {
        for field in ["allocateLoadBalancerNodePorts", "loadBalancerClass"] {
            if is_same(spec, field) {
                remove(spec, field);
            }
        }
    }
    if is_external(old) && !is_external(spec) && is_same(spec, "externalTrafficPolicy") {
        remove(spec, "externalTrafficPolicy");
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
