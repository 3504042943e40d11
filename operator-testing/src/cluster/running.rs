//! A simulated cluster that runs.

use tokio::task::AbortHandle;

use super::{
    account::{RoleAggregation, RootCertificates, ServiceAccounts},
    client::Client,
    collector::Collector,
    controller::Controller,
    driver::Driver,
    namespaces::Namespaces,
    network::{EndpointSlices, Endpoints},
    node::{Kubelet, PodBehavior, PodControl, Scheduler, Termination},
    selection::Controllers,
    storage::{Binder, ClaimProtection, VolumeProtection},
    workload::{
        cronjob::CronJobs, daemonset::DaemonSets, deployment::Deployments, job::Jobs,
        replicaset::ReplicaSets, statefulset::StatefulSets,
    },
};
use crate::apiserver::{ApiServer, ApiServerBuilder};

/// An API server with the controllers of a cluster around it.
///
/// Dropping it stops the controllers; the server lives as long as anybody holds it or a client of it.
#[derive(Debug)]
pub struct Cluster {
    server: ApiServer,
    pods: PodControl,
    task: AbortHandle,
}

impl Cluster {
    /// A cluster with everything in it, whose Pods are ready at once.
    ///
    /// # Panics
    /// Outside of a tokio runtime, which the controllers need.
    pub fn start() -> Self {
        Self::builder().start()
    }

    /// A cluster with settings of its own.
    pub fn builder() -> ClusterBuilder {
        ClusterBuilder::default()
    }

    /// The API server.
    pub fn server(&self) -> &ApiServer {
        &self.server
    }

    /// A client of the server, as the administrator.
    pub fn client(&self) -> kube::Client {
        self.server.client()
    }

    /// What becomes of the Pods.
    pub fn pods(&self) -> &PodControl {
        &self.pods
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Settings of a [`Cluster`].
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until it is started"]
pub struct ClusterBuilder {
    server: ApiServerBuilder,
    controllers: Controllers,
    behavior: PodBehavior,
    termination: Termination,
    root_certificate: String,
}

impl Default for ClusterBuilder {
    fn default() -> Self {
        Self {
            server: ApiServer::builder(),
            controllers: Controllers::all(),
            behavior: PodBehavior::INSTANT,
            termination: Termination::default(),
            root_certificate: String::new(),
        }
    }
}

impl ClusterBuilder {
    /// The settings of the API server.
    pub fn server(mut self, server: ApiServerBuilder) -> Self {
        self.server = server;
        self
    }

    /// Which controllers run; all by default.
    pub fn controllers(mut self, controllers: Controllers) -> Self {
        self.controllers = controllers;
        self
    }

    /// What becomes of Pods; they are ready at once by default.
    pub fn pods(mut self, behavior: PodBehavior) -> Self {
        self.behavior = behavior;
        self
    }

    /// When deleted Pods are gone; at once by default.
    pub fn termination(mut self, termination: Termination) -> Self {
        self.termination = termination;
        self
    }

    /// The certificate bundle (PEM) that every namespace gets as `kube-root-ca.crt`; empty by default.
    pub fn root_certificate(mut self, certificate: impl Into<String>) -> Self {
        self.root_certificate = certificate.into();
        self
    }

    /// Starts the server and the controllers.
    ///
    /// # Panics
    /// Outside of a tokio runtime, which the controllers need.
    pub fn start(self) -> Cluster {
        let server = self.server.clone().build();
        self.start_around(server)
    }

    /// Starts the controllers around a server that is there already.
    ///
    /// # Panics
    /// Outside of a tokio runtime, which the controllers need.
    pub fn start_around(self, server: ApiServer) -> Cluster {
        let (driver, pods) = self.assemble(&server);
        let task = tokio::spawn(driver.run()).abort_handle();
        Cluster { server, pods, task }
    }

    /// The driver of the chosen controllers, not yet running.
    pub(crate) fn assemble(self, server: &ApiServer) -> (Driver, PodControl) {
        let pods = PodControl::new(self.behavior, self.termination);
        let known: Vec<Box<dyn Controller>> = vec![
            Box::new(ServiceAccounts),
            Box::new(RootCertificates::new(self.root_certificate)),
            Box::new(RoleAggregation::default()),
            Box::new(Namespaces::default()),
            Box::new(Collector::default()),
            Box::new(Deployments),
            Box::new(ReplicaSets),
            Box::new(StatefulSets),
            Box::new(DaemonSets),
            Box::new(CronJobs),
            Box::new(Jobs),
            Box::new(Endpoints),
            Box::new(EndpointSlices),
            Box::new(Binder),
            Box::new(ClaimProtection),
            Box::new(VolumeProtection),
            Box::new(Scheduler),
            Box::new(Kubelet::new(pods.clone())),
        ];
        let actors = known
            .into_iter()
            .filter(|controller| self.controllers.includes(controller.name()))
            .map(|controller| {
                let client = Client::new(server, controller.name());
                (controller, client)
            })
            .collect();
        let feed = server.loopback("system:kube-controller-manager");
        (
            Driver::new(feed, server.clock().clone(), actors, pods.nudges().clone()),
            pods,
        )
    }
}
