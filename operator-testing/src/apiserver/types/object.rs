//! What the server does to an object of a kind, from the request to the store.
//!
//! 1. [`decode::from_json`](super::decode::from_json) reads the body and notices duplicate fields.
//! 2. [`ResourceType::read`] brings the object into the form of its type and notices unknown fields.
//! 3. [`ResourceType::fill_defaults`] fills in what the client left out.
//! 4. [`ResourceType::validate_create`], [`ResourceType::validate_update`] and [`ResourceType::validate_status_update`] say what is
//!    wrong with it.
//!
//! Objects that come from the store go through [`ResourceType::read_stored`].

use serde_json::Value;

use super::{custom, decode, resource::ResourceType, validate, validate::Verdict};
use crate::apiserver::status::FieldError;

impl ResourceType {
    /// Brings an object that a client sent into the form of its type: values get their canonical form, unknown fields go. Defaults
    /// of custom resources are filled in. Returns the paths of the unknown fields: of a custom resource sorted, of a built-in
    /// kind in the order of the object's fields ([`decode::fields_in_order`] tells the order of the document).
    ///
    /// # Errors
    /// The decoder's words for what is of a wrong type; they go after `X in version "v1" cannot be handled as a X: `.
    pub fn read(&self, object: &mut Value) -> Result<Vec<String>, String> {
        match (&self.custom, &self.schema) {
            (Some(custom), _) => custom::read(custom, object),
            (None, Some(schema)) => decode::read(schema, object, ""),
            (None, None) => Ok(Vec::new()),
        }
    }

    /// Brings an object from the store into the form of a schema that may have changed since it was written.
    pub fn read_stored(&self, object: &mut Value) {
        custom::read_stored(self, object);
    }

    /// Fills in what the client left out. Of custom resources [`ResourceType::read`] has done it already; to do it again changes
    /// nothing.
    pub fn fill_defaults(&self, object: &mut Value) {
        custom::read_stored(self, object);
    }

    /// What is wrong with a new object. `metadata` is what is wrong with its metadata; it comes first in the verdict.
    pub fn validate_create(&self, object: &Value, metadata: Vec<FieldError>) -> Verdict {
        match &self.custom {
            Some(custom) => validate::create(self, custom, object, metadata),
            None => Verdict {
                errors: metadata,
                warnings: Vec::new(),
            },
        }
    }

    /// What is wrong with a change of an object. `metadata` is what is wrong with its metadata; it comes first in the verdict.
    pub fn validate_update(&self, new: &Value, old: &Value, metadata: Vec<FieldError>) -> Verdict {
        match &self.custom {
            Some(custom) => validate::update(self, custom, new, old, metadata),
            None => Verdict {
                errors: metadata,
                warnings: Vec::new(),
            },
        }
    }

    /// What is wrong with a change of an object's status.
    pub fn validate_status_update(&self, new: &Value, old: &Value, metadata: Vec<FieldError>) -> Verdict {
        match &self.custom {
            Some(custom) => validate::update_status(self, custom, new, old, metadata),
            None => Verdict {
                errors: metadata,
                warnings: Vec::new(),
            },
        }
    }
}
