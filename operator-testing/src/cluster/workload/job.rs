//! `job-controller`: Pods until enough of them have succeeded.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::{
    apiserver::{status::StatusError, store::ObjectKey},
    cluster::{
        controller::{Context, Controller, Next, Seen},
        kind::{JOBS, PODS},
        object::{self, int, text},
        pod,
    },
};

/// Keeps a Pod until the Job has counted it.
const TRACKING: &str = "batch.kubernetes.io/job-tracking";
const INDEX: &str = "batch.kubernetes.io/job-completion-index";
const FIRST_BACK_OFF: Duration = Duration::from_secs(10);

/// The simulated `job-controller`.
#[derive(Debug, Default)]
pub(crate) struct Jobs;

impl Controller for Jobs {
    fn name(&self) -> &'static str {
        "job-controller"
    }

    fn observe(&mut self, seen: &Seen, _cx: &Context<'_>, wake: &mut Vec<ObjectKey>) {
        if seen.is(&JOBS) {
            wake.push(seen.key().clone());
        } else if seen.is(&PODS) {
            wake.extend(seen.states().filter_map(|pod| object::controller_key(pod, &JOBS)));
        }
    }

    fn reconcile(&mut self, key: &ObjectKey, cx: &Context<'_>) -> Result<Next, StatusError> {
        let all = cx.client.list(&PODS, Some(key.namespace()))?;
        let job = cx.client.get(&JOBS, key)?;
        let Some(job) = job.filter(|job| !object::is_deleting(job)) else {
            // nobody will count them any more
            for pod in all
                .iter()
                .filter(|pod| object::controller_key(pod, &JOBS).as_ref() == Some(key))
            {
                untrack(pod, cx)?;
            }
            return Ok(Next::Done);
        };
        let pods: Vec<Value> = all
            .into_iter()
            .filter(|pod| object::is_controlled_by(pod, &job))
            .collect();
        let step = step(&job, &pods, cx.now);
        if step.status != job["status"] {
            let mut job = job.clone();
            job["status"] = step.status.clone();
            cx.client.replace_status(&JOBS, &job)?;
            announce(&job, &step.status, cx);
        }
        for pod in pods
            .iter()
            .filter(|pod| pod::is_finished(pod) || object::is_deleting(pod))
        {
            untrack(pod, cx)?;
        }
        for name in &step.delete {
            cx.client
                .delete(&PODS, &ObjectKey::new(key.namespace(), name), json!({}))?;
            let message = format!("Deleted pod: {name}");
            cx.client.event(&job, &JOBS, "SuccessfulDelete", &message, cx.now);
        }
        for index in &step.create {
            match cx.client.create(&PODS, key.namespace(), new_pod(&job, *index)) {
                Ok(made) => {
                    let message = format!("Created pod: {}", object::name(&made));
                    cx.client.event(&job, &JOBS, "SuccessfulCreate", &message, cx.now);
                }
                Err(error) if super::replicaset::is_namespace_terminating(&error) => break,
                Err(error) => return Err(error),
            }
        }
        Ok(Next::after(step.wait))
    }
}

fn untrack(pod: &Value, cx: &Context<'_>) -> Result<(), StatusError> {
    let mut pod = pod.clone();
    if object::remove_finalizer(&mut pod, TRACKING) {
        cx.client.replace(&PODS, &pod)?;
    }
    Ok(())
}

fn announce(before: &Value, status: &Value, cx: &Context<'_>) {
    if is_over(status, "Complete") {
        cx.client
            .event(before, &JOBS, "Completed", "Job completed", cx.now);
    } else if let Some(failed) = condition(status, "Failed") {
        let (reason, message) = (text(failed, "/reason"), text(failed, "/message"));
        cx.client.warning(before, &JOBS, reason, message, cx.now);
    }
}

