//! Services, endpoints, ingresses and network policies.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::Value;

use super::{
    age, fields, first_three, name,
    selector::{labels, selector_or_none},
};

pub(super) fn service(object: &Value, now: Timestamp) -> Vec<Value> {
    vec![
        name(object),
        fields::text(object, "/spec/type").into(),
        fields::non_empty(object, "/spec/clusterIPs/0")
            .unwrap_or("<none>")
            .into(),
        external_ip(object).into(),
        ports(object).into(),
        age(object, now),
        labels(object, "/spec/selector").into(),
    ]
}

fn external_ip(service: &Value) -> String {
    let external = fields::texts(service, "/spec/externalIPs");
    match fields::text(service, "/spec/type") {
        "ClusterIP" | "NodePort" if external.is_empty() => "<none>".into(),
        "ClusterIP" | "NodePort" => external.join(","),
        "LoadBalancer" => {
            let balancers = load_balancers(service);
            let all: Vec<_> = balancers.into_iter().chain(external).collect();
            if all.is_empty() {
                "<pending>".into()
            } else {
                all.join(",")
            }
        }
        "ExternalName" => fields::text(service, "/spec/externalName").into(),
        _ => "<unknown>".into(),
    }
}

/// The addresses under which load balancers are reached, in order.
fn load_balancers(object: &Value) -> BTreeSet<&str> {
    fields::list(object, "/status/loadBalancer/ingress")
        .iter()
        .filter_map(|ingress| {
            fields::non_empty(ingress, "/ip").or_else(|| fields::non_empty(ingress, "/hostname"))
        })
        .collect()
}

fn ports(service: &Value) -> String {
    let ports: Vec<_> = fields::list(service, "/spec/ports")
        .iter()
        .map(|port| {
            let protocol = fields::text(port, "/protocol");
            match (fields::int(port, "/port"), fields::int(port, "/nodePort")) {
                (port, 0) => format!("{port}/{protocol}"),
                (port, node) => format!("{port}:{node}/{protocol}"),
            }
        })
        .collect();
    if ports.is_empty() {
        "<none>".into()
    } else {
        ports.join(",")
    }
}

pub(super) fn endpoints(object: &Value, now: Timestamp) -> Vec<Value> {
    let mut all = Vec::new();
    for subset in fields::list(object, "/subsets") {
        let addresses = || {
            fields::list(subset, "/addresses")
                .iter()
                .map(|address| fields::text(address, "/ip"))
        };
        let ports = fields::list(subset, "/ports");
        if ports.is_empty() {
            all.extend(addresses().map(str::to_owned));
        }
        for port in ports {
            let port = fields::int(port, "/port");
            all.extend(addresses().map(|address| {
                if address.contains(':') {
                    format!("[{address}]:{port}")
                } else {
                    format!("{address}:{port}")
                }
            }));
        }
    }
    // No subsets read differently from subsets without a ready address.
    let none = if fields::list(object, "/subsets").is_empty() {
        "<none>"
    } else {
        ""
    };
    vec![name(object), first_three(&all, none).into(), age(object, now)]
}

pub(super) fn endpoint_slice(object: &Value, now: Timestamp) -> Vec<Value> {
    let ports: Vec<_> = fields::list(object, "/ports")
        .iter()
        .map(|port| {
            fields::scalar(port, "/port")
                .or_else(|| fields::scalar(port, "/name"))
                .unwrap_or_else(|| "*".into())
        })
        .collect();
    let addresses: Vec<_> = fields::list(object, "/endpoints")
        .iter()
        .flat_map(|endpoint| fields::texts(endpoint, "/addresses"))
        .map(str::to_owned)
        .collect();
    vec![
        name(object),
        fields::text(object, "/addressType").into(),
        first_three(&ports, "<unset>").into(),
        first_three(&addresses, "<unset>").into(),
        age(object, now),
    ]
}

pub(super) fn ingress(object: &Value, now: Timestamp) -> Vec<Value> {
    let rules = fields::list(object, "/spec/rules");
    let named: Vec<_> = rules
        .iter()
        .enumerate()
        .filter_map(|(index, rule)| Some((index, fields::non_empty(rule, "/host")?)))
        .take(3)
        .collect();
    let mut hosts = named.iter().map(|(_, host)| *host).collect::<Vec<_>>().join(",");
    if hosts.is_empty() {
        hosts = "*".into();
    }
    // Three hosts are shown; the rest is counted in rules, whether they name a host or not.
    if named.get(2).is_some_and(|(index, _)| index + 1 < rules.len()) {
        hosts = format!("{hosts} + {} more...", rules.len() - 3);
    }
    let ports = if fields::list(object, "/spec/tls").is_empty() {
        "80"
    } else {
        "80, 443"
    };
    let addresses: Vec<_> = load_balancers(object).into_iter().collect();
    vec![
        name(object),
        object
            .pointer("/spec/ingressClassName")
            .and_then(Value::as_str)
            .unwrap_or("<none>")
            .into(),
        hosts.into(),
        addresses.join(",").into(),
        ports.into(),
        age(object, now),
    ]
}

pub(super) fn ingress_class(object: &Value, now: Timestamp) -> Vec<Value> {
    let mut shown = fields::text(object, "/metadata/name").to_owned();
    let annotations = fields::map(object, "/metadata/annotations");
    if annotations.get("ingressclass.kubernetes.io/is-default-class") == Some(&"true") {
        shown.push_str(" (default)");
    }
    let parameters = match object.pointer("/spec/parameters") {
        Some(parameters) if !parameters.is_null() => {
            let kind = fields::text(parameters, "/kind");
            let name = fields::text(parameters, "/name");
            match parameters["apiGroup"].as_str() {
                Some(group) => format!("{kind}.{group}/{name}"),
                None => format!("{kind}/{name}"),
            }
        }
        _ => "<none>".into(),
    };
    vec![
        shown.into(),
        fields::text(object, "/spec/controller").into(),
        parameters.into(),
        age(object, now),
    ]
}

pub(super) fn network_policy(object: &Value, now: Timestamp) -> Vec<Value> {
    vec![
        name(object),
        selector_or_none(object, "/spec/podSelector").into(),
        age(object, now),
    ]
}

pub(super) fn service_cidr(object: &Value, now: Timestamp) -> Vec<Value> {
    vec![
        name(object),
        fields::texts(object, "/spec/cidrs").join(",").into(),
        age(object, now),
    ]
}

pub(super) fn ip_address(object: &Value, now: Timestamp) -> Vec<Value> {
    let parent = match object.pointer("/spec/parentRef") {
        Some(parent) if !parent.is_null() => {
            let mut text = fields::text(parent, "/resource").to_lowercase();
            for (pointer, separator) in [("/group", '.'), ("/namespace", '/')] {
                if let Some(part) = fields::non_empty(parent, pointer) {
                    text.push(separator);
                    text.push_str(part);
                }
            }
            format!("{text}/{}", fields::text(parent, "/name"))
        }
        _ => "<none>".into(),
    };
    // The real server sends an age too, though no column is declared for it.
    vec![name(object), parent.into(), age(object, now)]
}
