//! The status of Jobs: what must go together, and what may not be taken back.
//!
//! Most rules are held to only by a change of what they are about.
//!
//! Sources: `k8s.io/kubernetes/pkg/registry/batch/job/strategy.go`, `k8s.io/kubernetes/pkg/apis/batch/validation/validation.go`.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    Errors, has, items,
    job_indexes::{counted, overlap},
    number, text,
};

const CONDITIONS: &str = "status.conditions";
const COMPLETE: &str = "Complete";
const FAILED: &str = "Failed";
const FAILURE: &str = "FailureTarget";
const SUCCESS: &str = "SuccessCriteriaMet";

/// A change of the status of a Job.
pub(super) fn check(new: &Value, old: &Value, errors: &mut Errors) {
    let change = Change {
        spec: &new["spec"],
        new: &new["status"],
        old: &old["status"],
    };
    change.counts(errors);
    change.conditions_and_times(errors);
    change.finished(errors);
    change.indexes(errors);
    change.pods(errors);
    change.success(errors);
    change.taken_back(errors);
}

/// The status that a Job had, and the one that it is to have.
struct Change<'a> {
    spec: &'a Value,
    new: &'a Value,
    old: &'a Value,
}

/// Whether a condition has a status.
fn has_condition(status: &Value, kind: &str, value: &str) -> bool {
    items(status, "conditions")
        .iter()
        .any(|condition| text(condition, "type") == kind && text(condition, "status") == value)
}

fn is(status: &Value, kind: &str) -> bool {
    has_condition(status, kind, "True")
}

fn is_finished(status: &Value) -> bool {
    is(status, COMPLETE) || is(status, FAILED)
}

/// What is said of conditions shows none of them.
fn contradict(why: &str, errors: &mut Errors) {
    errors.invalid_without_value(CONDITIONS, why);
}

