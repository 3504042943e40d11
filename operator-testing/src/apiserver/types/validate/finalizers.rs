//! Finalizers without a domain are accepted with a warning.
//!
//! Source: `k8s.io/apiextensions-apiserver/pkg/registry/customresource/validator.go`.

use std::collections::BTreeSet;

use serde_json::Value;

/// What to warn of in the finalizers that an object gets.
pub(super) fn warnings(new: &Value, old: Option<&Value>) -> Vec<String> {
    let known = old.map(finalizers_of).unwrap_or_default();
    finalizers_of(new)
        .difference(&known)
        .filter(|name| !name.contains('/') && !matches!(**name, "orphan" | "foregroundDeletion" | "kubernetes"))
        .map(|name| {
            let path = if name.contains('.') { " including a path (/)" } else { "" };
            format!(
                "metadata.finalizers: {name:?}: prefer a domain-qualified finalizer name{path} to avoid accidental conflicts with \
                 other finalizer writers"
            )
        })
        .collect()
}

fn finalizers_of(object: &Value) -> BTreeSet<&str> {
    let list = object["metadata"]["finalizers"].as_array();
    list.into_iter().flatten().filter_map(Value::as_str).collect()
}
