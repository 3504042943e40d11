//! Bodies whose kind is not that of the resource: what a subresource has a kind of its own for.

use serde_json::Value;

use super::{
    super::{
        call::Call,
        status::StatusError,
        types::{DefinitionId, Schema, decode::read_as},
    },
    body::{self, Format, Parsed},
    decode,
    options::FieldValidation,
};

/// A kind that only a subresource takes.
#[derive(Debug)]
pub(super) struct Foreign {
    pub(super) kind: &'static str,
    /// The kind as the server names it to itself.
    pub(super) internal: &'static str,
    /// What describes it.
    pub(super) definition: &'static str,
    /// The versions in which it is taken.
    pub(super) versions: &'static [&'static str],
}

impl Foreign {
    /// What the kind looks like.
    pub(super) fn schema(&self) -> Option<&'static Schema> {
        DefinitionId::named(self.definition).map(DefinitionId::schema)
    }

    /// Reads the body.
    ///
    /// # Errors
    /// It is no JSON, of another kind, or not of the form of the kind.
    pub(super) fn read(
        &self,
        call: &mut Call<'_>,
        validation: FieldValidation,
    ) -> Result<Value, StatusError> {
        let format = body::format(call)?;
        let Parsed {
            mut value,
            duplicates,
            ..
        } = body::parse_of_type(format, &call.request.body).map_err(StatusError::bad_request)?;
        self.check_type(call, &value)?;
        let unknown = match self.schema() {
            Some(schema) => read_as(schema, &mut value).map_err(|why| self.refusal(&value, &why))?,
            None => Vec::new(),
        };
        let in_order = format == Format::Json;
        let problems = decode::strict_problems(&call.request.body, in_order, &duplicates, &unknown);
        report(call, problems, validation).map_err(|why| self.refusal(&value, &why))?;
        Ok(value)
    }

    /// Checks that a body is of the kind; one that says nothing is.
    pub(super) fn check_type(&self, call: &Call<'_>, value: &Value) -> Result<(), StatusError> {
        let text = |field: &str| value.get(field).and_then(Value::as_str).unwrap_or_default();
        let (kind, api_version) = (text("kind"), text("apiVersion"));
        let is_version = api_version.is_empty() || self.versions.contains(&api_version);
        if is_version && (kind.is_empty() || kind == self.kind) {
            return Ok(());
        }
        let (group, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
        let known = call.types.snapshot();
        let why = if known
            .by_kind(group, version, kind)
            .is_some_and(|resource| resource.custom.is_none())
        {
            format!(
                "converting ({version}.{kind}) to ({}): unknown conversion",
                self.internal
            )
        } else {
            format!(
                "no kind {kind:?} is registered for version {api_version:?} in scheme \"pkg/api/legacyscheme/scheme.go:30\""
            )
        };
        Err(self.refusal(value, &why))
    }

    /// 400 about a body.
    pub(super) fn refusal(&self, value: &Value, why: &str) -> StatusError {
        let text = |field: &str, otherwise: &'static str| {
            let given = value.get(field).and_then(Value::as_str);
            given
                .filter(|text| !text.is_empty())
                .unwrap_or(otherwise)
                .to_owned()
        };
        let api_version = text("apiVersion", self.versions[0]);
        let version = api_version.rsplit('/').next().unwrap_or_default();
        StatusError::bad_request(format!(
            "{} in version {version:?} cannot be handled as a {}: {why}",
            text("kind", self.kind),
            self.kind
        ))
    }
}

/// Tells the client what strict decoding finds, or refuses it.
pub(super) fn report(
    call: &mut Call<'_>,
    problems: Vec<String>,
    validation: FieldValidation,
) -> Result<(), String> {
    match validation {
        FieldValidation::Strict if !problems.is_empty() => {
            Err(format!("strict decoding error: {}", problems.join(", ")))
        }
        FieldValidation::Warn => {
            call.warnings.extend(problems);
            Ok(())
        }
        FieldValidation::Strict | FieldValidation::Ignore => Ok(()),
    }
}
