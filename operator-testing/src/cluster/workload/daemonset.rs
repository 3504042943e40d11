//! `daemonset-controller`: a Pod on every node that suits it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    claim,
    deployment::{Round, scaled},
    revision::{History, Naming},
};
use crate::{
    apiserver::{status::StatusError, store::ObjectKey},
    cluster::{
        controller::{Context, Controller, Next, Seen},
        kind::{DAEMON_SETS, NODES, PODS},
        node,
        object::{self, int, text},
        pod,
    },
};

const HASH: &str = "controller-revision-hash";
const TEMPLATE_GENERATION: &str = "deprecated.daemonset.template.generation";

/// The simulated `daemonset-controller`.
#[derive(Debug, Default)]
pub(crate) struct DaemonSets;

impl Controller for DaemonSets {
    fn name(&self) -> &'static str {
        "daemonset-controller"
    }

    fn observe(&mut self, seen: &Seen, cx: &Context<'_>, wake: &mut Vec<ObjectKey>) {
        if seen.is(&DAEMON_SETS) {
            wake.push(seen.key().clone());
        } else if seen.is(&PODS) {
            claim::observe(seen, &DAEMON_SETS, cx.client, wake);
        } else if seen.is(&NODES) {
            let sets = cx.client.list(&DAEMON_SETS, None).unwrap_or_default();
            wake.extend(sets.iter().map(object::key));
        }
    }

    fn reconcile(&mut self, key: &ObjectKey, cx: &Context<'_>) -> Result<Next, StatusError> {
        let Some(set) = cx.client.get(&DAEMON_SETS, key)? else {
            return Ok(Next::Done);
        };
        let pods = claim::dependents(cx.client, &set, &DAEMON_SETS, &PODS, |_| true)?;
        let history = History::sync(cx.client, &set, &DAEMON_SETS, Naming::BY_TEMPLATE)?;
        let hash = object::label(&history.revisions[history.update], HASH).to_owned();
        let nodes = cx.client.list(&NODES, None)?;
        let mut done = Ok(());
        if !object::is_deleting(&set) {
            let plan = plan(&set, &pods, &nodes, &hash, cx.now);
            done = carry_out(&set, &plan, &hash, cx);
        }
        let status = status(&set, &pods, &nodes, &hash, cx.now);
        if status != set["status"] {
            let mut set = set.clone();
            set["status"] = status;
            cx.client.replace_status(&DAEMON_SETS, &set)?;
        }
        done?;
        let limit = int(&set, "/spec/revisionHistoryLimit").unwrap_or(10);
        history.truncate(cx.client, limit, |name| {
            name.ends_with(&hash)
                || pods
                    .iter()
                    .any(|pod| name == format!("{}-{}", object::name(&set), object::label(pod, HASH)))
        })?;
        let min_ready = int(&set, "/spec/minReadySeconds").unwrap_or_default();
        Ok(Next::after(pod::next_available(&pods, min_ready, cx.now)))
    }
}

/// What to do now.
#[derive(Debug, Default, PartialEq, Eq)]
struct Plan {
    /// The nodes that lack their Pod.
    create: Vec<String>,
    /// The Pods to delete.
    delete: Vec<String>,
}

fn plan(set: &Value, pods: &[Value], nodes: &[Value], hash: &str, now: Timestamp) -> Plan {
    let min_ready = int(set, "/spec/minReadySeconds").unwrap_or_default();
    let by_node = by_node(pods);
    let mut plan = Plan::default();
    let mut outdated = Vec::new();
    let mut unavailable = 0;
    let mut wanted = 0;
    for node in nodes {
        let here = by_node.get(object::name(node)).map_or(&[][..], Vec::as_slice);
        if !node::suits(&set["spec"]["template"], node) {
            plan.delete.extend(
                here.iter()
                    .filter(|pod| !object::is_deleting(pod))
                    .map(|pod| object::name(pod).to_owned()),
            );
            continue;
        }
        wanted += 1;
        match here {
            [] => {
                plan.create.push(object::name(node).to_owned());
                unavailable += 1;
            }
            [first, rest @ ..] => {
                let spare = rest.iter().filter(|pod| !object::is_deleting(pod));
                plan.delete.extend(spare.map(|pod| object::name(pod).to_owned()));
                if pod::is_finished(first) && !object::is_deleting(first) {
                    plan.delete.push(object::name(first).to_owned());
                    unavailable += 1;
                } else if object::is_deleting(first) {
                    unavailable += 1;
                } else {
                    let available = pod::is_available(first, min_ready, now);
                    if object::label(first, HASH) != hash {
                        outdated.push((available, object::name(first).to_owned()));
                    }
                    unavailable += i64::from(!available);
                }
            }
        }
    }
    if text(set, "/spec/updateStrategy/type") != "OnDelete" {
        let limit = set.pointer("/spec/updateStrategy/rollingUpdate/maxUnavailable");
        let limit = limit
            .map_or(1, |limit| scaled(Some(limit), wanted, Round::Up))
            .max(1);
        // those that are not available anyway go first, and cost nothing
        outdated.sort();
        for (available, name) in outdated {
            if !available {
                plan.delete.push(name);
            } else if unavailable < limit {
                plan.delete.push(name);
                unavailable += 1;
            }
        }
    }
    plan
}

/// The Pods by the node they are on or meant for, the active ones first.
fn by_node(pods: &[Value]) -> BTreeMap<&str, Vec<&Value>> {
    let mut by_node: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for pod in pods {
        by_node.entry(node_of(pod)).or_default().push(pod);
    }
    for pods in by_node.values_mut() {
        pods.sort_by_key(|pod| (!pod::is_active(pod), object::created(pod), object::name(pod)));
    }
    by_node
}