/// What a Job does next, and what it reports.
#[derive(Debug)]
struct Step {
    status: Value,
    /// The completion index of each Pod to make; `None` for Jobs without.
    create: Vec<Option<i64>>,
    delete: Vec<String>,
    wait: Option<Duration>,
}

fn step(job: &Value, pods: &[Value], now: Timestamp) -> Step {
    let mut status = match &job["status"] {
        Value::Object(status) => Value::Object(status.clone()),
        _ => json!({}),
    };
    let mut step = Step {
        status: Value::Null,
        create: Vec::new(),
        delete: Vec::new(),
        wait: None,
    };
    if is_over(&status, "Complete") || is_over(&status, "Failed") {
        step.status = status;
        return step;
    }
    let indexed = text(job, "/spec/completionMode") == "Indexed";
    let counted = |phase: &str| {
        let new = pods
            .iter()
            .filter(|pod| pod::phase(pod) == phase && object::has_finalizer(pod, TRACKING));
        i64::try_from(new.count()).unwrap_or(i64::MAX)
    };
    let earlier = |field: &str| int(&job["status"], &format!("/{field}")).unwrap_or_default();
    let succeeded = earlier("succeeded") + counted("Succeeded");
    let failed = earlier("failed") + counted("Failed");
    let active: Vec<&Value> = pods.iter().filter(|pod| pod::is_active(pod)).collect();
    let terminating = pods
        .iter()
        .filter(|pod| object::is_deleting(pod) && !pod::is_finished(pod))
        .count();
    let suspended = object::flag(job, "/spec/suspend");
    if !suspended && status.get("startTime").is_none() {
        status["startTime"] = object::timestamp(now).into();
    }
    let completions = int(job, "/spec/completions");
    let parallelism = int(job, "/spec/parallelism").unwrap_or(1);
    let deadline = int(job, "/spec/activeDeadlineSeconds").and_then(|seconds| {
        let start = object::time(&status, "/startTime")?;
        start.checked_add(SignedDuration::from_secs(seconds)).ok()
    });
    let done = match completions {
        Some(completions) => succeeded >= completions,
        None => succeeded > 0 && active.is_empty(),
    };
    let failure = if failed > int(job, "/spec/backoffLimit").unwrap_or(6) {
        Some((
            "BackoffLimitExceeded",
            "Job has reached the specified backoff limit",
        ))
    } else if deadline.is_some_and(|deadline| deadline <= now) && !suspended {
        Some((
            "DeadlineExceeded",
            "Job was active longer than specified deadline",
        ))
    } else {
        None
    };
    let mut active_left = active.len();
    if done {
        step.delete
            .extend(active.iter().map(|pod| object::name(pod).to_owned()));
        active_left = 0;
        let reached = ("CompletionsReached", "Reached expected number of succeeded pods");
        add_condition(&mut status, "SuccessCriteriaMet", reached, now);
        add_condition(&mut status, "Complete", reached, now);
        status["completionTime"] = object::timestamp(now).into();
    } else if let Some(failure) = failure {
        step.delete
            .extend(active.iter().map(|pod| object::name(pod).to_owned()));
        active_left = 0;
        add_condition(&mut status, "FailureTarget", failure, now);
        add_condition(&mut status, "Failed", failure, now);
    } else if suspended {
        step.delete
            .extend(active.iter().map(|pod| object::name(pod).to_owned()));
        active_left = 0;
    } else {
        let left = completions.map_or_else(
            || if succeeded > 0 { 0 } else { parallelism },
            |completions| completions - succeeded,
        );
        let wanted = usize::try_from(left.min(parallelism)).unwrap_or_default();
        let pause = back_off(pods, failed, now);
        if pause.is_zero() {
            let missing = wanted.saturating_sub(active.len());
            step.create = if indexed {
                free_indexes(pods, completions.unwrap_or(1))
                    .take(missing)
                    .map(Some)
                    .collect()
            } else {
                vec![None; missing]
            };
        } else {
            step.wait = Some(pause);
        }
        let spare = active.len().saturating_sub(wanted);
        step.delete.extend(
            active
                .iter()
                .rev()
                .take(spare)
                .map(|pod| object::name(pod).to_owned()),
        );
        if let Some(left) =
            deadline.and_then(|deadline| Duration::try_from(deadline.duration_since(now)).ok())
        {
            step.wait = Some(step.wait.map_or(left, |wait| wait.min(left)));
        }
    }
    if indexed && let Some(ranges) = ranges(pods) {
        status["completedIndexes"] = ranges.into();
    }
    let ready = active.iter().filter(|pod| pod::is_ready(pod)).count();
    set_count(&mut status, "active", active_left);
    set_count(
        &mut status,
        "succeeded",
        usize::try_from(succeeded).unwrap_or_default(),
    );
    set_count(&mut status, "failed", usize::try_from(failed).unwrap_or_default());
    status["ready"] = if active_left == 0 { 0 } else { ready }.into();
    status["terminating"] = terminating.into();
    status["uncountedTerminatedPods"] = json!({});
    step.status = status;
    step
}

