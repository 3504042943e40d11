//! `cronjob-controller`: a Job whenever the schedule is due.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{job, schedule::Schedule};
use crate::{
    apiserver::{status::StatusError, store::ObjectKey},
    cluster::{
        controller::{Context, Controller, Next, Seen},
        kind::{CRON_JOBS, JOBS},
        object::{self, int, text},
    },
};

/// A CronJob that missed more runs than this has probably been asleep: only the last one is made up for in any case.
const LOOKED_BACK: usize = 100;

/// The simulated `cronjob-controller`.
#[derive(Debug, Default)]
pub(crate) struct CronJobs;

impl Controller for CronJobs {
    fn name(&self) -> &'static str {
        "cronjob-controller"
    }

    fn observe(&mut self, seen: &Seen, _cx: &Context<'_>, wake: &mut Vec<ObjectKey>) {
        if seen.is(&CRON_JOBS) {
            wake.push(seen.key().clone());
        } else if seen.is(&JOBS) {
            wake.extend(
                seen.states()
                    .filter_map(|job| object::controller_key(job, &CRON_JOBS)),
            );
        }
    }

    fn reconcile(&mut self, key: &ObjectKey, cx: &Context<'_>) -> Result<Next, StatusError> {
        let Some(mut cron) = cx.client.get(&CRON_JOBS, key)? else {
            return Ok(Next::Done);
        };
        if object::is_deleting(&cron) {
            return Ok(Next::Done);
        }
        let mut jobs = cx.client.list(&JOBS, Some(key.namespace()))?;
        jobs.retain(|job| object::is_controlled_by(job, &cron));
        object::sort_by_age(&mut jobs);
        clean_up(&cron, &mut jobs, cx)?;
        let mut next = Next::Done;
        let schedule = Schedule::parse(text(&cron, "/spec/schedule"), text(&cron, "/spec/timeZone"));
        if let Some(schedule) = schedule.filter(|_| !object::flag(&cron, "/spec/suspend")) {
            let last = object::time(&cron, "/status/lastScheduleTime")
                .or_else(|| object::time(&cron, "/metadata/creationTimestamp"))
                .unwrap_or(cx.now);
            if let Some(due) = last_due(&schedule, last, cx.now)
                && !is_too_late(&cron, due, cx.now)
            {
                run(&mut cron, due, &mut jobs, cx)?;
            }
            if let Some(due) = schedule.after(cx.now) {
                next = Next::after(Duration::try_from(due.duration_since(cx.now)).ok());
            }
        }
        let status = status(&cron, &jobs);
        if status != cron["status"] {
            cron["status"] = status;
            cx.client.replace_status(&CRON_JOBS, &cron)?;
        }
        Ok(next)
    }
}

/// The last time since `since` at which the schedule was due.
fn last_due(schedule: &Schedule, since: Timestamp, now: Timestamp) -> Option<Timestamp> {
    let mut due = None;
    let mut from = since;
    for _ in 0..LOOKED_BACK {
        match schedule.after(from).filter(|next| *next <= now) {
            Some(next) => {
                due = Some(next);
                from = next;
            }
            None => return due,
        }
    }
    // too many to count: begin a little before now
    let recent = now.checked_sub(SignedDuration::from_hours(1)).ok()?;
    if recent > since {
        last_due(schedule, recent, now).or(due)
    } else {
        due
    }
}

fn is_too_late(cron: &Value, due: Timestamp, now: Timestamp) -> bool {
    int(cron, "/spec/startingDeadlineSeconds").is_some_and(|seconds| {
        due.checked_add(SignedDuration::from_secs(seconds))
            .is_ok_and(|deadline| deadline < now)
    })
}

fn is_over(job: &Value) -> bool {
    job::is_over(&job["status"], "Complete") || job::is_over(&job["status"], "Failed")
}

