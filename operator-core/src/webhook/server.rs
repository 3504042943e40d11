//! What answers on which path, and the HTTPS server around it.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rustls::ServerConfig;
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::admission::{self, AdmissionRequest, Operation, Verdict};
use super::conversion;
use super::hook::{Hook, Question, Subject};
use super::keeper::CertificateKeeper;
use crate::manager::{Runnable, Stage};
use crate::meta::Object;
use crate::meta::versions::Versions;
use crate::shutdown::Shutdown;
use crate::{BoxError, Error};

/// An object and the one before it, and as many reviews of conversion as the API server puts into one.
const BODY_LIMIT: usize = 16 * 1024 * 1024;
/// How long a client may take to greet.
const GREETING: Duration = Duration::from_secs(10);

type Handler = Box<dyn Fn(Value) -> BoxFuture<'static, Value> + Send + Sync>;

/// What answers on which path.
///
/// # Example
/// ```
/// # use k8s_openapi::api::core::v1::ConfigMap;
/// use operator_core::webhook::{AdmissionRequest, Verdict, Webhooks};
///
/// let webhooks = Webhooks::new()
///     .validate("/validate-configmap", |request: AdmissionRequest<ConfigMap>| async move {
///         match request.object {
///             Some(map) if map.data.is_none() => Verdict::deny("a ConfigMap without data helps nobody"),
///             _ => Verdict::allow(),
///         }
///     })
///     .mutate("/mutate-configmap", |_: &AdmissionRequest<ConfigMap>, map: &mut ConfigMap| {
///         map.immutable = Some(true);
///         Verdict::allow()
///     });
/// ```
#[derive(Default)]
pub struct Webhooks {
    handlers: BTreeMap<String, Handler>,
    hooks: Vec<Hook>,
}

