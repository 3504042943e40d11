//! The query parameters that verbs share.
//!
//! Sources: `k8s.io/apimachinery/pkg/apis/meta/v1/validation`, `k8s.io/apimachinery/pkg/apis/meta/internalversion/validation`.

use super::super::{
    call::Halt,
    parameters::{dry_run, unsigned},
    patch::apply::manager_name,
    request::Request,
    state::State,
    status::{About, FieldError, StatusError},
    store::Revision,
};

/// How unknown and duplicate fields are treated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum FieldValidation {
    Ignore,
    #[default]
    Warn,
    Strict,
}

/// What creates, updates and patches share.
#[derive(Clone, Debug, Default)]
pub(crate) struct WriteOptions {
    pub(crate) dry_run: bool,
    pub(crate) manager: String,
    pub(crate) field_validation: FieldValidation,
    pub(crate) force: bool,
}

impl WriteOptions {
    /// Reads and checks the options of a write; `kind` is `CreateOptions`, `UpdateOptions` or `PatchOptions`.
    pub(crate) fn of(request: &Request, kind: &str, apply: bool) -> Result<Self, StatusError> {
        let query = &request.query;
        let mut errors = Vec::new();
        let force = query.get("force").map(|_| query.flag("force"));
        let manager = query.text("fieldManager");
        if kind == "PatchOptions" {
            if !apply && force.is_some() {
                errors.push(FieldError::forbidden(
                    "force",
                    "may not be specified for non-apply patch",
                ));
            }
            if apply && manager.is_empty() {
                errors.push(FieldError::required(
                    "fieldManager",
                    "is required for apply patch",
                ));
            }
        }
        validate_manager(manager, &mut errors);
        let dry_run = dry_run(query.all("dryRun"), &mut errors);
        let field_validation = match query.text("fieldValidation") {
            "" | "Warn" => FieldValidation::Warn,
            "Ignore" => FieldValidation::Ignore,
            "Strict" => FieldValidation::Strict,
            other => {
                errors.push(FieldError::not_supported(
                    "fieldValidation",
                    &other.into(),
                    &["", "Ignore", "Strict", "Warn"],
                ));
                FieldValidation::Warn
            }
        };
        invalid_options(kind, &errors)?;
        Ok(Self {
            dry_run,
            manager: manager_of(manager, request.agent()),
            field_validation,
            force: force.unwrap_or(false),
        })
    }
}

/// 422 about options, if there is anything wrong with them.
pub(crate) fn invalid_options(kind: &str, errors: &[FieldError]) -> Result<(), StatusError> {
    if errors.is_empty() {
        return Ok(());
    }
    let about = About {
        group: "meta.k8s.io",
        kind,
        name: "",
    };
    Err(StatusError::invalid(about, errors))
}

fn validate_manager(manager: &str, errors: &mut Vec<FieldError>) {
    const LIMIT: usize = 128;
    if manager.len() > LIMIT {
        errors.push(FieldError::new(
            "fieldManager",
            "FieldValueTooLong",
            format!("Too long: may not be more than {LIMIT} bytes"),
        ));
    }
    for (index, character) in manager.char_indices() {
        if character.is_control() {
            let code = u32::from(character);
            errors.push(FieldError::new(
                "fieldManager",
                "FieldValueInvalid",
                format!(
                    "Invalid value: {}: invalid character U+{code:04X} (at position {index})",
                    quoted(manager)
                ),
            ));
        }
    }
}

/// A text in quotes as Go writes it.
fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            _ if character.is_control() => out.push_str(&format!("\\x{:02x}", u32::from(character))),
            _ => out.push(character),
        }
    }
    out.push('"');
    out
}

/// The field manager of a write: as given, or what the user agent begins with.
fn manager_of(given: &str, agent: &str) -> String {
    if given.is_empty() {
        manager_name(agent)
    } else {
        given.to_owned()
    }
}

/// Reads a resource version; empty and `0` ask for nothing in particular.
pub(crate) fn revision(text: &str) -> Result<Revision, StatusError> {
    if text.is_empty() {
        return Ok(0);
    }
    unsigned(text).map_err(|why| {
        StatusError::new(
            500,
            "",
            format!("resourceVersion: Invalid value: {text:?}: {why}"),
        )
    })
}

/// Halts until the store has reached a revision.
pub(crate) fn reached(state: &State, revision: Revision) -> Result<(), Halt> {
    if revision > state.store.revision() {
        return Err(Halt::Await(revision));
    }
    Ok(())
}
