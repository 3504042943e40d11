//! One request on its way through the server, with everything that the verbs and admission need to answer it.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use super::{
    access::Access,
    meta::{self, Object},
    policies::Policies,
    request::{Request, Target, User},
    response::Response,
    state::State,
    status::{About, StatusError},
    store::{ObjectKey, ResourceKey, Revision, Stored},
    twin,
    types::{ResourceType, TypeTable},
};

/// Why a request has no answer yet, or ends with an error.
#[derive(Debug)]
pub(crate) enum Halt {
    /// The error is the answer.
    Status(StatusError),
    /// Something other than a Status is the answer.
    Response(Box<Response>),
    /// The store has not reached this revision; ask again when it has.
    Await(Revision),
}

impl From<StatusError> for Halt {
    fn from(error: StatusError) -> Self {
        Self::Status(error)
    }
}

/// One request on its way through the verbs.
pub(crate) struct Call<'a> {
    pub(crate) request: &'a Request,
    pub(crate) target: &'a Target,
    pub(crate) resource: Arc<ResourceType>,
    pub(crate) types: &'a TypeTable,
    pub(crate) access: &'a Access,
    pub(crate) policies: &'a Policies,
    /// Who is asking.
    pub(crate) user: &'a User,
    /// The time of the request.
    pub(crate) time: Timestamp,
    /// The same in whole seconds, as objects show it.
    pub(crate) now: String,
    /// The revision that reads are held back to, for a client that is made to see the past.
    pub(crate) view: Option<Revision>,
    /// What the client is to be told beside the answer.
    pub(crate) warnings: Vec<String>,
}

impl Call<'_> {
    pub(crate) fn storage(&self) -> ResourceKey {
        twin::storage(&self.resource)
    }

    /// Stores the next state of an object of this resource.
    pub(crate) fn write(&self, state: &mut State, key: &ObjectKey, object: &Object) -> Arc<Stored> {
        let other_version = self
            .resource
            .custom
            .as_ref()
            .is_some_and(|custom| custom.stored.is_some());
        if !twin::is_twin(&self.resource) && !other_version {
            return state.write(&self.storage(), key, object);
        }
        let mut stored = object.clone();
        twin::hide(&self.resource, &mut stored);
        let mut stored = Value::Object(stored);
        self.resource.write_stored(&mut stored);
        let stored = meta::into_object(stored);
        state.write(&self.storage(), key, &stored)
    }

    pub(crate) fn key(&self) -> ObjectKey {
        ObjectKey::new(&self.target.namespace, &self.target.name)
    }

    /// What an error about the object of this request is about.
    pub(crate) fn about(&self) -> About<'_> {
        self.about_name(&self.target.name)
    }

    pub(crate) fn about_name<'b>(&'b self, name: &'b str) -> About<'b> {
        About {
            group: &self.resource.group,
            kind: &self.resource.plural,
            name,
        }
    }

    /// The same for an error about what the object says.
    pub(crate) fn about_kind<'b>(&'b self, name: &'b str) -> About<'b> {
        About {
            group: if twin::is_twin(&self.resource) {
                ""
            } else {
                &self.resource.group
            },
            kind: &self.resource.kind,
            name,
        }
    }

    pub(crate) fn not_found(&self) -> StatusError {
        StatusError::not_found(self.about())
    }

    /// Gives a stored object the kind and version of this request.
    pub(crate) fn object(&self, stored: &Stored) -> Object {
        let mut object = stored.value();
        twin::show(&self.resource, &mut object);
        if !self.resource.reads_as_stored(stored.revision) {
            let mut value = Value::Object(object);
            self.resource.read_stored(&mut value);
            object = meta::into_object(value);
        }
        object.insert("kind".into(), (*self.resource.kind).into());
        object.insert("apiVersion".into(), self.resource.api_version().into());
        object
    }
}
