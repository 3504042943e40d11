//! Nothing is created in a namespace that is missing or on its way out, and some namespaces stay.
//!
//! Source: `k8s.io/apiserver/pkg/admission/plugin/namespace/lifecycle/admission.go`.

use serde_json::{Value, json};

use super::super::{
    call::Call,
    meta::{self, Object},
    state::State,
    status::{About, StatusError},
    store::{ObjectKey, ResourceKey},
};

/// The namespaces that cannot be deleted.
const IMMORTAL: [&str; 3] = ["default", "kube-system", "kube-public"];

/// Checks the namespace of a request.
pub(super) fn admit(
    state: &State,
    call: &Call<'_>,
    new: Option<&Object>,
    old: Option<&Object>,
) -> Result<(), StatusError> {
    let is_namespace = call.resource.group.is_empty() && &*call.resource.plural == "namespaces";
    if is_namespace {
        if new.is_none() && IMMORTAL.contains(&call.target.name.as_str()) {
            return Err(StatusError::forbidden(
                call.about(),
                "this namespace may not be deleted",
            ));
        }
        return Ok(());
    }
    if !call.resource.namespaced || new.is_none() || old.is_some() {
        return Ok(());
    }
    let namespace = &call.target.namespace;
    let stored = state.store.get(
        &ResourceKey::new("", "namespaces"),
        &ObjectKey::new("", namespace),
    );
    let Some(stored) = stored else {
        return Err(StatusError::not_found(About {
            group: "",
            kind: "namespaces",
            name: namespace,
        }));
    };
    if stored.deleting {
        let name = new.map_or("", |object| meta::text(object, "name"));
        let mut error = StatusError::forbidden(
            call.about_name(name),
            format!("unable to create new content in namespace {namespace} because it is being terminated"),
        );
        if let Some(Value::Object(details)) = &mut error.details {
            details.insert(
                "causes".into(),
                json!([{
                    "reason": "NamespaceTerminating",
                    "message": format!("namespace {namespace} is being terminated"),
                    "field": "metadata.namespace",
                }]),
            );
        }
        return Err(error);
    }
    Ok(())
}
