//! What is asked of the API server.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http::{Request, Response};
use kube::Client;
use kube::client::Body;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::{Family, MetricConstructor};
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use tower::service_fn;

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

    /// A client whose requests are counted with their answers.
    pub(super) fn counting(&self, client: &Client, host: &str) -> Client {
        self.counted.store(true, Ordering::Relaxed);
        let (inner, requests, clock) = (client.clone(), self.clone(), Clock::real());
        let host: Arc<str> = host.into();
        let counted = service_fn(move |request: Request<Body>| {
            let (inner, requests, clock) = (inner.clone(), requests.clone(), clock.clone());
            let host = Arc::clone(&host);
            async move {
                let method = request.method().as_str().to_owned();
                let is_watch = crate::informer::is_watch(&request);
                let began = clock.instant();
                let answer = inner.send(request).await;
                let took = (!is_watch).then(|| clock.instant().saturating_duration_since(began));
                requests.count(method, host, answer.as_ref(), took);
                answer
            }
        });
        Client::new(counted, client.default_namespace())
    }

    /// Counts one request; `took` is missing for a watch, which lasts as long as it likes.
    fn count(
        &self,
        method: String,
        host: Arc<str>,
        answer: Result<&Response<Body>, &kube::Error>,
        took: Option<Duration>,
    ) {
        let code = answer.map_or(NO_ANSWER.to_owned(), |answer| answer.status().as_str().to_owned());
        let labels = RequestLabels {
            code,
            method: method.clone(),
            host: Arc::clone(&host),
        };
        self.total.get_or_create(&labels).inc();
        if let Some(took) = took {
            let labels = VerbLabels { verb: method, host };
            self.seconds.get_or_create(&labels).observe(took.as_secs_f64());
        }
    }
}