impl Change<'_> {
    /// Whether a field has another value.
    fn changes(&self, field: &str) -> bool {
        self.new[field] != self.old[field]
    }

    /// Whether a condition begins or ceases to hold.
    fn turns(&self, kind: &str) -> bool {
        is(self.new, kind) != is(self.old, kind)
    }

    fn finishes(&self) -> bool {
        is_finished(self.new) != is_finished(self.old)
    }

    fn is_indexed(&self) -> bool {
        text(self.spec, "completionMode") == "Indexed"
    }

    fn counts(&self, errors: &mut Errors) {
        for name in ["active", "succeeded", "failed", "ready", "terminating"] {
            errors.not_negative(format!("status.{name}"), &self.new[name]);
        }
        let uncounted = &self.new["uncountedTerminatedPods"];
        let mut seen = BTreeSet::new();
        for list in ["succeeded", "failed"] {
            for (index, uid) in items(uncounted, list).iter().enumerate() {
                let field = format!("status.uncountedTerminatedPods.{list}[{index}]");
                let text = uid.as_str().unwrap_or_default();
                if text.is_empty() {
                    errors.invalid(field, &text.into(), "must not be empty");
                } else if !seen.insert(text) {
                    errors.duplicate(field, uid);
                }
            }
        }
    }

    fn conditions_and_times(&self, errors: &mut Errors) {
        const COMPLETION: &str = "status.completionTime";
        let is_complete = is(self.new, COMPLETE);
        if (self.turns(COMPLETE) || self.turns(FAILED)) && is_complete && is(self.new, FAILED) {
            contradict("cannot set Complete=True and Failed=true conditions", errors);
        }
        if (self.turns(COMPLETE) || self.turns(FAILURE)) && is_complete && is(self.new, FAILURE) {
            contradict(
                "cannot set Complete=True and FailureTarget=true conditions",
                errors,
            );
        }
        let (start, completion) = (&self.new["startTime"], &self.new["completionTime"]);
        if self.turns(COMPLETE) || self.changes("completionTime") {
            if !completion.is_null() && !is_complete {
                let why = "cannot set completionTime when there is no Complete=True condition";
                errors.invalid(COMPLETION, completion, why);
            }
            if completion.is_null() && is_complete {
                errors.required(COMPLETION, "completionTime is required for Complete jobs");
            }
        }
        // times in one form are in the order of their texts
        let is_before = start
            .as_str()
            .zip(completion.as_str())
            .is_some_and(|(start, completion)| completion < start);
        if (self.changes("startTime") || self.changes("completionTime")) && is_before {
            errors.invalid(COMPLETION, completion, "must be equal to or after `startTime`");
        }
        if (self.turns(FAILED) || self.changes("failedIndexes"))
            && is(self.new, FAILED)
            && !is(self.new, FAILURE)
        {
            let why = "cannot set Failed=True condition without the FailureTarget=true condition";
            contradict(why, errors);
        }
        if (self.turns(COMPLETE) || self.turns(SUCCESS)) && is_complete && !is(self.new, SUCCESS) {
            let why = "cannot set Complete=True condition without the SuccessCriteriaMet=true condition";
            contradict(why, errors);
        }
    }

    /// A Job that is finished has started and has no Pods left.
    fn finished(&self, errors: &mut Errors) {
        if !is_finished(self.new) {
            return;
        }
        let active = number(self.new, "active");
        if (self.finishes() || self.changes("active")) && active > 0 {
            let why = "active>0 is invalid for finished job";
            errors.invalid("status.active", &active.into(), why);
        }
        let is_idle = self.spec["suspend"] == true && self.spec["completions"] == 0;
        let starts = self.finishes() || self.changes("startTime");
        if starts && !is_idle && !has(self.new, "startTime") {
            errors.required("status.startTime", "startTime is required for finished job");
        }
        let uncounted = &self.new["uncountedTerminatedPods"];
        let lists = ["succeeded", "failed"].map(|list| items(uncounted, list));
        let is_counted = lists.iter().all(|list| list.is_empty());
        if (self.finishes() || self.changes("uncountedTerminatedPods")) && !is_counted {
            let shown = lists.map(|list| match list {
                [] => "null".to_owned(),
                uids => Value::from(uids.to_vec()).to_string(),
            });
            let shown = format!("{{\"Succeeded\":{},\"Failed\":{}}}", shown[0], shown[1]);
            let field = "status.uncountedTerminatedPods";
            errors.invalid_as(field, &shown, "must be empty for finished job");
        }
    }

    fn indexes(&self, errors: &mut Errors) {
        const COMPLETED: &str = "status.completedIndexes";
        const FAILED: &str = "status.failedIndexes";
        let completions = self.spec["completions"].as_i64();
        let has_limit = has(self.spec, "backoffLimitPerIndex");
        let completed = text(self.new, "completedIndexes");
        let failed = self.new["failedIndexes"].as_str();
        let (completes, fails) = (self.changes("completedIndexes"), self.changes("failedIndexes"));
        if let Some(completions) = completions {
            if completes && let Err(why) = counted(completed, completions) {
                let why = format!("error parsing completedIndexes: {why}");
                errors.invalid(COMPLETED, &completed.into(), why);
            }
            if let Some(failed) = failed.filter(|_| fails && has_limit)
                && let Err(why) = counted(failed, completions)
            {
                let why = format!("error parsing failedIndexes: {why}");
                errors.invalid(FAILED, &failed.into(), why);
            }
        }
        if completes && !completed.is_empty() && !self.is_indexed() {
            let why = "cannot set non-empty completedIndexes when non-indexed completion mode";
            errors.invalid(COMPLETED, &completed.into(), why);
        }
        let Some(failed) = failed else { return };
        if fails && !has_limit {
            let why = "cannot set non-null failedIndexes when backoffLimitPerIndex is null";
            errors.invalid(FAILED, &failed.into(), why);
        }
        if let Some(completions) = completions.filter(|_| fails || completes)
            && let Some(index) = overlap(completed, failed, completions)
        {
            let why = format!("failedIndexes and completedIndexes overlap at index: {index}");
            errors.invalid(FAILED, &failed.into(), why);
        }
    }

    fn pods(&self, errors: &mut Errors) {
        let terminating = number(self.new, "terminating");
        if (self.finishes() || self.changes("terminating")) && terminating > 0 && is_finished(self.new) {
            let why = "terminating>0 is invalid for finished job";
            errors.invalid("status.terminating", &terminating.into(), why);
        }
        let (ready, active) = (self.new["ready"].as_i64(), number(self.new, "active"));
        let is_asked = self.changes("ready") || self.changes("active");
        if let Some(ready) = ready.filter(|ready| is_asked && *ready > active) {
            errors.invalid(
                "status.ready",
                &ready.into(),
                "cannot set more ready pods than active",
            );
        }
    }

    fn success(&self, errors: &mut Errors) {
        let is_met = is(self.new, SUCCESS);
        if is_met && is(self.new, FAILED) {
            contradict(
                "cannot set SuccessCriteriaMet=True and Failed=true conditions",
                errors,
            );
        }
        if is_met && is(self.new, FAILURE) {
            let why = "cannot set SuccessCriteriaMet=True and FailureTarget=true conditions";
            contradict(why, errors);
        }
        if has(self.spec, "successPolicy") && !is_met && is(self.new, COMPLETE) {
            let why = "cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True";
            contradict(why, errors);
        }
    }

    /// What a Job has reached it has reached.
    fn taken_back(&self, errors: &mut Errors) {
        for kind in [FAILED, COMPLETE, FAILURE] {
            if is(self.old, kind) && !is(self.new, kind) {
                let why = format!("cannot disable the terminal {kind}=True condition");
                contradict(&why, errors);
            }
        }
        let scales = self.is_indexed() && self.spec["completions"] == self.spec["parallelism"];
        for (name, may_fall) in [("failed", false), ("succeeded", scales)] {
            let count = number(self.new, name);
            if count < number(self.old, name) && !may_fall {
                let why = format!("cannot decrease the {name} counter");
                errors.invalid(format!("status.{name}"), &count.into(), why);
            }
        }
        let completion = &self.new["completionTime"];
        if has(self.new, "completionTime") && has(self.old, "completionTime") {
            errors.immutable("status.completionTime", completion, &self.old["completionTime"]);
        }
        let resumes = is(self.old, "Suspended") && has_condition(self.new, "Suspended", "False");
        let is_fixed = has(self.old, "startTime") && self.spec["suspend"] != true && !resumes;
        if is_fixed && self.changes("startTime") {
            let why = "field is immutable for unsuspended job once set";
            errors.invalid("status.startTime", &self.new["startTime"], why);
        }
        let (was_met, is_met) = (is(self.old, SUCCESS), is(self.new, SUCCESS));
        if was_met && !is_met {
            contradict("cannot disable the SuccessCriteriaMet=True condition", errors);
        }
        if is(self.old, COMPLETE) && !was_met && is_met {
            let why = "cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions";
            contradict(why, errors);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn causes(spec: &Value, new: &Value, old: &Value) -> Vec<String> {
        let job = |status: &Value| json!({"spec": spec, "status": status});
        let mut errors = Errors::default();
        check(&job(new), &job(old), &mut errors);
        let shown =
            |error: &crate::apiserver::status::FieldError| format!("{}: {}", error.field, error.message);
        errors.0.iter().map(shown).collect()
    }

    fn conditions(kinds: &[&str]) -> Value {
        kinds
            .iter()
            .map(|kind| json!({"type": kind, "status": "True"}))
            .collect()
    }

    #[test]
    fn a_complete_job_says_when_and_why() {
        let done = json!({"conditions": conditions(&["Complete"])});
        assert_eq!(
            causes(&json!({}), &done, &json!({})),
            [
                "status.completionTime: Required value: completionTime is required for Complete jobs",
                "status.conditions: Invalid value: cannot set Complete=True condition without the SuccessCriteriaMet=true condition",
                "status.startTime: Required value: startTime is required for finished job",
            ]
        );
        // what was so before is let be
        assert!(causes(&json!({}), &done, &done).is_empty());
        let (time, kinds) = ("2026-01-02T03:04:05Z", ["SuccessCriteriaMet", "Complete"]);
        let done = json!({"startTime": time, "completionTime": time, "conditions": conditions(&kinds)});
        assert!(causes(&json!({}), &done, &json!({})).is_empty());
    }

    #[test]
    fn what_a_job_has_reached_is_not_taken_back() {
        let old = json!({"failed": 2, "succeeded": 2, "startTime": "2026-01-02T03:04:05Z",
            "conditions": conditions(&["FailureTarget", "SuccessCriteriaMet"])});
        let lost = [
            "status.conditions: Invalid value: cannot disable the terminal FailureTarget=True condition",
            "status.failed: Invalid value: 0: cannot decrease the failed counter",
            "status.succeeded: Invalid value: 0: cannot decrease the succeeded counter",
            "status.startTime: Invalid value: null: field is immutable for unsuspended job once set",
            "status.conditions: Invalid value: cannot disable the SuccessCriteriaMet=True condition",
        ];
        assert_eq!(causes(&json!({}), &json!({}), &old), lost);
        let scales =
            json!({"completionMode": "Indexed", "completions": 3, "parallelism": 3, "suspend": true});
        assert_eq!(causes(&scales, &json!({}), &old), [lost[0], lost[1], lost[4]]);
    }

    #[test]
    fn indexes_belong_to_indexed_jobs() {
        let status = json!({"completedIndexes": "0-9", "failedIndexes": "1"});
        assert_eq!(
            causes(&json!({"completions": 3}), &status, &json!({})),
            [
                "status.completedIndexes: Invalid value: \"0-9\": error parsing completedIndexes: too large index: \"9\"",
                "status.completedIndexes: Invalid value: \"0-9\": cannot set non-empty completedIndexes when non-indexed completion mode",
                "status.failedIndexes: Invalid value: \"1\": cannot set non-null failedIndexes when backoffLimitPerIndex is null",
            ]
        );
        let spec = json!({"completions": 10, "completionMode": "Indexed", "backoffLimitPerIndex": 1});
        assert_eq!(
            causes(&spec, &status, &json!({})),
            [
                "status.failedIndexes: Invalid value: \"1\": failedIndexes and completedIndexes overlap at index: 1"
            ]
        );
    }
}
