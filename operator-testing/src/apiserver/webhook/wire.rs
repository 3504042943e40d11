//! A call over HTTPS.

use std::{io, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Request, header};
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::{endpoint::Location, reply, reply::Reply, tls};
use crate::clock;

/// What is called, and how.
#[derive(Debug)]
pub(super) struct Outgoing {
    pub(super) location: Location,
    /// The host and the port that are dialled, which may be others than the URL's.
    pub(super) dial: (String, u16),
    pub(super) bundle: String,
    pub(super) request: Request<Bytes>,
    pub(super) limit: Duration,
}

/// Makes a call, from a thread of its own: the time-out is that of the real world, and a paused clock stands still meanwhile.
///
/// # Errors
/// Why there is no answer, in Go's words.
///
/// # Cancel safety
/// A call whose future is dropped goes on in the background until it is answered or its time is over.
pub(super) async fn call(outgoing: Outgoing) -> Result<Reply, String> {
    let called = tokio::task::spawn_blocking(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| error.to_string())?;
        runtime.block_on(async {
            let limit = outgoing.limit;
            clock::timeout(limit, exchange(outgoing))
                .await
                .unwrap_or_else(|| Err("context deadline exceeded".to_owned()))
        })
    });
    called.await.unwrap_or_else(|error| Err(error.to_string()))
}

async fn exchange(outgoing: Outgoing) -> Result<Reply, String> {
    let Outgoing {
        location,
        dial,
        bundle,
        request,
        ..
    } = outgoing;
    let (host, port) = dial;
    let stream = TcpStream::connect((host.as_str(), port))
        .await
        .map_err(|error| refused(&host, port, &error))?;
    // a question is written at once, so there is nothing to wait for
    let _ = stream.set_nodelay(true);
    let config = tls::config(&bundle)?;
    let name = ServerName::try_from(location.host).map_err(|error| error.to_string())?;
    let stream = TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await
        .map_err(|error| handshake(&error))?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| broken(&error))?;
    let exchange = async {
        let response = sender
            .send_request(request.map(Full::new))
            .await
            .map_err(|error| broken(&error))?;
        let (parts, body) = response.into_parts();
        let body = body.collect().await.map_err(|error| {
            format!("unexpected error when reading response body. Please retry. Original error: {error}")
        })?;
        Ok(Reply {
            code: parts.status.as_u16(),
            content_type: reply::content_type(&parts.headers),
            body: body.to_bytes(),
        })
    };
    tokio::pin!(exchange);
    tokio::select! {
        biased;
        reply = &mut exchange => reply,
        // the connection may end before its answer was taken
        _ = connection => exchange.await,
    }
}

/// The headers that the real server sends.
pub(super) fn request(path: &str, seconds: u32, host: &str, body: Bytes) -> Request<Bytes> {
    let path = if path.is_empty() { "/" } else { path };
    let mut request = Request::new(body);
    *request.method_mut() = http::Method::POST;
    if let Ok(uri) = format!("{path}?timeout={seconds}s").parse() {
        *request.uri_mut() = uri;
    }
    let headers = request.headers_mut();
    for (name, value) in [
        (header::ACCEPT, "application/json, */*"),
        (header::CONTENT_TYPE, "application/json"),
        (header::USER_AGENT, "kube-apiserver-admission"),
        (header::HOST, host),
    ] {
        if let Ok(value) = value.parse() {
            headers.insert(name, value);
        }
    }
    request
}

/// Why nobody picked up.
fn refused(host: &str, port: u16, error: &io::Error) -> String {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let is_address = bare.parse::<std::net::IpAddr>().is_ok();
    let shown = if bare.contains(':') {
        format!("[{bare}]:{port}")
    } else {
        format!("{bare}:{port}")
    };
    match error.kind() {
        io::ErrorKind::ConnectionRefused if is_address => {
            format!("dial tcp {shown}: connect: connection refused")
        }
        io::ErrorKind::ConnectionRefused => format!("dial tcp: {shown}: connect: connection refused"),
        io::ErrorKind::NetworkUnreachable => format!("dial tcp {shown}: connect: network is unreachable"),
        io::ErrorKind::HostUnreachable => format!("dial tcp {shown}: connect: no route to host"),
        _ if !is_address => format!("dial tcp: lookup {host}: no such host"),
        _ => format!("dial tcp {shown}: connect: {error}"),
    }
}

fn handshake(error: &io::Error) -> String {
    let inner = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match inner {
        Some(inner) => tls::words(inner),
        None => ended(error),
    }
}

fn ended(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => "EOF".to_owned(),
        io::ErrorKind::ConnectionReset => "read: connection reset by peer".to_owned(),
        _ => error.to_string(),
    }
}

fn broken(error: &hyper::Error) -> String {
    if error.is_incomplete_message() || error.is_closed() || error.is_canceled() {
        return "EOF".to_owned();
    }
    let source = std::error::Error::source(error).and_then(|source| source.downcast_ref::<io::Error>());
    source.map_or_else(|| error.to_string(), ended)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_refuse_and_names_are_unknown() {
        let nobody = io::Error::from(io::ErrorKind::ConnectionRefused);
        let unknown = io::Error::other("failed to lookup address information");
        for (host, port, error, expected) in [
            (
                "127.0.0.1",
                1,
                &nobody,
                "dial tcp 127.0.0.1:1: connect: connection refused",
            ),
            (
                "::1",
                8443,
                &nobody,
                "dial tcp [::1]:8443: connect: connection refused",
            ),
            (
                "hooks.example.com",
                443,
                &unknown,
                "dial tcp: lookup hooks.example.com: no such host",
            ),
        ] {
            assert_eq!(refused(host, port, error), expected);
        }
    }
}
