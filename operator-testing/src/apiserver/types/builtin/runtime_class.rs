//! What the class of its runtime adds to a new pod.
//!
//! Sources: <https://kubernetes.io/docs/concepts/containers/runtime-class/>, `k8s.io/kubernetes/plugin/pkg/admission/runtimeclass`,
//! `k8s.io/kubernetes/pkg/util/tolerations`.

use serde_json::{Map, Value, json};

use super::{
    fields::{has, items, members, text},
    pods::forbidden,
    surroundings::Surroundings,
};
use crate::apiserver::{status::StatusError, types::decode::Quantity};

/// Gives a pod the overhead, the node selector and the tolerations of the class that it names.
///
/// # Errors
/// 403 if there is no such class, or if the pod wants something else than its class.
pub(super) fn admit(pod: &mut Value, around: &dyn Surroundings) -> Result<(), StatusError> {
    let Some(class) = class_of(pod, around)? else {
        return Ok(());
    };
    let spec = &mut pod["spec"];
    let admitted = set_overhead(spec, &class).and_then(|()| set_scheduling(spec, &class["scheduling"]));
    admitted.map_err(|why| forbidden(name_of(pod), why))
}

/// Whether the overhead of a valid pod is that of its class.
///
/// # Errors
/// 403 if it is not.
pub(super) fn check(pod: &Value, around: &dyn Surroundings) -> Result<(), StatusError> {
    let class = class_of(pod, around)?.unwrap_or(Value::Null);
    let why = match (has(&class, "overhead"), has(&pod["spec"], "overhead")) {
        (false, true) => "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead",
        (true, _) if amounts(&class["overhead"]["podFixed"]) != amounts(&pod["spec"]["overhead"]) => {
            OTHER_OVERHEAD
        }
        _ => return Ok(()),
    };
    Err(forbidden(name_of(pod), why.to_owned()))
}

const OTHER_OVERHEAD: &str = "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead";

/// The class that a pod names.
fn class_of(pod: &Value, around: &dyn Surroundings) -> Result<Option<Value>, StatusError> {
    let Some(wanted) = pod["spec"]["runtimeClassName"].as_str() else {
        return Ok(None);
    };
    if wanted.is_empty() {
        return Err(StatusError::new(500, "", "resource name may not be empty"));
    }
    let class = around.find("node.k8s.io", "runtimeclasses", "", wanted);
    let missing = || {
        forbidden(
            name_of(pod),
            format!("pod rejected: RuntimeClass {wanted:?} not found"),
        )
    };
    class.ok_or_else(missing).map(Some)
}

fn name_of(pod: &Value) -> &str {
    text(&pod["metadata"], "name")
}

/// What a pod needs beside its containers is what its class says.
fn set_overhead(spec: &mut Value, class: &Value) -> Result<(), String> {
    if !has(class, "overhead") {
        return Ok(());
    }
    let defined = &class["overhead"]["podFixed"];
    let wanted = amounts(&spec["overhead"]);
    if !wanted.is_empty() && wanted != amounts(defined) {
        return Err(OTHER_OVERHEAD.to_owned());
    }
    if defined.is_object() {
        spec["overhead"] = defined.clone();
    }
    Ok(())
}

/// The amounts in a list of resources, however they are written.
fn amounts(list: &Value) -> Vec<(&str, Option<Quantity>)> {
    let Value::Object(list) = list else {
        return Vec::new();
    };
    let amount = |value: &Value| Quantity::parse(value.as_str()?).ok();
    let amounts = list.iter();
    amounts
        .map(|(name, value)| (name.as_str(), amount(value)))
        .collect()
}

/// Where a pod may run is where its class may.
fn set_scheduling(spec: &mut Value, scheduling: &Value) -> Result<(), String> {
    if !scheduling.is_object() {
        return Ok(());
    }
    let mut selector: Map<String, Value> = spec["nodeSelector"].as_object().cloned().unwrap_or_default();
    for (name, value) in members(scheduling, "nodeSelector") {
        let value = value.as_str().unwrap_or_default();
        match selector.get(name).and_then(Value::as_str) {
            Some(wanted) if wanted != value => {
                return Err(format!(
                    "conflict: runtimeClass.scheduling.nodeSelector[{name}] = {value}; pod.spec.nodeSelector[{name}] = {wanted}"
                ));
            }
            _ => selector.insert(name.clone(), value.into()),
        };
    }
    if !selector.is_empty() {
        spec["nodeSelector"] = selector.into();
    }
    let tolerations = merged(items(spec, "tolerations"), items(scheduling, "tolerations"));
    if !tolerations.is_empty() {
        spec["tolerations"] = json!(tolerations);
    }
    Ok(())
}

