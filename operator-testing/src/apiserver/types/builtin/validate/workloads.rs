//! Deployments, ReplicaSets, StatefulSets, DaemonSets, Jobs and CronJobs.

use serde_json::{Value, json};

use super::{
    Errors, at,
    errors::{percent, selects},
    has, items, number, pods, storage, text,
};
use crate::apiserver::{
    meta::name_problems,
    types::{builtin::fields, resource::NameRule},
};

/// A Deployment.
pub(super) fn deployment(
    object: &Value,
    old: Option<&Value>,
    errors: &mut Errors,
    warnings: &mut Vec<String>,
) {
    let spec = &object["spec"];
    errors.not_negative("spec.replicas", &spec["replicas"]);
    let selector = selector(spec, errors);
    template(spec, selector, errors);
    strategy(&spec["strategy"], errors);
    errors.not_negative("spec.minReadySeconds", &spec["minReadySeconds"]);
    errors.not_negative("spec.revisionHistoryLimit", &spec["revisionHistoryLimit"]);
    if let Some(limit) = spec["progressDeadlineSeconds"].as_i64() {
        errors.not_negative("spec.progressDeadlineSeconds", &spec["progressDeadlineSeconds"]);
        if limit <= number(spec, "minReadySeconds") {
            let why = "must be greater than minReadySeconds";
            errors.invalid("spec.progressDeadlineSeconds", &limit.into(), why);
        }
    }
    match old {
        Some(old) => errors.immutable("spec.selector", &spec["selector"], &old["spec"]["selector"]),
        None => {
            let name = text(&object["metadata"], "name");
            let problems = name_problems(NameRule::DnsLabel, name, false);
            pods::warn_of_name(name, &problems, "Pod names and hostnames", warnings);
        }
    }
}

/// The selector of a workload; `None` if it cannot select anything.
fn selector<'a>(spec: &'a Value, errors: &mut Errors) -> Option<&'a Value> {
    let selector = &spec["selector"];
    if selector.is_null() {
        errors.required("spec.selector", "");
        return None;
    }
    let is_valid = errors.selector("spec.selector", selector);
    if items(selector, "matchExpressions").is_empty()
        && fields::members(selector, "matchLabels").next().is_none()
    {
        errors.invalid(
            "spec.selector",
            selector,
            "empty selector is invalid for deployment",
        );
    }
    if !is_valid {
        errors.invalid_selector("spec.selector", selector, "invalid label selector");
        return Some(&Value::Bool(false));
    }
    Some(selector)
}

/// A template whose pods the selector must find. `None` finds nothing; `false` stands for a selector that is broken already.
fn template(spec: &Value, selector: Option<&Value>, errors: &mut Errors) {
    let template = &spec["template"];
    let labels = &template["metadata"]["labels"];
    let is_found = match selector {
        None => false,
        Some(Value::Bool(_)) => return,
        Some(selector) => selects(selector, labels),
    };
    if !is_found {
        let why = "`selector` does not match template `labels`";
        errors.invalid("spec.template.metadata.labels", labels, why);
    }
    pods::template(template, "spec.template", errors);
    always_restarts(template, errors);
}

fn always_restarts(template: &Value, errors: &mut Errors) {
    let policy = &template["spec"]["restartPolicy"];
    if policy.as_str().is_some_and(|policy| policy != "Always") {
        errors.one_of("spec.template.spec.restartPolicy", policy, &["Always"]);
    }
    if has(&template["spec"], "activeDeadlineSeconds") {
        let why = "activeDeadlineSeconds in ReplicaSet is not Supported";
        errors.forbidden("spec.template.spec.activeDeadlineSeconds", why);
    }
}

fn strategy(strategy: &Value, errors: &mut Errors) {
    match text(strategy, "type") {
        "Recreate" => {
            if has(strategy, "rollingUpdate") {
                let why = "may not be specified when strategy `type` is 'Recreate'";
                errors.forbidden("spec.strategy.rollingUpdate", why);
            }
        }
        "RollingUpdate" => {
            let rolling = &strategy["rollingUpdate"];
            let field = |name: &str| format!("spec.strategy.rollingUpdate.{name}");
            for name in ["maxUnavailable", "maxSurge"] {
                errors.number_or_percent(&field(name), &rolling[name]);
            }
            let is_zero = |value: &Value| match value.as_str() {
                Some(text) => percent(text) == Some(0),
                None => value.as_i64() == Some(0),
            };
            if is_zero(&rolling["maxUnavailable"]) && is_zero(&rolling["maxSurge"]) {
                let why = "may not be 0 when `maxSurge` is 0";
                errors.invalid(field("maxUnavailable"), &rolling["maxUnavailable"], why);
            }
            errors.at_most_all(&field("maxUnavailable"), &rolling["maxUnavailable"]);
        }
        _ => {
            let shown = json!({"Type": strategy["type"], "RollingUpdate": null});
            errors.0.push(crate::apiserver::status::FieldError::not_supported(
                "spec.strategy",
                &shown,
                &["Recreate", "RollingUpdate"],
            ));
        }
    }
}

