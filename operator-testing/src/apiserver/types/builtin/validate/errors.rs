//! Collecting what is wrong with an object.

use std::net::IpAddr;

use serde_json::Value;

use crate::apiserver::{
    meta::{label_key_problems, label_value_problems, name_problems},
    status::FieldError,
    types::resource::NameRule,
};

pub(super) const IMMUTABLE: &str = "field is immutable";

/// The errors found so far.
#[derive(Debug, Default)]
pub(in crate::apiserver::types::builtin) struct Errors(
    pub(in crate::apiserver::types::builtin) Vec<FieldError>,
);

impl Errors {
    pub(super) fn invalid(&mut self, field: impl Into<String>, value: &Value, why: impl std::fmt::Display) {
        self.0.push(FieldError::invalid(field, value, why));
    }

    /// A selector, whose fields come in the order of its type.
    pub(super) fn invalid_selector(&mut self, field: &str, selector: &Value, why: &str) {
        let expression = |value: &Value| {
            let texts = ["key", "operator"].map(|name| format!("{name:?}:{:?}", super::text(value, name)));
            let mut fields = texts.to_vec();
            if !super::items(value, "values").is_empty() {
                fields.push(format!("\"values\":{}", value["values"]));
            }
            format!("{{{}}}", fields.join(","))
        };
        let mut parts = Vec::new();
        if selector["matchLabels"]
            .as_object()
            .is_some_and(|labels| !labels.is_empty())
        {
            parts.push(format!("\"matchLabels\":{}", selector["matchLabels"]));
        }
        let expressions: Vec<_> = super::items(selector, "matchExpressions")
            .iter()
            .map(expression)
            .collect();
        if !expressions.is_empty() {
            parts.push(format!("\"matchExpressions\":[{}]", expressions.join(",")));
        }
        let shown = format!("{{{}}}", parts.join(","));
        let why = if why.is_empty() {
            String::new()
        } else {
            format!(": {why}")
        };
        let message = format!("Invalid value: {shown}{why}");
        self.0.push(FieldError::new(field, "FieldValueInvalid", message));
    }

    pub(super) fn required(&mut self, field: impl Into<String>, why: &str) {
        self.0.push(FieldError::required(field, why));
    }

    pub(super) fn forbidden(&mut self, field: impl Into<String>, why: impl std::fmt::Display) {
        self.0.push(FieldError::forbidden(field, why));
    }

    pub(super) fn internal(&mut self, field: impl Into<String>, why: impl std::fmt::Display) {
        self.0.push(FieldError::new(
            field,
            "InternalError",
            format!("Internal error: {why}"),
        ));
    }

    pub(super) fn duplicate(&mut self, field: impl Into<String>, value: &Value) {
        self.0.push(FieldError::duplicate(field, value));
    }

    /// A value in the server's own form that is there twice.
    pub(super) fn duplicate_as(&mut self, field: impl Into<String>, shown: &str) {
        let message = format!("Duplicate value: {shown}");
        self.0
            .push(FieldError::new(field, "FieldValueDuplicate", message));
    }

    pub(super) fn not_found(&mut self, field: impl Into<String>, value: &Value) {
        self.0.push(FieldError::new(
            field,
            "FieldValueNotFound",
            format!("Not found: {value}"),
        ));
    }

    /// A value in the server's own form.
    pub(super) fn invalid_as(&mut self, field: impl Into<String>, shown: &str, why: &str) {
        let message = format!("Invalid value: {shown}: {why}");
        self.0.push(FieldError::new(field, "FieldValueInvalid", message));
    }

    /// Something whose value is too long to be shown.
    pub(super) fn invalid_without_value(&mut self, field: impl Into<String>, why: &str) {
        let message = format!("Invalid value: {why}");
        self.0.push(FieldError::new(field, "FieldValueInvalid", message));
    }

    pub(super) fn too_many(&mut self, field: &str, count: usize, most: usize) {
        let message = format!("Too many: {count}: must have at most {most} items");
        self.0.push(FieldError::new(field, "FieldValueTooMany", message));
    }

    /// A value in the server's own form that is none of a few.
    pub(super) fn unsupported_as(&mut self, field: &str, shown: &str, supported: &[&str]) {
        let list: Vec<String> = supported.iter().map(|value| format!("{value:?}")).collect();
        let message = format!(
            "Unsupported value: {shown}: supported values: {}",
            list.join(", ")
        );
        self.0
            .push(FieldError::new(field, "FieldValueNotSupported", message));
    }

    /// A text that has to be there.
    pub(super) fn needs(&mut self, value: &Value, field: &str, name: &str) {
        if super::text(value, name).is_empty() {
            self.required(format!("{field}.{name}"), "");
        }
    }

    pub(super) fn too_long(&mut self, field: &str, most: usize) {
        let message = format!("Too long: may not be more than {most} bytes");
        self.0.push(FieldError::new(field, "FieldValueTooLong", message));
    }

