//! Names of groups, kinds and resources.

use serde_json::Value;

use crate::apiserver::{meta::name_problems, status::FieldError, types::resource::NameRule};

/// The group of a definition.
pub(super) fn group(spec: &Value) -> Vec<FieldError> {
    let group = spec["group"].as_str().unwrap_or_default();
    if group.is_empty() {
        return vec![FieldError::required("spec.group", "")];
    }
    let problems = name_problems(NameRule::DnsSubdomain, group, false);
    let why = match (problems.is_empty(), group.contains('.')) {
        (false, _) => problems.join(","),
        (true, false) => "should be a domain with at least one dot".to_owned(),
        (true, true) => return Vec::new(),
    };
    vec![FieldError::invalid("spec.group", &group.into(), why)]
}

/// What is wrong with a label, all in one.
pub(super) fn label_problems(name: &str) -> Option<String> {
    let problems = name_problems(NameRule::Dns1035Label, name, false);
    // A dot is as wrong as any other character that is not allowed.
    let why: Vec<_> = problems
        .into_iter()
        .map(|problem| {
            if problem == "must not contain dots" {
                name_problems(NameRule::Dns1035Label, "-", false).join(",")
            } else {
                problem
            }
        })
        .collect();
    (!why.is_empty()).then(|| why.join(","))
}

/// Names that a definition must have.
pub(super) fn required(spec: &Value) -> Vec<FieldError> {
    ["plural", "singular", "kind", "listKind"]
        .into_iter()
        .filter(|field| spec["names"][*field].as_str().unwrap_or_default().is_empty())
        .map(|field| FieldError::required(format!("spec.names.{field}"), ""))
        .collect()
}

/// What the names look like.
pub(super) fn check(names: &Value, path: &str) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let text = |field: &str| names[field].as_str().unwrap_or_default();
    for field in ["plural", "singular"] {
        if let Some(why) = Some(text(field))
            .filter(|name| !name.is_empty())
            .and_then(label_problems)
        {
            errors.push(FieldError::invalid(format!("{path}.{field}"), &names[field], why));
        }
    }
    for field in ["kind", "listKind"] {
        let lower = text(field).to_lowercase();
        if let Some(why) = Some(lower.as_str())
            .filter(|name| !name.is_empty())
            .and_then(label_problems)
        {
            let why = format!("may have mixed case, but should otherwise match: {why}");
            errors.push(FieldError::invalid(format!("{path}.{field}"), &names[field], why));
        }
    }
    let mut each = |list: &str| {
        for (index, name) in names[list].as_array().into_iter().flatten().enumerate() {
            if let Some(why) = label_problems(name.as_str().unwrap_or_default()) {
                errors.push(FieldError::invalid(format!("{path}.{list}[{index}]"), name, why));
            }
        }
    };
    each("shortNames");
    each("categories");
    if !text("kind").is_empty() && text("kind") == text("listKind") {
        let why = "kind and listKind may not be the same";
        errors.push(FieldError::invalid(
            format!("{path}.listKind"),
            &names["listKind"],
            why,
        ));
    }
    errors
}
