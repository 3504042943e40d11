//! What the server does to an object of a kind, from the request to the store.
//!
//! 1. [`decode::from_json`](super::decode::from_json) reads the body and notices duplicate fields.
//! 2. [`ResourceType::read`] brings the object into the form of its type and notices unknown fields.
//! 3. [`ResourceType::fill_defaults`] fills in what the client left out.
//! 4. [`ResourceType::prepare_create`] and [`ResourceType::prepare_update`] reset what a write may not bring along and give out what
//!    the server gives: addresses, finalizers, labels, the status of a new object.
//! 5. [`ResourceType::validate_create`], [`ResourceType::validate_update`] and [`ResourceType::validate_status_update`] say what is
//!    wrong with it.
//!
//! Objects that come from the store go through [`ResourceType::read_stored`].

use serde_json::{Map, Value, json};

use super::{
    builtin::{self, Surroundings},
    custom, decode,
    place::Place,
    resource::ResourceType,
    validate::{self, Verdict},
};
use crate::apiserver::status::{FieldError, StatusError};

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
            (None, Some(schema)) => decode::read(schema, object, &Place::Root),
            (None, None) => Ok(Vec::new()),
        }
    }

    /// Brings into form what is known of every object, its metadata; the paths of unknown fields.
    ///
    /// # Errors
    /// As [`ResourceType::read`].
    pub fn read_metadata(object: &mut Value) -> Result<Vec<String>, String> {
        custom::read_metadata(object)
    }

    /// [`ResourceType::read`] for what a strategic patch made of an object, of which `before` is a copy: it is carried over into
    /// its type.
    ///
    /// # Errors
    /// The converter's words for what is of a wrong type.
    pub fn read_converted(&self, object: &mut Value, before: &Value) -> Result<Vec<String>, String> {
        match (&self.custom, &self.schema) {
            (None, Some(schema)) => decode::read_converted(schema, object, before),
            _ => self.read(object),
        }
    }

    /// [`ResourceType::read_converted`] for what an apply made: a custom resource is not brought into the form of its schema before
    /// [`ResourceType::settle_applied`].
    ///
    /// # Errors
    /// As [`ResourceType::read_converted`].
    pub fn read_applied(&self, object: &mut Value, before: &Value) -> Result<Vec<String>, String> {
        match &self.custom {
            Some(custom) => custom::read_applied(custom, object).map(|()| Vec::new()),
            None => self.read_converted(object, before),
        }
    }

    /// Brings a custom resource that an apply made into the form that it has when it comes back from the store.
    pub fn settle_applied(&self, object: &mut Value) {
        if let Some(custom) = &self.custom {
            // what is wrong with its metadata has been found by now
            let _ = custom::read(custom, object);
        }
    }

    /// What the decoder says of an object of a built-in kind that [`ResourceType::read`] refused, given the order of the fields
    /// in the document ([`decode::fields_in_order`]).
    pub fn first_failure(&self, object: &mut Value, order: &[String]) -> Option<String> {
        let schema = self.schema.as_deref().filter(|_| self.custom.is_none());
        schema.and_then(|schema| decode::first_failure(schema, object, order))
    }

    /// Turns the lists of an object of a built-in kind that the store would not keep into none.
    pub fn forget_empty_lists(&self, object: &mut Map<String, Value>) {
        if let Some(schema) = self.schema.as_deref().filter(|_| self.custom.is_none()) {
            decode::forget_empty_lists(schema, object);
        }
    }

    /// Brings an object from the store into the form of a schema that may have changed since it was written.
    pub fn read_stored(&self, object: &mut Value) {
        custom::read_stored(self, object);
    }

    /// Drops what the schema does not know.
    pub fn drop_unknown(&self, object: &mut Value) {
        custom::drop_unknown(self, object);
    }

    /// Whether an object written at a revision reads as it is stored, so that [`ResourceType::read_stored`] need not be asked.
    pub fn reads_as_stored(&self, revision: u64) -> bool {
        self.custom
            .as_ref()
            .is_none_or(|custom| custom.stored.is_none() && revision > custom.schema_since)
    }

    /// Drops from an object that is to be stored what the version it is stored in does not know.
    pub fn write_stored(&self, object: &mut Value) {
        custom::write_stored(self, object);
    }

    /// An object of this kind of which nothing is set, without kind and version.
    pub fn nothing(&self) -> Value {
        match self.custom {
            Some(_) => json!({}),
            None => builtin::nothing(self),
        }
    }

    /// Fills in what the client left out. Of custom resources [`ResourceType::read`] has done it already; to do it again changes
    /// nothing.
    pub fn fill_defaults(&self, object: &mut Value) {
        match (&self.custom, &self.schema) {
            (None, Some(schema)) => {
                builtin::fill(schema, object);
                builtin::carry(self, object);
            }
            (Some(custom), _) => custom::fill(custom, object),
            (None, None) => {}
        }
    }

    /// Whether the first write after the creation of an object makes a new version even if it changes nothing, because a real server
    /// stores it in another form then.
    pub fn is_unsettled(&self) -> bool {
        match &self.custom {
            // the default of the status of a new object is not stored
            Some(custom) => {
                let status = custom.written.properties.get("status");
                self.rules.status_subresource && status.is_some_and(|status| status.default.is_some())
            }
            None => builtin::is_unsettled(self),
        }
    }

    /// Gives a new object what the server gives out, a Service its address and ports. Objects that a write of the status makes
    /// go without.
    ///
    /// # Errors
    /// 422 where what the object asks for cannot be had.
    pub fn allocate(&self, object: &mut Value, around: &dyn Surroundings) -> Result<(), StatusError> {
        match self.custom {
            Some(_) => Ok(()),
            None => builtin::allocate(self, object, around),
        }
    }

    /// Resets and completes a new object that has its name, its uid and its creation time: its status becomes that of a new
    /// object, a Job gets its selector, a Pod its priority.
    ///
    /// # Errors
    /// 403 and 422 where the server's own admission refuses the object.
    pub fn prepare_create(&self, object: &mut Value, around: &dyn Surroundings) -> Result<(), StatusError> {
        if self.custom.is_some() {
            if self.rules.status_subresource
                && let Some(fields) = object.as_object_mut()
                && fields.remove("status").is_some()
            {
                // a default comes back when the object is read from the store
                self.complete_custom(object);
            }
            return Ok(());
        }
        if self.is_definition() {
            custom::check::read_defaults(object);
        }
        builtin::prepare_create(self, object, around)
    }

    /// Resets and completes a change of an object whose status has been put back already.
    ///
    /// # Errors
    /// 403 and 422 where the server's own admission refuses the change.
    pub fn prepare_update(
        &self,
        new: &mut Value,
        old: &Value,
        around: &dyn Surroundings,
    ) -> Result<(), StatusError> {
        match self.custom {
            Some(_) => {
                if self.rules.status_subresource && new["status"].is_null() {
                    self.complete_custom(new);
                }
                Ok(())
            }
            None => {
                if self.is_definition() {
                    custom::check::read_defaults(new);
                }
                builtin::prepare_update(self, new, old, around)
            }
        }
    }

    /// Fills in the defaults of a custom resource and nothing else: what was applied keeps its nulls until it is checked.
    fn complete_custom(&self, object: &mut Value) {
        if let Some(custom) = &self.custom {
            custom::complete(custom, object);
        }
    }

    /// What the server's own admission says of a valid object or change.
    ///
    /// # Errors
    /// 403: it is refused.
    pub fn admit(
        &self,
        new: &Value,
        old: Option<&Value>,
        around: &dyn Surroundings,
    ) -> Result<(), StatusError> {
        match self.custom {
            Some(_) => Ok(()),
            None => builtin::admit(self, new, old, around),
        }
    }

    /// What is wrong, besides, with a custom resource of another kind or version, which is said in `errors`: its form is not looked
    /// at, its lists and rules are.
    pub fn validate_beside_type(&self, new: &Value, old: Option<&Value>, errors: Vec<FieldError>) -> Verdict {
        match &self.custom {
            Some(custom) => validate::beside_type(custom, new, old, errors),
            None => Verdict {
                errors,
                warnings: Vec::new(),
            },
        }
    }

    /// What is wrong with a new object. `metadata` is what is wrong with its metadata; it comes first in the verdict.
    pub fn validate_create(&self, object: &Value, metadata: Vec<FieldError>) -> Verdict {
        match &self.custom {
            Some(custom) => validate::create(self, custom, object, metadata),
            None if self.is_definition() => custom::check::create(object, metadata),
            None => builtin::validate_create(self, object, metadata),
        }
    }

    /// What is wrong with a change of an object. `metadata` is what is wrong with its metadata; it comes first in the verdict.
    pub fn validate_update(&self, new: &Value, old: &Value, metadata: Vec<FieldError>) -> Verdict {
        match &self.custom {
            Some(custom) => validate::update(self, custom, new, old, metadata),
            None if self.is_definition() => custom::check::update(new, old, metadata),
            None => builtin::validate_update(self, new, old, metadata),
        }
    }

    /// What is wrong with a change of an object's status.
    pub fn validate_status_update(&self, new: &Value, old: &Value, metadata: Vec<FieldError>) -> Verdict {
        match &self.custom {
            Some(custom) => validate::update_status(self, custom, new, old, metadata),
            None if self.is_definition() => custom::check::update_status(new, metadata),
            None => builtin::validate_status_update(self, new, old, metadata),
        }
    }

    /// What is wrong with a change of the containers that were added to a running Pod.
    pub fn validate_ephemeral_containers(
        &self,
        new: &Value,
        old: &Value,
        metadata: Vec<FieldError>,
    ) -> Verdict {
        builtin::validate_ephemeral_containers(new, old, metadata)
    }

    /// Whether objects of this kind define other kinds.
    fn is_definition(&self) -> bool {
        &*self.group == "apiextensions.k8s.io" && &*self.kind == "CustomResourceDefinition"
    }
}
