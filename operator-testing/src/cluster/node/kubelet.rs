//! `kubelet`: runs what is bound to a node, and lets go what is deleted.

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    behavior::{PodControl, Termination, Waiting},
    lifecycle,
    status::{self, Place},
};
use crate::{
    apiserver::{status::StatusError, store::ObjectKey},
    cluster::{
        controller::{Context, Controller, Next, Seen},
        kind::{NODES, PODS},
        object::{self, text},
        pod,
    },
};

/// The node that a simulated cluster begins with.
const NODE: &str = "node-1";
const NODE_IP: &str = "192.168.0.1";

/// The simulated kubelet of all nodes.
#[derive(Debug)]
pub(crate) struct Kubelet {
    control: PodControl,
    running: BTreeMap<String, Running>,
    addresses: u32,
}

/// What the kubelet remembers of a Pod that it runs.
#[derive(Debug)]
struct Running {
    since: Timestamp,
    restarts: u32,
    ip: String,
}

impl Kubelet {
    pub(crate) fn new(control: PodControl) -> Self {
        Self {
            control,
            running: BTreeMap::new(),
            addresses: 0,
        }
    }

    fn next_address(&mut self) -> String {
        let number = self.addresses;
        self.addresses += 1;
        format!("10.244.{}.{}", number / 250 % 250, number % 250 + 2)
    }

    /// Registers the node, as a kubelet does when it starts.
    fn register(&self, name: &str, cx: &Context<'_>) -> Result<(), StatusError> {
        let key = ObjectKey::new("", name);
        if cx.client.get(&NODES, &key)?.is_some() {
            return Ok(());
        }
        let made = cx.client.create(&NODES, "", node(name))?;
        let mut node = made.clone();
        node["status"] = node_status(cx.now);
        cx.client.replace_status(&NODES, &node)?;
        Ok(())
    }

    fn terminate(&self, pod: &Value, cx: &Context<'_>) -> Result<Next, StatusError> {
        if self.control.termination() == Termination::AfterGrace
            && let Some(end) = object::time(pod, "/metadata/deletionTimestamp")
            && let Ok(left) = Duration::try_from(end.duration_since(cx.now))
            && !left.is_zero()
        {
            return Ok(Next::After(left));
        }
        let grace = object::int(pod, "/metadata/deletionGracePeriodSeconds");
        if grace == Some(0) {
            // somebody else's finalizers are all that is left
            return Ok(Next::Done);
        }
        let options = json!({"gracePeriodSeconds": 0, "preconditions": {"uid": object::uid(pod)}});
        cx.client.delete(&PODS, &object::key(pod), options)?;
        Ok(Next::Done)
    }
}

impl Controller for Kubelet {
    fn name(&self) -> &'static str {
        "kubelet"
    }

    fn start(&mut self, wake: &mut Vec<ObjectKey>) {
        wake.push(ObjectKey::new("", NODE));
    }

    fn nudged(&mut self, pods: &Waiting, cx: &Context<'_>, wake: &mut Vec<ObjectKey>) {
        if pods.all {
            let all = cx.client.list(&PODS, None).unwrap_or_default();
            wake.extend(all.iter().map(object::key));
        }
        wake.extend(pods.keys.iter().cloned());
    }

    fn observe(&mut self, seen: &Seen, _cx: &Context<'_>, wake: &mut Vec<ObjectKey>) {
        if !seen.is(&PODS) {
            return;
        }
        if let (Some(before), None) = (&seen.change().before, &seen.change().after) {
            self.running.remove(&*before.uid);
        }
        wake.push(seen.key().clone());
    }

    fn reconcile(&mut self, key: &ObjectKey, cx: &Context<'_>) -> Result<Next, StatusError> {
        if key.namespace().is_empty() {
            self.register(key.name(), cx)?;
            return Ok(Next::Done);
        }
        let Some(pod) = cx.client.get(&PODS, key)? else {
            return Ok(Next::Done);
        };
        if text(&pod, "/spec/nodeName").is_empty() {
            return Ok(Next::Done);
        }
        if object::is_deleting(&pod) {
            return self.terminate(&pod, cx);
        }
        if pod::is_finished(&pod) {
            return Ok(Next::Done);
        }
        let crashes = self.control.take_crashes(key);
        if !self.running.contains_key(object::uid(&pod)) {
            let known = text(&pod, "/status/podIP");
            let ip = if known.is_empty() {
                self.next_address()
            } else {
                known.to_owned()
            };
            let running = Running {
                since: object::time(&pod, "/status/startTime").unwrap_or(cx.now),
                restarts: 0,
                ip,
            };
            self.running.insert(object::uid(&pod).to_owned(), running);
        }
        let running = self
            .running
            .get_mut(object::uid(&pod))
            .expect("it was just put there if it was missing");
        if crashes > 0 {
            running.restarts += crashes;
            running.since = cx.now;
        }
        let age = Duration::try_from(cx.now.duration_since(running.since)).unwrap_or_default();
        let ends = matches!(text(&pod, "/spec/restartPolicy"), "Never" | "OnFailure");
        let (stage, wait) = lifecycle::stage(self.control.behavior(key), ends, age);
        let place = Place {
            host_ip: NODE_IP,
            pod_ip: &running.ip,
        };
        let status = status::of(&pod, stage, running.restarts, place, cx.now);
        if status != pod["status"] {
            let mut pod = pod;
            pod["status"] = status;
            cx.client.replace_status(&PODS, &pod)?;
        }
        Ok(Next::after(wait))
    }
}

fn node(name: &str) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "labels": {
                "beta.kubernetes.io/arch": "amd64",
                "beta.kubernetes.io/os": "linux",
                "kubernetes.io/arch": "amd64",
                "kubernetes.io/hostname": name,
                "kubernetes.io/os": "linux",
            },
        },
        "spec": {"podCIDR": "10.244.0.0/24", "podCIDRs": ["10.244.0.0/24"]},
    })
}

fn node_status(now: Timestamp) -> Value {
    let at = object::timestamp(now);
    let condition = |kind: &str, status: &str, reason: &str, message: &str| {
        json!({
            "type": kind, "status": status, "reason": reason, "message": message,
            "lastHeartbeatTime": at, "lastTransitionTime": at,
        })
    };
    let size = json!({
        "cpu": "64", "memory": "256Gi", "ephemeral-storage": "1Ti", "pods": "1000", "hugepages-1Gi": "0", "hugepages-2Mi": "0",
    });
    json!({
        "addresses": [
            {"type": "InternalIP", "address": NODE_IP},
            {"type": "Hostname", "address": NODE},
        ],
        "allocatable": size,
        "capacity": size,
        "conditions": [
            condition("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
            condition("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
            condition("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
            condition("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
        ],
        "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
        "nodeInfo": {
            "architecture": "amd64", "bootID": "", "containerRuntimeVersion": "containerd://2.0.0", "kernelVersion": "6.0.0",
            "kubeProxyVersion": "", "kubeletVersion": "v1.36.0", "machineID": "", "operatingSystem": "linux",
            "osImage": "simulated", "systemUUID": "",
        },
    })
}
