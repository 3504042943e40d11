//! A client without HTTP, without waiting and without a runtime, for what runs inside of the server.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::{HeaderValue, Method, header};
use serde_json::Value;

use super::{
    core::Core,
    memo::Memo,
    request::{Query, Request, User},
    service,
    status::StatusError,
    store::{Compacted, ResourceKey, Revision},
    types::TypeSnapshot,
    webhook::Question,
};

/// A synchronous client that goes through the whole server, under a user's name.
///
/// # Webhooks
/// A call that needs the answer of a webhook cannot wait for it: it changes nothing and ends with an error of which
/// [`StatusError::awaits_webhooks`] is true. After [`Loopback::ask_webhooks`] the same call goes on where it left off, with the
/// same uid and the same generated name. The simulated controllers work like that.
#[derive(Clone, Debug)]
pub struct Loopback {
    core: Arc<Core>,
    user: User,
    agent: HeaderValue,
    open: Arc<Mutex<Vec<Open>>>,
}

/// A call that waits for webhooks.
#[derive(Debug)]
struct Open {
    request: Request,
    memo: Memo,
    questions: Vec<Question>,
}

impl Open {
    fn is(&self, request: &Request) -> bool {
        let known = &self.request;
        (&known.method, &known.path, &known.query, &known.body)
            == (&request.method, &request.path, &request.query, &request.body)
    }
}

/// How many calls may wait for webhooks; the oldest is given up for one more.
const OPEN_CALLS: usize = 64;

/// One change of one object, as values.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The revision that the change made.
    pub revision: Revision,
    /// The group and the plural of the object.
    pub resource: ResourceKey,
    /// The namespace; empty for objects of the cluster.
    pub namespace: String,
    /// The name.
    pub name: String,
    /// The object before, without kind and version; `None` if it was made.
    pub before: Option<Value>,
    /// The object after, without kind and version; `None` if it was removed.
    pub after: Option<Value>,
}

impl Loopback {
    pub(crate) fn new(core: Arc<Core>, user: User) -> Self {
        let agent = user.name.rsplit(':').next().unwrap_or_default();
        let agent = HeaderValue::from_str(agent).unwrap_or(HeaderValue::from_static("loopback"));
        Self {
            core,
            user,
            agent,
            open: Arc::default(),
        }
    }

    /// Reads one object; the namespace is empty for objects of the cluster.
    ///
    /// # Errors
    /// What the server answers.
    pub fn get(
        &self,
        group: &str,
        version: &str,
        plural: &str,
        namespace: &str,
        name: &str,
    ) -> Result<Value, StatusError> {
        self.send(
            Method::GET,
            &path(group, version, plural, namespace, name, ""),
            "",
            None,
        )
    }

    /// Reads the objects of a namespace, or of all if it is empty; `selector` selects by labels.
    ///
    /// # Errors
    /// What the server answers.
    pub fn list(
        &self,
        group: &str,
        version: &str,
        plural: &str,
        namespace: &str,
        selector: &str,
    ) -> Result<Vec<Value>, StatusError> {
        let mut request = self.request(Method::GET, &path(group, version, plural, namespace, "", ""));
        if !selector.is_empty() {
            request.query.push("labelSelector", selector);
        }
        let mut list = self.answer(&request)?;
        match list.get_mut("items").map(Value::take) {
            Some(Value::Array(items)) => Ok(items),
            _ => Ok(Vec::new()),
        }
    }

    /// Creates an object.
    ///
    /// # Errors
    /// What the server answers.
    pub fn create(
        &self,
        group: &str,
        version: &str,
        plural: &str,
        namespace: &str,
        object: &Value,
    ) -> Result<Value, StatusError> {
        let path = path(group, version, plural, namespace, "", "");
        self.send(Method::POST, &path, "application/json", Some(object))
    }

    /// Replaces an object; its namespace and name are those in its metadata.
    ///
    /// # Errors
    /// What the server answers.
    pub fn replace(
        &self,
        group: &str,
        version: &str,
        plural: &str,
        object: &Value,
    ) -> Result<Value, StatusError> {
        self.put(group, version, plural, "", object)
    }

    /// Replaces the status of an object; its namespace and name are those in its metadata.
    ///
    /// # Errors
    /// What the server answers.
    pub fn replace_status(
        &self,
        group: &str,
        version: &str,
        plural: &str,
        object: &Value,
    ) -> Result<Value, StatusError> {
        self.put(group, version, plural, "status", object)
    }

    /// Replaces a subresource of an object, such as the `finalize` of a namespace.
    ///
    /// # Errors
    /// What the server answers.
    pub fn put(
        &self,
        group: &str,
        version: &str,
        plural: &str,
        subresource: &str,
        object: &Value,
    ) -> Result<Value, StatusError> {
        let text = |field: &str| object["metadata"][field].as_str().unwrap_or_default();
        let path = path(
            group,
            version,
            plural,
            text("namespace"),
            text("name"),
            subresource,
        );
        self.send(Method::PUT, &path, "application/json", Some(object))
    }

    /// Applies a JSON merge patch to an object or to one of its subresources.
    ///
    /// # Errors
    /// What the server answers.
    #[expect(clippy::too_many_arguments, reason = "the parts of a path")]
    pub fn merge_patch(
        &self,
        group: &str,
        version: &str,
        plural: &str,
        namespace: &str,
        name: &str,
        subresource: Option<&str>,
        patch: &Value,
    ) -> Result<Value, StatusError> {
        let path = path(
            group,
            version,
            plural,
            namespace,
            name,
            subresource.unwrap_or_default(),
        );
        self.send(Method::PATCH, &path, "application/merge-patch+json", Some(patch))
    }