    pub(super) fn unsupported(&mut self, field: impl Into<String>, value: &Value, supported: &[&str]) {
        self.0.push(FieldError::not_supported(field, value, supported));
    }

    /// A text that must be there and one of a few.
    pub(super) fn one_of_required(&mut self, field: impl Into<String>, value: &Value, supported: &[&str]) {
        if value.as_str().unwrap_or_default().is_empty() {
            self.required(field, "");
        } else {
            self.one_of(field, value, supported);
        }
    }

    /// An IP address.
    pub(super) fn address(&mut self, field: &str, value: &Value) {
        if value.as_str().unwrap_or_default().parse::<IpAddr>().is_err() {
            let why = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
            self.invalid(field, &value.as_str().unwrap_or_default().into(), why);
        }
    }

    /// Annotations have names like those of labels, in any case.
    pub(super) fn annotations(&mut self, field: &str, annotations: &Value) {
        for (key, _) in annotations.as_object().into_iter().flatten() {
            self.qualified_name(field, &key.to_lowercase());
        }
    }

    /// The key of something in a ConfigMap or Secret.
    pub(super) fn config_key(&mut self, field: impl FnOnce() -> String, key: &str) {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
        let is_dots = key.starts_with("..") || key == ".";
        if !key.is_empty() && key.len() <= 253 && key.bytes().all(allowed) && !is_dots {
            return;
        }
        let (field, value) = (field(), key.into());
        let field = field.as_str();
        if key.len() > 253 {
            self.invalid(field, &value, "must be no more than 253 characters");
        }
        if key.is_empty() || !key.bytes().all(allowed) {
            let why = "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or \
                       'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
            self.invalid(field, &value, why);
        }
        match key {
            "." | ".." => self.invalid(field, &value, format!("must not be '{key}'")),
            _ if key.starts_with("..") => self.invalid(field, &value, "must not start with '..'"),
            _ => {}
        }
    }

