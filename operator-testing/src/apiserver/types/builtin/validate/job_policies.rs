//! When a Job fails and when it succeeds.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Errors, has, items, job_indexes::counted, text};

/// Which failures of Pods end a Job.
pub(super) fn failure(spec: &Value, field: &str, errors: &mut Errors) {
    let pod = &spec["template"]["spec"];
    let names: BTreeSet<&str> = ["containers", "initContainers"]
        .iter()
        .flat_map(|list| items(pod, list))
        .map(|container| text(container, "name"))
        .collect();
    let rules = items(&spec["podFailurePolicy"], "rules");
    too_many(rules.len(), 20, &format!("{field}.rules"), errors);
    for (index, rule) in rules.iter().enumerate() {
        let field = format!("{field}.rules[{index}]");
        action(rule, spec, &format!("{field}.action"), errors);
        let codes = &rule["onExitCodes"];
        if !codes.is_null() {
            exit_codes(codes, &names, &format!("{field}.onExitCodes"), errors);
        }
        let conditions = items(rule, "onPodConditions");
        too_many(conditions.len(), 20, &format!("{field}.onPodConditions"), errors);
        for (index, condition) in conditions.iter().enumerate() {
            let field = format!("{field}.onPodConditions[{index}]");
            errors.qualified_name(&format!("{field}.type"), text(condition, "type"));
            choice(condition, &field, "status", &["False", "True", "Unknown"], errors);
        }
        let why = match (codes.is_null(), conditions.is_empty()) {
            (false, false) => "specifying both OnExitCodes and OnPodConditions is not supported",
            (true, true) => "specifying one of OnExitCodes and OnPodConditions is required",
            _ => continue,
        };
        errors.invalid_without_value(field, why);
    }
}

fn action(rule: &Value, spec: &Value, field: &str, errors: &mut Errors) {
    const ACTIONS: [&str; 4] = ["Count", "FailIndex", "FailJob", "Ignore"];
    match text(rule, "action") {
        "" => errors.required(field, &format!("valid values: {}", listed(&ACTIONS))),
        "FailIndex" if !has(spec, "backoffLimitPerIndex") => {
            let why = "requires the backoffLimitPerIndex to be set";
            errors.invalid(field, &rule["action"], why);
        }
        _ => errors.one_of(field, &rule["action"], &ACTIONS),
    }
}

/// A text that is there and one of a few.
fn choice(value: &Value, field: &str, name: &str, supported: &[&str], errors: &mut Errors) {
    let field = format!("{field}.{name}");
    if text(value, name).is_empty() {
        errors.required(field, &format!("valid values: {}", listed(supported)));
    } else {
        errors.one_of(field, &value[name], supported);
    }
}

/// A list as Go shows it.
fn listed(values: &[&str]) -> String {
    let shown: Vec<String> = values.iter().map(|value| format!("{value:?}")).collect();
    format!("[{}]", shown.join(" "))
}

fn too_many(count: usize, most: usize, field: &str, errors: &mut Errors) {
    if count > most {
        errors.too_many(field, count, most);
    }
}

fn exit_codes(codes: &Value, names: &BTreeSet<&str>, field: &str, errors: &mut Errors) {
    choice(codes, field, "operator", &["In", "NotIn"], errors);
    if let Some(name) = codes["containerName"]
        .as_str()
        .filter(|name| !names.contains(name))
    {
        let why = "must be one of the container or initContainer names in the pod template";
        errors.invalid(format!("{field}.containerName"), &name.into(), why);
    }
    let values = items(codes, "values");
    let field = format!("{field}.values");
    if values.is_empty() {
        errors.invalid(field.clone(), &codes["values"], "at least one value is required");
    }
    too_many(values.len(), 255, &field, errors);
    for (index, value) in values.iter().enumerate() {
        let field = format!("{field}[{index}]");
        if text(codes, "operator") == "In" && *value == 0 {
            errors.invalid(field.clone(), value, "must not be 0 for the In operator");
        }
        if values[..index].contains(value) {
            errors.duplicate(field, value);
        }
    }
    if !values.is_sorted_by_key(Value::as_i64) {
        errors.invalid(field, &codes["values"], "must be ordered");
    }
}

/// Which indexes make a Job succeed.
pub(super) fn success(spec: &Value, field: &str, errors: &mut Errors) {
    if text(spec, "completionMode") != "Indexed" {
        errors.invalid(field, &spec["successPolicy"], "requires indexed completion mode");
        return;
    }
    let completions = spec["completions"].as_i64().unwrap_or_default();
    let rules = items(&spec["successPolicy"], "rules");
    let field = format!("{field}.rules");
    if rules.is_empty() {
        let why = "at least one rules must be specified when the successPolicy is specified";
        errors.required(field.clone(), why);
    }
    too_many(rules.len(), 20, &field, errors);
    for (index, rule) in rules.iter().enumerate() {
        let field = format!("{field}[{index}]");
        let (count, indexes) = (rule["succeededCount"].as_i64(), rule["succeededIndexes"].as_str());
        if count.is_none() && indexes.is_none() {
            let why = "at least one of succeededCount or succeededIndexes must be specified";
            errors.required(field.clone(), why);
        }
        let total = indexes.map(|indexes| {
            counted(indexes, completions).unwrap_or_else(|why| {
                let why = format!("error parsing succeededIndexes: {why}");
                errors.invalid(format!("{field}.succeededIndexes"), &indexes.into(), why);
                0
            })
        });
        let Some(count) = count else { continue };
        let field = format!("{field}.succeededCount");
        errors.not_negative(field.clone(), &count.into());
        if count > completions {
            let why =
                format!("must be less than or equal to {completions} (the number of specified completions)");
            errors.invalid(field.clone(), &count.into(), why);
        }
        if let Some(total) = total.filter(|total| count > *total) {
            let why = format!(
                "must be less than or equal to {total} (the number of indexes in the specified succeededIndexes field)"
            );
            errors.invalid(field, &count.into(), why);
        }
    }
}