/// A ReplicaSet.
pub(super) fn replica_set(set: &Value, old: Option<&Value>, errors: &mut Errors) {
    let spec = &set["spec"];
    errors.not_negative("spec.replicas", &spec["replicas"]);
    errors.not_negative("spec.minReadySeconds", &spec["minReadySeconds"]);
    let selector = selector(spec, errors);
    template(spec, selector, errors);
    if let Some(old) = old {
        errors.immutable("spec.selector", &spec["selector"], &old["spec"]["selector"]);
    }
}

/// A StatefulSet.
pub(super) fn stateful_set(set: &Value, errors: &mut Errors) {
    let spec = &set["spec"];
    match text(spec, "podManagementPolicy") {
        "" => errors.required("spec.podManagementPolicy", ""),
        "OrderedReady" | "Parallel" => {}
        policy => {
            let why = "must be 'OrderedReady' or 'Parallel'";
            errors.invalid("spec.podManagementPolicy", &policy.into(), why);
        }
    }
    match text(&spec["updateStrategy"], "type") {
        "" => errors.required("spec.updateStrategy", ""),
        "OnDelete" => {
            if has(&spec["updateStrategy"], "rollingUpdate") {
                let why = "only allowed for updateStrategy 'RollingUpdate'";
                errors.invalid(
                    "spec.updateStrategy.rollingUpdate",
                    &spec["updateStrategy"]["rollingUpdate"],
                    why,
                );
            }
        }
        "RollingUpdate" => {
            let partition = &spec["updateStrategy"]["rollingUpdate"]["partition"];
            errors.not_negative("spec.updateStrategy.rollingUpdate.partition", partition);
        }
        _ => errors.invalid(
            "spec.updateStrategy",
            &spec["updateStrategy"],
            "must be 'RollingUpdate' or 'OnDelete'",
        ),
    }
    for field in ["whenDeleted", "whenScaled"] {
        let policy = &spec["persistentVolumeClaimRetentionPolicy"][field];
        if !policy.is_null() {
            let path = format!("spec.persistentVolumeClaimRetentionPolicy.{field}");
            errors.one_of(path, policy, &["Retain", "Delete"]);
        }
    }
    errors.not_negative("spec.replicas", &spec["replicas"]);
    errors.not_negative("spec.minReadySeconds", &spec["minReadySeconds"]);
    errors.not_negative("spec.ordinals.start", &spec["ordinals"]["start"]);
    let selector = selector(spec, errors);
    template(&with_claims_mounted(spec), selector, errors);
    for (index, claim) in items(spec, "volumeClaimTemplates").iter().enumerate() {
        let field = format!("spec.volumeClaimTemplates[{index}].spec");
        storage::claim_spec(&claim["spec"], &field, errors);
    }
}

/// The spec of a StatefulSet with its template as its Pods have it: the controller sets their host name and subdomain, and
/// gives each a volume for every claim template, in place of one that has the name already.
fn with_claims_mounted(spec: &Value) -> Value {
    let mut spec = spec.clone();
    let claims: Vec<Value> = items(&spec, "volumeClaimTemplates")
        .iter()
        .map(|claim| {
            let name = text(&claim["metadata"], "name");
            json!({"name": name, "persistentVolumeClaim": {"claimName": name}})
        })
        .collect();
    if let Some(pod) = spec["template"]["spec"].as_object_mut() {
        pod.remove("hostname");
        pod.remove("subdomain");
        let own = pod.remove("volumes");
        let own = own.as_ref().and_then(Value::as_array).into_iter().flatten();
        let own = own.filter(|volume| !claims.iter().any(|claim| claim["name"] == volume["name"]));
        let volumes = claims.iter().chain(own).cloned().collect();
        pod.insert("volumes".to_owned(), volumes);
    }
    spec
}

