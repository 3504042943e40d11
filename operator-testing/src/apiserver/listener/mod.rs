//! The same server over loopback HTTP.

mod framing;
mod stream;

use std::{convert::Infallible, io, net::SocketAddr, sync::Arc};

use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use tokio_util::sync::{CancellationToken, DropGuard};

use self::stream::Stream;
use super::{
    client::{self, Identity},
    core::Core,
};

/// How long the line of a request and its headers may be together, as in a real server.
const HEAD_LIMIT: usize = (1 << 20) + 4096;

/// A server's ear on a port; it is closed, with every connection, when this is dropped.
#[derive(Debug)]
pub struct Listener {
    address: SocketAddr,
    _guard: DropGuard,
}

impl Listener {
    pub(crate) async fn bind(core: Arc<Core>, address: SocketAddr) -> io::Result<Self> {
        let socket = TcpListener::bind(address).await?;
        let address = socket.local_addr()?;
        let stop = CancellationToken::new();
        tokio::spawn(stop.clone().run_until_cancelled_owned(accept(core, socket)));
        Ok(Self {
            address,
            _guard: stop.drop_guard(),
        })
    }

    /// The address that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address as a URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A kubeconfig that leads here, as YAML; its token is the administrator's.
    pub fn kubeconfig(&self) -> String {
        format!(
            "apiVersion: v1
kind: Config
current-context: embedded
clusters:
- name: embedded
  cluster:
    server: {url}
users:
- name: admin
  user:
    token: admin-token
contexts:
- name: embedded
  context:
    cluster: embedded
    user: admin
    namespace: default
",
            url = self.url()
        )
    }
}

async fn accept(core: Arc<Core>, socket: TcpListener) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            biased;
            accepted = socket.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(serve(Arc::clone(&core), stream));
                }
                Err(error) => {
                    tracing::warn!(%error, "could not accept a connection");
                    // out of descriptors: the next one may close before long
                    tokio::task::yield_now().await;
                }
            },
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
        }
    }
}

async fn serve(core: Arc<Core>, stream: TcpStream) {
    // an answer is written at once, so there is nothing to wait for
    let _ = stream.set_nodelay(true);
    let identity = Arc::new(Identity {
        user: None,
        agent: String::new(),
        ..Identity::default()
    });
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let (core, identity) = (Arc::clone(&core), Arc::clone(&identity));
        async move { Ok::<_, Infallible>(client::call(core, &identity, request).await) }
    });
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().max_buf_size(HEAD_LIMIT);
    let served = builder
        .serve_connection_with_upgrades(TokioIo::new(Stream::new(stream)), service)
        .await;
    if let Err(error) = served {
        tracing::debug!(%error, "a connection ended early");
    }
}
