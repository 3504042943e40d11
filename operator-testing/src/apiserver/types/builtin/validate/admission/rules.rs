//! Which requests a webhook, a policy or a binding is about.
//!
//! Source: `k8s.io/kubernetes/pkg/apis/admissionregistration/validation/validation.go`.

use std::collections::BTreeSet;

use serde_json::Value;

use super::super::{Errors, has, items};

/// A rule about operations on resources.
pub(super) fn check_rule(rule: &Value, field: &str, errors: &mut Errors) {
    const OPERATIONS: [&str; 5] = ["*", "CONNECT", "CREATE", "DELETE", "UPDATE"];
    check_list(rule, field, "operations", "operations", errors);
    for (index, operation) in items(rule, "operations").iter().enumerate() {
        errors.one_of(format!("{field}.operations[{index}]"), operation, &OPERATIONS);
    }
    check_list(rule, field, "apiGroups", "API groups", errors);
    check_list(rule, field, "apiVersions", "API versions", errors);
    for (index, version) in items(rule, "apiVersions").iter().enumerate() {
        if version == "" {
            errors.required(format!("{field}.apiVersions[{index}]"), "");
        }
    }
    check_resources(rule, &format!("{field}.resources"), errors);
    if has(rule, "scope") {
        let scopes = ["*", "Cluster", "Namespaced"];
        errors.one_of(format!("{field}.scope"), &rule["scope"], &scopes);
    }
}

/// A list that may not be empty, and in which `*` stands alone.
fn check_list(rule: &Value, field: &str, name: &str, what: &str, errors: &mut Errors) {
    let list = items(rule, name);
    let field = format!("{field}.{name}");
    if list.is_empty() {
        errors.required(field, "");
    } else if list.len() > 1 && list.iter().any(|item| item == "*") {
        let why = format!("if '*' is present, must not specify other {what}");
        errors.invalid(field, &rule[name], why);
    }
}

fn check_resources(rule: &Value, field: &str, errors: &mut Errors) {
    let resources = items(rule, "resources");
    if resources.is_empty() {
        errors.required(field, "");
    }
    let (mut with_all_parts, mut parts_of_all) = (BTreeSet::new(), BTreeSet::new());
    let mut has_plain = false;
    for (index, resource) in resources.iter().enumerate() {
        let name = resource.as_str().unwrap_or_default();
        let field = format!("{field}[{index}]");
        if name.is_empty() {
            errors.required(field, "");
            continue;
        }
        let Some((whole, part)) = name.split_once('/') else {
            has_plain |= name != "*";
            continue;
        };
        if with_all_parts.contains(whole) {
            let why = format!("if '{whole}/*' is present, must not specify {name}");
            errors.invalid(&*field, resource, why);
        }
        if parts_of_all.contains(part) {
            let why = format!("if '*/{part}' is present, must not specify {name}");
            errors.invalid(&*field, resource, why);
        }
        if part == "*" {
            with_all_parts.insert(whole);
        }
        if whole == "*" {
            parts_of_all.insert(part);
        }
    }
    let names = |wanted: &str| resources.iter().any(|resource| resource == wanted);
    if resources.len() > 1 && names("*/*") {
        let why = "if '*/*' is present, must not specify other resources";
        errors.invalid(field, &rule["resources"], why);
    }
    if has_plain && names("*") {
        let why = "if '*' is present, must not specify other resources without subresources";
        errors.invalid(field, &rule["resources"], why);
    }
}

/// Which requests a policy or a binding is about.
pub(super) fn check_matching(resources: &Value, field: &str, errors: &mut Errors) {
    if has(resources, "matchPolicy") {
        let policies = ["Equivalent", "Exact"];
        errors.one_of(
            format!("{field}.matchPolicy"),
            &resources["matchPolicy"],
            &policies,
        );
    }
    for selector in ["namespaceSelector", "objectSelector"] {
        errors.selector(&format!("{field}.{selector}"), &resources[selector]);
    }
    for list in ["resourceRules", "excludeResourceRules"] {
        for (index, rule) in items(resources, list).iter().enumerate() {
            let field = format!("{field}.{list}[{index}]");
            let names = items(rule, "resourceNames");
            for (index, name) in names.iter().enumerate() {
                if names[..index].contains(name) {
                    errors.duplicate(format!("{field}.resourceNames[{index}]"), name);
                }
            }
            check_rule(rule, &field, errors);
        }
    }
}