const NAME_TERM: &str = "/spec/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms/0/matchFields/0/values/0";

fn node_of(pod: &Value) -> &str {
    match text(pod, "/spec/nodeName") {
        "" => text(pod, NAME_TERM),
        name => name,
    }
}

fn carry_out(set: &Value, plan: &Plan, hash: &str, cx: &Context<'_>) -> Result<(), StatusError> {
    for name in &plan.delete {
        let key = ObjectKey::new(object::namespace(set), name);
        cx.client.delete(&PODS, &key, json!({}))?;
        let message = format!("Deleted pod: {name}");
        cx.client
            .event(set, &DAEMON_SETS, "SuccessfulDelete", &message, cx.now);
    }
    for node in &plan.create {
        match cx
            .client
            .create(&PODS, object::namespace(set), new_pod(set, node, hash))
        {
            Ok(made) => {
                let message = format!("Created pod: {}", object::name(&made));
                cx.client
                    .event(set, &DAEMON_SETS, "SuccessfulCreate", &message, cx.now);
            }
            Err(error) if super::replicaset::is_namespace_terminating(&error) => return Ok(()),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn new_pod(set: &Value, node: &str, hash: &str) -> Value {
    let mut pod = pod::from_template(
        &set["spec"]["template"],
        &object::controller_reference(set, &DAEMON_SETS),
    );
    pod["metadata"]["generateName"] = format!("{}-", object::name(set)).into();
    object::set_label(&mut pod, HASH, hash);
    let generation = object::annotation(set, TEMPLATE_GENERATION)
        .unwrap_or("1")
        .to_owned();
    object::set_label(&mut pod, "pod-template-generation", generation);
    let term = json!({"matchFields": [{"key": "metadata.name", "operator": "In", "values": [node]}]});
    let affinity = object::member(object::member(&mut pod["spec"], "affinity"), "nodeAffinity");
    affinity["requiredDuringSchedulingIgnoredDuringExecution"] = json!({"nodeSelectorTerms": [term]});
    let mut tolerations = object::list(&pod, "/spec/tolerations").to_vec();
    for (key, effect) in [
        ("not-ready", "NoExecute"),
        ("unreachable", "NoExecute"),
        ("disk-pressure", "NoSchedule"),
        ("memory-pressure", "NoSchedule"),
        ("pid-pressure", "NoSchedule"),
        ("unschedulable", "NoSchedule"),
    ] {
        tolerations.push(
            json!({"key": format!("node.kubernetes.io/{key}"), "operator": "Exists", "effect": effect}),
        );
    }
    pod["spec"]["tolerations"] = tolerations.into();
    pod
}

fn status(set: &Value, pods: &[Value], nodes: &[Value], hash: &str, now: Timestamp) -> Value {
    let min_ready = int(set, "/spec/minReadySeconds").unwrap_or_default();
    let by_node = by_node(pods);
    let (mut desired, mut current, mut misplaced, mut ready, mut available, mut updated) = (0, 0, 0, 0, 0, 0);
    for node in nodes {
        let here = by_node.get(object::name(node)).and_then(|pods| pods.first());
        if !node::suits(&set["spec"]["template"], node) {
            misplaced += i64::from(here.is_some());
            continue;
        }
        desired += 1;
        let Some(pod) = here else { continue };
        current += 1;
        ready += i64::from(pod::is_ready(pod));
        available += i64::from(pod::is_available(pod, min_ready, now));
        updated += i64::from(object::label(pod, HASH) == hash);
    }
    let mut status = json!({
        "currentNumberScheduled": current,
        "desiredNumberScheduled": desired,
        "numberMisscheduled": misplaced,
        "numberReady": ready,
        "observedGeneration": object::generation(set),
    });
    for (field, count) in [
        ("numberAvailable", available),
        ("numberUnavailable", desired - available),
        ("updatedNumberScheduled", updated),
    ] {
        if count > 0 {
            status[field] = count.into();
        }
    }
    if let Some(collisions) = set["status"].get("collisionCount") {
        status["collisionCount"] = collisions.clone();
    }
    status
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(name: &str, node: &str, hash: &str, ready: bool) -> Value {
        json!({
            "metadata": {"name": name, "labels": {HASH: hash}},
            "spec": {"nodeName": node},
            "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": if ready { "True" } else { "False" }}]},
        })
    }

    #[test]
    fn every_suitable_node_has_one_current_pod() {
        let now = "2026-01-01T00:00:00Z".parse().unwrap();
        let nodes: Vec<Value> = ["a", "b", "c"]
            .iter()
            .map(|name| json!({"metadata": {"name": name, "labels": {"disk": if *name == "c" { "hdd" } else { "ssd" }}}}))
            .collect();
        let set = json!({"metadata": {"name": "ds"}, "spec": {"template": {"spec": {"nodeSelector": {"disk": "ssd"}}}}});
        let plan = |pods: &[Value]| {
            let plan = plan(&set, pods, &nodes, "new", now);
            (plan.create.join(" "), plan.delete.join(" "))
        };
        let told = |create: &str, delete: &str| (create.to_owned(), delete.to_owned());
        assert_eq!(plan(&[]), told("a b", ""));
        assert_eq!(
            plan(&[made("1", "a", "new", true), made("2", "c", "new", true)]),
            told("b", "2")
        );
        assert_eq!(
            plan(&[made("1", "a", "old", true), made("2", "b", "old", true)]),
            told("", "1"),
            "one may be missing at a time"
        );
        assert_eq!(
            plan(&[made("1", "a", "old", true), made("2", "b", "new", false)]),
            told("", "")
        );
        assert_eq!(
            plan(&[made("1", "a", "old", false), made("2", "b", "old", true)]),
            told("", "1")
        );
    }
}
