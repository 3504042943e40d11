//! What the author of an object is warned of.
//!
//! Source: the `WarningsOnCreate` and `WarningsOnUpdate` of `k8s.io/kubernetes/pkg/registry/*/*/strategy.go`.

mod paths;
mod pods;

use serde_json::Value;

use super::{has, items, number, text};
use crate::apiserver::{
    meta::{label_value_problems, name_problems},
    types::{builtin::validate::pods::warn_of_name, decode::Quantity, resource::NameRule},
};

/// Warns of what is questionable about an object of a resource, named with its group.
pub(super) fn check(resource: &str, object: &Value, old: Option<&Value>, warnings: &mut Vec<String>) {
    const TEMPLATE: &[&str] = &["spec", "template", "spec"];
    let is_same = old.is_some_and(|old| old["metadata"]["generation"] == object["metadata"]["generation"]);
    match resource {
        "pods" if old.is_none() => pods::check(object, &["spec"], warnings),
        "podtemplates" if !is_same => pods::check(object, &["template", "spec"], warnings),
        // a real server takes the old one for the new one
        "replicationcontrollers" if !is_same => pods::check(old.unwrap_or(object), TEMPLATE, warnings),
        // its template has a generation of its own
        "daemonsets.apps" if old.is_some_and(|old| old["spec"]["template"] == object["spec"]["template"]) => {
        }
        "deployments.apps" | "replicasets.apps" | "daemonsets.apps" | "jobs.batch" if !is_same => {
            pods::check(object, TEMPLATE, warnings);
        }
        "statefulsets.apps" => {
            if !is_same {
                pods::check(object, TEMPLATE, warnings);
            }
            stateful_set(object, old.is_some(), warnings);
        }
        "cronjobs.batch" if !is_same => {
            let path = &["spec", "jobTemplate", "spec", "template", "spec"];
            pods::check(object, path, warnings);
        }
        "services" => service(object, warnings),
        "persistentvolumeclaims" => {
            storage_class(object, warnings);
            of_claim_spec(&object["spec"], "spec", warnings);
        }
        "persistentvolumes" => volume(object, warnings),
        "storageclasses.storage.k8s.io" => {
            for (index, topology) in items(object, "allowedTopologies").iter().enumerate() {
                for (at, expression) in items(topology, "matchLabelExpressions").iter().enumerate() {
                    let key = text(expression, "key");
                    if let Some(why) = deprecated_label(key) {
                        let field = format!("allowedTopologies[{index}].matchLabelExpressions[{at}]");
                        warnings.push(format!("{field}.key: {key} is {why}"));
                    }
                }
            }
        }
        _ => {}
    }
    let names_pods = matches!(
        resource,
        "replicasets.apps" | "jobs.batch" | "cronjobs.batch" | "replicationcontrollers"
    );
    if names_pods && old.is_none() {
        let name = text(&object["metadata"], "name");
        let problems = name_problems(NameRule::DnsLabel, name, false);
        warn_of_name(name, &problems, "Pod names and hostnames", warnings);
    }
}

fn stateful_set(set: &Value, is_change: bool, warnings: &mut Vec<String>) {
    for (index, claim) in items(&set["spec"], "volumeClaimTemplates").iter().enumerate() {
        let part = if is_change { ".Spec" } else { "" };
        let field = format!("spec.volumeClaimTemplates[{index}]{part}");
        of_claim_spec(&claim["spec"], &field, warnings);
    }
    if number(&set["spec"], "revisionHistoryLimit") < 0 {
        let why = "a negative value retains all historical revisions; a value >= 0 is recommended";
        warnings.push(format!("spec.revisionHistoryLimit: {why}"));
    }
}

fn service(service: &Value, warnings: &mut Vec<String>) {
    let spec = &service["spec"];
    let kind = text(spec, "type");
    let is_headless = kind == "ClusterIP" && text(spec, "clusterIP") == "None";
    let has_addresses = !items(spec, "externalIPs").is_empty();
    let mut warn = |text: &str| warnings.push(text.to_owned());
    if has(
        &service["metadata"]["annotations"],
        "service.kubernetes.io/topology-aware-hints",
    ) {
        warn(
            "annotation service.kubernetes.io/topology-aware-hints is deprecated, please use service.kubernetes.io/topology-mode instead",
        );
    }
    if is_headless {
        if !text(spec, "loadBalancerIP").is_empty() {
            warn("spec.loadBalancerIP is ignored for headless services");
        }
        if has_addresses {
            warn("spec.externalIPs is ignored for headless services");
        }
        if text(spec, "sessionAffinity") != "None" {
            warn("spec.SessionAffinity is ignored for headless services");
        }
    } else if has_addresses && kind != "ExternalName" {
        warn("spec.externalIPs is deprecated and may no longer be implemented in some clusters");
    }
    if has_addresses && kind == "ExternalName" {
        warn("spec.externalIPs is ignored when spec.type is \"ExternalName\"");
    }
    if kind != "ExternalName" && !text(spec, "externalName").is_empty() {
        warn("spec.externalName is ignored when spec.type is not \"ExternalName\"");
    }
    if text(spec, "trafficDistribution") == "PreferClose" {
        warn("spec.trafficDistribution: \"PreferClose\" is deprecated; use \"PreferSameZone\"");
    }
}

