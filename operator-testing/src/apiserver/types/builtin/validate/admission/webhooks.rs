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
use crate::apiserver::{
    meta::name_problems,
    types::{resource::NameRule, validate::Url},
};

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
            continue;
        }
        let version = version.as_str().unwrap_or_default();
        errors.named(&format!("{field}[{index}]"), NameRule::Dns1035Label, version);
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

fn check_url(text: &str, field: &str, errors: &mut Errors) {
    const FORM: &str = "; desired format: https://host[/path]";
    let url = match Url::parse(text) {
        Ok(url) => url,
        Err(why) => {
            errors.required(field, &format!("url must be a valid URL: {why}{FORM}"));
            return;
        }
    };
    if url.scheme != "https" {
        let why = format!("'https' is the only allowed URL scheme{FORM}");
        errors.invalid(field, &url.scheme.into(), why);
    }
    if url.host.is_empty() {
        errors.invalid(field, &"".into(), format!("host must be specified{FORM}"));
    }
    if let Some(user) = url.user {
        errors.invalid(
            field,
            &user.into(),
            "user information is not permitted in the URL",
        );
    }
    for (part, what) in [
        (url.fragment, "fragments are not permitted in the URL"),
        (url.query, "query parameters are not permitted in the URL"),
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
    check_path(&service["path"], &format!("{field}.path"), errors);
}

fn check_path(path: &Value, field: &str, errors: &mut Errors) {
    let Some(text) = path.as_str().filter(|path| !matches!(*path, "" | "/")) else {
        return;
    };
    let mut wrong = |why: String| errors.invalid(field, path, why);
    if text == "//" {
        wrong("segment[0] may not be empty".to_owned());
        return;
    }
    if !text.starts_with('/') {
        wrong("must start with a '/'".to_owned());
    }
    // Whatever comes first is taken for the slash, even half of a character.
    let steps = String::from_utf8_lossy(&text.as_bytes()[1..]);
    let steps = steps.strip_suffix('/').unwrap_or(&steps);
    for (index, step) in steps.split('/').enumerate() {
        if step.is_empty() {
            wrong(format!("segment[{index}] may not be empty"));
            continue;
        }
        for problem in name_problems(NameRule::DnsSubdomain, step, false) {
            wrong(format!("segment[{index}]: {problem}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn causes(check: impl FnOnce(&mut Errors)) -> Vec<String> {
        let mut errors = Errors::default();
        check(&mut errors);
        errors.0.into_iter().map(|error| error.message).collect()
    }

    #[test]
    fn paths_of_services_have_segments() {
        let path = |path: &str| causes(|errors| check_path(&json!(path), "path", errors));
        assert!(path("/").is_empty());
        assert!(path("/a/b/").is_empty());
        assert_eq!(
            path("p"),
            [
                "Invalid value: \"p\": must start with a '/'",
                "Invalid value: \"p\": segment[0] may not be empty"
            ]
        );
        assert_eq!(path("//"), ["Invalid value: \"//\": segment[0] may not be empty"]);
        assert_eq!(
            path("/a//b/"),
            ["Invalid value: \"/a//b/\": segment[1] may not be empty"]
        );
    }

    #[test]
    fn review_versions_are_labels_that_come_once() {
        let webhook = json!({"admissionReviewVersions": ["v1", "V1", "v1"]});
        let found = causes(|errors| check_review_versions(&webhook, "v", errors));
        assert!(found[0].starts_with("Invalid value: \"V1\": a DNS-1035 label"));
        assert_eq!(found[1], "Invalid value: \"v1\": duplicate version");
        assert_eq!(found.len(), 2);
    }
}
