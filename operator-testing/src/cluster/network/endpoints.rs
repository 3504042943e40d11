//! `endpoints-controller`.

use serde_json::{Value, json};

use super::members;
use crate::{
    apiserver::{status::StatusError, store::ObjectKey},
    cluster::{
        controller::{Context, Controller, Next, Seen},
        kind::{ENDPOINTS, SERVICES},
        object::{self, text},
    },
};

/// The simulated `endpoints-controller`. Its keys are Services, whose names the Endpoints share.
#[derive(Debug, Default)]
pub(crate) struct Endpoints;

impl Controller for Endpoints {
    fn name(&self) -> &'static str {
        "endpoints-controller"
    }

    fn observe(&mut self, seen: &Seen, cx: &Context<'_>, wake: &mut Vec<ObjectKey>) {
        members::observe(seen, cx, wake);
        if seen.is(&ENDPOINTS) {
            wake.push(seen.key().clone());
        }
    }

    fn reconcile(&mut self, key: &ObjectKey, cx: &Context<'_>) -> Result<Next, StatusError> {
        let current = cx.client.get(&ENDPOINTS, key)?;
        let Some(service) = members::service(key, cx)? else {
            let exists = cx.client.get(&SERVICES, key)?.is_some();
            if current.is_some_and(|current| is_managed(&current)) && !exists {
                cx.client.delete(&ENDPOINTS, key, json!({}))?;
            }
            return Ok(Next::Done);
        };
        let pods = members::pods(&service, cx)?;
        let subsets = subsets(&service, &pods);
        let mut wanted = json!({
            "apiVersion": "v1",
            "kind": "Endpoints",
            "metadata": {
                "name": key.name(),
                "annotations": {"endpoints.kubernetes.io/last-change-trigger-time": object::timestamp(cx.now)},
            },
        });
        for (label, value) in object::labels(&service).into_iter().flatten() {
            object::set_label(&mut wanted, label, value.clone());
        }
        object::set_label(&mut wanted, MANAGED_BY, "endpoint-controller");
        if members::is_headless(&service) {
            object::set_label(&mut wanted, "service.kubernetes.io/headless", "");
        }
        if !subsets.is_empty() {
            wanted["subsets"] = subsets.into();
        }
        match current {
            None => {
                cx.client.create(&ENDPOINTS, key.namespace(), wanted)?;
            }
            Some(mut current) => {
                let same = current.get("subsets") == wanted.get("subsets")
                    && current["metadata"]["labels"] == wanted["metadata"]["labels"];
                if !same {
                    current["subsets"] = wanted["subsets"].take();
                    current["metadata"]["labels"] = wanted["metadata"]["labels"].take();
                    cx.client.replace(&ENDPOINTS, &current)?;
                }
            }
        }
        Ok(Next::Done)
    }
}

const MANAGED_BY: &str = "endpoints.kubernetes.io/managed-by";

fn is_managed(endpoints: &Value) -> bool {
    object::label(endpoints, MANAGED_BY) == "endpoint-controller"
}

fn subsets(service: &Value, pods: &[Value]) -> Vec<Value> {
    let (ready, waiting): (Vec<&Value>, Vec<&Value>) = pods
        .iter()
        .filter(|pod| !object::is_deleting(pod) || members::is_ready(service, pod))
        .partition(|pod| members::is_ready(service, pod));
    if ready.is_empty() && waiting.is_empty() {
        return Vec::new();
    }
    let mut subset = json!({});
    for (field, pods) in [("addresses", ready), ("notReadyAddresses", waiting)] {
        if !pods.is_empty() {
            subset[field] = pods.into_iter().map(|pod| address(service, pod)).collect();
        }
    }
    let ports = members::ports(service, pods).into_iter().map(|mut port| {
        // a single port may go without a name
        if text(&port, "/name").is_empty()
            && let Value::Object(members) = &mut port
        {
            members.remove("name");
        }
        port
    });
    let ports: Vec<Value> = ports.collect();
    if !ports.is_empty() {
        subset["ports"] = ports.into();
    }
    vec![subset]
}

fn address(service: &Value, pod: &Value) -> Value {
    let mut address = json!({
        "ip": text(pod, "/status/podIP"),
        "nodeName": text(pod, "/spec/nodeName"),
        "targetRef": members::reference(pod),
    });
    if let Some(hostname) = members::hostname(service, pod) {
        address["hostname"] = hostname.into();
    }
    address
}
