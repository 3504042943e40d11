//! Jobs.

use serde_json::Value;

use super::{Errors, at, errors::selects, has, items, job_policies, number, pods, text, workloads::found};
use crate::apiserver::{
    meta::name_problems,
    types::{builtin::fields, resource::NameRule},
};

/// A new Job.
pub(super) fn job(job: &Value, errors: &mut Errors) {
    whole(job, true, errors);
}

fn whole(job: &Value, with_prefix: bool, errors: &mut Errors) {
    let spec = &job["spec"];
    if spec["manualSelector"] != true && !spec["selector"].is_null() {
        generated_selector(job, with_prefix, errors);
    }
    selecting(spec, errors);
    let completions = number(spec, "completions");
    if text(spec, "completionMode") == "Indexed" && completions > 0 {
        let name = text(&job["metadata"], "name");
        let pod = format!("{name}-{}", completions - 1);
        if !name_problems(NameRule::DnsLabel, &pod, false).is_empty() {
            let why = format!("will not able to create pod with invalid DNS label: {pod}");
            errors.invalid("metadata.name", &name.into(), why);
        }
    }
}

/// The spec of a Job, whose selector must find the Pods of its template.
fn selecting(spec: &Value, errors: &mut Errors) {
    check(spec, "spec", errors);
    if spec["selector"].is_null() {
        errors.required("spec.selector", "");
    }
    if errors.selector("spec.selector", &spec["selector"]) {
        found(spec, errors);
    }
}

/// A job finds its pods by its own uid, unless the client says it knows better. Jobs of old servers lack the labels with prefix.
fn generated_selector(job: &Value, with_prefix: bool, errors: &mut Errors) {
    let (uid, name) = (text(&job["metadata"], "uid"), text(&job["metadata"], "name"));
    let labels = at(job, &["spec", "template", "metadata", "labels"]);
    let mut expected = vec![("controller-uid", uid), ("job-name", name)];
    if with_prefix {
        expected.push(("batch.kubernetes.io/controller-uid", uid));
        expected.push(("batch.kubernetes.io/job-name", name));
    }
    for (key, wanted) in &expected {
        let field = format!("spec.template.metadata.labels[{key}]");
        let why = format!("must be '{wanted}'");
        match &labels[*key] {
            Value::Null => errors.required(field, &why),
            value if value != *wanted => errors.invalid(field, labels, why),
            _ => {}
        }
    }
    let own: Value = expected
        .into_iter()
        .map(|(key, value)| (key.to_owned(), Value::from(value)))
        .collect();
    let selector = &job["spec"]["selector"];
    if Errors::default().selector("spec.selector", selector) && !selects(selector, &own) {
        errors.invalid_selector("spec.selector", selector, "`selector` not auto-generated");
    }
}

/// The spec of a job or of the template of one.
pub(super) fn check(spec: &Value, field: &str, errors: &mut Errors) {
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
    if has(spec, "maxFailedIndexes") && !has(spec, "backoffLimitPerIndex") {
        let why = "when maxFailedIndexes is specified";
        errors.required(format!("{field}.backoffLimitPerIndex"), why);
    }
    if let Some(name) = spec["managedBy"].as_str() {
        let field = format!("{field}.managedBy");
        errors.domain_prefixed_path(&field, name);
        if name.len() > 63 {
            errors.too_long(&field, 63);
        }
    }
    modes(spec, field, errors);
    if has(spec, "podFailurePolicy") {
        job_policies::failure(spec, &format!("{field}.podFailurePolicy"), errors);
    }
    if has(spec, "successPolicy") {
        job_policies::success(spec, &format!("{field}.successPolicy"), errors);
    }
    if has(spec, "podReplacementPolicy") {
        let supported: &[&str] = if has(spec, "podFailurePolicy") {
            &["Failed"]
        } else {
            &["Failed", "TerminatingOrFailed"]
        };
        let policy = &spec["podReplacementPolicy"];
        errors.one_of(format!("{field}.podReplacementPolicy"), policy, supported);
    }
    let template = &spec["template"];
    pods::template(template, &format!("{field}.template"), errors);
    let policy = &template["spec"]["restartPolicy"];
    let path = format!("{field}.template.spec.restartPolicy");
    match policy.as_str() {
        None | Some("" | "Always") => errors.required(path, "valid values: \"OnFailure\", \"Never\""),
        Some("OnFailure") if has(spec, "podFailurePolicy") => {
            let why = "only \"Never\" is supported when podFailurePolicy is specified";
            errors.invalid(path, policy, why);
        }
        Some("OnFailure" | "Never") => {}
        Some(_) => errors.one_of(path, policy, &["OnFailure", "Never"]),
    }
}

