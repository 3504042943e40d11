//! Configurations of webhooks.
//!
//! Source: `k8s.io/kubernetes/pkg/apis/admissionregistration/validation/validation.go`.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    super::{Errors, has, items, text},
    FAILURE_POLICIES, REINVOCATION_POLICIES,
    expressions::{VARIABLES, check_conditions},
    rules::check_rule,
};
use crate::apiserver::types::resource::NameRule;

/// A configuration of webhooks.
pub(in super::super) fn webhooks(configuration: &Value, errors: &mut Errors) {
    let mut names = BTreeSet::new();
    for (index, webhook) in items(configuration, "webhooks").iter().enumerate() {
        let field = format!("webhooks[{index}]");
        check_webhook(webhook, &field, errors);
        check_review_versions(webhook, &format!("{field}.admissionReviewVersions"), errors);
        let name = text(webhook, "name");
        if !name.is_empty() && !names.insert(name) {
            errors.duplicate(format!("{field}.name"), &name.into());
        }
    }
}

fn check_webhook(webhook: &Value, field: &str, errors: &mut Errors) {
    let name = text(webhook, "name");
    let before = errors.0.len();
    if name.is_empty() {
        errors.required(format!("{field}.name"), "");
    } else {
        errors.dns_subdomain(&format!("{field}.name"), name);
    }
    if errors.0.len() == before && name.split('.').count() < 3 {
        let why = "should be a domain with at least three segments separated by dots";
        errors.invalid(format!("{field}.name"), &name.into(), why);
    }
    for (index, rule) in items(webhook, "rules").iter().enumerate() {
        check_rule(rule, &format!("{field}.rules[{index}]"), errors);
    }
    for (name, supported) in [
        ("failurePolicy", &FAILURE_POLICIES),
        ("matchPolicy", &["Equivalent", "Exact"]),
    ] {
        if has(webhook, name) {
            errors.one_of(format!("{field}.{name}"), &webhook[name], supported);
        }
    }
    let effects = format!("{field}.sideEffects");
    if has(webhook, "sideEffects") {
        errors.one_of(effects, &webhook["sideEffects"], &["None", "NoneOnDryRun"]);
    } else {
        errors.required(effects, "must specify one of None, NoneOnDryRun");
    }
    let timeout = &webhook["timeoutSeconds"];
    if timeout
        .as_i64()
        .is_some_and(|seconds| !(1..=30).contains(&seconds))
    {
        let why = "the timeout value must be between 1 and 30 seconds";
        errors.invalid(format!("{field}.timeoutSeconds"), timeout, why);
    }
    for selector in ["namespaceSelector", "objectSelector"] {
        errors.selector(&format!("{field}.{selector}"), &webhook[selector]);
    }
    check_client(&webhook["clientConfig"], &format!("{field}.clientConfig"), errors);
    check_conditions(webhook, field, &VARIABLES, errors);
    if has(webhook, "reinvocationPolicy") {
        let policy = &webhook["reinvocationPolicy"];
        errors.one_of(
            format!("{field}.reinvocationPolicy"),
            policy,
            &REINVOCATION_POLICIES,
        );
    }
}

fn check_review_versions(webhook: &Value, field: &str, errors: &mut Errors) {
    let versions = items(webhook, "admissionReviewVersions");
    if versions.is_empty() {
        errors.required(field, "must specify one of v1, v1beta1");
        return;
    }
    for (index, version) in versions.iter().enumerate() {
        if versions[..index].contains(version) {
            errors.invalid(format!("{field}[{index}]"), version, "duplicate version");
        }
    }
    if !versions
        .iter()
        .any(|version| version == "v1" || version == "v1beta1")
    {
        let why = "must include at least one of v1, v1beta1";
        errors.invalid(field, &webhook["admissionReviewVersions"], why);
    }
}

fn check_client(client: &Value, field: &str, errors: &mut Errors) {
    let service = client.get("service").filter(|service| service.is_object());
    match (client["url"].as_str(), service) {
        (Some(url), None) => check_url(url, &format!("{field}.url"), errors),
        (None, Some(service)) => check_service(service, &format!("{field}.service"), errors),
        _ => errors.required(field, "exactly one of url or service is required"),
    }
}

fn check_url(url: &str, field: &str, errors: &mut Errors) {
    const FORM: &str = "; desired format: https://host[/path]";
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let (user, host) = authority.rsplit_once('@').unwrap_or(("", authority));
    let (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
    let query = rest.split_once('?').map_or("", |(_, query)| query);
    if scheme != "https" {
        let why = format!("'https' is the only allowed URL scheme{FORM}");
        errors.invalid(field, &scheme.into(), why);
    }
    if host.is_empty() {
        errors.invalid(field, &host.into(), format!("host must be specified{FORM}"));
    }
    for (part, what) in [
        (user, "user information is not permitted in the URL"),
        (fragment, "fragments are not permitted in the URL"),
        (query, "query parameters are not permitted in the URL"),
    ] {
        if !part.is_empty() {
            errors.invalid(field, &part.into(), what);
        }
    }
}

fn check_service(service: &Value, field: &str, errors: &mut Errors) {
    // The real server takes the one for the other.
    for (name, shown) in [("name", "namespace"), ("namespace", "name")] {
        if text(service, name).is_empty() {
            errors.required(format!("{field}.{shown}"), "");
        }
    }
    let port = &service["port"];
    if port.as_i64().is_some_and(|port| !(1..=65535).contains(&port)) {
        let why = "port is not valid: must be between 1 and 65535, inclusive";
        errors.invalid(format!("{field}.port"), port, why);
    }
    let path = &service["path"];
    let Some(steps) = path.as_str().filter(|path| !path.is_empty() && *path != "/") else {
        return;
    };
    let field = format!("{field}.path");
    let Some(steps) = steps.strip_prefix('/') else {
        errors.invalid(field, path, "must start with a '/'");
        return;
    };
    let last = steps.matches('/').count();
    for (index, step) in steps.split('/').enumerate() {
        if step.is_empty() {
            if index < last {
                errors.invalid(&*field, path, format!("segment[{index}] may not be empty"));
            }
            continue;
        }
        for problem in crate::apiserver::meta::name_problems(NameRule::DnsSubdomain, step, false) {
            errors.invalid(&*field, path, format!("segment[{index}]: {problem}"));
        }
    }
}
