//! The parameters of policies.
//!
//! Source: `k8s.io/apiserver/pkg/admission/plugin/policy/generic/policy_dispatcher.go`.

use serde_json::Value;

use super::{
    super::{
        policies::{ParamKind, ParamRef},
        store::{ObjectKey, ResourceKey, Stored},
    },
    subject::Subject,
};

/// The parameters that a binding asks with; `None` stands for none at all.
///
/// # Errors
/// They cannot be found, in the real server's words.
pub(super) fn params(
    subject: &Subject<'_>,
    kind: Option<&ParamKind>,
    reference: Option<&ParamRef>,
) -> Result<Vec<Option<Value>>, String> {
    let (Some(kind), Some(reference)) = (kind, reference) else {
        return Ok(vec![None]);
    };
    let (group, version) = kind
        .api_version
        .rsplit_once('/')
        .unwrap_or(("", &kind.api_version));
    let types = subject.call().types.snapshot();
    let resource = types.by_kind(group, version, &kind.kind).ok_or_else(|| {
        format!(
            "failed to find resource referenced by paramKind: '{}, Kind={}'",
            if group.is_empty() {
                format!("/{version}")
            } else {
                kind.api_version.clone()
            },
            kind.kind
        )
    })?;
    let namespace = match (resource.namespaced, reference.namespace.as_str()) {
        (false, _) => "",
        (true, "") => subject.call().target.namespace.as_str(),
        (true, namespace) => namespace,
    };
    if resource.namespaced && namespace.is_empty() {
        return Err("can't use namespaced paramRef to match cluster-scoped resources".into());
    }
    let key = ResourceKey::new(&*resource.group, &*resource.plural);
    let show = |stored: &Stored| {
        let mut object = stored.value();
        object.insert("apiVersion".into(), kind.api_version.as_str().into());
        object.insert("kind".into(), kind.kind.as_str().into());
        Some(Value::Object(object))
    };
    let found: Vec<Option<Value>> = match &reference.selector {
        None => subject
            .store()
            .get(&key, &ObjectKey::new(namespace, &reference.name))
            .map(|stored| show(stored))
            .into_iter()
            .collect(),
        Some(selector) => subject
            .store()
            .list(&key, resource.namespaced.then_some(namespace), None)
            .filter(|stored| selector.matches(|label| stored.label(label)))
            .map(|stored| show(stored))
            .collect(),
    };
    if found.is_empty() && reference.parameter_not_found_action.as_deref() != Some("Allow") {
        return Err("no params found for policy binding with `Deny` parameterNotFoundAction".into());
    }
    Ok(found)
}