fn set_count(status: &mut Value, field: &str, count: usize) {
    if count > 0 {
        status[field] = count.into();
    } else if let Value::Object(members) = status {
        members.remove(field);
    }
}

fn condition<'a>(status: &'a Value, kind: &str) -> Option<&'a Value> {
    object::list(status, "/conditions")
        .iter()
        .find(|condition| text(condition, "/type") == kind && text(condition, "/status") == "True")
}

/// Whether a Job has ended this way.
pub(super) fn is_over(status: &Value, kind: &str) -> bool {
    condition(status, kind).is_some()
}

fn add_condition(status: &mut Value, kind: &str, (reason, message): (&str, &str), now: Timestamp) {
    let at = object::timestamp(now);
    let condition = json!({
        "type": kind, "status": "True", "reason": reason, "message": message,
        "lastProbeTime": at, "lastTransitionTime": at,
    });
    match status.get_mut("conditions").and_then(Value::as_array_mut) {
        Some(conditions) => conditions.push(condition),
        None => status["conditions"] = json!([condition]),
    }
}

/// How long to wait after the last failure before the next try.
fn back_off(pods: &[Value], failed: i64, now: Timestamp) -> Duration {
    let last = pods
        .iter()
        .filter(|pod| pod::phase(pod) == "Failed")
        .filter_map(|pod| object::time(pod, "/status/containerStatuses/0/state/terminated/finishedAt"))
        .max();
    let Some(last) = last.filter(|_| failed > 0) else {
        return Duration::ZERO;
    };
    let exponent = u32::try_from(failed - 1).unwrap_or_default().min(6);
    let pause = FIRST_BACK_OFF * 2_u32.pow(exponent);
    let passed = Duration::try_from(now.duration_since(last)).unwrap_or_default();
    pause.saturating_sub(passed)
}

fn index_of(pod: &Value) -> Option<i64> {
    object::annotation(pod, INDEX)?.parse().ok()
}

/// The indexes that have neither an active nor a succeeded Pod, lowest first.
fn free_indexes(pods: &[Value], completions: i64) -> impl Iterator<Item = i64> {
    let taken: Vec<i64> = pods
        .iter()
        .filter(|pod| pod::is_active(pod) || pod::phase(pod) == "Succeeded")
        .filter_map(index_of)
        .collect();
    (0..completions).filter(move |index| !taken.contains(index))
}

/// The indexes that have succeeded, as in `0,2-4`.
fn ranges(pods: &[Value]) -> Option<String> {
    let mut done: Vec<i64> = pods
        .iter()
        .filter(|pod| pod::phase(pod) == "Succeeded")
        .filter_map(index_of)
        .collect();
    done.sort_unstable();
    done.dedup();
    let mut ranges: Vec<(i64, i64)> = Vec::new();
    for index in done {
        match ranges.last_mut() {
            Some((_, end)) if *end + 1 == index => *end = index,
            _ => ranges.push((index, index)),
        }
    }
    let text = ranges.iter().map(|(start, end)| match end - start {
        0 => start.to_string(),
        1 => format!("{start},{end}"),
        _ => format!("{start}-{end}"),
    });
    (!ranges.is_empty()).then(|| text.collect::<Vec<_>>().join(","))
}

