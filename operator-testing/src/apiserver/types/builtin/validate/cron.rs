//! CronJobs and their schedules.

use serde_json::Value;

use super::{Errors, has, jobs, text};

/// A CronJob.
pub(super) fn cron_job(job: &Value, old: Option<&Value>, errors: &mut Errors) {
    let spec = &job["spec"];
    let schedule = text(spec, "schedule");
    if schedule.is_empty() {
        errors.required("spec.schedule", "");
    } else if let Err(why) = check_schedule(schedule) {
        errors.invalid("spec.schedule", &schedule.into(), why);
    }
    errors.not_negative("spec.startingDeadlineSeconds", &spec["startingDeadlineSeconds"]);
    let is_known = old.is_some_and(|old| old["spec"]["timeZone"] == spec["timeZone"]);
    if let Some(zone) = spec["timeZone"].as_str().filter(|_| !is_known) {
        if zone.is_empty() {
            errors.invalid(
                "spec.timeZone",
                &zone.into(),
                "timeZone must be nil or non-empty string",
            );
        } else if !is_known_zone(zone) {
            errors.invalid("spec.timeZone", &zone.into(), format!("unknown time zone {zone}"));
        }
    }
    match text(spec, "concurrencyPolicy") {
        "" => errors.required("spec.concurrencyPolicy", ""),
        _ => errors.one_of(
            "spec.concurrencyPolicy",
            &spec["concurrencyPolicy"],
            &["Allow", "Forbid", "Replace"],
        ),
    }
    let template = &spec["jobTemplate"]["spec"];
    jobs::check(template, "spec.jobTemplate.spec", errors);
    if has(template, "selector") {
        let why = "`selector` will be auto-generated";
        errors.invalid_selector("spec.jobTemplate.spec.selector", &template["selector"], why);
    }
    if template["manualSelector"] == true {
        let field = "spec.jobTemplate.spec.manualSelector";
        errors.unsupported(field, &true.into(), &["nil", "false"]);
    }
    errors.not_negative(
        "spec.successfulJobsHistoryLimit",
        &spec["successfulJobsHistoryLimit"],
    );
    errors.not_negative("spec.failedJobsHistoryLimit", &spec["failedJobsHistoryLimit"]);
    let name = text(&job["metadata"], "name");
    if old.is_none() && name.len() > 52 {
        errors.invalid(
            "metadata.name",
            &name.into(),
            "must be no more than 52 characters",
        );
    }
}

/// Names of time zones are written as they are in the database.
fn is_known_zone(name: &str) -> bool {
    jiff::tz::TimeZone::get(name).is_ok_and(|zone| zone.iana_name() == Some(name))
}

fn check_schedule(schedule: &str) -> Result<(), String> {
    const NAMED: [&str; 7] = [
        "@yearly",
        "@annually",
        "@monthly",
        "@weekly",
        "@daily",
        "@midnight",
        "@hourly",
    ];
    if schedule.contains("TZ") {
        return Err("cannot use TZ or CRON_TZ in schedule, use timeZone field instead".to_owned());
    }
    if schedule.starts_with('@') {
        let is_known = NAMED.contains(&schedule) || schedule.starts_with("@every ");
        return if is_known {
            Ok(())
        } else {
            Err(format!("unrecognized descriptor: {schedule}"))
        };
    }
    let parts: Vec<_> = schedule.split_whitespace().collect();
    if parts.len() != 5 {
        let (count, shown) = (parts.len(), parts.join(" "));
        return Err(format!("expected exactly 5 fields, found {count}: [{shown}]"));
    }
    let ranges = [(0, 59), (0, 23), (1, 31), (1, 12), (0, 6)];
    for (part, range) in parts.iter().zip(ranges) {
        for item in part.split(',') {
            check_range(item, range)?;
        }
    }
    Ok(())
}

fn check_range(item: &str, (low, high): (u32, u32)) -> Result<(), String> {
    let (range, step) = item
        .split_once('/')
        .map_or((item, None), |(range, step)| (range, Some(step)));
    let parse = |text: &str| -> Result<u32, String> {
        const NAMES: [&str; 19] = [
            "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec", "sun", "mon",
            "tue", "wed", "thu", "fri", "sat",
        ];
        let name = NAMES.iter().position(|name| text.eq_ignore_ascii_case(name));
        if let (Some(index), true) = (name, high == 12 || high == 6) {
            let index = u32::try_from(index).unwrap_or_default();
            return Ok(if index < 12 { index + 1 } else { index - 12 });
        }
        text.parse().map_err(|_| {
            format!("failed to parse int from {text}: strconv.Atoi: parsing {text:?}: invalid syntax")
        })
    };
    if let Some(step) = step
        && parse(step)? == 0
    {
        return Err(format!("step of range should be a positive number: {item}"));
    }
    // what follows such a beginning is not looked at
    if matches!(range.split('-').next(), Some("*" | "?")) {
        return Ok(());
    }
    let (start, end) = range.split_once('-').unwrap_or((range, range));
    let (start, end) = (parse(start)?, parse(end)?);
    if start < low {
        return Err(format!(
            "beginning of range ({start}) below minimum ({low}): {item}"
        ));
    }
    if end > high {
        return Err(format!("end of range ({end}) above maximum ({high}): {item}"));
    }
    if start > end {
        return Err(format!(
            "beginning of range ({start}) beyond end of range ({end}): {item}"
        ));
    }
    Ok(())
}
