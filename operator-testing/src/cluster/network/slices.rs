//! `endpointslice-controller`.

use serde_json::{Value, json};

use super::members;
use crate::{
    apiserver::{status::StatusError, store::ObjectKey},
    cluster::{
        controller::{Context, Controller, Next, Seen},
        kind::{ENDPOINT_SLICES, SERVICES},
        object::{self, text},
        pod,
    },
};

const SERVICE_NAME: &str = "kubernetes.io/service-name";
const MANAGED_BY: &str = "endpointslice.kubernetes.io/managed-by";
const MANAGER: &str = "endpointslice-controller.k8s.io";

/// The simulated `endpointslice-controller`: one slice for each Service. Its keys are Services.
#[derive(Debug, Default)]
pub(crate) struct EndpointSlices;

impl Controller for EndpointSlices {
    fn name(&self) -> &'static str {
        "endpointslice-controller"
    }

    fn observe(&mut self, seen: &Seen, cx: &Context<'_>, wake: &mut Vec<ObjectKey>) {
        members::observe(seen, cx, wake);
        if seen.is(&ENDPOINT_SLICES) {
            let services = seen
                .states()
                .filter(|slice| object::label(slice, MANAGED_BY) == MANAGER)
                .map(|slice| object::label(slice, SERVICE_NAME).to_owned());
            wake.extend(services.map(|service| ObjectKey::new(seen.key().namespace(), &service)));
        }
    }

    fn reconcile(&mut self, key: &ObjectKey, cx: &Context<'_>) -> Result<Next, StatusError> {
        let Some(service) = members::service(key, cx)? else {
            return Ok(Next::Done);
        };
        let pods = members::pods(&service, cx)?;
        let wanted = slice(&service, &pods, cx);
        let mut slices = cx.client.list(&ENDPOINT_SLICES, Some(key.namespace()))?;
        slices.retain(|slice| {
            object::label(slice, SERVICE_NAME) == key.name()
                && object::label(slice, MANAGED_BY) == MANAGER
                && !object::is_deleting(slice)
        });
        match slices.first() {
            None => {
                cx.client.create(&ENDPOINT_SLICES, key.namespace(), wanted)?;
            }
            Some(current) => {
                let same = ["endpoints", "ports"]
                    .iter()
                    .all(|field| current[*field] == wanted[*field])
                    && current["metadata"]["labels"] == wanted["metadata"]["labels"];
                if !same {
                    let mut slice = current.clone();
                    for field in ["endpoints", "ports"] {
                        slice[field] = wanted[field].clone();
                    }
                    slice["metadata"]["labels"] = wanted["metadata"]["labels"].clone();
                    cx.client.replace(&ENDPOINT_SLICES, &slice)?;
                }
            }
        }
        Ok(Next::Done)
    }
}

fn slice(service: &Value, pods: &[Value], cx: &Context<'_>) -> Value {
    let endpoints: Vec<Value> = pods.iter().map(|pod| endpoint(service, pod)).collect();
    let ports = if pods.is_empty() {
        Vec::new()
    } else {
        members::ports(service, pods)
    };
    let or_null = |list: Vec<Value>| if list.is_empty() { Value::Null } else { list.into() };
    let mut slice = json!({
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "generateName": format!("{}-", object::name(service)),
            "annotations": {"endpoints.kubernetes.io/last-change-trigger-time": object::timestamp(cx.now)},
            "ownerReferences": [object::controller_reference(service, &SERVICES)],
        },
        "addressType": "IPv4",
        "endpoints": or_null(endpoints),
        "ports": or_null(ports),
    });
    for (label, value) in object::labels(service).into_iter().flatten() {
        object::set_label(&mut slice, label, value.clone());
    }
    object::set_label(&mut slice, MANAGED_BY, MANAGER);
    object::set_label(&mut slice, SERVICE_NAME, object::name(service).to_owned());
    if members::is_headless(service) {
        object::set_label(&mut slice, "service.kubernetes.io/headless", "");
    }
    slice
}

fn endpoint(service: &Value, pod: &Value) -> Value {
    let mut endpoint = json!({
        "addresses": [text(pod, "/status/podIP")],
        "conditions": {
            "ready": members::is_ready(service, pod),
            "serving": pod::is_ready(pod),
            "terminating": object::is_deleting(pod),
        },
        "nodeName": text(pod, "/spec/nodeName"),
        "targetRef": members::reference(pod),
    });
    if let Some(hostname) = members::hostname(service, pod) {
        endpoint["hostname"] = hostname.into();
    }
    endpoint
}
