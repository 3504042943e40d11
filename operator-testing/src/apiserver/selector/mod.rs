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

/// Both selectors of a request as they are written, before anybody asks whether the fields exist.
#[derive(Clone, Debug)]
pub(super) struct Written {
    labels: LabelSelector,
    fields: field::Written,
}

impl Written {
    /// Reads both selectors.
    ///
    /// # Errors
    /// 400 for a selector that does not parse.
    pub(super) fn parse(labels: &str, fields: &str) -> Result<Self, StatusError> {
        Ok(Self {
            labels: LabelSelector::parse(labels).map_err(StatusError::bad_request)?,
            fields: field::Written::parse(fields)?,
        })
    }

    /// The selector for objects of a resource.
    ///
    /// # Errors
    /// 400 for a field that the resource does not offer.
    pub(super) fn of(self, resource: &ResourceType) -> Result<Selector, StatusError> {
        Ok(Selector {
            labels: self.labels,
            fields: self.fields.of(resource)?,
        })
    }
}

impl Selector {
    /// Whether every object matches.
    pub(super) fn is_everything(&self) -> bool {
        self.labels.is_everything() && self.fields.is_everything()
    }

    /// Whether an object matches.
    pub(super) fn matches(&self, object: &Stored) -> bool {
        self.labels.matches(|label| object.label(label)) && self.fields.matches(object)
    }
}
