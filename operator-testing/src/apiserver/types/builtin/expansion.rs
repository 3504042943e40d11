//! Whether a claim may grow.
//!
//! Source: `k8s.io/kubernetes/plugin/pkg/admission/storage/persistentvolume/resize`.

use serde_json::Value;

use super::{Surroundings, fields::text};
use crate::apiserver::{
    status::{About, StatusError},
    types::decode::Quantity,
};

/// The annotation that named the class of a claim before a field did.
const CLASS: &str = "volume.beta.kubernetes.io/storage-class";

/// Lets a claim grow only if it is bound and its class says that its volumes can.
///
/// # Errors
/// 403.
pub(super) fn admit(new: &Value, old: &Value, around: &dyn Surroundings) -> Result<(), StatusError> {
    if size(new) <= size(old) {
        return Ok(());
    }
    let why = if text(&old["status"], "phase") != "Bound" {
        "Only bound persistent volume claims can be expanded"
    } else if can_grow(new, old, around) {
        return Ok(());
    } else {
        "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize"
    };
    let about = About {
        group: "",
        kind: "persistentvolumeclaims",
        name: text(&new["metadata"], "name"),
    };
    Err(StatusError::forbidden(about, why))
}

fn can_grow(new: &Value, old: &Value, around: &dyn Surroundings) -> bool {
    let class = class(new);
    !class.is_empty()
        && class == self::class(old)
        && around
            .find("storage.k8s.io", "storageclasses", "", class)
            .is_some_and(|class| class["allowVolumeExpansion"] == true)
}

fn class(claim: &Value) -> &str {
    let annotations = &claim["metadata"]["annotations"];
    if annotations.get(CLASS).is_some() {
        return text(annotations, CLASS);
    }
    text(&claim["spec"], "storageClassName")
}

fn size(claim: &Value) -> i128 {
    let size = text(&claim["spec"]["resources"]["requests"], "storage");
    Quantity::parse(size).map_or(0, Quantity::nano)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A server with one class.
    struct One(Value);

    impl Surroundings for One {
        fn find(&self, _: &str, _: &str, _: &str, name: &str) -> Option<Value> {
            (name == "quick").then(|| self.0.clone())
        }

        fn all(&self, _: &str, _: &str) -> Vec<Value> {
            vec![self.0.clone()]
        }
    }

    fn claim(class: &str, size: &str, phase: &str) -> Value {
        json!({"metadata": {"name": "c"}, "status": {"phase": phase},
               "spec": {"storageClassName": class, "resources": {"requests": {"storage": size}}}})
    }

    #[test]
    fn a_bound_claim_grows_if_its_class_lets_it() {
        let quick = One(json!({"allowVolumeExpansion": true}));
        let ask = |class: &str, size: &str, phase: &str, around: &One| {
            let refused = admit(&claim(class, size, phase), &claim(class, "1Gi", phase), around).err();
            refused.map(|error| (error.code, error.message))
        };
        assert_eq!(ask("quick", "2Gi", "Bound", &quick), None);
        assert_eq!(ask("other", "1024Mi", "Pending", &quick), None, "the same size");
        let refused = [
            (ask("quick", "2Gi", "Pending", &quick), "Only bound"),
            (ask("other", "2Gi", "Bound", &quick), "only dynamically"),
            (ask("", "2Gi", "Bound", &quick), "only dynamically"),
            (ask("quick", "2Gi", "Bound", &One(json!({}))), "only dynamically"),
        ];
        for (refused, why) in refused {
            let (code, message) = refused.expect("a refusal");
            assert!(code == 403 && message.contains(why), "{code} {message}");
        }
    }
}
