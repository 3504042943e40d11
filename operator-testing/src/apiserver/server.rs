//! The server as its users hold it.

use std::{io, net::SocketAddr, sync::Arc};

use bytes::Bytes;
use jiff::Timestamp;

use super::{
    access::{Access, TokenFileError},
    audit::{AuditEntry, AuditLog},
    bootstrap,
    client::{Client, Identity},
    core::Core,
    dice::Dice,
    listener::Listener,
    loopback::Loopback,
    request::User,
    state::State,
    store::{ResourceKey, Retention, Revision, Store},
    webhook::WebhookAddress,
};
use crate::clock::Clock;

/// An embedded Kubernetes API server.
///
/// Clones are handles of the same server, which lives as long as any of them, a client or a listener does.
///
/// # Guarantees
/// - The same seed, epoch and requests make the same answers, byte for byte.
/// - Without a listener it uses no socket and no thread of its own.
///
/// # Example
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), kube::Error> {
/// use k8s_openapi::api::core::v1::ConfigMap;
/// use kube::{Api, api::PostParams};
/// use operator_testing::apiserver::ApiServer;
///
/// let server = ApiServer::new();
/// let maps: Api<ConfigMap> = Api::namespaced(server.client(), "default");
/// let mut map = ConfigMap::default();
/// map.metadata.name = Some("settings".into());
/// let created = maps.create(&PostParams::default(), &map).await?;
/// assert!(created.metadata.uid.is_some());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct ApiServer {
    core: Arc<Core>,
}

impl ApiServer {
    /// A server with the contents of a fresh cluster.
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// A server with settings of its own.
    pub fn builder() -> ApiServerBuilder {
        ApiServerBuilder::default()
    }

    /// A client that reaches the server without a socket, as the administrator.
    ///
    /// # Panics
    /// Outside of a tokio runtime, which the client needs.
    pub fn client(&self) -> kube::Client {
        self.client_as(Identity::default())
    }

    /// A client with an identity of its own.
    ///
    /// # Panics
    /// Outside of a tokio runtime, which the client needs.
    pub fn client_as(&self, identity: Identity) -> kube::Client {
        let namespace = identity.default_namespace.clone();
        kube::Client::new(Client::new(Arc::clone(&self.core), identity), namespace)
    }

    /// The tower service behind [`ApiServer::client_as`], for clients that put layers on top of it.
    pub fn service(&self, identity: Identity) -> Client {
        Client::new(Arc::clone(&self.core), identity)
    }

    /// A synchronous client for what runs inside of the server, such as simulated controllers.
    pub fn loopback(&self, user: &str) -> Loopback {
        let mut user = User::named(user);
        // What belongs to the server may do everything.
        user.groups.push(User::MASTERS.to_owned());
        Loopback::new(Arc::clone(&self.core), user)
    }

    /// Serves HTTP (1.1 and 2, without TLS) on `address` until the returned guard is dropped.
    ///
    /// # Errors
    /// If the address cannot be bound.
    pub async fn listen(&self, address: SocketAddr) -> io::Result<Listener> {
        Listener::bind(Arc::clone(&self.core), address).await
    }

