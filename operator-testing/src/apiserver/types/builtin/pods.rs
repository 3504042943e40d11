//! What the server adds to a new pod.
//!
//! Source: `k8s.io/kubernetes/plugin/pkg/admission/{priority,defaulttolerationseconds}`,
//! `k8s.io/kubernetes/pkg/apis/core/helper/qos`.

use serde_json::{Value, json};

use super::{
    fields::{has, items, members, text},
    surroundings::Surroundings,
};
use crate::apiserver::{
    status::{About, StatusError},
    types::decode::Quantity,
};

/// Adds tolerations and priority.
pub(super) fn admit(pod: &mut Value, around: &dyn Surroundings) -> Result<(), StatusError> {
    tolerate(&mut pod["spec"]);
    let grace = &mut pod["spec"]["terminationGracePeriodSeconds"];
    if grace.as_i64().is_some_and(|seconds| seconds < 0) {
        *grace = 1.into();
    }
    set_priority(pod, around)
}

/// Says of a new pod with scheduling gates that they hold it back.
pub(super) fn hold_back(pod: &mut Value) {
    if !items(&pod["spec"], "schedulingGates").is_empty() {
        pod["status"]["conditions"] = json!([{
            "type": "PodScheduled",
            "status": "False",
            "lastProbeTime": null,
            "lastTransitionTime": pod["metadata"]["creationTimestamp"],
            "reason": "SchedulingGated",
            "message": "Scheduling is blocked due to non-empty scheduling gates",
        }]);
    }
}

/// What is added to a pod is added again to a change that leaves it out.
pub(super) fn admit_update(pod: &mut Value, old: &Value) {
    tolerate(&mut pod["spec"]);
    for field in ["priority", "preemptionPolicy"] {
        if pod["spec"][field].is_null() && has(&old["spec"], field) {
            pod["spec"][field] = old["spec"][field].clone();
        }
    }
}

/// A pod stays five minutes on a node that is lost, unless it says otherwise.
fn tolerate(spec: &mut Value) {
    for key in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] {
        let covers = |toleration: &Value| {
            matches!(text(toleration, "key"), "") && text(toleration, "operator") == "Exists"
                || text(toleration, "key") == key
        };
        let evicts = |toleration: &Value| matches!(text(toleration, "effect"), "" | "NoExecute");
        if items(spec, "tolerations")
            .iter()
            .any(|toleration| covers(toleration) && evicts(toleration))
        {
            continue;
        }
        let toleration =
            json!({"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300});
        if let Some(fields) = spec.as_object_mut()
            && let Value::Array(list) = fields.entry("tolerations").or_insert(json!([]))
        {
            list.push(toleration);
        }
    }
}

/// The priority of a pod is that of its class, of the default class, or none.
fn set_priority(pod: &mut Value, around: &dyn Surroundings) -> Result<(), StatusError> {
    let name = text(&pod["metadata"], "name").to_owned();
    let wanted = text(&pod["spec"], "priorityClassName").to_owned();
    let class = if wanted.is_empty() {
        let classes = around.all("scheduling.k8s.io", "priorityclasses");
        let default = classes.into_iter().filter(|class| class["globalDefault"] == true);
        default.min_by_key(|class| class["value"].as_i64())
    } else {
        let class = around.find("scheduling.k8s.io", "priorityclasses", "", &wanted);
        if class.is_none() {
            let why = format!("no PriorityClass with name {wanted} was found");
            return Err(forbidden(&name, why));
        }
        class
    };
    let spec = &mut pod["spec"];
    let class = class.unwrap_or(Value::Null);
    if has(&class, "metadata") {
        spec["priorityClassName"] = class["metadata"]["name"].clone();
    }
    let value = class["value"].as_i64().unwrap_or(0);
    let policy = class["preemptionPolicy"]
        .as_str()
        .unwrap_or("PreemptLowerPriority");
    const COMPUTED: &str = "must not be provided in pod spec; priority admission controller computed";
    const SOURCE: &str = "from the given PriorityClass name";
    if let Some(wanted) = spec["priority"].as_i64().filter(|wanted| *wanted != value) {
        let why = format!("the integer value of priority ({wanted}) {COMPUTED} {value} {SOURCE}");
        return Err(forbidden(&name, why));
    }
    if let Some(wanted) = spec["preemptionPolicy"]
        .as_str()
        .filter(|wanted| *wanted != policy)
    {
        let why = format!("the string value of PreemptionPolicy ({wanted}) {COMPUTED} {policy} {SOURCE}");
        return Err(forbidden(&name, why));
    }
    spec["priority"] = value.into();
    spec["preemptionPolicy"] = policy.into();
    Ok(())
}

/// 403 for a pod.
pub(super) fn forbidden(name: &str, why: String) -> StatusError {
    let about = About {
        group: "",
        kind: "pods",
        name,
    };
    StatusError::forbidden(about, why)
}

/// `Guaranteed` if every container has equal limits and requests for cpu and memory, `BestEffort` if none has any, else
/// `Burstable`.
pub(super) fn quality_of_service(spec: &Value) -> &'static str {
    let mut any = false;
    let mut all = true;
    let containers = items(spec, "initContainers")
        .iter()
        .chain(items(spec, "containers"));
    for container in containers {
        let resources = &container["resources"];
        let amount = |list: &str, name: &str| -> Option<Quantity> {
            let text = resources[list][name].as_str()?;
            Quantity::parse(text).ok().filter(|quantity| quantity.nano() != 0)
        };
        let names = |list: &str| {
            members(resources, list)
                .filter(|(name, _)| matches!(name.as_str(), "cpu" | "memory"))
                .count()
        };
        any |= names("limits") + names("requests") > 0;
        all &= ["cpu", "memory"].iter().all(|name| {
            let limit = amount("limits", name);
            limit.is_some() && limit == amount("requests", name)
        });
    }
    match (any, all) {
        (false, _) => "BestEffort",
        (true, true) => "Guaranteed",
        (true, false) => "Burstable",
    }
}

/// `podIP` is the first of `podIPs`; where the two differ, the single one counts.
pub(super) fn align_addresses(status: &mut Value) {
    let first = items(status, "podIPs")
        .first()
        .map(|first| text(first, "ip").to_owned());
    let single = text(status, "podIP").to_owned();
    if single.is_empty() {
        if let Some(first) = first {
            status["podIP"] = first.into();
        }
    } else if first.as_ref() != Some(&single) {
        status["podIPs"] = json!([{"ip": single}]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_class_of_service_follows_the_resources() {
        let spec = |resources: Value| json!({"containers": [{"resources": resources}]});
        assert_eq!(quality_of_service(&spec(json!({}))), "BestEffort");
        let same = json!({"cpu": "500m", "memory": "1Gi"});
        assert_eq!(
            quality_of_service(&spec(json!({"limits": same, "requests": same}))),
            "Guaranteed"
        );
        assert_eq!(quality_of_service(&spec(json!({"requests": same}))), "Burstable");
    }

    #[test]
    fn a_pod_tolerates_lost_nodes_for_a_while() {
        let mut spec =
            json!({"tolerations": [{"key": "node.kubernetes.io/not-ready", "operator": "Exists"}]});
        tolerate(&mut spec);
        assert_eq!(items(&spec, "tolerations").len(), 2);
        let mut spec = json!({"tolerations": [{"operator": "Exists"}]});
        tolerate(&mut spec);
        assert_eq!(items(&spec, "tolerations").len(), 1);
    }
}
