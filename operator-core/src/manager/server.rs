//! The HTTP endpoints of an operator: `/healthz`, `/readyz`, `/metrics`.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use prometheus_client::registry::Registry;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::health::{Health, Report};
use crate::Error;
use crate::shutdown::Shutdown;

/// How Prometheus knows the format.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";

/// What the endpoints tell.
#[derive(Clone, Debug)]
pub struct Endpoints {
    health: Health,
    registry: Arc<Registry>,
}

impl Endpoints {
    /// Endpoints that tell the state of `health` and the metrics of `registry`.
    pub fn new(health: Health, registry: Arc<Registry>) -> Self {
        Self { health, registry }
    }

    /// Answers one request.
    pub fn answer(&self, method: &Method, path: &str) -> Response<Full<Bytes>> {
        if method != Method::GET && method != Method::HEAD {
            return text(
                StatusCode::METHOD_NOT_ALLOWED,
                "only GET is answered here\n".to_owned(),
            );
        }
        match path {
            "/healthz" | "/livez" => report(self.health.liveness()),
            "/readyz" => report(self.health.readiness()),
            "/metrics" => self.metrics(),
            _ => text(
                StatusCode::NOT_FOUND,
                "try /healthz, /readyz or /metrics\n".to_owned(),
            ),
        }
    }

    fn metrics(&self) -> Response<Full<Bytes>> {
        let mut body = String::new();
        match prometheus_client::encoding::text::encode(&mut body, &self.registry) {
            Ok(()) => response(StatusCode::OK, OPEN_METRICS, body),
            Err(error) => text(StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")),
        }
    }
}

/// A listening server that does not serve yet: a port that is taken is found out before anything else starts.
#[derive(Debug)]
pub struct EndpointServer {
    listener: TcpListener,
    endpoints: Endpoints,
}

impl EndpointServer {
    /// Listens on `address`.
    ///
    /// # Errors
    /// [`Error::Io`], naming the address, if it cannot be had.
    pub async fn bind(address: SocketAddr, endpoints: Endpoints) -> Result<Self, Error> {
        let listener = TcpListener::bind(address).await.map_err(|source| Error::Io {
            what: format!("cannot listen on {address}"),
            source,
        })?;
        Ok(Self { listener, endpoints })
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

    /// Serves until `shutdown` drains, or until the future is dropped.
    pub async fn serve(self, shutdown: Shutdown) {
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                biased;
                () = shutdown.draining() => return,
                accepted = self.listener.accept() => match accepted {
                    Ok((stream, _)) => {
                        connections.spawn(serve_connection(stream, self.endpoints.clone()));
                    }
                    // Out of files, or a client that was gone before it was greeted.
                    Err(error) => {
                        tracing::debug!(%error, "a connection was not accepted");
                        tokio::task::yield_now().await;
                    }
                },
                Some(_) = connections.join_next() => {}
            }
        }
    }
}

async fn serve_connection(stream: TcpStream, endpoints: Endpoints) {
    let service = service_fn(move |request: Request<hyper::body::Incoming>| {
        let answer = endpoints.answer(request.method(), request.uri().path());
        async move { Ok::<_, Infallible>(answer) }
    });
    let connection =
        hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    if let Err(error) = connection.await {
        tracing::debug!(%error, "a connection ended early");
    }
}

fn report(report: Report) -> Response<Full<Bytes>> {
    text(
        if report.ok {
            StatusCode::OK
        } else {
            StatusCode::SERVICE_UNAVAILABLE
        },
        report.body,
    )
}

fn text(status: StatusCode, body: String) -> Response<Full<Bytes>> {
    response(status, TEXT, body)
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

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt;
    use prometheus_client::metrics::counter::Counter;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    fn endpoints(health: &Health) -> Endpoints {
        let mut registry = Registry::default();
        let counter: Counter = Counter::default();
        counter.inc();
        registry.register("controller_runtime_reconcile", "Reconciles", counter);
        Endpoints::new(health.clone(), Arc::new(registry))
    }

    async fn get(endpoints: &Endpoints, path: &str) -> (u16, String) {
        let answer = endpoints.answer(&Method::GET, path);
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn readiness_follows_its_reasons() {
        let health = Health::new();
        let endpoints = endpoints(&health);
        let gate = health.gate("leader");
        assert_eq!(get(&endpoints, "/healthz").await, (200, "ok\n".into()));
        assert_eq!(get(&endpoints, "/readyz").await.0, 503);
        gate.ready();
        assert_eq!(
            get(&endpoints, "/readyz").await,
            (200, "[+]leader ok\nreadyz check passed\n".into())
        );
        assert_eq!(get(&endpoints, "/").await.0, 404);
        assert_eq!(endpoints.answer(&Method::POST, "/healthz").status(), 405);
    }

    #[tokio::test]
    async fn metrics_are_text() {
        let (status, body) = get(&endpoints(&Health::new()), "/metrics").await;
        assert_eq!(status, 200);
        assert!(body.contains("controller_runtime_reconcile_total 1\n"), "{body}");
    }

    #[tokio::test]
    async fn a_taken_port_is_one_clear_line() {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let server = EndpointServer::bind(any, endpoints(&Health::new()))
            .await
            .unwrap();
        let address = server.address().unwrap();
        let error = EndpointServer::bind(address, endpoints(&Health::new()))
            .await
            .unwrap_err();
        assert_eq!(error.to_string(), format!("cannot listen on {address}"));
    }

    #[tokio::test]
    async fn it_serves_over_a_socket_until_the_drain() {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let server = EndpointServer::bind(any, endpoints(&Health::new()))
            .await
            .unwrap();
        let address = server.address().unwrap();
        let shutdown = Shutdown::new();
        let serving = tokio::spawn(server.serve(shutdown.clone()));
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream
            .write_all(b"GET /healthz HTTP/1.1\r\nHost: operator\r\nConnection: close\r\n\r\n")
            .await
            .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        assert!(answer.ends_with("\r\n\r\nok\n"), "{answer}");
        shutdown.drain();
        serving.await.unwrap();
    }
}