    /// Lets `handler` answer the webhooks of an address in process: admission reviews and conversion reviews, as HTTP requests.
    ///
    /// # Example
    /// ```
    /// # use operator_testing::apiserver::{ApiServer, WebhookAddress};
    /// let server = ApiServer::new();
    /// server.answer_webhooks(WebhookAddress::service("operators", "hooks"), |request| async move {
    ///     let review: serde_json::Value = serde_json::from_slice(request.body()).unwrap();
    ///     let answer = serde_json::json!({
    ///         "apiVersion": "admission.k8s.io/v1",
    ///         "kind": "AdmissionReview",
    ///         "response": {"uid": review["request"]["uid"], "allowed": true},
    ///     });
    ///     http::Response::new(answer.to_string())
    /// });
    /// ```
    pub fn answer_webhooks<F, Fut, B>(&self, at: WebhookAddress, handler: F)
    where
        F: Fn(http::Request<Bytes>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = http::Response<B>> + Send + 'static,
        B: http_body::Body + Send + 'static,
        B::Data: Send,
    {
        self.core.webhooks.answer(at, handler);
    }

    /// Leads the calls to the webhooks of an address to a socket, where TLS must be spoken.
    pub fn lead_webhooks(&self, at: WebhookAddress, to: SocketAddr) {
        self.core.webhooks.lead(at, to);
    }

    /// The requests answered so far, oldest first, as far as the log reaches back.
    pub fn audit_log(&self) -> Vec<AuditEntry> {
        self.core.audit.entries()
    }

    /// Empties the audit log.
    pub fn clear_audit_log(&self) {
        self.core.audit.clear();
    }

    /// The newest revision.
    pub fn revision(&self) -> Revision {
        self.core.state().store.revision()
    }

    /// How many watches of a resource are open; the group is empty for the core group.
    pub fn watchers(&self, group: &str, plural: &str) -> usize {
        let resource = ResourceKey::new(group, plural);
        self.core.state().store.watchers(&resource)
    }

    /// Forgets the history up to and including a revision: reads and watches of older ones are answered with 410.
    pub fn compact(&self, revision: Revision) {
        self.core.state().store.compact(revision);
    }

    /// The server's clock.
    pub fn clock(&self) -> &Clock {
        &self.core.clock
    }
}

impl Default for ApiServer {
    fn default() -> Self {
        Self::new()
    }
}

/// Settings of an [`ApiServer`].
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until it is built"]
pub struct ApiServerBuilder {
    seed: u64,
    clock: Option<Clock>,
    retention: Retention,
    audit_limit: usize,
    access: Access,
}

/// The time at which servers begin that are told nothing else.
const EPOCH: Timestamp = Timestamp::constant(1_767_225_600, 0);

impl Default for ApiServerBuilder {
    fn default() -> Self {
        let mut access = Access::default();
        access.add_token("admin-token", User::admin());
        access.add_token("alice-token", User::new("alice", &[]));
        Self {
            seed: 0,
            clock: None,
            retention: Retention::default(),
            audit_limit: 65_536,
            access,
        }
    }
}

impl ApiServerBuilder {
    /// What uids and generated names follow from; 0 by default.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The time of day at which the server begins; the first of January 2026 by default. Time goes on by tokio's clock.
    pub fn epoch(mut self, epoch: Timestamp) -> Self {
        self.clock = Some(Clock::starting_at(epoch));
        self
    }

    /// Shows the real time of day.
    pub fn real_time(mut self) -> Self {
        self.clock = Some(Clock::real());
        self
    }

    /// How much history is kept for watches and consistent reads.
    pub fn retention(mut self, retention: Retention) -> Self {
        self.retention = retention;
        self
    }

    /// How many requests the audit log keeps.
    pub fn audit_limit(mut self, limit: usize) -> Self {
        self.audit_limit = limit;
        self
    }

    /// Lets a bearer token stand for a user.
    pub fn token(mut self, token: &str, user: User) -> Self {
        self.access.add_token(token, user);
        self
    }

    /// Takes the bearer tokens of a file (lines of `token,user,uid,"group1,group2"`) in place of all others, and knows clients
    /// without credentials as `system:anonymous`.
    ///
    /// # Errors
    /// If a line of the file cannot be read.
    pub fn token_file(mut self, file: &str) -> Result<Self, TokenFileError> {
        self.access.use_token_file(file)?;
        Ok(self)
    }

    /// Who a client without credentials is; the administrator by default.
    pub fn anonymous(mut self, user: User) -> Self {
        self.access.set_anonymous(user);
        self
    }

    /// Starts the server.
    pub fn build(self) -> ApiServer {
        let state = State {
            store: Store::new(self.retention),
            dice: Dice::seeded(self.seed),
            types: Arc::default(),
        };
        let clock = self.clock.unwrap_or_else(|| Clock::starting_at(EPOCH));
        let core = Core::new(state, clock, self.access, AuditLog::new(self.audit_limit));
        let core = Arc::new(core);
        bootstrap::fill(&core);
        core.audit.clear();
        ApiServer { core }
    }
}
