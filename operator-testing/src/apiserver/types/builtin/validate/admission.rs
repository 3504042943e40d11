//! Policies and webhooks.
//!
//! Source: `k8s.io/kubernetes/pkg/apis/admissionregistration/validation/validation.go`.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Errors, expression, has, items, text};
use crate::apiserver::{meta::label_key_problems, types::resource::NameRule};

const FAILURE_POLICIES: [&str; 2] = ["Fail", "Ignore"];
const REINVOCATION_POLICIES: [&str; 2] = ["IfNeeded", "Never"];
const EMPTY_EXPRESSION: &str = "expression is not specified";

/// The variables that expressions of webhooks know; those of policies know more.
const VARIABLES: [&str; 4] = ["object", "oldObject", "request", "authorizer"];

/// A configuration of webhooks.
pub(super) fn webhooks(configuration: &Value, errors: &mut Errors) {
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
    for name in ["name", "namespace"] {
        if text(service, name).is_empty() {
            errors.required(format!("{field}.{name}"), "");
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

/// A rule about operations on resources.
fn check_rule(rule: &Value, field: &str, errors: &mut Errors) {
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

fn check_conditions(object: &Value, field: &str, variables: &[&str], errors: &mut Errors) {
    let mut names = BTreeSet::new();
    for (index, condition) in items(object, "matchConditions").iter().enumerate() {
        let field = format!("{field}.matchConditions[{index}]");
        let expression = format!("{field}.expression");
        check_expression(
            condition,
            "expression",
            expression,
            variables,
            &["bool"],
            "",
            errors,
        );
        let name = text(condition, "name");
        if name.is_empty() {
            errors.required(format!("{field}.name"), "");
        } else {
            errors.qualified_name(&format!("{field}.name"), name);
            if !names.insert(name) {
                errors.duplicate(format!("{field}.name"), &name.into());
            }
        }
    }
}

/// An expression that must be there and give one of some types.
fn check_expression(
    object: &Value,
    name: &str,
    field: String,
    variables: &[&str],
    wanted: &[&str],
    missing: &str,
    errors: &mut Errors,
) {
    let written = text(object, name);
    if written.trim().is_empty() {
        errors.required(field, missing);
    } else if let Some(problem) = expression::problem(written, variables, wanted) {
        errors.invalid(field, &written.into(), problem);
    }
}

/// Which requests a policy or a binding is about.
fn check_matching(resources: &Value, field: &str, errors: &mut Errors) {
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

/// What policies of both sorts have: their failure policy, parameters, constraints, conditions and variables. Gives the
/// variables that their expressions know.
fn check_policy(spec: &Value, errors: &mut Errors) -> Vec<&'static str> {
    if has(spec, "failurePolicy") {
        errors.one_of("spec.failurePolicy", &spec["failurePolicy"], &FAILURE_POLICIES);
    }
    let mut variables = VARIABLES.to_vec();
    variables.push("namespaceObject");
    if has(spec, "paramKind") {
        variables.push("params");
        check_parameter_kind(&spec["paramKind"], errors);
    }
    match spec.get("matchConstraints").filter(|found| found.is_object()) {
        None => errors.required("spec.matchConstraints", ""),
        Some(constraints) => {
            check_matching(constraints, "spec.matchConstraints", errors);
            if items(constraints, "resourceRules").is_empty() {
                errors.required("spec.matchConstraints.resourceRules", "");
            }
        }
    }
    check_conditions(spec, "spec", &variables, errors);
    variables.push("variables");
    variables
}

fn check_variables(spec: &Value, known: &[&str], errors: &mut Errors) {
    for (index, variable) in items(spec, "variables").iter().enumerate() {
        let field = format!("spec.variables[{index}]");
        let name = text(variable, "name");
        if name.is_empty() {
            errors.required(format!("{field}.name"), "name is not specified");
        } else if name.starts_with(|c: char| c.is_ascii_digit())
            || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        {
            let why = "must be a valid CEL identifier";
            errors.invalid(format!("{field}.name"), &name.into(), why);
        }
        let field = format!("{field}.expression");
        check_expression(
            variable,
            "expression",
            field,
            known,
            &[],
            EMPTY_EXPRESSION,
            errors,
        );
    }
}

fn check_parameter_kind(kind: &Value, errors: &mut Errors) {
    let version = text(kind, "apiVersion");
    if version.is_empty() {
        errors.required("spec.paramKind.apiVersion", "");
    } else if version.matches('/').count() > 1 {
        let why = format!("unexpected GroupVersion string: {version}");
        errors.invalid("spec.paramKind.apiVersion", &version.into(), why);
    }
    if text(kind, "kind").is_empty() {
        errors.required("spec.paramKind.kind", "");
    }
}

/// A ValidatingAdmissionPolicy.
pub(super) fn validating_policy(policy: &Value, errors: &mut Errors) {
    let spec = &policy["spec"];
    let known = check_policy(spec, errors);
    let (validations, annotations) = (items(spec, "validations"), items(spec, "auditAnnotations"));
    if validations.is_empty() && annotations.is_empty() {
        for field in ["spec.validations", "spec.auditAnnotations"] {
            errors.required(
                field,
                "validations or auditAnnotations must contain at least one item",
            );
        }
        return;
    }
    check_variables(spec, &known, errors);
    for (index, validation) in validations.iter().enumerate() {
        check_validation(validation, &format!("spec.validations[{index}]"), &known, errors);
    }
    for (index, annotation) in annotations.iter().enumerate() {
        let field = format!("spec.auditAnnotations[{index}]");
        let key = format!(
            "{}/{}",
            text(&policy["metadata"], "name"),
            text(annotation, "key")
        );
        for problem in label_key_problems(&key) {
            errors.invalid(format!("{field}.key"), &key.as_str().into(), problem);
        }
        let wanted = ["string", "null_type"];
        let missing = "valueExpression is not specified";
        let field = format!("{field}.valueExpression");
        check_expression(
            annotation,
            "valueExpression",
            field,
            &known,
            &wanted,
            missing,
            errors,
        );
    }
}

fn check_validation(validation: &Value, field: &str, known: &[&str], errors: &mut Errors) {
    let path = format!("{field}.expression");
    check_expression(
        validation,
        "expression",
        path,
        known,
        &["bool"],
        EMPTY_EXPRESSION,
        errors,
    );
    if !text(validation, "messageExpression").is_empty() {
        let path = format!("{field}.messageExpression");
        let missing = "must be non-empty if specified";
        check_expression(
            validation,
            "messageExpression",
            path,
            known,
            &["string"],
            missing,
            errors,
        );
    }
    let message = text(validation, "message");
    if !message.is_empty() {
        let why = match message.trim() {
            "" => Some("message must be non-empty if specified"),
            message if message.contains(['\n', '\r']) => Some("must not contain line breaks"),
            _ => None,
        };
        if let Some(why) = why {
            errors.invalid(format!("{field}.message"), &message.into(), why);
        }
    }
    if has(validation, "reason") {
        const REASONS: [&str; 4] = ["Forbidden", "Invalid", "RequestEntityTooLarge", "Unauthorized"];
        // The last is allowed, but not among those that a refusal counts.
        if validation["reason"] != REASONS[3] {
            errors.one_of(format!("{field}.reason"), &validation["reason"], &REASONS[..3]);
        }
    }
}

/// A MutatingAdmissionPolicy.
pub(super) fn mutating_policy(policy: &Value, errors: &mut Errors) {
    const TYPES: [&str; 2] = ["ApplyConfiguration", "JSONPatch"];
    let spec = &policy["spec"];
    let known = check_policy(spec, errors);
    check_variables(spec, &known, errors);
    let mutations = items(spec, "mutations");
    if mutations.is_empty() {
        errors.required("spec.mutations", "mutations must contain at least one item");
    }
    for (index, mutation) in mutations.iter().enumerate() {
        let field = format!("spec.mutations[{index}]");
        let (part, wanted) = match text(mutation, "patchType") {
            "" => {
                errors.required(format!("{field}.patchType"), "");
                continue;
            }
            "ApplyConfiguration" => ("applyConfiguration", "Object"),
            "JSONPatch" => ("jsonPatch", "list(JSONPatch)"),
            _ => {
                errors.one_of(format!("{field}.patchType"), &mutation["patchType"], &TYPES);
                continue;
            }
        };
        let path = format!("{field}.{part}");
        if has(mutation, part) {
            let path = format!("{path}.expression");
            let missing = "expression is not specified";
            check_expression(
                &mutation[part],
                "expression",
                path,
                &known,
                &[wanted],
                missing,
                errors,
            );
        } else {
            let why = format!(
                "must be specified when patchType is {}",
                text(mutation, "patchType")
            );
            errors.required(path, &why);
        }
    }
    let reinvocation = &spec["reinvocationPolicy"];
    if reinvocation.is_null() {
        errors.required("spec.reinvocationPolicy", "");
    } else {
        errors.one_of("spec.reinvocationPolicy", reinvocation, &REINVOCATION_POLICIES);
    }
}

/// A binding of a policy; those of validating policies say what happens.
pub(super) fn binding(binding: &Value, is_validating: bool, errors: &mut Errors) {
    let spec = &binding["spec"];
    match text(spec, "policyName") {
        "" => errors.required("spec.policyName", ""),
        name => errors.dns_subdomain("spec.policyName", name),
    }
    if has(spec, "paramRef") {
        check_parameters(&spec["paramRef"], errors);
    }
    if has(spec, "matchResources") {
        check_matching(&spec["matchResources"], "spec.matchResources", errors);
    }
    if is_validating {
        check_actions(spec, errors);
    }
}

fn check_parameters(reference: &Value, errors: &mut Errors) {
    let has_name = !text(reference, "name").is_empty();
    let has_selector = has(reference, "selector");
    let why = "name and selector are mutually exclusive";
    if has_name && has_selector {
        errors.forbidden("spec.paramRef.name", why);
    }
    if has_selector {
        errors.selector("spec.paramRef.selector", &reference["selector"]);
        if has_name {
            errors.forbidden("spec.paramRef.selector", why);
        }
    }
    if !has_name && !has_selector {
        errors.required("spec.paramRef", "one of name or selector must be specified");
    }
    let field = "spec.paramRef.parameterNotFoundAction";
    match &reference["parameterNotFoundAction"] {
        Value::Null => errors.required(field, ""),
        action => errors.one_of(field, action, &["Deny", "Allow"]),
    }
}

fn check_actions(spec: &Value, errors: &mut Errors) {
    let actions = items(spec, "validationActions");
    if actions.is_empty() {
        errors.required(
            "spec.validationActions",
            "at least one validation action is required",
        );
    }
    for (index, action) in actions.iter().enumerate() {
        let field = format!("spec.validationActions[{index}]");
        if actions[..index].contains(action) {
            errors.duplicate(&*field, action);
        }
        errors.one_of(field, action, &["Audit", "Deny", "Warn"]);
    }
    let takes = |wanted: &str| actions.iter().any(|action| action == wanted);
    if takes("Deny") && takes("Warn") {
        let why = "must not contain both Deny and Warn (repeating the same validation failure information in the API response and \
                   headers serves no purpose)";
        errors.invalid("spec.validationActions", &spec["validationActions"], why);
    }
}