fn storage_class(object: &Value, warnings: &mut Vec<String>) {
    const OLD: &str = "volume.beta.kubernetes.io/storage-class";
    if has(&object["metadata"]["annotations"], OLD) {
        warnings.push(format!(
            "metadata.annotations[{OLD}]: deprecated since v1.8; use \"storageClassName\" attribute instead"
        ));
    }
}

fn volume(volume: &Value, warnings: &mut Vec<String>) {
    storage_class(volume, warnings);
    let spec = &volume["spec"];
    if text(spec, "persistentVolumeReclaimPolicy") == "Recycle" {
        warnings.push(
            "spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to \
             use dynamic provisioning."
                .to_owned(),
        );
    }
    let required = &spec["nodeAffinity"]["required"];
    for (index, term) in items(required, "nodeSelectorTerms").iter().enumerate() {
        let field = format!("spec.nodeAffinity.required.nodeSelectorTerms[{index}]");
        node_term(term, &field, false, warnings);
    }
}

/// Warns of claims for part of a byte.
fn of_claim_spec(spec: &Value, field: &str, warnings: &mut Vec<String>) {
    for list in ["requests", "limits"] {
        let quantity = &spec["resources"][list]["storage"];
        if is_fractional(quantity) {
            warnings.push(format!(
                "{field}.resources.{list}[storage]: fractional byte value {quantity} is invalid, must be an integer"
            ));
        }
    }
}

fn is_fractional(quantity: &Value) -> bool {
    // thousandths are counted in whole numbers, rounded up
    let Some(amount) = quantity.as_str().and_then(|text| Quantity::parse(text).ok()) else {
        return false;
    };
    let thousandths =
        amount.nano().div_euclid(1_000_000) + i128::from(amount.nano().rem_euclid(1_000_000) != 0);
    thousandths % 1000 != 0
}

/// What is said of a label of nodes that is called otherwise today.
fn deprecated_label(key: &str) -> Option<&'static str> {
    Some(match key {
        "beta.kubernetes.io/arch" => "deprecated since v1.14; use \"kubernetes.io/arch\" instead",
        "beta.kubernetes.io/os" => "deprecated since v1.14; use \"kubernetes.io/os\" instead",
        "failure-domain.beta.kubernetes.io/region" => {
            "deprecated since v1.17; use \"topology.kubernetes.io/region\" instead"
        }
        "failure-domain.beta.kubernetes.io/zone" => {
            "deprecated since v1.17; use \"topology.kubernetes.io/zone\" instead"
        }
        "beta.kubernetes.io/instance-type" => {
            "deprecated since v1.17; use \"node.kubernetes.io/instance-type\" instead"
        }
        "app.kubernetes.io/created-by" => "deprecated since v1.9",
        "scheduler.alpha.kubernetes.io/preferAvoidPods" => {
            "deprecated since v1.22; use Taints and Tolerations instead"
        }
        "node-role.kubernetes.io/master" => "use \"node-role.kubernetes.io/control-plane\" instead",
        _ => return None,
    })
}

/// Warns of old labels in a term, and of values that no label has, where these are not refused.
fn node_term(term: &Value, field: &str, checks_values: bool, warnings: &mut Vec<String>) {
    for (index, expression) in items(term, "matchExpressions").iter().enumerate() {
        let field = format!("{field}.matchExpressions[{index}]");
        let key = text(expression, "key");
        if let Some(why) = deprecated_label(key) {
            warnings.push(format!("{field}.key: {key} is {why}"));
        }
        let values = if checks_values {
            items(expression, "values")
        } else {
            &[]
        };
        for (index, value) in values.iter().enumerate() {
            let value = value.as_str().unwrap_or_default();
            for problem in label_value_problems(value) {
                warnings.push(format!("{field}.values[{index}]: {value} is invalid, {problem}"));
            }
        }
    }
}
