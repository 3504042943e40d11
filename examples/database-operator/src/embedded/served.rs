//! The API server for others: a port on loopback and a kubeconfig that leads to it.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use operator_testing::apiserver::{ApiServer, Listener};

use super::error::Error;

/// An API server that others can reach; it is closed when this is dropped.
#[derive(Debug)]
pub(super) struct Served {
    listener: Listener,
    kubeconfig: PathBuf,
}

impl Served {
    /// Listens on `address` and writes a kubeconfig for it.
    ///
    /// # Errors
    /// [`Error::Listen`] and [`Error::Kubeconfig`].
    pub(super) async fn start(
        server: &ApiServer,
        address: SocketAddr,
        kubeconfig: &Path,
    ) -> Result<Self, Error> {
        let listener = server
            .listen(address)
            .await
            .map_err(|source| Error::Listen { address, source })?;
        let failed = |source| Error::Kubeconfig {
            path: kubeconfig.to_owned(),
            source,
        };
        std::fs::write(kubeconfig, listener.kubeconfig()).map_err(failed)?;
        let kubeconfig = kubeconfig.canonicalize().map_err(failed)?;
        Ok(Self { listener, kubeconfig })
    }

    /// What a person does next.
    pub(super) fn invitation(&self) -> Vec<String> {
        let config = self.kubeconfig.display();
        vec![
            format!(
                "serving on {}; stop with Ctrl-C. In another terminal:",
                self.listener.url()
            ),
            format!("  export KUBECONFIG={config}"),
            "  kubectl get db -A".into(),
            "  kubectl -n databases scale db/my-postgres --replicas=5".into(),
            "  kubectl -n databases delete db my-postgres".into(),
        ]
    }
}
