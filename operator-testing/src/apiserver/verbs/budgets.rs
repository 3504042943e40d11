//! Disruption budgets, as evictions spend them.
//!
//! Source: `k8s.io/kubernetes/pkg/registry/core/pod/storage/eviction.go`, `k8s.io/component-helpers/apps/poddisruptionbudget`.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{
    super::{
        call::{Call, Halt},
        meta::{self, Object},
        patch::apply::{self, OneVersion, reset},
        selector::LabelSelector,
        state::State,
        status::{About, StatusError},
        store::{ResourceKey, Stored},
    },
    scale::selector_text,
};

const GROUP: &str = "policy";
const PLURAL: &str = "poddisruptionbudgets";
/// How many evictions a budget can remember until its controller confirms them.
const MOST_REMEMBERED: usize = 2000;
/// After how many seconds to try again while the controller looks at a budget.
const PATIENCE: u64 = 10;

/// Takes a disruption from the budget of a Pod, if it has one and the Pod counts.
///
/// # Errors
/// The budget allows none; there are several budgets.
pub(super) fn spend(state: &mut State, call: &Call<'_>, pod: &Object, is_dry: bool) -> Result<(), Halt> {
    let mut budgets = of(state, call, pod);
    let Some(stored) = budgets.pop() else {
        return Ok(());
    };
    if !budgets.is_empty() {
        let why = "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.";
        return Err(StatusError::new(500, "", why).into());
    }
    let budget = Value::Object(stored.value());
    if !is_ready(pod) && lets_unready_go(&budget) {
        return Ok(());
    }
    check(&budget, stored.key.name())?;
    if !is_dry {
        write(state, call, &stored, &budget);
    }
    Ok(())
}

/// The budgets that are about a Pod.
fn of(state: &State, call: &Call<'_>, pod: &Object) -> Vec<Arc<Stored>> {
    let labels = meta::member(pod, "labels");
    let label = |key: &str| labels?.get(key)?.as_str();
    let all = state.store.list(
        &ResourceKey::new(GROUP, PLURAL),
        Some(&call.target.namespace),
        None,
    );
    all.filter(|stored| {
        let selector = &Value::Object(stored.value())["spec"]["selector"];
        selector.is_object()
            && LabelSelector::parse(&selector_text(selector)).is_ok_and(|selector| selector.matches(label))
    })
    .cloned()
    .collect()
}

fn is_ready(pod: &Object) -> bool {
    let conditions = pod
        .get("status")
        .and_then(|status| status.get("conditions"))
        .and_then(Value::as_array);
    conditions
        .into_iter()
        .flatten()
        .any(|condition| condition["type"] == "Ready" && condition["status"] == "True")
}

fn number(budget: &Value, field: &str) -> i64 {
    budget["status"][field].as_i64().unwrap_or(0)
}

/// Whether a Pod that is not ready may go without counting.
fn lets_unready_go(budget: &Value) -> bool {
    let (current, desired) = (number(budget, "currentHealthy"), number(budget, "desiredHealthy"));
    budget["spec"]["unhealthyPodEvictionPolicy"] == "AlwaysAllow" || (desired > 0 && current >= desired)
}