/// A change of a StatefulSet.
pub(super) fn stateful_set_update(new: &Value, old: &Value, errors: &mut Errors) {
    const OPEN: [&str; 7] = [
        "replicas",
        "ordinals",
        "template",
        "updateStrategy",
        "revisionHistoryLimit",
        "persistentVolumeClaimRetentionPolicy",
        "minReadySeconds",
    ];
    stateful_set(new, errors);
    let closed = |set: &Value| {
        let mut spec = set["spec"].clone();
        for field in OPEN {
            fields::remove(&mut spec, field);
        }
        spec
    };
    if closed(new) != closed(old) {
        errors.forbidden(
            "spec",
            "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', \
             'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
        );
    }
}

/// A DaemonSet.
pub(super) fn daemon_set(set: &Value, old: Option<&Value>, errors: &mut Errors) {
    let spec = &set["spec"];
    let selector = selector(spec, errors);
    template(spec, selector, errors);
    errors.not_negative("spec.minReadySeconds", &spec["minReadySeconds"]);
    errors.one_of(
        "spec.updateStrategy.type",
        &spec["updateStrategy"]["type"],
        &["RollingUpdate", "OnDelete"],
    );
    errors.not_negative("spec.revisionHistoryLimit", &spec["revisionHistoryLimit"]);
    if let Some(old) = old {
        errors.immutable("spec.selector", &spec["selector"], &old["spec"]["selector"]);
    }
}

/// A Job.
pub(super) fn job(job: &Value, errors: &mut Errors) {
    let spec = &job["spec"];
    let name = text(&job["metadata"], "name");
    if spec["manualSelector"] != true && !spec["selector"].is_null() {
        generated_selector(job, errors);
    }
    job_spec(spec, "spec", errors);
    if spec["selector"].is_null() {
        errors.required("spec.selector", "");
    }
    let labels = &spec["template"]["metadata"]["labels"];
    if spec["selector"].is_null() || !selects(&spec["selector"], labels) {
        errors.invalid(
            "spec.template.metadata.labels",
            labels,
            "`selector` does not match template `labels`",
        );
    }
    if text(spec, "completionMode") == "Indexed" {
        if !has(spec, "completions") {
            errors.required("spec.completions", "when completion mode is Indexed");
        }
        let problems = name_problems(NameRule::DnsLabel, &format!("{name}-0"), false);
        for problem in problems {
            let why = format!("will not able to create pod with invalid DNS label: {name}-0: {problem}");
            errors.invalid("metadata.name", &name.into(), why);
        }
    }
}

/// A job finds its pods by its own uid, unless the client says it knows better.
fn generated_selector(job: &Value, errors: &mut Errors) {
    let uid = text(&job["metadata"], "uid");
    let labels = at(job, &["spec", "template", "metadata", "labels"]);
    let name = text(&job["metadata"], "name");
    for (key, wanted) in [
        ("batch.kubernetes.io/controller-uid", uid),
        ("controller-uid", uid),
        ("batch.kubernetes.io/job-name", name),
        ("job-name", name),
    ] {
        if let Some(value) = labels[key].as_str().filter(|value| *value != wanted) {
            let why = format!("must be '{wanted}'");
            errors.invalid(
                format!("spec.template.metadata.labels[{key}]"),
                &value.into(),
                why,
            );
        }
    }
    let selector = &job["spec"]["selector"];
    let expected = json!({"matchLabels": {"batch.kubernetes.io/controller-uid": uid}});
    if *selector != expected {
        errors.invalid("spec.selector", selector, "`selector` not auto-generated");
    }
}

/// The spec of a job or of the template of one.
fn job_spec(spec: &Value, field: &str, errors: &mut Errors) {
    for name in [
        "parallelism",
        "completions",
        "activeDeadlineSeconds",
        "backoffLimit",
        "ttlSecondsAfterFinished",
        "backoffLimitPerIndex",
        "maxFailedIndexes",
    ] {
        errors.not_negative(format!("{field}.{name}"), &spec[name]);
    }
    if let Some(mode) = spec.get("completionMode") {
        errors.one_of(
            format!("{field}.completionMode"),
            mode,
            &["Indexed", "NonIndexed"],
        );
    }
    let template = &spec["template"];
    pods::template(template, &format!("{field}.template"), errors);
    let policy = &template["spec"]["restartPolicy"];
    let path = format!("{field}.template.spec.restartPolicy");
    match policy.as_str() {
        None | Some("" | "Always") => errors.required(path, "valid values: \"OnFailure\", \"Never\""),
        Some("OnFailure" | "Never") => {}
        Some(_) => errors.one_of(path, policy, &["OnFailure", "Never"]),
    }
}

