//! How a definition wants its objects converted.

use serde_json::Value;

use super::names::label_problems;
use crate::apiserver::status::FieldError;

/// The conversion of a definition.
pub(super) fn check(conversion: &Value) -> Vec<FieldError> {
    const CLIENT: &str = "spec.conversion.webhookClientConfig";
    const VERSIONS: &str = "spec.conversion.conversionReviewVersions";
    let mut errors = Vec::new();
    if conversion.is_null() {
        return errors;
    }
    let strategy = conversion["strategy"].as_str().unwrap_or_default();
    match strategy {
        "" => errors.push(FieldError::required("spec.conversion.strategy", "")),
        "None" | "Webhook" => {}
        _ => errors.push(FieldError::not_supported(
            "spec.conversion.strategy",
            &conversion["strategy"],
            &["None", "Webhook"],
        )),
    }
    let webhook = &conversion["webhook"];
    let client = &webhook["clientConfig"];
    let versions = webhook["conversionReviewVersions"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    if strategy != "Webhook" {
        let why = "should not be set when strategy is not set to Webhook";
        if !client.is_null() {
            errors.push(FieldError::forbidden(CLIENT, why));
        }
        if !versions.is_empty() {
            errors.push(FieldError::forbidden(VERSIONS, why));
        }
        return errors;
    }
    match (&client["url"], &client["service"]) {
        _ if client.is_null() => errors.push(FieldError::required(
            CLIENT,
            "required when strategy is set to Webhook",
        )),
        (Value::Null, Value::Null) => {
            errors.push(FieldError::required(
                CLIENT,
                "exactly one of url or service is required",
            ));
        }
        (Value::Null, service) => errors.extend(check_service(service, &format!("{CLIENT}.service"))),
        (url, Value::Null) => errors.extend(check_url(url, &format!("{CLIENT}.url"))),
        _ => errors.push(FieldError::required(
            CLIENT,
            "exactly one of url or service is required",
        )),
    }
    errors.extend(check_versions(versions, VERSIONS));
    errors
}

fn check_versions(versions: &[Value], field: &str) -> Vec<FieldError> {
    if versions.is_empty() {
        return vec![FieldError::required(field, "")];
    }
    let mut errors = Vec::new();
    for (index, version) in versions.iter().enumerate() {
        let field = format!("{field}[{index}]");
        if versions[..index].contains(version) {
            errors.push(FieldError::invalid(field, version, "duplicate version"));
        } else if let Some(why) = label_problems(version.as_str().unwrap_or_default()) {
            errors.push(FieldError::invalid(field, version, why));
        }
    }
    if !versions
        .iter()
        .any(|version| matches!(version.as_str(), Some("v1" | "v1beta1")))
    {
        let why = "must include at least one of v1, v1beta1";
        errors.push(FieldError::invalid(field, &versions.to_vec().into(), why));
    }
    errors
}

fn check_url(url: &Value, field: &str) -> Vec<FieldError> {
    const FORM: &str = "; desired format: https://host[/path]";
    let text = url.as_str().unwrap_or_default();
    let mut errors = Vec::new();
    let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
    if scheme != "https" {
        let why = format!("'https' is the only allowed URL scheme{FORM}");
        errors.push(FieldError::invalid(field, &scheme.into(), why));
    }
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if host.is_empty() || scheme.is_empty() {
        let why = format!("host must be specified{FORM}");
        errors.push(FieldError::invalid(field, &"".into(), why));
    }
    if host.contains('@') {
        errors.push(FieldError::invalid(
            field,
            &host.into(),
            "user information is not permitted in the URL",
        ));
    }
    if let Some((_, fragment)) = rest.split_once('#') {
        errors.push(FieldError::invalid(
            field,
            &fragment.into(),
            "fragments are not permitted in the URL",
        ));
    }
    if let Some((_, query)) = rest.split_once('?') {
        errors.push(FieldError::invalid(
            field,
            &query.into(),
            "query parameters are not permitted in the URL",
        ));
    }
    errors
}

fn check_service(service: &Value, field: &str) -> Vec<FieldError> {
    let mut errors = Vec::new();
    for name in ["name", "namespace"] {
        if service[name].as_str().unwrap_or_default().is_empty() {
            let why = format!("service {name} is required");
            errors.push(FieldError::required(format!("{field}.{name}"), &why));
        }
    }
    let port = service["port"].as_i64().unwrap_or(443);
    if !(1..=65535).contains(&port) {
        let why = "port is not valid: must be between 1 and 65535, inclusive";
        errors.push(FieldError::invalid(format!("{field}.port"), &port.into(), why));
    }
    if let Some(path) = service["path"].as_str()
        && !path.starts_with('/')
    {
        errors.push(FieldError::invalid(
            format!("{field}.path"),
            &path.into(),
            "must start with a '/'",
        ));
    }
    errors
}
