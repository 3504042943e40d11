//! Label and field selectors.

mod field;
mod label;

use crate::apiserver::{status::StatusError, store::Stored, types::ResourceType};

pub(super) use field::FieldSelector;
pub(super) use label::LabelSelector;

/// Which objects of a list or a watch a client wants to see.
#[derive(Clone, Debug, Default)]
pub(super) struct Selector {
    /// By labels.
    pub labels: LabelSelector,
    /// By fields.
    pub fields: FieldSelector,
}

impl Selector {
    /// Reads both selectors of a request.
    ///
    /// # Errors
    /// 400 for a selector that does not parse or names a field that the resource does not offer.
    pub(super) fn parse(labels: &str, fields: &str, resource: &ResourceType) -> Result<Self, StatusError> {
        Ok(Self {
            labels: LabelSelector::parse(labels).map_err(StatusError::bad_request)?,
            fields: FieldSelector::parse(fields, resource)?,
        })
    }

    /// Whether every object matches.
    pub(super) fn is_everything(&self) -> bool {
        self.labels.is_everything() && self.fields.is_everything()
    }

    /// Whether an object matches.
    pub(super) fn matches(&self, object: &Stored) -> bool {
        self.labels.matches(|label| object.label(label)) && self.fields.matches(object)
    }
}
