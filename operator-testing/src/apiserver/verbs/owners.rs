//! Owner references that are listed twice.
//!
//! Source: `k8s.io/apiserver/pkg/endpoints/handlers/rest.go`.

use serde_json::Value;

use super::super::{
    call::Call,
    meta::{Object, metadata_mut},
};

/// When equal owner references are noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    Decoded,
    Admitted,
}

impl When {
    fn as_str(self) -> &'static str {
        match self {
            Self::Decoded => "",
            Self::Admitted => " after mutating admission happens",
        }
    }
}

/// Keeps the first of equal owner references and warns of the others; `when` is what the warning says about the time.
pub(super) fn deduplicate(call: &mut Call<'_>, object: &mut Object, when: When) {
    let Some(Value::Array(references)) = metadata_mut(object).get_mut("ownerReferences") else {
        return;
    };
    let mut seen: Vec<Value> = Vec::new();
    let mut uids: Vec<String> = Vec::new();
    references.retain(|reference| {
        if seen.contains(reference) {
            uids.push(reference["uid"].as_str().unwrap_or_default().to_owned());
            return false;
        }
        seen.push(reference.clone());
        true
    });
    uids.sort();
    uids.dedup();
    if !uids.is_empty() {
        call.warnings.push(format!(
            ".metadata.ownerReferences contains duplicate entries{}; API server dedups owner references in 1.20+, and may reject such \
             requests as early as 1.24; please fix your requests; duplicate UID(s) observed: {}",
            when.as_str(),
            uids.join(", ")
        ));
    }
}
