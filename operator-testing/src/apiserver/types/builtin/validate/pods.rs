//! Pods and pod templates.

use serde_json::Value;

use super::{Errors, containers, has, items, members, text, volumes};
use crate::apiserver::{meta::name_problems, types::resource::NameRule};

/// A pod.
pub(super) fn pod(pod: &Value, errors: &mut Errors, warnings: &mut Vec<String>) {
    spec(&pod["spec"], "spec", errors);
    let problems = name_problems(NameRule::DnsLabel, text(&pod["metadata"], "name"), false);
    warn_of_name(
        text(&pod["metadata"], "name"),
        &problems,
        "the Pod's hostname",
        warnings,
    );
}

/// Names of pods become host names, which are shorter than names.
pub(super) fn warn_of_name(name: &str, problems: &[String], used_in: &str, warnings: &mut Vec<String>) {
    if !name.is_empty() && !problems.is_empty() {
        warnings.push(format!(
            "metadata.name: this is used in {used_in}, which can result in surprising behavior; a DNS label is recommended: [{}]",
            problems.join(" ")
        ));
    }
}

/// A change of a pod: hardly anything may change but images and the time limits.
pub(super) fn update(new: &Value, old: &Value, errors: &mut Errors) {
    spec(&new["spec"], "spec", errors);
    for list in ["containers", "initContainers"] {
        if items(&new["spec"], list).len() != items(&old["spec"], list).len() {
            errors.forbidden(
                format!("spec.{list}"),
                "pod updates may not add or remove containers",
            );
            return;
        }
    }
    let strip = |pod: &Value| {
        let mut spec = pod["spec"].clone();
        for list in ["containers", "initContainers"] {
            for container in super::super::fields::items_mut(&mut spec, list) {
                super::super::fields::remove(container, "image");
            }
        }
        for field in [
            "activeDeadlineSeconds",
            "tolerations",
            "terminationGracePeriodSeconds",
            "schedulingGates",
            "nodeName",
        ] {
            super::super::fields::remove(&mut spec, field);
        }
        spec
    };
    if strip(new) != strip(old) {
        errors.forbidden(
            "spec",
            "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,\
             `spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),\
             `spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)",
        );
    }
    let tolerations = items(&new["spec"], "tolerations");
    if items(&old["spec"], "tolerations")
        .iter()
        .any(|known| !tolerations.contains(known))
    {
        let why = "existing toleration can not be modified except its tolerationSeconds";
        errors.forbidden("spec.tolerations", why);
    }
}

/// A pod template.
pub(super) fn template(template: &Value, field: &str, errors: &mut Errors) {
    errors.labels(&format!("{field}.labels"), &template["metadata"]["labels"]);
    for (key, _) in members(&template["metadata"], "annotations") {
        errors.qualified_name(&format!("{field}.annotations"), &key.to_lowercase());
    }
    spec(&template["spec"], &format!("{field}.spec"), errors);
}

/// What a pod is made of.
pub(super) fn spec(spec: &Value, field: &str, errors: &mut Errors) {
    let volumes = volumes::check(spec, &format!("{field}.volumes"), errors);
    containers::check(spec, field, &volumes, errors);
    errors.one_of(
        format!("{field}.restartPolicy"),
        &spec["restartPolicy"],
        &["Always", "OnFailure", "Never"],
    );
    errors.one_of(
        format!("{field}.dnsPolicy"),
        &spec["dnsPolicy"],
        &["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"],
    );
    errors.labels(&format!("{field}.nodeSelector"), &spec["nodeSelector"]);
    ids(
        &spec["securityContext"],
        &format!("{field}.securityContext"),
        errors,
    );
    for (name, rule) in [
        ("serviceAccountName", NameRule::DnsSubdomain),
        ("nodeName", NameRule::DnsSubdomain),
        ("hostname", NameRule::DnsLabel),
        ("subdomain", NameRule::DnsLabel),
        ("priorityClassName", NameRule::DnsSubdomain),
    ] {
        if let Some(value) = spec[name].as_str().filter(|value| !value.is_empty()) {
            errors.named(&format!("{field}.{name}"), rule, value);
        }
    }
    if let Some(seconds) = spec.get("activeDeadlineSeconds")
        && !seconds
            .as_i64()
            .is_some_and(|seconds| (1..=i64::from(i32::MAX)).contains(&seconds))
    {
        let why = "must be between 1 and 2147483647, inclusive";
        errors.invalid(format!("{field}.activeDeadlineSeconds"), seconds, why);
    }
    tolerations(spec, &format!("{field}.tolerations"), errors);
}

pub(super) fn ids(context: &Value, field: &str, errors: &mut Errors) {
    for name in ["runAsUser", "runAsGroup", "fsGroup"] {
        if let Some(id) = context.get(name)
            && !id
                .as_i64()
                .is_some_and(|id| (0..=i64::from(i32::MAX)).contains(&id))
        {
            let why = "must be between 0 and 2147483647, inclusive";
            errors.invalid(format!("{field}.{name}"), id, why);
        }
    }
}

fn tolerations(spec: &Value, field: &str, errors: &mut Errors) {
    for (index, toleration) in items(spec, "tolerations").iter().enumerate() {
        let field = format!("{field}[{index}]");
        let (key, operator) = (text(toleration, "key"), text(toleration, "operator"));
        if !key.is_empty() {
            errors.qualified_name(&format!("{field}.key"), key);
        } else if operator != "Exists" {
            let why =
                "operator must be Exists when `key` is empty, which means \"match all values and all keys\"";
            errors.invalid(format!("{field}.operator"), &operator.into(), why);
        }
        if has(toleration, "tolerationSeconds") && text(toleration, "effect") != "NoExecute" {
            let why = "effect must be 'NoExecute' when `tolerationSeconds` is set";
            errors.invalid(format!("{field}.effect"), &text(toleration, "effect").into(), why);
        }
        match operator {
            "" | "Equal" | "Lt" | "Gt" => {}
            "Exists" => {
                if !text(toleration, "value").is_empty() {
                    let why = "value must be empty when `operator` is 'Exists'";
                    errors.invalid(format!("{field}.operator"), &toleration["value"], why);
                }
            }
            _ => errors.one_of(
                format!("{field}.operator"),
                &toleration["operator"],
                &["Equal", "Exists"],
            ),
        }
        if !text(toleration, "effect").is_empty() {
            errors.one_of(
                format!("{field}.effect"),
                &toleration["effect"],
                &["NoSchedule", "PreferNoSchedule", "NoExecute"],
            );
        }
    }
}
