//! What an API server would say to a definition, without one.
//!
//! [`lint`] finds what a server refuses, and what it takes and then silently does nothing with: a column whose path leads
//! nowhere is empty for ever. The derive checks every kind with it in a generated unit test.
//!
//! What is written in another language is left to the server: whether a CEL rule or a regular expression compiles, what a
//! rule costs, whether a default fulfils one or has a format.

mod alternative;
mod default;
mod list;
mod names;
mod paths;
mod rule;
mod structure;

use std::fmt;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceDefinition, CustomResourceDefinitionVersion,
};

/// Something to be said about a definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// The version it is in; empty if it concerns the whole kind.
    pub version: String,
    /// The place in the schema, or what else is meant.
    pub place: String,
    /// What is wrong and what to do.
    pub message: String,
}

/// How bad a [`Finding`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The server takes it and it does nothing, or not what it looks like.
    Useless,
    /// The server refuses the definition.
    Refused,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let space = if self.version.is_empty() { "" } else { " " };
        write!(f, "{}{space}{}: {}", self.version, self.place, self.message)
    }
}

/// Collects findings about one version.
struct Findings<'a> {
    version: &'a str,
    found: &'a mut Vec<Finding>,
}

impl Findings<'_> {
    fn refused(&mut self, place: &str, message: impl Into<String>) {
        self.add(Severity::Refused, place, message.into());
    }

    fn useless(&mut self, place: &str, message: impl Into<String>) {
        self.add(Severity::Useless, place, message.into());
    }

    fn add(&mut self, severity: Severity, place: &str, message: String) {
        let place = if place.is_empty() { "." } else { place };
        self.found.push(Finding {
            severity,
            version: self.version.into(),
            place: place.into(),
            message,
        });
    }
}

/// Everything that is wrong with `definition`, in its order.
#[must_use]
pub fn lint(definition: &CustomResourceDefinition) -> Vec<Finding> {
    let mut found = Vec::new();
    names::check(
        definition,
        &mut Findings {
            version: "",
            found: &mut found,
        },
    );
    for version in &definition.spec.versions {
        one_version(
            version,
            &mut Findings {
                version: &version.name,
                found: &mut found,
            },
        );
    }
    found
}

fn one_version(version: &CustomResourceDefinitionVersion, findings: &mut Findings<'_>) {
    let Some(schema) = version
        .schema
        .as_ref()
        .and_then(|schema| schema.open_api_v3_schema.as_ref())
    else {
        findings.refused("schema", "there is none, and every version needs one");
        return;
    };
    let status = version
        .subresources
        .as_ref()
        .is_some_and(|subresources| subresources.status.is_some());
    structure::check(schema, status, findings);
    paths::check(version, schema, findings);
}

/// Fails with all findings, for tests.
///
/// # Panics
/// When there is anything to be said about the definition.
#[track_caller]
pub fn assert_accepted(definition: &CustomResourceDefinition) {
    let found = lint(definition);
    let name = definition.metadata.name.as_deref().unwrap_or_default();
    let listed: String = found.iter().map(|finding| format!("\n  {finding}")).collect();
    assert!(
        found.is_empty(),
        "an API server would object to the definition of {name}:{listed}"
    );
}

#[cfg(test)]
#[allow(
    clippy::needless_pass_by_value,
    clippy::semicolon_if_nothing_returned,
    reason = "tables read better"
)]
mod tests;
