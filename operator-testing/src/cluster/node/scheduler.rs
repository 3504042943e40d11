//! `kube-scheduler`: binds Pods to nodes.
//!
//! It honours node names and labels asked for, unschedulable nodes and claims that are not bound yet; it does not count resources.

use serde_json::{Value, json};

use crate::{
    apiserver::{status::StatusError, store::ObjectKey},
    cluster::{
        controller::{Context, Controller, Next, Seen},
        kind::{NODES, PERSISTENT_VOLUME_CLAIMS, PODS},
        object::{self, text},
        pod, selector,
    },
};

/// The simulated scheduler.
#[derive(Debug, Default)]
pub(crate) struct Scheduler;

impl Controller for Scheduler {
    fn name(&self) -> &'static str {
        "kube-scheduler"
    }

    fn observe(&mut self, seen: &Seen, cx: &Context<'_>, wake: &mut Vec<ObjectKey>) {
        if seen.is(&PODS) {
            if seen.after().is_some_and(is_waiting) {
                wake.push(seen.key().clone());
            }
        } else if seen.is(&NODES) || seen.is(&PERSISTENT_VOLUME_CLAIMS) {
            let namespace = Some(seen.key().namespace()).filter(|namespace| !namespace.is_empty());
            let pods = cx.client.list(&PODS, namespace).unwrap_or_default();
            wake.extend(pods.iter().filter(|pod| is_waiting(pod)).map(object::key));
        }
    }

    fn reconcile(&mut self, key: &ObjectKey, cx: &Context<'_>) -> Result<Next, StatusError> {
        let Some(pod) = cx.client.get(&PODS, key)?.filter(is_waiting) else {
            return Ok(Next::Done);
        };
        match place(&pod, cx)? {
            Ok(node) => {
                cx.client.bind(&pod, &node)?;
                let message = format!(
                    "Successfully assigned {}/{} to {node}",
                    key.namespace(),
                    key.name()
                );
                cx.client.event(&pod, &PODS, "Scheduled", &message, cx.now);
            }
            Err(why) => report(&pod, &why, cx)?,
        }
        Ok(Next::Done)
    }
}

/// Whether a Pod is this scheduler's to bind.
fn is_waiting(pod: &Value) -> bool {
    text(pod, "/spec/nodeName").is_empty()
        && pod::is_active(pod)
        && object::list(pod, "/spec/schedulingGates").is_empty()
        && matches!(text(pod, "/spec/schedulerName"), "" | "default-scheduler")
}

/// The node for a Pod, or why there is none.
fn place(pod: &Value, cx: &Context<'_>) -> Result<Result<String, String>, StatusError> {
    for volume in object::list(pod, "/spec/volumes") {
        let claim = text(volume, "/persistentVolumeClaim/claimName");
        if claim.is_empty() {
            continue;
        }
        let key = ObjectKey::new(object::namespace(pod), claim);
        match cx.client.get(&PERSISTENT_VOLUME_CLAIMS, &key)? {
            None => return Ok(Err(format!("persistentvolumeclaim \"{claim}\" not found"))),
            Some(claim) if text(&claim, "/status/phase") != "Bound" => {
                return Ok(Err("pod has unbound immediate PersistentVolumeClaims".into()));
            }
            Some(_) => {}
        }
    }
    let nodes = cx.client.list(&NODES, None)?;
    let fitting: Vec<&Value> = nodes.iter().filter(|node| fits(pod, node)).collect();
    if fitting.is_empty() {
        return Ok(Err(if nodes.is_empty() {
            "no nodes available to schedule pods".into()
        } else {
            format!("0/{} nodes are available", nodes.len())
        }));
    }
    let pods = if fitting.len() > 1 {
        cx.client.list(&PODS, None)?
    } else {
        Vec::new()
    };
    let load = |node: &Value| {
        pods.iter()
            .filter(|pod| text(pod, "/spec/nodeName") == object::name(node) && pod::is_active(pod))
            .count()
    };
    let emptiest = fitting
        .into_iter()
        .min_by_key(|node| (load(node), object::name(node).to_owned()));
    Ok(emptiest
        .map(|node| object::name(node).to_owned())
        .ok_or_else(String::new))
}

