//! How a client wants something deleted.
//!
//! Source: `k8s.io/apimachinery/pkg/apis/meta/v1/validation/validation.go`.

use serde_json::Value;

use crate::apiserver::{
    parameters::{dry_run, number},
    request::Query,
    status::{About, FieldError, StatusError},
    types::Propagation,
};

/// The options of a deletion.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct DeleteOptions {
    pub(crate) dry_run: bool,
    pub(crate) grace_seconds: Option<i64>,
    pub(crate) propagation: Option<Propagation>,
    pub(crate) orphan_dependents: Option<bool>,
    pub(crate) precondition_uid: Option<String>,
    pub(crate) precondition_revision: Option<String>,
}

impl DeleteOptions {
    /// Reads the options from the body, or from the query where the body is empty.
    pub(crate) fn read(body: &Value, query: &Query) -> Result<Self, StatusError> {
        let mut errors = Vec::new();
        let text = |path: &str| body.pointer(path).and_then(Value::as_str).map(str::to_owned);
        let from_body = body.is_object();
        let policy = if from_body {
            text("/propagationPolicy")
        } else {
            query.get("propagationPolicy").map(str::to_owned)
        };
        let orphan_dependents = if from_body {
            body.get("orphanDependents").and_then(Value::as_bool)
        } else {
            query
                .get("orphanDependents")
                .map(|_| query.flag("orphanDependents"))
        };
        let grace_seconds = if from_body {
            body.get("gracePeriodSeconds").and_then(Value::as_i64)
        } else {
            number(query, "gracePeriodSeconds")?
        };
        if let (Some(policy), Some(_)) = (&policy, orphan_dependents) {
            errors.push(FieldError::invalid(
                "propagationPolicy",
                &policy.as_str().into(),
                "orphanDependents and deletionPropagation cannot be both set",
            ));
        }
        let propagation = match policy.as_deref() {
            None => None,
            Some("Background") => Some(Propagation::Background),
            Some("Foreground") => Some(Propagation::Foreground),
            Some("Orphan") => Some(Propagation::Orphan),
            Some(other) => {
                errors.push(FieldError::not_supported(
                    "propagationPolicy",
                    &other.into(),
                    &["Foreground", "Background", "Orphan", "nil"],
                ));
                None
            }
        };
        let listed: Vec<&str> = if from_body {
            let values = body.get("dryRun").and_then(Value::as_array);
            values.into_iter().flatten().filter_map(Value::as_str).collect()
        } else {
            query.all("dryRun").collect()
        };
        let dry_run = dry_run(listed.into_iter(), &mut errors);
        if !errors.is_empty() {
            let about = About {
                group: "meta.k8s.io",
                kind: "DeleteOptions",
                name: "",
            };
            return Err(StatusError::invalid(about, &errors));
        }
        Ok(Self {
            dry_run,
            grace_seconds,
            propagation,
            orphan_dependents,
            precondition_uid: text("/preconditions/uid"),
            precondition_revision: text("/preconditions/resourceVersion"),
        })
    }
}