/// What goes with the mode of completion.
fn modes(spec: &Value, field: &str, errors: &mut Errors) {
    const MOST: i64 = 100_000;
    const MOST_OF_MANY: i64 = 10_000;
    if has(spec, "completionMode") {
        let supported = ["NonIndexed", "Indexed"];
        errors.one_of(
            format!("{field}.completionMode"),
            &spec["completionMode"],
            &supported,
        );
    }
    let (completions, failed) = (spec["completions"].as_i64(), spec["maxFailedIndexes"].as_i64());
    let parallelism = spec["parallelism"].as_i64();
    if !has(spec, "completionMode") || spec["completionMode"] == "NonIndexed" {
        for name in ["backoffLimitPerIndex", "maxFailedIndexes"] {
            if has(spec, name) {
                let field = format!("{field}.{name}");
                errors.invalid(field, &spec[name], "requires indexed completion mode");
            }
        }
    }
    if spec["completionMode"] != "Indexed" {
        return;
    }
    let mut above = |name: &str, most: i64, when: &str| {
        let why = format!("must be less than or equal to {most}{when}");
        errors.invalid(format!("{field}.{name}"), &spec[name], why);
    };
    if parallelism.is_some_and(|number| number > MOST) {
        above("parallelism", MOST, " when completion mode is Indexed");
    }
    if failed.is_some_and(|number| number > MOST) {
        above("maxFailedIndexes", MOST, "");
    }
    if completions.is_some_and(|number| number > MOST) && has(spec, "backoffLimitPerIndex") {
        let when = " when completions are above 100000 and used with backoff limit per index";
        if parallelism.is_some_and(|number| number > MOST_OF_MANY) {
            above("parallelism", MOST_OF_MANY, when);
        }
        if failed.is_some_and(|number| number > MOST_OF_MANY) {
            above("maxFailedIndexes", MOST_OF_MANY, when);
        }
        if failed.is_none() {
            let why = "must be specified when completions is above 100000";
            errors.required(format!("{field}.maxFailedIndexes"), why);
        }
    }
    if completions.is_none() {
        errors.required(format!("{field}.completions"), "when completion mode is Indexed");
    }
    if completions.zip(failed).is_some_and(|(all, failed)| failed > all) {
        let why = "must be less than or equal to completions";
        errors.invalid(
            format!("{field}.maxFailedIndexes"),
            &spec["maxFailedIndexes"],
            why,
        );
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
    let labels = at(old, &["spec", "template", "metadata", "labels"]);
    let with_prefix =
        has(labels, "batch.kubernetes.io/controller-uid") && has(labels, "batch.kubernetes.io/job-name");
    whole(new, with_prefix, errors);
    // a change is held to the rules of a new Job by the strategy and by the validation of changes
    selecting(spec, errors);
    if text(spec, "completionMode") != "Indexed" {
        errors.immutable("spec.completions", &spec["completions"], &was["completions"]);
    } else if spec["completions"] != was["completions"]
        && has(spec, "completions")
        && spec["completions"] != spec["parallelism"]
    {
        let why = "can only be modified in tandem with spec.parallelism";
        errors.invalid("spec.completions", &spec["completions"], why);
    }
    errors.immutable_selector("spec.selector", &spec["selector"], &was["selector"]);
    job_template_update(old, spec, errors);
    for name in [
        "completionMode",
        "podFailurePolicy",
        "backoffLimitPerIndex",
        "managedBy",
        "successPolicy",
    ] {
        errors.immutable(&format!("spec.{name}"), &spec[name], &was[name]);
    }
}