/// Two lists of tolerations in one, without those that another one covers.
fn merged(first: &[Value], second: &[Value]) -> Vec<Value> {
    let all: Vec<&Value> = first.iter().chain(second).collect();
    let mut merged: Vec<Value> = Vec::with_capacity(all.len());
    for (place, toleration) in all.iter().enumerate() {
        let is_covered = merged.iter().any(|other| covers(other, toleration));
        let mut later = all[place + 1..].iter();
        if !is_covered && !later.any(|other| other != toleration && covers(other, toleration)) {
            merged.push((*toleration).clone());
        }
    }
    merged
}

/// Whether one toleration tolerates all that another one does.
fn covers(wide: &Value, narrow: &Value) -> bool {
    if wide == narrow {
        return true;
    }
    let is_any_key = text(wide, "key").is_empty() && text(wide, "operator") == "Exists";
    if text(wide, "key") != text(narrow, "key") && !is_any_key {
        return false;
    }
    if !matches!(text(wide, "effect"), effect if effect.is_empty() || effect == text(narrow, "effect")) {
        return false;
    }
    let seconds = |toleration: &Value| toleration["tolerationSeconds"].as_i64();
    if text(wide, "effect") == "NoExecute"
        && let Some(most) = seconds(wide)
        && seconds(narrow).is_none_or(|seconds| seconds > most)
    {
        return false;
    }
    match text(wide, "operator") {
        "Exists" => true,
        "" | "Equal" => text(narrow, "operator") == "Equal" && text(narrow, "value") == text(wide, "value"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server with one class.
    struct One(Value);

    impl Surroundings for One {
        fn find(&self, _: &str, _: &str, _: &str, name: &str) -> Option<Value> {
            (self.0["metadata"]["name"] == name).then(|| self.0.clone())
        }

        fn all(&self, _: &str, _: &str) -> Vec<Value> {
            vec![self.0.clone()]
        }
    }

    fn admitted(spec: &Value) -> Result<Value, String> {
        let class = One(json!({
            "metadata": {"name": "boxed"},
            "overhead": {"podFixed": {"cpu": "500m"}},
            "scheduling": {"nodeSelector": {"box": "yes"}, "tolerations": [{"key": "box", "operator": "Exists"}]},
        }));
        let mut pod = json!({"metadata": {"name": "p"}, "spec": spec});
        admit(&mut pod, &class).map_err(|refused| refused.message)?;
        check(&pod, &class).map_err(|refused| refused.message)?;
        Ok(pod["spec"].take())
    }

    #[test]
    fn a_pod_gets_what_its_class_says() {
        let spec = admitted(&json!({
            "runtimeClassName": "boxed", "overhead": {"cpu": "0.5"}, "nodeSelector": {"disk": "fast"},
            "tolerations": [{"key": "box", "operator": "Equal", "value": "a"}],
        }));
        let spec = spec.expect("a pod that fits its class");
        assert_eq!(spec["overhead"], json!({"cpu": "500m"}));
        assert_eq!(spec["nodeSelector"], json!({"disk": "fast", "box": "yes"}));
        assert_eq!(spec["tolerations"], json!([{"key": "box", "operator": "Exists"}]));
        assert_eq!(admitted(&json!({"hostname": "h"})), Ok(json!({"hostname": "h"})));
    }

    #[test]
    fn a_pod_that_wants_something_else_is_refused() {
        for (spec, why) in [
            (
                json!({"runtimeClassName": "none"}),
                "RuntimeClass \"none\" not found",
            ),
            (json!({"overhead": {"cpu": "1"}}), "Overhead set without"),
            (
                json!({"runtimeClassName": "boxed", "overhead": {"cpu": "1"}}),
                "Overhead doesn't match",
            ),
            (
                json!({"runtimeClassName": "boxed", "nodeSelector": {"box": "no"}}),
                "nodeSelector[box] = yes; pod",
            ),
        ] {
            let refused = admitted(&spec).expect_err("a pod that its class does not fit");
            assert!(refused.contains(why), "{spec}: {refused}");
        }
    }
}