impl Webhooks {
    /// Nothing answers yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks `handler` whether an object may be stored, for reviews that come on `path`: when one is created or updated, or
    /// as [`on`](Self::on) says.
    #[must_use]
    pub fn validate<K, F, Fut>(mut self, path: impl Into<String>, handler: F) -> Self
    where
        K: Object,
        F: Fn(AdmissionRequest<K>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Verdict> + Send + 'static,
    {
        let (path, handler) = (path.into(), Arc::new(handler));
        self.declare(&path, Question::Validate(Subject::of::<K>()));
        self.handle(path, move |review| {
            let handler = Arc::clone(&handler);
            async move {
                let verdict = match admission::question(&review) {
                    Ok(request) => handler(request).await,
                    Err(why) => Verdict::deny(why),
                };
                admission::answer(&review, &verdict, &[])
            }
            .boxed()
        })
    }

    /// Lets `handler` change an object before it is stored, for reviews that come on `path`: when one is created or
    /// updated, or as [`on`](Self::on) says. A deletion has no object to change and is allowed.
    #[must_use]
    pub fn mutate<K, F>(mut self, path: impl Into<String>, handler: F) -> Self
    where
        K: Object,
        F: Fn(&AdmissionRequest<K>, &mut K) -> Verdict + Send + Sync + 'static,
    {
        let path = path.into();
        self.declare(&path, Question::Mutate(Subject::of::<K>()));
        self.handle(path, move |review| {
            let answer = match admission::question::<K>(&review) {
                Err(why) => admission::answer(&review, &Verdict::deny(why), &[]),
                Ok(request) => match request.object.clone() {
                    None => admission::answer(&review, &Verdict::allow(), &[]),
                    Some(before) => {
                        let mut after = before.clone();
                        let verdict = handler(&request, &mut after);
                        admission::answer(&review, &verdict, &admission::changes(&before, &after))
                    }
                },
            };
            std::future::ready(answer).boxed()
        })
    }

    /// Asks the handler that was added last on these operations only.
    ///
    /// # Panics
    /// When no handler was added yet, or the last one converts: there is nothing to choose from.
    #[must_use]
    pub fn on(mut self, operations: impl IntoIterator<Item = Operation>) -> Self {
        let last = self.hooks.last_mut().map(|hook| &mut hook.question);
        let Some(Question::Validate(subject) | Question::Mutate(subject)) = last else {
            panic!("`on` follows `validate` or `mutate`");
        };
        subject.operations = operations.into_iter().collect();
        self
    }

    /// Converts objects of one kind between its versions, on the path `/convert/DEFINITION`.
    ///
    /// # Example
    /// ```
    /// use operator_core::{CustomResource, versions, webhook::Webhooks};
    /// use schemars::JsonSchema;
    /// use serde::{Deserialize, Serialize};
    ///
    /// #[versions(v1beta1, v1)]
    /// #[derive(CustomResource, Clone, Debug, Deserialize, Serialize, JsonSchema)]
    /// #[kube(group = "example.com", kind = "Cache", namespaced)]
    /// pub struct CacheSpec {
    ///     #[version(renamed(v1, from = "size"))]
    ///     pub memory: String,
    /// }
    ///
    /// # fn main() {
    /// let webhooks = Webhooks::new().versions(CacheVersions::VERSIONS);
    /// assert_eq!(webhooks.hooks()[0].path, "/convert/caches.example.com");
    /// # }
    /// ```
    #[must_use]
    pub fn versions(mut self, versions: Versions) -> Self {
        let definition = versions.crd().metadata.name.unwrap_or_default();
        let path = format!("/convert/{definition}");
        self.declare(&path, Question::Convert { definition });
        self.handle(path, move |review| {
            std::future::ready(conversion::by_versions(&versions, &review)).boxed()
        })
    }

    /// Converts objects between versions, for reviews that come on `path`. `convert` is handed an object and the
    /// `apiVersion` it is wanted in. The definition that names the path is yours to write; for versions that the derive
    /// made, [`versions`](Self::versions) is less work.
    #[must_use]
    pub fn convert(
        self,
        path: impl Into<String>,
        convert: impl Fn(Value, &str) -> Result<Value, String> + Send + Sync + 'static,
    ) -> Self {
        self.handle(path, move |review| {
            std::future::ready(conversion::answer(&review, &convert)).boxed()
        })
    }

    /// What the API server is to ask, in the order it was added.
    pub fn hooks(&self) -> &[Hook] {
        &self.hooks
    }

    /// Whether nothing is answered.
    pub fn is_empty(&self) -> bool {
        self.handlers.is_empty()
    }

    /// Adds everything that `more` answers.
    #[must_use]
    pub fn and(mut self, more: Self) -> Self {
        self.handlers.extend(more.handlers);
        self.hooks.extend(more.hooks);
        self
    }

    fn declare(&mut self, path: &str, question: Question) {
        self.hooks.push(Hook {
            path: path.to_owned(),
            question,
        });
    }

    fn handle(
        mut self,
        path: impl Into<String>,
        handler: impl Fn(Value) -> BoxFuture<'static, Value> + Send + Sync + 'static,
    ) -> Self {
        self.handlers.insert(path.into(), Box::new(handler));
        self
    }

    /// Answers one request.
    pub async fn answer(&self, method: &Method, path: &str, body: &[u8]) -> Response<Full<Bytes>> {
        let Some(handler) = self.handlers.get(path) else {
            return text(StatusCode::NOT_FOUND, "no webhook answers here\n");
        };
        if method != Method::POST {
            return text(StatusCode::METHOD_NOT_ALLOWED, "webhooks are asked by POST\n");
        }
        let Ok(review) = serde_json::from_slice::<Value>(body) else {
            return text(StatusCode::BAD_REQUEST, "the review is not JSON\n");
        };
        // The handler may panic when it is called, and when it is polled.
        let answer = AssertUnwindSafe(async { handler(review).await })
            .catch_unwind()
            .await;
        let Ok(answer) = answer else {
            tracing::error!(path, "a webhook panicked");
            return text(StatusCode::INTERNAL_SERVER_ERROR, "the webhook panicked\n");
        };
        response(StatusCode::OK, "application/json", answer.to_string())
    }
}

impl fmt::Debug for Webhooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.handlers.keys()).finish()
    }
}

/// A listening HTTPS server for webhooks; a part of the operator that runs on every replica.
pub struct WebhookServer {
    listener: TcpListener,
    tls: TlsAcceptor,
    keeper: CertificateKeeper,
    webhooks: Arc<Webhooks>,
}

