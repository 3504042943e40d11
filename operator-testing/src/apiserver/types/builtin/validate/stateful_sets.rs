//! StatefulSets.
//!
//! Source: `k8s.io/kubernetes/pkg/apis/apps/validation/validation.go`.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    Errors, has, items, number, pods, storage, text,
    workloads::{always_restarts, is_zero, selected},
};
use crate::apiserver::types::builtin::fields;

/// A new StatefulSet.
pub(super) fn stateful_set(set: &Value, errors: &mut Errors) {
    let spec = &set["spec"];
    check(spec, true, errors);
    for (index, claim) in items(spec, "volumeClaimTemplates").iter().enumerate() {
        let field = format!("spec.volumeClaimTemplates[{index}].spec");
        storage::claim_spec(&claim["spec"], &field, errors);
    }
    if let Some(name) = spec["serviceName"].as_str().filter(|name| !name.is_empty()) {
        errors.dns_label("spec.serviceName", name);
    }
}

/// Checks what new and changed StatefulSets share. A template that was broken before is let be.
fn check(spec: &Value, checks_template: bool, errors: &mut Errors) {
    match text(spec, "podManagementPolicy") {
        "" => errors.required("spec.podManagementPolicy", ""),
        "OrderedReady" | "Parallel" => {}
        policy => {
            let why = "must be 'OrderedReady' or 'Parallel'";
            errors.invalid("spec.podManagementPolicy", &policy.into(), why);
        }
    }
    strategy(&spec["updateStrategy"], errors);
    let policy = &spec["persistentVolumeClaimRetentionPolicy"];
    for field in ["whenDeleted", "whenScaled"].iter().filter(|_| !policy.is_null()) {
        let path = format!("spec.persistentVolumeClaimRetentionPolicy.{field}");
        errors.one_of(path, &text(policy, field).into(), &["Retain", "Delete"]);
    }
    errors.not_negative("spec.replicas", &spec["replicas"]);
    errors.not_negative("spec.minReadySeconds", &spec["minReadySeconds"]);
    errors.not_negative("spec.ordinals.start", &spec["ordinals"]["start"]);
    let mounted = with_claims_mounted(spec);
    if selected(&mounted, "statefulset", "", errors) {
        if checks_template {
            pods::template(&mounted["template"], "spec.template", errors);
        }
        // the metadata of this kind's template is looked at twice
        pods::template_metadata(&mounted["template"], "spec.template", errors);
    }
    always_restarts(spec, "StatefulSet", errors);
}

fn strategy(strategy: &Value, errors: &mut Errors) {
    const FIELD: &str = "spec.updateStrategy";
    let rolling = &strategy["rollingUpdate"];
    // the server's own form of the fields
    let shown = || {
        let (partition, most) = (number(rolling, "partition"), &rolling["maxUnavailable"]);
        format!("{{\"Partition\":{partition},\"MaxUnavailable\":{most}}}")
    };
    match text(strategy, "type") {
        "" => errors.required(FIELD, ""),
        "OnDelete" if !rolling.is_null() => {
            let why = "only allowed for updateStrategy 'RollingUpdate'";
            errors.invalid_as("spec.updateStrategy.rollingUpdate", &shown(), why);
        }
        "OnDelete" => {}
        "RollingUpdate" => {
            errors.not_negative(
                "spec.updateStrategy.rollingUpdate.partition",
                &rolling["partition"],
            );
            if has(rolling, "maxUnavailable") {
                let field = "spec.updateStrategy.rollingUpdate.maxUnavailable";
                let most = &rolling["maxUnavailable"];
                errors.number_or_percent(field, most);
                if is_zero(most) {
                    errors.invalid(field, most, "cannot be 0");
                }
                errors.at_most_all(field, most);
            }
        }
        kind => {
            let rolling = if rolling.is_null() {
                "null".to_owned()
            } else {
                shown()
            };
            let shown = format!("{{\"Type\":{kind:?},\"RollingUpdate\":{rolling}}}");
            errors.invalid_as(FIELD, &shown, "must be 'RollingUpdate' or 'OnDelete'");
        }
    }
}

/// The spec of a StatefulSet with its template as its Pods have it: the controller sets their host name and subdomain, and
/// gives each a volume for every claim template, in place of one that has the name already.
fn with_claims_mounted(spec: &Value) -> Value {
    let mut spec = spec.clone();
    let mut names = BTreeSet::new();
    let claims: Vec<Value> = items(&spec, "volumeClaimTemplates")
        .iter()
        .map(|claim| text(&claim["metadata"], "name"))
        .filter(|name| names.insert(*name))
        .map(|name| json!({"name": name, "persistentVolumeClaim": {"claimName": name}}))
        .collect();
    if let Some(pod) = spec["template"]["spec"].as_object_mut() {
        pod.remove("hostname");
        pod.remove("subdomain");
        let own = pod.remove("volumes");
        let own = own.as_ref().and_then(Value::as_array).into_iter().flatten();
        let own = own.filter(|volume| !claims.iter().any(|claim| claim["name"] == volume["name"]));
        let volumes = claims.iter().chain(own).cloned().collect();
        pod.insert("volumes".to_owned(), volumes);
    }
    spec
}

/// A change of a StatefulSet.
pub(super) fn stateful_set_update(new: &Value, old: &Value, errors: &mut Errors) {
    const OPEN: [&str; 7] = [
        "replicas",
        "ordinals",
        "template",
        "updateStrategy",
        "revisionHistoryLimit",
        "persistentVolumeClaimRetentionPolicy",
        "minReadySeconds",
    ];
    let mut known = Errors::default();
    check(&old["spec"], true, &mut known);
    check(&new["spec"], known.0.is_empty(), errors);
    let closed = |set: &Value| {
        let mut spec = set["spec"].clone();
        for field in OPEN {
            fields::remove(&mut spec, field);
        }
        spec
    };
    if closed(new) != closed(old) {
        errors.forbidden(
            "spec",
            "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', \
             'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
        );
    }
}
