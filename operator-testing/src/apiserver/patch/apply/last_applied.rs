//! The way from `kubectl apply` to server-side apply: what its annotation says was applied is no conflict.
//!
//! Source: `k8s.io/apimachinery/pkg/util/managedfields/internal/lastapplied{manager,updater}.go`.

use serde_json::Value;

use super::{compare::compare, owned::fields_of, request::Request, set::FieldSet, validate::validate};

/// The only manager that is treated so.
pub(super) const MANAGER: &str = "kubectl";

const ANNOTATION: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// How many bytes the annotations of an object may have.
const MAX_ANNOTATIONS: usize = 256 * 1024;

/// The fields that the annotation says were applied and that still have the value it says.
pub(super) fn fields(live: &Value, request: &Request<'_>) -> Option<FieldSet> {
    let applied: Value = serde_json::from_str(annotation(live)?).ok()?;
    if applied.get("apiVersion").and_then(Value::as_str) != Some(request.api_version) {
        return None;
    }
    let root = request.root();
    validate(live, root, false).ok()?;
    validate(&applied, root, false).ok()?;
    let changes = compare(&applied, live, root).ok()?;
    let fields = fields_of(&applied, root)
        .difference(&changes.modified)
        .difference(&changes.added)
        .difference(&changes.removed);
    Some(fields)
}

/// Writes the configuration into the annotation, if the object has one.
pub(super) fn follow(object: &mut Value, config: &Value) {
    if annotation(object).is_none() {
        return;
    }
    let mut config = config.clone();
    if let Some(Value::Object(annotations)) = config.pointer_mut("/metadata/annotations") {
        annotations.remove(ANNOTATION);
        if annotations.is_empty()
            && let Some(Value::Object(metadata)) = config.get_mut("metadata")
        {
            metadata.remove("annotations");
        }
    }
    let Some(Value::Object(annotations)) = object.pointer_mut("/metadata/annotations") else {
        return;
    };
    annotations.insert(ANNOTATION.into(), format!("{config}\n").into());
    let size: usize = annotations
        .iter()
        .map(|(key, value)| key.len() + value.as_str().map_or(0, str::len))
        .sum();
    if size > MAX_ANNOTATIONS {
        annotations.remove(ANNOTATION);
    }
}

fn annotation(object: &Value) -> Option<&str> {
    object
        .get("metadata")?
        .get("annotations")?
        .get(ANNOTATION)?
        .as_str()
        .filter(|text| !text.is_empty())
}
