//! What is asked of the API server.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use http::{Request, Response};
use kube::Client;
use kube::client::Body;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::{Family, MetricConstructor};
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use tower::Service;

use crate::clock::Clock;

/// The code of a request that was not answered, as client-go has it.
const NO_ANSWER: &str = "<error>";

#[derive(Clone, Debug)]
pub(super) struct Requests {
    total: Family<RequestLabels, Counter>,
    seconds: Family<VerbLabels, Histogram, Buckets>,
    counted: Arc<AtomicBool>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    code: String,
    method: String,
    host: Arc<str>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct VerbLabels {
    verb: String,
    host: Arc<str>,
}

#[derive(Clone, Debug)]
struct Buckets;

impl MetricConstructor<Histogram> for Buckets {
    fn new_metric(&self) -> Histogram {
        Histogram::new([0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0])
    }
}

impl Requests {
    pub(super) fn new() -> Self {
        Self {
            total: Family::default(),
            seconds: Family::new_with_constructor(Buckets),
            counted: Arc::default(),
        }
    }

    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register(
            "rest_client_requests",
            "Number of HTTP requests, partitioned by status code, method, and host",
            self.total.clone(),
        );
        registry.register(
            "rest_client_request_duration_seconds",
            "Request latency in seconds, partitioned by verb and host; watches do not count",
            self.seconds.clone(),
        );
    }

    pub(super) fn are_counted(&self) -> bool {
        self.counted.load(Ordering::Relaxed)
    }

    pub(super) fn counting(&self, client: &Client, host: &str) -> Client {
        self.counted.store(true, Ordering::Relaxed);
        let counted = Counted {
            client: client.clone(),
            requests: self.clone(),
            host: host.into(),
            clock: Clock::real(),
        };
        Client::new(counted, client.default_namespace())
    }
}

/// Sends requests on and counts their answers.
#[derive(Clone)]
struct Counted {
    client: Client,
    requests: Requests,
    host: Arc<str>,
    clock: Clock,
}

impl Service<Request<Body>> for Counted {
    type Response = Response<Body>;
    type Error = kube::Error;
    type Future = Pin<Box<dyn Future<Output = kube::Result<Response<Body>>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<kube::Result<()>> {
        // The client below is asked when the request is sent.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let this = self.clone();
        Box::pin(async move {
            let method = request.method().as_str().to_owned();
            let is_watch = crate::informer::is_watch(&request);
            let began = this.clock.instant();
            let answer = this.client.send(request).await;
            let labels = RequestLabels {
                code: answer.as_ref().map_or_else(
                    |_| NO_ANSWER.to_owned(),
                    |answer| answer.status().as_str().to_owned(),
                ),
                method: method.clone(),
                host: Arc::clone(&this.host),
            };
            this.requests.total.get_or_create(&labels).inc();
            if !is_watch {
                let took = this.clock.instant().saturating_duration_since(began);
                let labels = VerbLabels {
                    verb: method,
                    host: this.host,
                };
                let seconds = this.requests.seconds.get_or_create(&labels);
                seconds.observe(took.as_secs_f64());
            }
            answer
        })
    }
}
