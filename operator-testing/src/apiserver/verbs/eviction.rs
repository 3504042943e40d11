//! `POST pods/NAME/eviction`: deletes a Pod if its disruption budget allows that.
//!
//! Source: `k8s.io/kubernetes/pkg/registry/core/pod/storage/eviction.go`.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{
    super::{
        call::{Call, Halt},
        lifecycle::DeleteOptions,
        meta::{self, Object},
        response::Response,
        state::State,
        status::{About, FieldError, StatusError},
        store::Stored,
    },
    answer, budgets, delete,
    expected::Expected,
    foreign::Foreign,
    options::WriteOptions,
};

static EVICTION: Foreign = Foreign {
    expected: Expected {
        kind: "Eviction",
        package: "policy",
        versions: &["policy/v1", "policy/v1beta1"],
    },
    definition: "io.k8s.api.policy.v1.Eviction",
};

/// Evicts a Pod.
pub(super) fn create(state: &mut State, call: &mut Call<'_>) -> Result<Response, Halt> {
    let options = WriteOptions::of(call.request, "CreateOptions", false)?;
    let eviction = EVICTION.read(call, options.field_validation)?;
    check(call, &eviction)?;
    let asked = Asked::of(call, &eviction)?;
    let stored = state.store.get(&call.storage(), &call.key()).cloned();
    let stored = stored.ok_or_else(|| call.not_found())?;
    let pod = stored.value();
    if !is_over(&pod) {
        budgets::spend(state, call, &pod, asked.is_dry)?;
    }
    end(state, call, &stored, pod, &asked)?;
    let done =
        json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201});
    Ok(answer::finish(call, Response::value(201, &done)))
}

fn check(call: &Call<'_>, eviction: &Value) -> Result<(), StatusError> {
    const OPTION: &str = "ignoreStoreReadErrorWithClusterBreakingPotential";
    let text = |field: &str| eviction["metadata"][field].as_str().unwrap_or_default();
    let namespace = text("namespace");
    if !namespace.is_empty() && namespace != call.target.namespace {
        return Err(StatusError::bad_request(
            "the namespace of the provided object does not match the namespace sent on the request",
        ));
    }
    if text("name") != call.target.name {
        return Err(StatusError::bad_request(
            "name in URL does not match name in Eviction object",
        ));
    }
    if eviction["deleteOptions"][OPTION] == true {
        let about = About {
            group: "policy",
            kind: "Eviction",
            name: &call.target.name,
        };
        let why = "can not be set for pod eviction, try after removing the option";
        let error = FieldError::invalid(format!("deleteOptions.{OPTION}"), &true.into(), why);
        return Err(StatusError::invalid(about, &[error]));
    }
    Ok(())
}

/// How the Pod is to be deleted.
#[derive(Debug)]
struct Asked {
    /// The options as the client wrote them, which are looked into last.
    options: Value,
    is_dry: bool,
}

impl Asked {
    /// The options of an eviction: a dry run may be asked for in the query or in the body.
    fn of(call: &Call<'_>, eviction: &Value) -> Result<Self, StatusError> {
        let mut options = match &eviction["deleteOptions"] {
            Value::Null => json!({}),
            options => options.clone(),
        };
        let query: Vec<&str> = call
            .request
            .query
            .all("dryRun")
            .filter(|value| !value.is_empty())
            .collect();
        let body: Vec<&str> = options["dryRun"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        if !query.is_empty() && !body.is_empty() && query != body {
            let why = format!(
                "Non-matching dry-run options in request and content: [{}] and [{}]",
                query.join(" "),
                body.join(" ")
            );
            return Err(StatusError::new(500, "", why));
        }
        let dry_run = if body.is_empty() { query } else { body };
        let is_dry = !dry_run.is_empty();
        options["dryRun"] = json!(dry_run);
        Ok(Self { options, is_dry })
    }
}

/// Whether losing the Pod disrupts nothing any more.
fn is_over(pod: &Object) -> bool {
    let phase = pod
        .get("status")
        .and_then(|status| status.get("phase"))
        .and_then(Value::as_str);
    matches!(phase, Some("Succeeded" | "Failed" | "Pending")) || meta::is_deleting(pod)
}

/// Tells the Pod what happens to it, then deletes it.
fn end(
    state: &mut State,
    call: &Call<'_>,
    stored: &Arc<Stored>,
    mut pod: Object,
    asked: &Asked,
) -> Result<(), Halt> {
    let text = |path: &str| asked.options.pointer(path).and_then(Value::as_str);
    let wanted = DeleteOptions {
        precondition_uid: text("/preconditions/uid").map(str::to_owned),
        precondition_revision: text("/preconditions/resourceVersion").map(str::to_owned),
        ..DeleteOptions::default()
    };
    delete::check_preconditions(call, stored, &wanted)?;
    let mut stored = Arc::clone(stored);
    if !asked.is_dry && tell(&mut pod, &call.now) {
        stored = state.write(&call.storage(), &stored.key, &pod);
    }
    let options = DeleteOptions::read(&asked.options, &call.request.query)?;
    let object = call.object(&stored);
    delete::end(state, call, &stored, &object, &options)?;
    Ok(())
}

/// Adds the condition of a Pod that is being evicted; whether anything changed.
fn tell(pod: &mut Object, now: &str) -> bool {
    let status = pod.entry("status").or_insert_with(|| json!({}));
    let conditions = status.get("conditions").and_then(Value::as_array);
    let mut conditions = conditions.cloned().unwrap_or_default();
    let known = conditions
        .iter_mut()
        .find(|condition| condition["type"] == "DisruptionTarget");
    let since = match &known {
        Some(condition) if condition["status"] == "True" => condition["lastTransitionTime"].clone(),
        _ => now.into(),
    };
    let condition = json!({
        "type": "DisruptionTarget", "status": "True", "lastProbeTime": null, "lastTransitionTime": since,
        "reason": "EvictionByEvictionAPI", "message": "Eviction API: evicting",
    });
    match known {
        Some(known) if *known == condition => return false,
        Some(known) => *known = condition,
        None => conditions.push(condition),
    }
    status["conditions"] = conditions.into();
    true
}
