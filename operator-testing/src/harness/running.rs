//! A cluster under test and the operators that run against it.

use std::future::Future;

use tokio::task::JoinHandle;

use super::Journal;
use crate::{
    apiserver::{ApiServer, Loopback, store::Revision},
    cluster::{Cluster, ClusterBuilder, PodControl},
    fault::Faults,
};

/// A simulated cluster, a client that can be made to fail, and assertions over time.
#[derive(Debug)]
pub struct Harness {
    cluster: Cluster,
    faults: Faults,
    feed: Loopback,
    start: Revision,
}

impl Harness {
    /// A harness around a cluster with everything in it, whose Pods are ready at once.
    ///
    /// # Panics
    /// Outside of a tokio runtime, which the cluster needs.
    pub fn start() -> Self {
        Self::around(Cluster::builder())
    }

    /// A harness around a cluster with settings of its own.
    ///
    /// # Panics
    /// Outside of a tokio runtime, which the cluster needs.
    pub fn around(cluster: ClusterBuilder) -> Self {
        let cluster = cluster.start();
        let feed = cluster.server().loopback("system:harness");
        let start = cluster.server().revision();
        Self {
            cluster,
            faults: Faults::new(),
            feed,
            start,
        }
    }

    /// The API server.
    pub fn server(&self) -> &ApiServer {
        self.cluster.server()
    }

    /// The simulated cluster.
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// What becomes of the Pods.
    pub fn pods(&self) -> &PodControl {
        self.cluster.pods()
    }

    /// What goes wrong with the operator's calls.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// A client for the test itself, which nothing happens to.
    pub fn client(&self) -> kube::Client {
        self.cluster.client()
    }

    /// Starts an operator with a client that the [faults](Self::faults) are about.
    pub fn run<F>(&self, operator: impl FnOnce(kube::Client) -> F) -> Running<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let future = operator(self.faults.client(self.server()));
        Running {
            task: tokio::spawn(future),
        }
    }

    /// What was written since the harness began.
    pub fn journal(&self) -> Journal {
        self.journal_since(self.start)
    }

    /// What was written after a revision.
    pub fn journal_since(&self, revision: Revision) -> Journal {
        Journal::of(&self.feed, revision)
    }

    pub(super) fn feed(&self) -> &Loopback {
        &self.feed
    }
}

/// An operator at work. Dropping it is a crash: it stops where it is, and nothing is cleaned up.
#[derive(Debug)]
#[must_use = "dropping it stops the operator"]
pub struct Running<T> {
    task: JoinHandle<T>,
}

impl<T> Running<T> {
    /// Stops the operator where it is, and returns when it is gone.
    pub async fn crash(mut self) {
        self.task.abort();
        // an operator that panicked is gone as well
        let _ = (&mut self.task).await;
    }

    /// Waits for the operator to end by itself, for example after its shutdown was asked for.
    ///
    /// # Panics
    /// If the operator panics.
    pub async fn ended(mut self) -> T {
        match (&mut self.task).await {
            Ok(outcome) => outcome,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(error) => panic!("the operator was stopped: {error}"),
            },
        }
    }

    /// Whether the operator has ended.
    pub fn has_ended(&self) -> bool {
        self.task.is_finished()
    }
}

impl<T> Drop for Running<T> {
    fn drop(&mut self) {
        self.task.abort();
    }
}
