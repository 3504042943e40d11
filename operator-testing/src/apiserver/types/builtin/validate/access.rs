//! Roles and bindings.

use serde_json::{Value, json};

use super::{Errors, has, items, text};
use crate::apiserver::types::resource::NameRule;

const GROUP: &str = "rbac.authorization.k8s.io";

/// The rules of a role.
pub(super) fn rules(role: &Value, is_namespaced: bool, errors: &mut Errors) {
    for (index, rule) in items(role, "rules").iter().enumerate() {
        let field = format!("rules[{index}]");
        if items(rule, "verbs").is_empty() {
            errors.required(format!("{field}.verbs"), "verbs must contain at least one value");
        }
        let urls = &rule["nonResourceURLs"];
        if !items(rule, "nonResourceURLs").is_empty() {
            let regular = ["apiGroups", "resources", "resourceNames"];
            if is_namespaced {
                let why = "namespaced rules cannot apply to non-resource URLs";
                errors.invalid(format!("{field}.nonResourceURLs"), urls, why);
            }
            if regular.iter().any(|list| !items(rule, list).is_empty()) {
                let why = "rules cannot apply to both regular resources and non-resource URLs";
                errors.invalid(format!("{field}.nonResourceURLs"), urls, why);
            }
            continue;
        }
        if items(rule, "apiGroups").is_empty() {
            errors.required(
                format!("{field}.apiGroups"),
                "resource rules must supply at least one api group",
            );
        }
        if items(rule, "resources").is_empty() {
            errors.required(
                format!("{field}.resources"),
                "resource rules must supply at least one resource",
            );
        }
    }
    if has(role, "aggregationRule") && items(&role["aggregationRule"], "clusterRoleSelectors").is_empty() {
        errors.required(
            "aggregationRule.clusterRoleSelectors",
            "at least one clusterRoleSelector required if aggregationRule is non-nil",
        );
    }
    for (index, selector) in items(&role["aggregationRule"], "clusterRoleSelectors")
        .iter()
        .enumerate()
    {
        let field = format!("aggregationRule.clusterRoleSelectors[{index}]");
        let found = errors.0.len();
        errors.selector(&field, selector);
        if errors.0.len() > found {
            errors.invalid(field, &Value::Null, "invalid label selector.");
        }
    }
}

/// A binding names a role and those who have it.
pub(super) fn binding(binding: &Value, old: Option<&Value>, is_namespaced: bool, errors: &mut Errors) {
    let role = &binding["roleRef"];
    let kinds: &[&str] = if is_namespaced {
        &["Role", "ClusterRole"]
    } else {
        &["ClusterRole"]
    };
    errors.one_of("roleRef.apiGroup", &role["apiGroup"], &[GROUP]);
    errors.one_of("roleRef.kind", &role["kind"], kinds);
    match text(role, "name") {
        "" => errors.required("roleRef.name", ""),
        name => errors.named("roleRef.name", NameRule::PathSegment, name),
    }
    for (index, subject) in items(binding, "subjects").iter().enumerate() {
        check_subject(subject, &format!("subjects[{index}]"), is_namespaced, errors);
    }
    if old.is_some_and(|old| old["roleRef"] != *role) {
        let shown = json!({"APIGroup": role["apiGroup"], "Kind": role["kind"], "Name": role["name"]});
        errors.invalid("roleRef", &shown, "cannot change roleRef");
    }
}

fn check_subject(subject: &Value, field: &str, is_namespaced: bool, errors: &mut Errors) {
    let name = text(subject, "name");
    if name.is_empty() {
        errors.required(format!("{field}.name"), "");
    }
    let group = format!("{field}.apiGroup");
    match text(subject, "kind") {
        "ServiceAccount" => {
            if !name.is_empty() {
                errors.dns_subdomain(&format!("{field}.name"), name);
            }
            if has(subject, "apiGroup") {
                errors.one_of(group, &subject["apiGroup"], &[""]);
            }
            if !is_namespaced && text(subject, "namespace").is_empty() {
                errors.required(format!("{field}.namespace"), "");
            }
        }
        "User" | "Group" => errors.one_of(group, &subject["apiGroup"], &[GROUP]),
        _ => errors.one_of(
            format!("{field}.kind"),
            &subject["kind"],
            &["ServiceAccount", "User", "Group"],
        ),
    }
}
