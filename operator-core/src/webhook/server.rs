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

use super::admission::{self, AdmissionRequest, Verdict};
use super::conversion;
use super::keeper::CertificateKeeper;
use crate::manager::{Runnable, Stage};
use crate::meta::Object;
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
}

impl Webhooks {
    /// Nothing answers yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks `handler` whether an object may be stored, for reviews that come on `path`.
    #[must_use]
    pub fn validate<K, F, Fut>(self, path: impl Into<String>, handler: F) -> Self
    where
        K: Object,
        F: Fn(AdmissionRequest<K>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Verdict> + Send + 'static,
    {
        let handler = Arc::new(handler);
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

    /// Lets `handler` change an object before it is stored, for reviews that come on `path`. A deletion has no object to
    /// change and is allowed.
    #[must_use]
    pub fn mutate<K, F>(self, path: impl Into<String>, handler: F) -> Self
    where
        K: Object,
        F: Fn(&AdmissionRequest<K>, &mut K) -> Verdict + Send + Sync + 'static,
    {
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

    /// Converts objects between versions, for reviews that come on `path`. `convert` is handed an object and the
    /// `apiVersion` it is wanted in.
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