    /// Deletes an object; `options` is a `DeleteOptions` object or null.
    ///
    /// # Errors
    /// What the server answers.
    pub fn delete(
        &self,
        group: &str,
        version: &str,
        plural: &str,
        namespace: &str,
        name: &str,
        options: &Value,
    ) -> Result<Value, StatusError> {
        let path = path(group, version, plural, namespace, name, "");
        let body = (!options.is_null()).then_some(options);
        self.send(Method::DELETE, &path, "application/json", body)
    }

    /// Sends any request: `target` is a path with an optional query.
    ///
    /// # Errors
    /// What the server answers.
    pub fn send(
        &self,
        method: Method,
        target: &str,
        content_type: &'static str,
        body: Option<&Value>,
    ) -> Result<Value, StatusError> {
        let mut request = self.request(method, target);
        if let Some(body) = body {
            request.body = body.to_string().into();
            request
                .headers
                .insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        }
        self.answer(&request)
    }

    /// Asks the webhooks that earlier calls are waiting for; says whether there were any.
    ///
    /// # Cancel safety
    /// The questions of a future that is dropped are asked again next time.
    pub async fn ask_webhooks(&self) -> bool {
        let mut asked = false;
        loop {
            let next = self.open().iter().find_map(|open| {
                (!open.questions.is_empty()).then(|| (open.request.clone(), open.questions.clone()))
            });
            let Some((request, questions)) = next else {
                return asked;
            };
            let answers = self.core.ask(questions).await;
            asked = true;
            if let Some(open) = self.open().iter_mut().find(|open| open.is(&request)) {
                open.questions.clear();
                open.memo.learn(answers);
            }
        }
    }

    /// What is known of a call that was made before.
    fn resume(&self, request: &Request) -> Memo {
        let mut open = self.open();
        let known = open.iter().position(|open| open.is(request));
        known.map_or_else(Memo::default, |known| open.remove(known).memo)
    }

    fn open(&self) -> MutexGuard<'_, Vec<Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Every change after a revision, of all resources, oldest first.
    ///
    /// # Errors
    /// [`Compacted`] if the history no longer reaches back that far: list anew.
    pub fn changes(&self, since: Revision) -> Result<Vec<Change>, Compacted> {
        let changes = self.core.state().store.changes(since)?;
        let value = |state: &Option<Arc<super::store::Stored>>| {
            state.as_ref().map(|object| Value::Object(object.value()))
        };
        Ok(changes
            .iter()
            .map(|change| Change {
                revision: change.revision,
                resource: change.resource.clone(),
                namespace: change.key.namespace().to_owned(),
                name: change.key.name().to_owned(),
                before: value(&change.before),
                after: value(&change.after),
            })
            .collect())
    }

    /// Every change after a revision as the store keeps it, not yet decoded.
    pub(crate) fn raw_changes(&self, since: Revision) -> Result<Vec<Arc<super::store::Change>>, Compacted> {
        self.core.state().store.changes(since)
    }

    /// The newest state of every object, as changes that made it: for readers that the history no longer reaches back to.
    pub(crate) fn everything(&self) -> Vec<Arc<super::store::Change>> {
        self.core.state().store.everything()
    }

    /// Waits until there is a revision newer than `since`, and returns the newest.
    ///
    /// # Cancel safety
    /// Nothing is lost when the future is dropped.
    pub async fn changed(&self, since: Revision) -> Revision {
        let mut head = self.core.state().store.head();
        let newest = head.wait_for(|head| *head > since).await.map(|head| *head);
        match newest {
            Ok(head) => head,
            // the store outlives this client, so the channel stays open
            Err(_) => std::future::pending().await,
        }
    }

    /// The newest revision.
    pub fn revision(&self) -> Revision {
        self.core.state().store.revision()
    }

    /// The kinds that the server knows now.
    pub fn types(&self) -> Arc<TypeSnapshot> {
        self.core.types.snapshot()
    }

    /// The server's time of day, as objects show it.
    pub fn now(&self) -> String {
        self.core.now()
    }

    fn request(&self, method: Method, target: &str) -> Request {
        let mut request = Request::new(method, target);
        request.user = Some(self.user.clone());
        request.trusted = true;
        request.headers.insert(header::USER_AGENT, self.agent.clone());
        if request.query == Query::default() && request.method != Method::GET {
            request.query.push("fieldValidation", "Ignore");
        }
        request
    }

    fn answer(&self, request: &Request) -> Result<Value, StatusError> {
        let mut memo = self.resume(request);
        let response = match service::answer_now(&self.core, request, &mut memo) {
            Ok(response) => response,
            Err(questions) => {
                let mut open = self.open();
                if open.len() == OPEN_CALLS {
                    open.remove(0);
                }
                open.push(Open {
                    request: request.clone(),
                    memo,
                    questions,
                });
                return Err(StatusError::webhook_pending());
            }
        };
        let body: Value = serde_json::from_slice(response.bytes()).unwrap_or_default();
        if response.code < 400 {
            return Ok(body);
        }
        Err(StatusError::read(response.code, &body))
    }
}

fn path(group: &str, version: &str, plural: &str, namespace: &str, name: &str, subresource: &str) -> String {
    let mut path = if group.is_empty() {
        format!("/api/{version}")
    } else {
        format!("/apis/{group}/{version}")
    };
    let parts = if namespace.is_empty() {
        ["", ""]
    } else {
        ["namespaces", namespace]
    };
    for part in parts.into_iter().chain([plural, name, subresource]) {
        if !part.is_empty() {
            path.push('/');
            path.push_str(part);
        }
    }
    path
}
