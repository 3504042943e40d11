//! The Pods behind a Service, and the ports they answer on.

use serde_json::{Value, json};

use crate::{
    apiserver::{status::StatusError, store::ObjectKey},
    cluster::{
        controller::{Context, Seen},
        kind::{PODS, SERVICES},
        object::{self, int, text},
        pod, selector,
    },
};

/// Wakes the Services that a change concerns.
pub(super) fn observe(seen: &Seen, cx: &Context<'_>, wake: &mut Vec<ObjectKey>) {
    if seen.is(&SERVICES) {
        wake.push(seen.key().clone());
    } else if seen.is(&PODS) {
        let services = cx
            .client
            .list(&SERVICES, Some(seen.key().namespace()))
            .unwrap_or_default();
        let concerned = services.iter().filter(|service| {
            seen.states()
                .any(|pod| selector::map_matches(&service["spec"]["selector"], object::labels(pod)))
        });
        wake.extend(concerned.map(object::key));
    }
}

/// The Service, if its endpoints are looked after here: not without a selector, and not for an outside name.
pub(super) fn service(key: &ObjectKey, cx: &Context<'_>) -> Result<Option<Value>, StatusError> {
    let service = cx.client.get(&SERVICES, key)?;
    Ok(service.filter(|service| {
        let selects = service.pointer("/spec/selector").and_then(Value::as_object);
        selects.is_some_and(|selector| !selector.is_empty())
            && text(service, "/spec/type") != "ExternalName"
            && !object::is_deleting(service)
    }))
}

/// The selected Pods that have an address and have not ended, by name.
pub(super) fn pods(service: &Value, cx: &Context<'_>) -> Result<Vec<Value>, StatusError> {
    let mut pods = cx.client.list(&PODS, Some(object::namespace(service)))?;
    pods.retain(|pod| {
        selector::map_matches(&service["spec"]["selector"], object::labels(pod))
            && !text(pod, "/status/podIP").is_empty()
            && !pod::is_finished(pod)
    });
    Ok(pods)
}

/// Whether a Pod may get requests.
pub(super) fn is_ready(service: &Value, pod: &Value) -> bool {
    object::flag(service, "/spec/publishNotReadyAddresses")
        || (pod::is_ready(pod) && !object::is_deleting(pod))
}

/// Whether a Pod belongs to a name of its own below a headless Service.
pub(super) fn hostname<'a>(service: &Value, pod: &'a Value) -> Option<&'a str> {
    let name = text(pod, "/spec/hostname");
    (!name.is_empty() && text(pod, "/spec/subdomain") == object::name(service)).then_some(name)
}

pub(super) fn is_headless(service: &Value) -> bool {
    text(service, "/spec/clusterIP") == "None"
}

pub(super) fn reference(pod: &Value) -> Value {
    json!({"kind": "Pod", "namespace": object::namespace(pod), "name": object::name(pod), "uid": object::uid(pod)})
}

/// The ports of the Service as its Pods answer on them; named ones are looked up in the first Pod that has them.
pub(super) fn ports(service: &Value, pods: &[Value]) -> Vec<Value> {
    object::list(service, "/spec/ports")
        .iter()
        .filter_map(|port| {
            let target = match port.get("targetPort") {
                Some(Value::String(name)) => pods.iter().find_map(|pod| container_port(pod, name))?,
                Some(number) => number.as_i64()?,
                None => int(port, "/port")?,
            };
            let mut made = json!({"port": target, "protocol": port.get("protocol").cloned().unwrap_or_else(|| "TCP".into())});
            made["name"] = text(port, "/name").into();
            if let Some(protocol) = port.get("appProtocol") {
                made["appProtocol"] = protocol.clone();
            }
            Some(made)
        })
        .collect()
}

fn container_port(pod: &Value, name: &str) -> Option<i64> {
    object::list(pod, "/spec/containers")
        .iter()
        .flat_map(|container| object::list(container, "/ports"))
        .find(|port| text(port, "/name") == name)
        .and_then(|port| int(port, "/containerPort"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn named_ports_are_looked_up_in_the_pods() {
        let service = json!({"spec": {"ports": [
            {"name": "a", "port": 80, "targetPort": "http", "protocol": "TCP"},
            {"name": "b", "port": 81, "targetPort": 8081, "protocol": "TCP"},
            {"name": "c", "port": 82, "targetPort": "absent", "protocol": "TCP"},
        ]}});
        let pod = json!({"spec": {"containers": [{"ports": [{"name": "http", "containerPort": 8080}]}]}});
        assert_eq!(
            ports(&service, &[pod]),
            [
                json!({"name": "a", "port": 8080, "protocol": "TCP"}),
                json!({"name": "b", "port": 8081, "protocol": "TCP"}),
            ]
        );
    }
}
