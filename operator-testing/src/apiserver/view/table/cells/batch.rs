//! Jobs and cron jobs.

use jiff::Timestamp;
use serde_json::Value;

use super::{age, containers, duration, fields, name, selector::selector_or_none, since};

pub(super) fn job(object: &Value, now: Timestamp) -> Vec<Value> {
    let [names, images] = containers(object, "/spec/template/spec/containers");
    vec![
        name(object),
        job_status(object).into(),
        completions(object).into(),
        job_duration(object, now).into(),
        age(object, now),
        names,
        images,
        selector_or_none(object, "/spec/selector").into(),
    ]
}

fn job_status(object: &Value) -> &'static str {
    let is = |condition_type| {
        fields::condition(object, "/status/conditions", condition_type)
            .is_some_and(|condition| condition["status"] == "True")
    };
    match () {
        () if is("Complete") => "Complete",
        () if is("Failed") => "Failed",
        () if fields::has(object, "/metadata/deletionTimestamp") => "Terminating",
        () if is("Suspended") => "Suspended",
        () if is("FailureTarget") => "FailureTarget",
        () if is("SuccessCriteriaMet") => "SuccessCriteriaMet",
        () => "Running",
    }
}

fn completions(object: &Value) -> String {
    let succeeded = fields::int(object, "/status/succeeded");
    let parallelism = fields::int(object, "/spec/parallelism");
    if fields::has(object, "/spec/completions") {
        format!("{succeeded}/{}", fields::int(object, "/spec/completions"))
    } else if parallelism > 1 {
        format!("{succeeded}/1 of {parallelism}")
    } else {
        format!("{succeeded}/1")
    }
}

fn job_duration(object: &Value, now: Timestamp) -> String {
    let time = |pointer| fields::text(object, pointer).parse::<Timestamp>().ok();
    let Some(start) = time("/status/startTime") else {
        return String::new();
    };
    duration::elapsed(start, time("/status/completionTime").unwrap_or(now))
}

pub(super) fn cron_job(object: &Value, now: Timestamp) -> Vec<Value> {
    let [names, images] = containers(object, "/spec/jobTemplate/spec/template/spec/containers");
    let suspend = match object.pointer("/spec/suspend") {
        Some(Value::Bool(true)) => "True",
        Some(Value::Bool(false)) => "False",
        _ => "<unset>",
    };
    let last = if fields::has(object, "/status/lastScheduleTime") {
        since(object, "/status/lastScheduleTime", now)
    } else {
        "<none>".into()
    };
    vec![
        name(object),
        fields::text(object, "/spec/schedule").into(),
        object
            .pointer("/spec/timeZone")
            .and_then(Value::as_str)
            .unwrap_or("<none>")
            .into(),
        suspend.into(),
        fields::list(object, "/status/active").len().into(),
        last.into(),
        age(object, now),
        names,
        images,
        selector_or_none(object, "/spec/jobTemplate/spec/selector").into(),
    ]
}
