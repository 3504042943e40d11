//! Why the main job failed, in words for the person who typed the command.

use std::{io, net::SocketAddr, path::PathBuf};

use operator_core::manifest;

/// Why the main job failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A manifest cannot be read.
    #[error(transparent)]
    Load(#[from] manifest::LoadError),
    /// The API server refused a manifest.
    #[error(transparent)]
    Apply(#[from] manifest::ApplyError),
    /// The manifests hold no database, so that there is nothing to wait for.
    #[error("there is no Database in {}; give a manifest that has one", .0.display())]
    NoDatabase(PathBuf),
    /// The operator ended with an error.
    #[error("the operator ended")]
    Operator(#[from] operator_core::Error),
    /// The port is taken, or the address is not on this machine.
    #[error(
        "cannot serve on {address}: {source}; give another address with --serve ADDRESS:PORT (port 0 takes a free one)"
    )]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The kubeconfig cannot be written.
    #[error("cannot write {}: {source}", .path.display())]
    Kubeconfig {
        /// Where to.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Some databases were not ready in time.
    #[error("not ready after {seconds} s: {waiting}")]
    TimedOut {
        /// How long was waited.
        seconds: u64,
        /// Each database that is not ready, and why.
        waiting: String,
    },
    /// A signal came before everything was ready.
    #[error("interrupted while waiting for {0}")]
    Interrupted(String),
    /// The output is closed.
    #[error("cannot print")]
    Output(#[from] io::Error),
}