/// The template of a Job may change only while the Job is suspended and none of its Pods run, and then only in where these
/// run and what they ask for.
fn job_template_update(old: &Value, spec: &Value, errors: &mut Errors) {
    let (was, status) = (&old["spec"], &old["status"]);
    let template = &spec["template"];
    if was["suspend"] != true {
        errors.immutable("spec.template", template, &was["template"]);
        return;
    }
    let stopped = items(status, "conditions")
        .iter()
        .any(|condition| condition["type"] == "Suspended" && condition["status"] == "True");
    if number(status, "active") != 0 || !(stopped || status["startTime"].is_null()) {
        errors.immutable("spec.template", template, &was["template"]);
        return;
    }
    let fixed = |spec: &Value| {
        let mut spec = spec.clone();
        for field in ["nodeSelector", "tolerations", "schedulingGates"] {
            fields::remove(&mut spec, field);
        }
        if let Some(affinity) = spec.get_mut("affinity").and_then(Value::as_object_mut) {
            affinity.remove("nodeAffinity");
            if affinity.is_empty() {
                fields::remove(&mut spec, "affinity");
            }
        }
        spec
    };
    let new = fixed(&template["spec"]);
    let mut known = fixed(&was["template"]["spec"]);
    for list in ["containers", "initContainers"] {
        if items(&new, list).len() != items(&known, list).len() {
            continue;
        }
        for (container, now) in fields::items_mut(&mut known, list).zip(items(&new, list)) {
            if container["name"] == now["name"] {
                container["resources"] = now["resources"].clone();
            }
        }
    }
    errors.immutable("spec.template.spec", &new, &known);
}

/// A change of a Job.
pub(super) fn job_update(new: &Value, old: &Value, errors: &mut Errors) {
    let (spec, was) = (&new["spec"], &old["spec"]);
    job(new, errors);
    let is_elastic = text(spec, "completionMode") == "Indexed" && spec["completions"] == spec["parallelism"];
    if !is_elastic {
        errors.immutable("spec.completions", &spec["completions"], &was["completions"]);
    }
    errors.immutable("spec.selector", &spec["selector"], &was["selector"]);
    job_template_update(old, spec, errors);
    errors.immutable(
        "spec.completionMode",
        &spec["completionMode"],
        &was["completionMode"],
    );
    errors.immutable(
        "spec.podFailurePolicy",
        &spec["podFailurePolicy"],
        &was["podFailurePolicy"],
    );
    errors.immutable(
        "spec.backoffLimitPerIndex",
        &spec["backoffLimitPerIndex"],
        &was["backoffLimitPerIndex"],
    );
}

/// A CronJob.
pub(super) fn cron_job(job: &Value, errors: &mut Errors) {
    let spec = &job["spec"];
    let schedule = text(spec, "schedule");
    if schedule.is_empty() {
        errors.required("spec.schedule", "");
    } else if let Err(why) = check_schedule(schedule) {
        errors.invalid("spec.schedule", &schedule.into(), why);
    }
    errors.not_negative("spec.startingDeadlineSeconds", &spec["startingDeadlineSeconds"]);
    if let Some(zone) = spec["timeZone"].as_str() {
        if zone.is_empty() {
            errors.invalid(
                "spec.timeZone",
                &zone.into(),
                "timeZone must be nil or non-empty string",
            );
        } else if jiff::tz::TimeZone::get(zone).is_err() {
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
    job_spec(&spec["jobTemplate"]["spec"], "spec.jobTemplate.spec", errors);
    errors.not_negative(
        "spec.successfulJobsHistoryLimit",
        &spec["successfulJobsHistoryLimit"],
    );
    errors.not_negative("spec.failedJobsHistoryLimit", &spec["failedJobsHistoryLimit"]);
    let name = text(&job["metadata"], "name");
    if name.len() > 52 {
        errors.invalid(
            "metadata.name",
            &name.into(),
            "must be no more than 52 characters",
        );
    }
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
    if matches!(range, "*" | "?") {
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