fn fits(pod: &Value, node: &Value) -> bool {
    let tolerates = object::list(pod, "/spec/tolerations")
        .iter()
        .any(|toleration| text(toleration, "/key") == "node.kubernetes.io/unschedulable");
    (tolerates || !object::flag(node, "/spec/unschedulable")) && suits(pod, node)
}

/// Whether a Pod, or a template of Pods, asks for nothing that the node is not.
pub(crate) fn suits(pod: &Value, node: &Value) -> bool {
    let labels = object::labels(node);
    let wanted = &pod["spec"]["nodeSelector"];
    if wanted.as_object().is_some_and(|wanted| !wanted.is_empty()) && !selector::map_matches(wanted, labels) {
        return false;
    }
    let required = object::list(
        pod,
        "/spec/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms",
    );
    required.is_empty() || required.iter().any(|term| term_matches(term, node))
}

fn term_matches(term: &Value, node: &Value) -> bool {
    let by_name = object::list(term, "/matchFields").iter().all(|field| {
        let listed = object::list(field, "/values")
            .iter()
            .any(|value| value == object::name(node));
        text(field, "/key") == "metadata.name" && (text(field, "/operator") == "In") == listed
    });
    let by_label = json!({"matchExpressions": term.get("matchExpressions").cloned().unwrap_or_default()});
    by_name && selector::matches(&by_label, object::labels(node))
}

/// Says on the Pod why it cannot be bound.
fn report(pod: &Value, why: &str, cx: &Context<'_>) -> Result<(), StatusError> {
    let current = pod::condition(pod, "PodScheduled");
    if current.is_some_and(|current| text(current, "/message") == why) {
        return Ok(());
    }
    let condition = json!({
        "type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": why,
        "lastProbeTime": null, "lastTransitionTime": object::timestamp(cx.now),
    });
    let mut conditions: Vec<Value> = object::list(pod, "/status/conditions")
        .iter()
        .filter(|condition| text(condition, "/type") != "PodScheduled")
        .cloned()
        .collect();
    conditions.push(condition);
    let mut pod = pod.clone();
    pod["status"]["conditions"] = conditions.into();
    cx.client.replace_status(&PODS, &pod)?;
    cx.client.warning(&pod, &PODS, "FailedScheduling", why, cx.now);
    Ok(())
}

#[cfg(test)]
#[allow(
    clippy::needless_pass_by_value,
    reason = "values are written where they are used"
)]
mod tests {
    use super::*;

    #[test]
    fn a_pod_goes_only_where_it_asks_to_go() {
        let node = json!({"metadata": {"name": "a", "labels": {"disk": "ssd"}}});
        let affinity = |term: Value| {
            json!({"spec": {"affinity": {"nodeAffinity": {
                "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]},
            }}}})
        };
        let cases = [
            (json!({"spec": {}}), true),
            (json!({"spec": {"nodeSelector": {"disk": "ssd"}}}), true),
            (json!({"spec": {"nodeSelector": {"disk": "hdd"}}}), false),
            (
                affinity(
                    json!({"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["a"]}]}),
                ),
                true,
            ),
            (
                affinity(
                    json!({"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["b"]}]}),
                ),
                false,
            ),
            (
                affinity(json!({"matchExpressions": [{"key": "disk", "operator": "Exists"}]})),
                true,
            ),
            (
                affinity(json!({"matchExpressions": [{"key": "gpu", "operator": "Exists"}]})),
                false,
            ),
        ];
        for (pod, expected) in cases {
            assert_eq!(fits(&pod, &node), expected, "{pod}");
        }
        let closed = json!({"metadata": {"name": "a"}, "spec": {"unschedulable": true}});
        assert!(!fits(&json!({"spec": {}}), &closed));
    }
}
