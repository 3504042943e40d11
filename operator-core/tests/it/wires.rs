//! A client whose connection can be cut: open watches end, and calls fail until it is mended. Watches can be slow.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt;
use http_body_util::{BodyExt, BodyStream, Full, StreamBody};
use kube::client::Body;
use operator_testing::apiserver::{ApiServer, Client, Identity, ResponseBody};
use serde_json::json;
use tokio_util::sync::CancellationToken;
use tower::{BoxError, Service, ServiceExt};

#[derive(Clone, Debug, Default)]
pub(crate) struct Wires {
    /// Cancelled while the wires are cut.
    cut: Arc<Mutex<CancellationToken>>,
    /// How late what a watch tells arrives.
    lag: Arc<Mutex<Duration>>,
    /// How the server refuses streaming lists, if it does.
    streaming: Arc<Mutex<Option<&'static str>>>,
}

impl Wires {
    pub(crate) fn client(&self, server: &ApiServer) -> kube::Client {
        self.client_of(server, &Identity::default().agent)
    }

    /// A client that calls itself `agent`.
    pub(crate) fn client_of(&self, server: &ApiServer, agent: &str) -> kube::Client {
        let wired = Wired {
            inner: server.service(Identity {
                agent: agent.into(),
                ..Identity::default()
            }),
            wires: self.clone(),
        };
        kube::Client::new(wired, "default")
    }

    pub(crate) fn cut(&self) {
        self.cut.lock().unwrap().cancel();
    }

    pub(crate) fn mend(&self) {
        *self.cut.lock().unwrap() = CancellationToken::new();
    }

    pub(crate) fn delay_watches(&self, lag: Duration) {
        *self.lag.lock().unwrap() = lag;
    }

    /// Lets the server be one that knows no streaming lists, and says so in these words.
    pub(crate) fn refuse_streaming(&self, message: &'static str) {
        *self.streaming.lock().unwrap() = Some(message);
    }

    fn token(&self) -> CancellationToken {
        self.cut.lock().unwrap().clone()
    }
}

#[derive(Clone)]
struct Wired {
    inner: Client,
    wires: Wires,
}

impl Service<http::Request<Body>> for Wired {
    type Response = http::Response<ResponseBody>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let this = self.clone();
        Box::pin(async move {
            let cut = this.wires.token();
            if cut.is_cancelled() {
                return Err("the wire is cut".into());
            }
            let query = request.uri().query().unwrap_or_default();
            let (watches, streams) = (query.contains("watch="), query.contains("sendInitialEvents="));
            let refusal = *this.wires.streaming.lock().unwrap();
            if let (Some(message), true) = (refusal, streams) {
                return Ok(invalid(message));
            }
            let lag = if watches {
                *this.wires.lag.lock().unwrap()
            } else {
                Duration::ZERO
            };
            let answer = this
                .inner
                .oneshot(request)
                .await
                .unwrap_or_else(|never| match never {});
            Ok(answer.map(|body| {
                let frames = BodyStream::new(body).then(move |frame| async move {
                    if !lag.is_zero() {
                        tokio::time::sleep(lag).await;
                    }
                    frame
                });
                StreamBody::new(frames.take_until(cut.cancelled_owned())).boxed_unsync()
            }))
        })
    }
}

/// The answer of a server to a request that it does not understand.
fn invalid(message: &str) -> http::Response<ResponseBody> {
    let status = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message,
        "reason": "Invalid", "code": 422});
    let body = Full::new(Bytes::from(status.to_string()));
    let answer = http::Response::builder()
        .status(422)
        .header("content-type", "application/json");
    answer.body(body.boxed_unsync()).unwrap()
}