/// Makes the Job of a time, as the concurrency policy allows.
fn run(cron: &mut Value, due: Timestamp, jobs: &mut Vec<Value>, cx: &Context<'_>) -> Result<(), StatusError> {
    let running: Vec<Value> = jobs.iter().filter(|job| !is_over(job)).cloned().collect();
    match text(cron, "/spec/concurrencyPolicy") {
        "Forbid" if !running.is_empty() => {
            let message =
                "Not starting job because prior execution is running and concurrency policy is Forbid";
            cx.client
                .event(cron, &CRON_JOBS, "JobAlreadyActive", message, cx.now);
            return Ok(());
        }
        "Replace" => {
            for job in &running {
                delete(cron, job, cx)?;
            }
            jobs.retain(is_over);
        }
        _ => {}
    }
    let new = new_job(cron, due);
    match cx.client.create(&JOBS, object::namespace(cron), new) {
        Ok(made) => {
            let message = format!("Created job {}", object::name(&made));
            cx.client
                .event(cron, &CRON_JOBS, "SuccessfulCreate", &message, cx.now);
            jobs.push(made);
        }
        // this run was made before, and the status did not get to say so
        Err(error) if error.is_already_exists() => {}
        Err(error) if super::replicaset::is_namespace_terminating(&error) => return Ok(()),
        Err(error) => return Err(error),
    }
    object::member(cron, "status")["lastScheduleTime"] = object::timestamp(due).into();
    *cron = cx.client.replace_status(&CRON_JOBS, cron)?;
    Ok(())
}

fn new_job(cron: &Value, due: Timestamp) -> Value {
    let template = &cron["spec"]["jobTemplate"];
    let mut job = json!({
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": format!("{}-{}", object::name(cron), due.as_second() / 60),
            "ownerReferences": [object::controller_reference(cron, &CRON_JOBS)],
        },
        "spec": template["spec"],
    });
    for field in ["labels", "annotations"] {
        if let Some(value) = template
            .pointer("/metadata")
            .and_then(|metadata| metadata.get(field))
        {
            job["metadata"][field] = value.clone();
        }
    }
    object::set_annotation(
        &mut job,
        "batch.kubernetes.io/cronjob-scheduled-timestamp",
        object::timestamp(due),
    );
    job
}

fn delete(cron: &Value, job: &Value, cx: &Context<'_>) -> Result<(), StatusError> {
    let options = json!({"propagationPolicy": "Background"});
    cx.client.delete(&JOBS, &object::key(job), options)?;
    let message = format!("Deleted job {}", object::name(job));
    cx.client
        .event(cron, &CRON_JOBS, "SuccessfulDelete", &message, cx.now);
    Ok(())
}

/// Deletes finished Jobs beyond the history limits, oldest first.
fn clean_up(cron: &Value, jobs: &mut Vec<Value>, cx: &Context<'_>) -> Result<(), StatusError> {
    for (end, field, default) in [
        ("Complete", "/spec/successfulJobsHistoryLimit", 3),
        ("Failed", "/spec/failedJobsHistoryLimit", 1),
    ] {
        let limit = usize::try_from(int(cron, field).unwrap_or(default)).unwrap_or_default();
        let ended: Vec<Value> = jobs
            .iter()
            .filter(|job| job::is_over(&job["status"], end))
            .cloned()
            .collect();
        for job in ended.iter().take(ended.len().saturating_sub(limit)) {
            delete(cron, job, cx)?;
            jobs.retain(|kept| object::name(kept) != object::name(job));
        }
    }
    Ok(())
}

fn status(cron: &Value, jobs: &[Value]) -> Value {
    let mut status = match &cron["status"] {
        Value::Object(status) => Value::Object(status.clone()),
        _ => json!({}),
    };
    let active: Vec<Value> = jobs
        .iter()
        .filter(|job| !is_over(job))
        .map(|job| {
            json!({
                "apiVersion": "batch/v1", "kind": "Job", "namespace": object::namespace(job),
                "name": object::name(job), "uid": object::uid(job),
                "resourceVersion": job["metadata"]["resourceVersion"],
            })
        })
        .collect();
    let known = object::list(&status, "/active")
        .iter()
        .map(|known| text(known, "/uid"))
        .eq(active.iter().map(|job| text(job, "/uid")));
    if !known {
        if active.is_empty() {
            status.as_object_mut().map(|members| members.remove("active"));
        } else {
            status["active"] = active.into();
        }
    }
    let last = jobs
        .iter()
        .filter_map(|job| job["status"].get("completionTime")?.as_str())
        .max();
    if let Some(last) = last
        && text(&status, "/lastSuccessfulTime") < last
    {
        status["lastSuccessfulTime"] = last.into();
    }
    status
}
