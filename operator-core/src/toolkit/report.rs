//! Telling the owner of an object that its reconcile failed: by an event, by a condition, or by both.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};

use super::error::WriteError;
use super::event::Note;
use super::target::{Target, found};
use super::{Step, Toolkit};
use crate::meta::{ConditionIntent, Conditions, Subject};

/// How often the condition is set anew on an object that changes meanwhile.
const ATTEMPTS: usize = 5;

/// Where failed reconciles are reported, beside the log and the metrics.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reporting {
    event: bool,
    condition: Option<String>,
}

impl Reporting {
    /// Nowhere.
    pub fn none() -> Self {
        Self::default()
    }

    /// In an event as well; the same failure again is counted, not repeated.
    #[must_use]
    pub fn event(mut self) -> Self {
        self.event = true;
        self
    }

    /// In a condition of this type as well: `False` with the error while reconciles fail, `True` once one succeeds.
    ///
    /// An object whose reconciles never failed does not get it. The list of conditions should be a map by `type` in the
    /// schema, so that this condition and those of the reconciler do not replace each other.
    #[must_use]
    pub fn condition(mut self, type_: impl Into<String>) -> Self {
        self.condition = Some(type_.into());
        self
    }
}

impl Reporting {
    /// Whether events are written.
    pub(crate) fn tells_events(&self) -> bool {
        self.event
    }
}

impl Toolkit {
    /// Reports that the reconcile of `object` failed. What goes wrong with the report is logged.
    pub async fn report_failure<K: Subject>(
        &self,
        object: &K,
        reporting: &Reporting,
        reason: &str,
        message: &str,
    ) {
        if reporting.event {
            self.recorder().tell(object, Note::warning(reason, message)).await;
        }
        if let Some(type_) = &reporting.condition {
            let intent = ConditionIntent::new(type_, false, reason)
                .message(message)
                .observed_generation(object.metadata().generation);
            self.report(object, &intent, true).await;
        }
    }

    /// Reports that the reconcile of `object` succeeded, if a failure was reported before.
    pub async fn report_success<K: Subject>(&self, object: &K, reporting: &Reporting) {
        if let Some(type_) = &reporting.condition {
            let intent = ConditionIntent::new(type_, true, "Reconciled")
                .observed_generation(object.metadata().generation);
            self.report(object, &intent, false).await;
        }
    }

    async fn report<K: Subject>(&self, object: &K, intent: &ConditionIntent, create: bool) {
        if let Err(error) = self.set_condition(object, intent, create).await {
            tracing::warn!(%error, "a condition was not set");
        }
    }

    /// Sets one condition and leaves the rest of the status alone.
    async fn set_condition<K: Subject>(
        &self,
        object: &K,
        intent: &ConditionIntent,
        create: bool,
    ) -> Result<(), WriteError> {
        let Some(target) = Target::of(object) else {
            return Ok(());
        };
        let failed = |error| WriteError::request("set a condition of", &target, error);
        let uid = object.metadata().uid.clone();
        let mut live = serde_json::to_value(object).unwrap_or_default();
        for _ in 0..ATTEMPTS {
            let known = live["status"]["conditions"].take();
            let mut conditions: Vec<Condition> = serde_json::from_value(known).unwrap_or_default();
            let absent = conditions.find(&intent.type_).is_none();
            if (absent && !create) || !conditions.set(intent.clone(), self.shared.clock.now()) {
                return Ok(());
            }
            let before = live["metadata"]["resourceVersion"].as_str().unwrap_or_default();
            let patch = Patch::Merge(json!({
                "metadata": {"resourceVersion": before},
                "status": {"conditions": conditions},
            }));
            let params = PatchParams {
                field_manager: Some(self.field_manager().to_owned()),
                ..PatchParams::default()
            };
            match found(
                target
                    .patch::<Value>(self.client(), Some("status"), &params, &patch)
                    .await,
            ) {
                Ok(Some(answer)) => {
                    let version = answer["metadata"]["resourceVersion"].as_str().unwrap_or_default();
                    self.wrote(&target, uid.as_deref().unwrap_or_default(), version, || {
                        Step::From(before.to_owned())
                    });
                    return Ok(());
                }
                Ok(None) => return Ok(()),
                Err(kube::Error::Api(status)) if status.is_conflict() => {}
                Err(error) => return Err(failed(error)),
            }
            match target.get::<Value>(self.client()).await.map_err(failed)? {
                Some(current) if current["metadata"]["uid"].as_str() == uid.as_deref() => live = current,
                _ => return Ok(()),
            }
        }
        Err(WriteError::Contended {
            target: Box::new(target),
            attempts: ATTEMPTS,
        })
    }
}
