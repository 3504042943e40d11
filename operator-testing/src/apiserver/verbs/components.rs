//! `componentstatuses`: what the control plane says of its parts. They are not stored, and all of them are always well.
//!
//! Source: `k8s.io/kubernetes/pkg/registry/core/componentstatus/rest.go`.

use serde_json::{Value, json};

use super::{
    super::{
        call::{Call, Halt},
        response::Response,
        status::{About, StatusError},
    },
    answer,
};

const COMPONENTS: [&str; 3] = ["controller-manager", "scheduler", "etcd-0"];

/// Whether a request asks for them.
pub(super) fn is_asked_for(call: &Call<'_>) -> bool {
    call.resource.group.is_empty() && &*call.resource.plural == "componentstatuses"
}

/// One of them, or all.
pub(super) fn show(call: &mut Call<'_>) -> Result<Response, Halt> {
    let name = call.target.name.as_str();
    if name.is_empty() {
        let items: Vec<Value> = COMPONENTS.into_iter().map(component).collect();
        let list =
            json!({"kind": &*call.resource.list_kind, "apiVersion": "v1", "metadata": {}, "items": items});
        return Ok(answer::finish(call, Response::value(200, &list)));
    }
    if !COMPONENTS.contains(&name) {
        let about = About {
            kind: "componentstatus",
            ..call.about()
        };
        return Err(StatusError::not_found(about).into());
    }
    let Value::Object(found) = component(name) else {
        unreachable!("a component is an object");
    };
    Ok(answer::object(call, 200, found))
}

fn component(name: &str) -> Value {
    json!({"metadata": {"name": name}, "conditions": [{"type": "Healthy", "status": "True", "message": "ok"}]})
}
