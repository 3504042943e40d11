//! What a validator found: the errors, and how close the value came.

use std::collections::HashSet;

use serde_json::Value;

use crate::apiserver::{status::FieldError, types::place::Place, wording};

/// The field that errors about the whole object name.
pub(super) const NO_FIELD: &str = "<nil>";

/// The outcome of validating one value against one schema.
#[derive(Debug, Default)]
pub(super) struct Report {
    pub(super) issues: Vec<Issue>,
    /// How many checks the value passed; the best of several alternatives is the one it came closest to.
    pub(super) matches: usize,
}

/// One thing that is wrong.
#[derive(Debug)]
pub(super) struct Issue {
    /// The path below the validated value; `None` for what is said of the value as a whole.
    pub(super) path: Option<String>,
    pub(super) reason: &'static str,
    pub(super) message: String,
}

impl Report {
    pub(super) fn is_valid(&self) -> bool {
        self.issues.is_empty()
    }

    pub(super) fn merge(&mut self, other: Self) {
        if !other.issues.is_empty() {
            self.issues.extend(other.issues);
        }
        self.matches += other.matches;
    }

    /// A report of one issue at a path.
    pub(super) fn of(place: &Place<'_>, reason: &'static str, message: String) -> Self {
        let mut report = Self::default();
        report.add(place, reason, message);
        report
    }

    pub(super) fn add(&mut self, place: &Place<'_>, reason: &'static str, message: String) {
        self.issues.push(Issue {
            path: Some(place.to_string()),
            reason,
            message,
        });
    }

    /// `Invalid value: <value>: <path> in body <what>`.
    pub(super) fn invalid(place: &Place<'_>, value: &Value, what: &str) -> Self {
        Self::of(
            place,
            "FieldValueInvalid",
            format!("Invalid value: {}: {place} in body {what}", show(value)),
        )
    }

    /// The value is of another type than the schema asks for.
    pub(super) fn wrong_type(place: &Place<'_>, wanted: &str, found: &str) -> Self {
        let found = Value::from(found);
        Self::of(
            place,
            "FieldValueTypeInvalid",
            format!("Invalid value: {found}: {place} in body must be of type {wanted}: {found}"),
        )
    }

    /// What is said of the value as a whole.
    pub(super) fn about_whole(&mut self, message: &str) {
        self.issues.push(Issue {
            path: None,
            reason: "FieldValueInvalid",
            message: format!("Invalid value: \"\": {message}"),
        });
    }

    /// The errors, each once, with paths below `prefix`.
    pub(super) fn into_errors(self, prefix: &str) -> Vec<FieldError> {
        let whole = if prefix.is_empty() { NO_FIELD } else { prefix };
        let mut told = HashSet::new();
        self.issues
            .into_iter()
            .filter(|issue| told.insert((issue.path.clone(), issue.message.clone())))
            .map(|issue| {
                let path = issue.path.unwrap_or_default();
                let path = path.trim_start_matches('.');
                let field = match (prefix.is_empty(), path.is_empty()) {
                    (_, true) => whole.to_owned(),
                    (true, false) => path.to_owned(),
                    (false, false) => format!("{prefix}.{path}"),
                };
                FieldError::new(field, issue.reason, issue.message)
            })
            .collect()
    }
}

/// A value as error messages show it.
pub(super) fn show(value: &Value) -> String {
    match value {
        Value::Number(number) => show_number(number.as_f64().unwrap_or_default(), number.as_i64()),
        other => other.to_string(),
    }
}

/// A number as Go prints it: the shortest digits, an exponent for the very large and the very small.
pub(super) fn show_number(float: f64, whole: Option<i64>) -> String {
    if let Some(whole) = whole {
        return whole.to_string();
    }
    wording::float(float)
}

/// `Too long: may not be more than <n> bytes`.
pub(super) fn too_long(limit: i64) -> String {
    if limit < 0 {
        return "Too long: value is too long".to_owned();
    }
    format!("Too long: may not be more than {limit} byte{}", plural(limit))
}

/// `Too many: <n>: must have at most <limit> items`.
pub(super) fn too_many(found: usize, limit: i64) -> String {
    format!(
        "Too many: {found}: must have at most {limit} item{}",
        plural(limit)
    )
}

fn plural(count: i64) -> &'static str {
    if count == 1 { "" } else { "s" }
}
