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
    expected::{self, Expected},
    options::FieldValidation,
    type_meta::TypeMeta,
};

/// A kind that only a subresource takes.
#[derive(Debug)]
pub(super) struct Foreign {
    pub(super) expected: Expected<'static>,
    /// What describes it.
    pub(super) definition: &'static str,
}

impl Foreign {
    /// What the kind looks like.
    pub(super) fn schema(&self) -> Option<&'static Schema> {
        DefinitionId::named(self.definition).map(DefinitionId::schema)
    }

    /// Reads the body.
    ///
    /// # Errors
    /// It cannot be parsed, is of another kind, or not of the form of the kind.
    pub(super) fn read(
        &self,
        call: &mut Call<'_>,
        validation: FieldValidation,
    ) -> Result<Value, StatusError> {
        let format = body::format(call)?;
        let kind = self.expected.kind;
        let Parsed {
            mut value,
            duplicates,
            ..
        } = body::parse_of_type(format, &call.request.body)
            .map_err(|error| expected::unreadable(call, kind, format, &error))?;
        let stated = TypeMeta::of(&value).map_err(|why| expected::unrecognised(call, kind, &why))?;
        let prefix = self.expected.check(call, stated, &mut value)?;
        let refuse = |why: String| StatusError::bad_request(format!("{prefix}: {why}"));
        let unknown = match self.schema() {
            Some(schema) => read_as(schema, &mut value).map_err(refuse)?,
            None => Vec::new(),
        };
        let in_order = format == Format::Json;
        let problems = decode::strict_problems(&call.request.body, in_order, &duplicates, &unknown);
        report(call, problems, validation).map_err(refuse)?;
        Ok(value)
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