impl WebhookServer {
    /// Listens on `address`, with the certificates of `keeper`.
    ///
    /// # Errors
    /// [`Error::Io`], naming the address, if it cannot be had; [`Error::Part`], if TLS cannot be set up.
    pub async fn bind(
        address: SocketAddr,
        webhooks: Webhooks,
        keeper: CertificateKeeper,
    ) -> Result<Self, Error> {
        let listener = TcpListener::bind(address).await.map_err(|source| Error::Io {
            what: format!("cannot listen on {address}"),
            source,
        })?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| Error::Part {
                name: "webhooks".to_owned(),
                source: error.into(),
            })?
            .with_no_client_auth()
            .with_cert_resolver(keeper.resolver());
        Ok(Self {
            listener,
            tls: TlsAcceptor::from(Arc::new(config)),
            keeper,
            webhooks: Arc::new(webhooks),
        })
    }

    /// The address that it listens on: with port 0 the one that was given.
    ///
    /// # Errors
    /// [`Error::Io`], if the system does not tell.
    pub fn address(&self) -> Result<SocketAddr, Error> {
        self.listener.local_addr().map_err(|source| Error::Io {
            what: "cannot read the address of a socket".to_owned(),
            source,
        })
    }

    /// Takes or makes the certificate now, so that the first question can be answered as soon as it is served.
    ///
    /// # Errors
    /// As [`CertificateKeeper::look`].
    pub async fn prepare(&self) -> Result<(), Error> {
        self.keeper.look().await.map(|_| ())
    }

    /// Serves, and keeps its certificates, until `shutdown` drains.
    pub async fn serve(self, shutdown: Shutdown) {
        let Self {
            listener,
            tls,
            keeper,
            webhooks,
        } = self;
        tokio::select! {
            biased;
            () = keeper.keep(&shutdown) => {}
            () = accept(&listener, &tls, &webhooks) => {}
        }
    }
}

#[async_trait]
impl Runnable for WebhookServer {
    fn name(&self) -> String {
        "webhooks".to_owned()
    }

    fn stage(&self) -> Stage {
        Stage::Serving
    }

    async fn run(self: Box<Self>, shutdown: Shutdown) -> Result<(), BoxError> {
        self.serve(shutdown).await;
        Ok(())
    }
}

impl fmt::Debug for WebhookServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookServer")
            .field("webhooks", &self.webhooks)
            .finish_non_exhaustive()
    }
}

async fn accept(listener: &TcpListener, tls: &TlsAcceptor, webhooks: &Arc<Webhooks>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            biased;
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection(stream, tls.clone(), Arc::clone(webhooks)));
                }
                Err(error) => {
                    tracing::debug!(%error, "a connection was not accepted");
                    tokio::task::yield_now().await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connection(stream: TcpStream, tls: TlsAcceptor, webhooks: Arc<Webhooks>) {
    let greeted = crate::clock::Clock::real()
        .timeout(GREETING, tls.accept(stream))
        .await;
    let stream = match greeted {
        Some(Ok(stream)) => stream,
        Some(Err(error)) => return tracing::debug!(%error, "a client did not greet"),
        None => return tracing::debug!("a client did not greet in time"),
    };
    let service = service_fn(move |request: Request<hyper::body::Incoming>| {
        let webhooks = Arc::clone(&webhooks);
        async move { Ok::<_, Infallible>(receive(&webhooks, request).await) }
    });
    let connection =
        hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    if let Err(error) = connection.await {
        tracing::debug!(%error, "a connection ended early");
    }
}

async fn receive(webhooks: &Webhooks, request: Request<hyper::body::Incoming>) -> Response<Full<Bytes>> {
    let (parts, body) = request.into_parts();
    match Limited::new(body, BODY_LIMIT).collect().await {
        Ok(body) => {
            webhooks
                .answer(&parts.method, parts.uri.path(), &body.to_bytes())
                .await
        }
        Err(_) => text(StatusCode::PAYLOAD_TOO_LARGE, "the review cannot be read\n"),
    }
}

fn text(status: StatusCode, body: &'static str) -> Response<Full<Bytes>> {
    response(status, "text/plain; charset=utf-8", body.to_owned())
}

fn response(status: StatusCode, content_type: &'static str, body: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        header::HeaderValue::from_static(content_type),
    );
    response
}