fn new_pod(job: &Value, index: Option<i64>) -> Value {
    let mut pod = pod::from_template(
        &job["spec"]["template"],
        &object::controller_reference(job, &JOBS),
    );
    let name = object::name(job);
    for prefix in ["", "batch.kubernetes.io/"] {
        object::set_label(
            &mut pod,
            &format!("{prefix}controller-uid"),
            object::uid(job).to_owned(),
        );
        object::set_label(&mut pod, &format!("{prefix}job-name"), name.to_owned());
    }
    pod["metadata"]["finalizers"] = json!([TRACKING]);
    pod["metadata"]["generateName"] = match index {
        Some(index) => {
            object::set_annotation(&mut pod, INDEX, index.to_string());
            object::set_label(&mut pod, INDEX, index.to_string());
            pod["spec"]["hostname"] = format!("{name}-{index}").into();
            format!("{name}-{index}-")
        }
        None => format!("{name}-"),
    }
    .into();
    pod
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(spec: &Value) -> Value {
        json!({"metadata": {"name": "j", "uid": "u"}, "spec": spec, "status": {"startTime": "2026-01-01T00:00:00Z"}})
    }

    fn made(phase: &str, index: i64) -> Value {
        json!({
            "metadata": {"name": format!("p{index}"), "finalizers": [TRACKING], "annotations": {INDEX: index.to_string()}},
            "status": {"phase": phase, "containerStatuses": [{"state": {"terminated": {"finishedAt": "2026-01-01T00:00:00Z"}}}]},
        })
    }

    fn now() -> Timestamp {
        "2026-01-01T00:00:04Z".parse().unwrap()
    }

    #[test]
    fn a_job_runs_until_enough_pods_have_succeeded() {
        let spec = json!({"completions": 3, "parallelism": 2, "backoffLimit": 1});
        let begin = step(&job(&spec), &[], now());
        assert_eq!(begin.create.len(), 2);
        let middle = step(&job(&spec), &[made("Succeeded", 0), made("Succeeded", 1)], now());
        assert_eq!((middle.create.len(), &middle.status["succeeded"]), (1, &json!(2)));
        let pods = [made("Succeeded", 0), made("Succeeded", 1), made("Succeeded", 2)];
        let end = step(&job(&spec), &pods, now());
        assert!(is_over(&end.status, "Complete"), "{}", end.status);
        assert_eq!(end.status["completionTime"], "2026-01-01T00:00:04Z");
    }

    #[test]
    fn failures_are_retried_after_a_pause_until_there_are_too_many() {
        let spec = json!({"completions": 1, "parallelism": 1, "backoffLimit": 1});
        let once = step(&job(&spec), &[made("Failed", 0)], now());
        assert_eq!((once.create.len(), once.wait), (0, Some(Duration::from_secs(6))));
        let twice = step(&job(&spec), &[made("Failed", 0), made("Failed", 1)], now());
        let failed = condition(&twice.status, "Failed").unwrap();
        assert_eq!(text(failed, "/reason"), "BackoffLimitExceeded");
    }

    #[test]
    fn indexes_are_filled_from_below() {
        let spec = json!({"completions": 6, "parallelism": 2, "completionMode": "Indexed"});
        let pods = [
            made("Succeeded", 0),
            made("Succeeded", 1),
            made("Succeeded", 2),
            made("Succeeded", 4),
        ];
        let step = step(&job(&spec), &pods, now());
        assert_eq!(step.create, [Some(3), Some(5)]);
        assert_eq!(step.status["completedIndexes"], "0-2,4");
    }
}
