//! One connection, one request at a time.

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use operator_benches::Outcome;
use tokio::net::TcpStream;

/// The collection of the ConfigMaps.
pub(crate) const MAPS: &str = "/api/v1/namespaces/default/configmaps";

/// An open connection.
#[derive(Debug)]
pub(crate) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    address: String,
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    /// If nobody listens.
    pub(crate) async fn open(address: &str) -> Outcome<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(Self {
            sender,
            address: address.to_owned(),
        })
    }

    /// Sends a request; the answer has not been read yet.
    ///
    /// # Errors
    /// If the server refuses it.
    pub(crate) async fn send(&mut self, method: &str, path: &str, body: Bytes) -> Outcome<Incoming> {
        self.sender.ready().await?;
        let request = http::Request::builder()
            .method(method)
            .uri(path)
            .header("host", &self.address)
            .header("content-type", "application/json")
            .body(Full::new(body))?;
        let response = self.sender.send_request(request).await?;
        let status = response.status();
        if !status.is_success() {
            return Err(format!("{method} {path}: {status}").into());
        }
        Ok(response.into_body())
    }

    /// Sends a request and reads the answer.
    ///
    /// # Errors
    /// If the server refuses it.
    pub(crate) async fn call(&mut self, method: &str, path: &str, body: Bytes) -> Outcome<Bytes> {
        let answer = self.send(method, path, body).await?;
        Ok(answer.collect().await?.to_bytes())
    }

    /// Reads a path.
    ///
    /// # Errors
    /// If the server refuses it.
    pub(crate) async fn get(&mut self, path: &str) -> Outcome<Bytes> {
        self.call("GET", path, Bytes::new()).await
    }
}