    /// A domain, a slash and a path.
    pub(super) fn domain_prefixed_path(&mut self, field: &str, name: &str) {
        if name.is_empty() {
            self.required(field, "");
            return;
        }
        let Some((host, path)) = name
            .split_once('/')
            .filter(|(host, path)| !host.is_empty() && !path.is_empty())
        else {
            let why = "must be a domain-prefixed path (such as \"acme.io/foo\")";
            self.invalid(field, &name.into(), why);
            return;
        };
        self.dns_subdomain(field, host);
        if !path
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"/-._~%!$&'()*+,;=:".contains(&b))
        {
            let why = "Invalid path (regex used for validation is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')";
            self.invalid(field, &path.into(), why);
        }
    }

    /// A domain in which names are looked up; it may have underscores.
    pub(super) fn search_domain(&mut self, field: &str, name: &str) {
        let value = name.into();
        if name.len() > 253 {
            self.invalid(field, &value, "must be no more than 253 characters");
        }
        let is_end = |b: Option<u8>| b.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        let is_part = |part: &str| {
            let part = part.strip_prefix('_').unwrap_or(part);
            let is_inner = |b: u8| is_end(Some(b)) || b"-_".contains(&b);
            part.bytes().all(is_inner) && is_end(part.bytes().next()) && is_end(part.bytes().last())
        };
        if !name.split('.').all(is_part) {
            let why = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and \
                       must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is \
                       '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*')";
            self.invalid(field, &value, why);
        }
    }

    /// A text that must be one of a few; a missing one counts as empty.
    pub(super) fn one_of(&mut self, field: impl Into<String>, value: &Value, supported: &[&str]) {
        let text = value.as_str().unwrap_or_default();
        if !supported.contains(&text) {
            self.0
                .push(FieldError::not_supported(field, &text.into(), supported));
        }
    }

    /// A number that is there may not be negative.
    pub(super) fn not_negative(&mut self, field: impl Into<String>, value: &Value) {
        if value.as_i64().is_some_and(|number| number < 0) {
            self.invalid(field, value, "must be greater than or equal to 0");
        }
    }

    /// A number that is there must be a port.
    pub(super) fn port_number(&mut self, field: impl Into<String>, value: &Value) {
        if !value.as_i64().is_some_and(|number| (1..=65535).contains(&number)) {
            self.invalid(field, value, "must be between 1 and 65535, inclusive");
        }
    }

    /// A port is a number or a name.
    pub(super) fn port(&mut self, field: &str, value: &Value) {
        match value.as_str() {
            Some(name) => self.port_name(field, name),
            None => self.port_number(field, value),
        }
    }

    /// The protocol of a port.
    pub(super) fn protocol(&mut self, field: &str, value: &Value) {
        self.one_of_required(field, value, &["SCTP", "TCP", "UDP"]);
    }

    /// The name of a port (IANA_SVC_NAME).
    pub(super) fn port_name(&mut self, field: &str, name: &str) {
        let value = name.into();
        let mut wrong = |why: &str| self.invalid(field, &value, why);
        if name.len() > 15 {
            wrong("must be no more than 15 characters");
        }
        if !name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        {
            wrong("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
        }
        if !name.bytes().any(|b| b.is_ascii_lowercase()) {
            wrong("must contain at least one letter (a-z)");
        }
        if name.contains("--") {
            wrong("must not contain consecutive hyphens");
        }
        if name.starts_with('-') || name.ends_with('-') {
            wrong("must not begin or end with a hyphen");
        }
    }

    pub(super) fn dns_label(&mut self, field: &str, name: &str) {
        self.named(field, NameRule::DnsLabel, name);
    }

    pub(super) fn dns_subdomain(&mut self, field: &str, name: &str) {
        self.named(field, NameRule::DnsSubdomain, name);
    }

    pub(super) fn named(&mut self, field: &str, rule: NameRule, name: &str) {
        for problem in name_problems(rule, name, false) {
            self.invalid(field, &name.into(), problem);
        }
    }

    pub(super) fn qualified_name(&mut self, field: &str, name: &str) {
        for problem in label_key_problems(name) {
            self.invalid(field, &name.into(), problem);
        }
    }

    /// A map of labels.
    pub(super) fn labels(&mut self, field: &str, labels: &Value) {
        for (key, value) in labels.as_object().into_iter().flatten() {
            self.qualified_name(field, key);
            for problem in label_value_problems(value.as_str().unwrap_or_default()) {
                self.invalid(field, value, problem);
            }
        }
    }

    /// A label selector; `false` if it selects nothing that can be.
    pub(super) fn selector(&mut self, field: &str, selector: &Value) -> bool {
        let before = self.0.len();
        self.labels(&format!("{field}.matchLabels"), &selector["matchLabels"]);
        for (index, expression) in super::items(selector, "matchExpressions").iter().enumerate() {
            let field = format!("{field}.matchExpressions[{index}]");
            let values = super::items(expression, "values");
            match super::text(expression, "operator") {
                "In" | "NotIn" => {
                    if values.is_empty() {
                        self.required(
                            format!("{field}.values"),
                            "must be specified when `operator` is 'In' or 'NotIn'",
                        );
                    }
                }
                "Exists" | "DoesNotExist" => {
                    if !values.is_empty() {
                        let why = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
                        self.forbidden(format!("{field}.values"), why);
                    }
                }
                operator => self.invalid(
                    format!("{field}.operator"),
                    &operator.into(),
                    "not a valid selector operator",
                ),
            }
            self.qualified_name(&format!("{field}.key"), super::text(expression, "key"));
            for (index, value) in values.iter().enumerate() {
                for problem in label_value_problems(value.as_str().unwrap_or_default()) {
                    self.invalid(format!("{field}.values[{index}]"), value, problem);
                }
            }
        }
        self.0.len() == before
    }

    /// A number, or a percentage as text.
    pub(super) fn number_or_percent(&mut self, field: &str, value: &Value) {
        match value.as_str() {
            Some(text) if percent(text).is_some() => {}
            Some(_) => self.invalid(
                field,
                value,
                "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for \
                 validation is '[0-9]+%')",
            ),
            None => self.not_negative(field, value),
        }
    }

    /// A percentage may not be more than everything.
    pub(super) fn at_most_all(&mut self, field: &str, value: &Value) {
        if value
            .as_str()
            .and_then(percent)
            .is_some_and(|percent| percent > 100)
        {
            self.invalid(field, value, "must not be greater than 100%");
        }
    }

    /// A selector that may not change.
    pub(super) fn immutable_selector(&mut self, field: &str, new: &Value, old: &Value) {
        if new == old {
        } else if new.is_null() {
            self.invalid(field, new, IMMUTABLE);
        } else {
            self.invalid_selector(field, new, IMMUTABLE);
        }
    }

    /// A field that may not change.
    pub(super) fn immutable(&mut self, field: &str, new: &Value, old: &Value) {
        if new != old {
            self.invalid(field, new, IMMUTABLE);
        }
    }
}

/// The number of a percentage.
pub(super) fn percent(text: &str) -> Option<u64> {
    let digits = text.strip_suffix('%')?;
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok()
}

/// Whether a set of labels is selected.
pub(super) fn selects(selector: &Value, labels: &Value) -> bool {
    let label = |key: &str| labels.get(key);
    let equals = selector["matchLabels"].as_object();
    let all_equal = equals
        .into_iter()
        .flatten()
        .all(|(key, value)| label(key) == Some(value));
    all_equal
        && super::items(selector, "matchExpressions")
            .iter()
            .all(|expression| {
                let found = label(super::text(expression, "key"));
                let among = found.is_some_and(|value| super::items(expression, "values").contains(value));
                match super::text(expression, "operator") {
                    "In" => among,
                    "NotIn" => !among,
                    "Exists" => found.is_some(),
                    _ => found.is_none(),
                }
            })
}
