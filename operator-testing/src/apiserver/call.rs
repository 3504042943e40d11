//! One request on its way through the server, with everything that the verbs and admission need to answer it.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use super::{
    access::Access,
    conversion::{Converter, Trouble},
    meta::{self, Object},
    patch::apply::FieldSet,
    policies::Policies,
    request::{Request, Target, User},
    response::Response,
    state::State,
    status::{About, StatusError},
    store::{ObjectKey, ResourceKey, Revision, Stored},
    twin,
    types::{ResourceType, TypeTable},
    webhook::{Answer, Answers, Question},
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
    /// Webhooks have to be asked first; nothing is written yet. Begin anew with their answers.
    Ask(Vec<Question>),
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
    /// Whether the object came without labels: a new Job then shares those of its template.
    pub(crate) unlabelled: bool,
    /// Whether what was sent empty, and is not kept, counts as a change.
    pub(crate) emptied: bool,
    /// The fields that were sent with something empty inside, which counts as a change to those who own them.
    pub(crate) reflected: Option<FieldSet>,
    /// Of a custom resource that was applied: the metadata that reading takes away. Such an object is brought into the form of its
    /// schema by being stored.
    pub(crate) unread: Option<Object>,
    /// Whether its template came without labels, even empty ones.
    pub(crate) unlabelled_template: bool,
    /// What the audit log is to be told: names and values.
    pub(crate) annotations: Vec<(String, String)>,
    /// Whether the form in which the object is stored is not the one it settles in.
    pub(crate) unsettled: bool,
    /// What webhooks have answered so far.
    pub(crate) answers: &'a Answers,
}

impl Call<'_> {
    pub(crate) fn storage(&self) -> ResourceKey {
        twin::storage(&self.resource)
    }

    /// The answer of a webhook.
    pub(crate) fn ask(&self, question: &Question) -> Result<&Answer, Halt> {
        let answer = self.answers.to(question);
        answer.ok_or_else(|| Halt::Ask(vec![question.clone()]))
    }

    /// Tells the audit log something; what it was told first under a name stays.
    pub(crate) fn annotate(&mut self, name: String, value: String) {
        if self.annotations.iter().all(|(known, _)| *known != name) {
            self.annotations.push((name, value));
        }
    }

    /// The converter of this resource, if a webhook converts it.
    pub(crate) fn converter(&self) -> Option<Converter> {
        // looking up the types costs something, and few resources need it
        Converter::webhook_of(&self.resource)?;
        Converter::of(&self.resource, &self.types.snapshot())
    }

    /// An object of this resource in another of its versions.
    pub(crate) fn converted(&self, mut object: Value, version: &str) -> Result<Value, Halt> {
        let api_version = match &*self.resource.group {
            "" => version.to_owned(),
            group => format!("{group}/{version}"),
        };
        if object["apiVersion"] == api_version {
            return Ok(object);
        }
        match self.converter() {
            Some(converter) => converter.to(object, version, self.answers).map_err(halted),
            None => {
                object["apiVersion"] = api_version.into();
                Ok(object)
            }
        }
    }

    /// An object from the store as the version of this request shows it, where a webhook converts.
    pub(crate) fn shown(&self, stored: Arc<Stored>) -> Result<Arc<Stored>, Halt> {
        let Some(converter) = self.converter() else {
            return Ok(stored);
        };
        let mut shown = converter
            .show(vec![Arc::clone(&stored)], self.answers)
            .map_err(halted)?;
        Ok(shown.pop().unwrap_or(stored))
    }

    /// The same for a list.
    pub(crate) fn shown_list(&self, objects: Vec<Arc<Stored>>) -> Result<Vec<Arc<Stored>>, Halt> {
        let Some(converter) = self.converter() else {
            return Ok(objects);
        };
        converter
            .show(objects, self.answers)
            .map_err(|trouble| match trouble {
                Trouble::Ask(question) => Halt::Ask(vec![*question]),
                Trouble::Failed(why) => {
                    let kind = format!("{}, Kind={}", self.resource.api_version(), self.resource.kind);
                    StatusError::initialising(format!("failed to list {kind}: {why}")).into()
                }
            })
    }

    /// Stores the next state of an object of this resource, and returns it as the version of this request shows it.
    ///
    /// # Errors
    /// The webhook that converts the object has yet to be asked, or fails; nothing is written then.
    pub(crate) fn write(
        &self,
        state: &mut State,
        key: &ObjectKey,
        object: &Object,
    ) -> Result<Arc<Stored>, Halt> {
        let Some(converter) = self.converter() else {
            return Ok(self.write_plainly(state, key, object));
        };
        let (stored, shown) = converter.hide(object, self.answers).map_err(halted)?;
        let written = state.write_as(&self.storage(), key, &stored, self.unsettled);
        Ok(Arc::new(written.shown_as(&shown)))
    }

    fn write_plainly(&self, state: &mut State, key: &ObjectKey, object: &Object) -> Arc<Stored> {
        let other_version = self
            .resource
            .custom
            .as_ref()
            .is_some_and(|custom| custom.stored.is_some());
        if !twin::is_twin(&self.resource) && !other_version {
            let is_new = state.store.get(&self.storage(), key).is_none();
            let unsettled = self.unsettled || (is_new && self.resource.is_unsettled());
            return state.write_as(&self.storage(), key, object, unsettled);
        }
        let mut stored = object.clone();
        twin::hide(&self.resource, &mut stored);
        let mut stored = Value::Object(stored);
        self.resource.write_stored(&mut stored);
        let stored = meta::into_object(stored);
        state.write_as(&self.storage(), key, &stored, self.unsettled)
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
            group: twin::stored_group(&self.resource),
            kind: &self.resource.kind,
            name,
        }
    }

    pub(crate) fn not_found(&self) -> StatusError {
        StatusError::not_found(self.about())
    }

    /// Whether the request shows a stored object as it is stored, but for kind and version.
    pub(crate) fn reads_as_stored(&self, stored: &Stored) -> bool {
        !twin::is_twin(&self.resource) && self.shows_as_stored(stored)
    }

    fn shows_as_stored(&self, stored: &Stored) -> bool {
        stored.shown || self.resource.reads_as_stored(stored.revision)
    }

    /// Gives a stored object the kind and version of this request.
    pub(crate) fn object(&self, stored: &Stored) -> Object {
        let mut object = stored.value();
        twin::show(&self.resource, &mut object);
        if !self.shows_as_stored(stored) {
            let mut value = Value::Object(object);
            self.resource.read_stored(&mut value);
            object = meta::into_object(value);
        }
        object.insert("kind".into(), (*self.resource.kind).into());
        object.insert("apiVersion".into(), self.resource.api_version().into());
        object
    }
}

fn halted(trouble: Trouble) -> Halt {
    match trouble {
        Trouble::Ask(question) => Halt::Ask(vec![*question]),
        // the real server gives no reason either
        Trouble::Failed(why) => StatusError::new(500, "", why).into(),
    }
}
