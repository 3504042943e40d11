//! `POST pods/NAME/binding`: what a scheduler does.
//!
//! Source: `k8s.io/kubernetes/pkg/registry/core/pod/storage/storage.go`.

use serde_json::{Value, json};

use super::{
    super::{
        call::{Call, Halt},
        meta,
        response::Response,
        state::State,
        status::{About, StatusError},
    },
    expected::Expected,
    foreign::Foreign,
    options::WriteOptions,
};

static BINDING: Foreign = Foreign {
    expected: Expected {
        kind: "Binding",
        package: "core",
        versions: &["v1"],
    },
    definition: "io.k8s.api.core.v1.Binding",
};

/// Puts a Pod on a node.
pub(super) fn create(state: &mut State, call: &mut Call<'_>) -> Result<Response, Halt> {
    let options = WriteOptions::of(call.request, "CreateOptions", false)?;
    let binding = BINDING.read(call, options.field_validation)?;
    let text = |path: &str| {
        binding
            .pointer(path)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let node = text("/target/name");
    if node.is_empty() {
        return Err(StatusError::new(500, "", "target.name: Required value").into());
    }
    let stored = state.store.get(&call.storage(), &call.key()).cloned();
    let stored = stored.ok_or_else(|| call.not_found())?;
    let mut pod = stored.value();
    let name = call.target.name.as_str();
    let about = About {
        kind: "pods/binding",
        ..call.about()
    };
    let uid = text("/metadata/uid");
    if !uid.is_empty() && *uid != *stored.uid {
        let why = format!(
            "Precondition failed: UID in precondition: {uid}, UID in object meta: {}",
            stored.uid
        );
        return Err(StatusError::conflict(about, why).into());
    }
    if meta::is_deleting(&pod) {
        let why = format!("pod {name} is being deleted, cannot be assigned to a host");
        return Err(StatusError::conflict(about, why).into());
    }
    let assigned = pod
        .get("spec")
        .and_then(|spec| spec.get("nodeName"))
        .and_then(Value::as_str)
        .unwrap_or_default();
    if !assigned.is_empty() {
        let why = format!("pod {name} is already assigned to node \"{assigned}\"");
        return Err(StatusError::conflict(about, why).into());
    }
    if let Some(spec) = pod.get_mut("spec") {
        spec["nodeName"] = node.into();
    }
    let status = pod.entry("status").or_insert_with(|| json!({}));
    let mut conditions = match status.get_mut("conditions").map(Value::take) {
        Some(Value::Array(conditions)) => conditions,
        _ => Vec::new(),
    };
    conditions.retain(|condition| condition["type"] != "PodScheduled");
    conditions.push(json!({
        "type": "PodScheduled", "status": "True", "lastProbeTime": null, "lastTransitionTime": call.now,
    }));
    status["conditions"] = conditions.into();
    if !options.dry_run {
        state.write(&call.storage(), &call.key(), &pod);
    }
    let done =
        json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201});
    Ok(Response::value(201, &done))
}
