//! Clients without a socket: a tower service that `kube::Client` sits on.

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use futures::StreamExt as _;
use http::{HeaderValue, header};
use http_body::Frame;
use http_body_util::{BodyExt as _, Full, StreamBody, combinators::UnsyncBoxBody};

use super::{
    core::Core,
    request::{Query, Request, User},
    response::{Body, Response},
    service,
    watch::Watcher,
};

/// Who a client is to the server.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The user; `None` leaves it to the credentials in the requests.
    pub user: Option<User>,
    /// The user agent of requests that have none, which becomes the field manager of their writes.
    pub agent: String,
    /// The namespace that the client takes as its own.
    pub default_namespace: String,
}

impl Default for Identity {
    fn default() -> Self {
        Self {
            user: Some(User::admin()),
            agent: "operator-testing".to_owned(),
            default_namespace: "default".to_owned(),
        }
    }
}

/// The body of an answer as HTTP.
pub type ResponseBody = UnsyncBoxBody<Bytes, Infallible>;

/// A tower service that answers HTTP requests in process.
#[derive(Clone, Debug)]
pub struct Client {
    core: Arc<Core>,
    identity: Arc<Identity>,
}

impl Client {
    pub(crate) fn new(core: Arc<Core>, identity: Identity) -> Self {
        Self {
            core,
            identity: Arc::new(identity),
        }
    }
}

impl<B> tower::Service<http::Request<B>> for Client
where
    B: http_body::Body + Send + 'static,
    B::Data: Send,
    B::Error: std::fmt::Display,
{
    type Response = http::Response<ResponseBody>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        let (core, identity) = (Arc::clone(&self.core), Arc::clone(&self.identity));
        Box::pin(async move { Ok(call(core, &identity, request).await) })
    }
}

/// One byte more than the largest body that is accepted, so that the limit is noticed and nothing more is read.
const READ_LIMIT: usize = 3 * 1024 * 1024 + 1;

/// Answers an HTTP request.
pub(crate) async fn call<B>(
    core: Arc<Core>,
    identity: &Identity,
    request: http::Request<B>,
) -> http::Response<ResponseBody>
where
    B: http_body::Body + Send + 'static,
    B::Data: Send,
    B::Error: std::fmt::Display,
{
    let (parts, body) = request.into_parts();
    let mut request = Request {
        method: parts.method,
        path: parts.uri.path().to_owned(),
        query: Query::parse(parts.uri.query().unwrap_or_default()),
        headers: parts.headers,
        body: read(body).await,
        user: identity.user.clone(),
        trusted: false,
    };
    if !request.headers.contains_key(header::USER_AGENT)
        && let Ok(agent) = HeaderValue::from_str(&identity.agent)
        && !identity.agent.is_empty()
    {
        request.headers.insert(header::USER_AGENT, agent);
    }
    let response = service::answer(&core, &request).await;
    encode(core, response)
}

async fn read<B>(body: B) -> Bytes
where
    B: http_body::Body,
{
    if body.is_end_stream() {
        return Bytes::new();
    }
    let mut bytes = Vec::new();
    let mut body = std::pin::pin!(body);
    while let Some(Ok(frame)) = body.frame().await {
        let Ok(mut data) = frame.into_data() else { continue };
        while bytes::Buf::has_remaining(&data) {
            let chunk = bytes::Buf::chunk(&data);
            let wanted = chunk.len().min(READ_LIMIT - bytes.len());
            bytes.extend_from_slice(&chunk[..wanted]);
            let length = chunk.len();
            bytes::Buf::advance(&mut data, length);
        }
        if bytes.len() == READ_LIMIT {
            break;
        }
    }
    bytes.into()
}

/// An answer as HTTP.
fn encode(core: Arc<Core>, response: Response) -> http::Response<ResponseBody> {
    let mut builder = http::Response::builder()
        .status(response.code)
        .header(header::CONTENT_TYPE, &response.content_type)
        .header(header::CACHE_CONTROL, "no-cache, private");
    for (name, value) in &response.headers {
        builder = builder.header(name, value);
    }
    for warning in &response.warnings {
        let quoted = warning.replace('\\', "\\\\").replace('"', "\\\"");
        builder = builder.header(header::WARNING, format!("299 - \"{quoted}\""));
    }
    let body = match response.body {
        Body::Full(bytes) => Full::new(bytes).boxed_unsync(),
        Body::Watch(plan) => {
            let chunks = Watcher::new(core, *plan).into_stream();
            StreamBody::new(chunks.map(|chunk| Ok::<_, Infallible>(Frame::data(chunk)))).boxed_unsync()
        }
    };
    builder.body(body).unwrap_or_else(|_| {
        // only a warning or header with control characters cannot be sent
        let mut response = http::Response::new(Full::new(Bytes::new()).boxed_unsync());
        *response.status_mut() = http::StatusCode::INTERNAL_SERVER_ERROR;
        response
    })
}