/// Whether a budget allows a disruption now.
fn check(budget: &Value, name: &str) -> Result<(), StatusError> {
    let generation = budget["metadata"]["generation"].as_i64().unwrap_or(0);
    if number(budget, "observedGeneration") < generation {
        let why = format!("The disruption budget {name} is still being processed by the server.");
        return Err(exhausted(&why, Some(PATIENCE)));
    }
    let about = About {
        group: GROUP,
        kind: "poddisruptionbudget",
        name,
    };
    if number(budget, "disruptionsAllowed") < 0 {
        return Err(StatusError::forbidden(
            about,
            "pdb disruptions allowed is negative",
        ));
    }
    let remembered = budget["status"]["disruptedPods"]
        .as_object()
        .map_or(0, Object::len);
    if remembered > MOST_REMEMBERED {
        let why = "DisruptedPods map too big - too many evictions not confirmed by PDB controller";
        return Err(StatusError::forbidden(about, why));
    }
    if number(budget, "disruptionsAllowed") > 0 {
        return Ok(());
    }
    let (current, desired) = (number(budget, "currentHealthy"), number(budget, "desiredHealthy"));
    let conditions = budget["status"]["conditions"].as_array();
    let condition = conditions
        .into_iter()
        .flatten()
        .find(|condition| condition["type"] == "DisruptionAllowed");
    let text = |field: &str| {
        let text = condition.and_then(|condition| condition[field].as_str());
        text.unwrap_or_default()
    };
    let (reason, message) = (text("reason"), text("message"));
    let is_told = text("status") == "False" && !message.is_empty();
    let why = if is_told && reason == "SyncFailed" {
        format!(
            "The disruption budget {name} does not allow evicting pods currently because it failed sync: {message}"
        )
    } else if current <= desired {
        format!("The disruption budget {name} needs {desired} healthy pods and has {current} currently")
    } else if is_told {
        format!("The disruption budget {name} does not allow evicting pods currently ({reason}): {message}")
    } else {
        format!("The disruption budget {name} does not allow evicting pods currently")
    };
    Err(exhausted(&why, None))
}

/// 429 because of a budget.
fn exhausted(why: &str, retry_after: Option<u64>) -> StatusError {
    let mut details = json!({"causes": [{"reason": "DisruptionBudget", "message": why}]});
    if let Some(seconds) = retry_after {
        details["retryAfterSeconds"] = seconds.into();
    }
    StatusError {
        details: Some(details),
        ..StatusError::new(
            429,
            "TooManyRequests",
            "Cannot evict pod as it would violate the pod's disruption budget.",
        )
    }
}

/// Writes down that a Pod is disrupted, as the server itself.
fn write(state: &mut State, call: &Call<'_>, stored: &Stored, old: &Value) {
    let mut budget = old.clone();
    let allowed = number(&budget, "disruptionsAllowed") - 1;
    let status = &mut budget["status"];
    status["disruptionsAllowed"] = allowed.into();
    if allowed == 0 {
        forbid(status, &call.now);
    }
    if !status["disruptedPods"].is_object() {
        status["disruptedPods"] = json!({});
    }
    status["disruptedPods"][&*call.target.name] = (*call.now).into();
    let types = call.types.snapshot();
    if let Some(kind) = types.by_group_resource(GROUP, PLURAL) {
        let request = apply::Request {
            manager: "kube-apiserver",
            subresource: "status",
            api_version: &kind.api_version(),
            kind: &kind.kind,
            schema: kind.schema.as_deref(),
            reset: &reset::fields(kind, "status"),
            reflected: None,
            versions: &OneVersion,
            now: call.time,
        };
        apply::track_update(Some(old), &mut budget, &request);
    }
    let key = stored.key.clone();
    state.write(&ResourceKey::new(GROUP, PLURAL), &key, &meta::into_object(budget));
}

/// Notes that no further disruption is allowed.
fn forbid(status: &mut Value, now: &str) {
    let mut conditions = status["conditions"].as_array().cloned().unwrap_or_default();
    let known = conditions
        .iter()
        .position(|condition| condition["type"] == "DisruptionAllowed");
    let since = match known.map(|index| &conditions[index]) {
        Some(condition) if condition["status"] == "False" => condition["lastTransitionTime"].clone(),
        _ => now.into(),
    };
    let condition = json!({
        "type": "DisruptionAllowed", "status": "False", "observedGeneration": status["observedGeneration"],
        "lastTransitionTime": since, "reason": "InsufficientPods", "message": "",
    });
    match known {
        Some(index) => conditions[index] = condition,
        None => conditions.push(condition),
    }
    status["conditions"] = conditions.into();
}
