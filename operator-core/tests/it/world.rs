//! A server, a manager that runs against it, and what the tests need to watch them.

use std::collections::BTreeMap;
use std::time::Duration;

use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{ObjectMeta, Patch, PatchParams, PostParams};
use kube::{Api, Client};
use operator_core::Error;
use operator_core::clock::Clock;
use operator_core::controller::Controller;
use operator_core::dice::Dice;
use operator_core::manager::Manager;
use operator_core::reconcile::Reconciler;
use operator_core::shutdown::Shutdown;
use operator_testing::apiserver::ApiServer;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

pub(crate) struct World {
    pub(crate) server: ApiServer,
    pub(crate) client: Client,
    pub(crate) shutdown: Shutdown,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::on(ApiServer::new())
    }

    pub(crate) fn on(server: ApiServer) -> Self {
        Self {
            client: server.client(),
            server,
            shutdown: Shutdown::new(),
        }
    }

    /// A manager whose chances are the same in every run.
    pub(crate) fn manager(&self) -> Manager {
        self.manager_with_seed(1)
    }

    pub(crate) fn manager_with_seed(&self, seed: u64) -> Manager {
        Manager::new(self.client.clone())
            .dice(Dice::seeded(seed))
            .clock(Clock::real())
    }

    /// A manager with another way to the server.
    pub(crate) fn manager_on(&self, client: Client) -> Manager {
        Manager::new(client).dice(Dice::seeded(1)).clock(Clock::real())
    }

    pub(crate) fn run(&self, manager: Manager) -> JoinHandle<Result<(), Error>> {
        tokio::spawn(manager.run(self.shutdown.clone()))
    }

    /// Runs a manager of this controller alone.
    pub(crate) fn reconcile<R: Reconciler>(
        &self,
        controller: Controller<R>,
    ) -> JoinHandle<Result<(), Error>> {
        self.run(self.manager().controller(controller))
    }

    /// Ends what runs; it must end well.
    pub(crate) async fn end(&self, running: JoinHandle<Result<(), Error>>) {
        self.shutdown.drain();
        running.await.unwrap().unwrap();
    }

    pub(crate) fn maps(&self) -> Api<ConfigMap> {
        Api::namespaced(self.client.clone(), "default")
    }

    pub(crate) async fn create_map(&self, name: &str, data: &[(&str, &str)]) -> ConfigMap {
        self.maps()
            .create(&PostParams::default(), &map(name, data))
            .await
            .unwrap()
    }

    pub(crate) async fn patch_map(&self, name: &str, patch: &Value) -> ConfigMap {
        self.maps()
            .patch(name, &PatchParams::default(), &Patch::Merge(patch))
            .await
            .unwrap()
    }

    pub(crate) async fn set_data(&self, name: &str, key: &str, value: &str) -> ConfigMap {
        self.patch_map(name, &json!({"data": {key: value}})).await
    }
}

pub(crate) fn map(name: &str, data: &[(&str, &str)]) -> ConfigMap {
    ConfigMap {
        metadata: ObjectMeta {
            name: Some(name.to_owned()),
            namespace: Some("default".to_owned()),
            ..ObjectMeta::default()
        },
        data: Some(
            data.iter()
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                .collect::<BTreeMap<_, _>>(),
        ),
        ..ConfigMap::default()
    }
}

/// Lets everything happen that happens within `time`; under paused time this takes none.
pub(crate) async fn pass(time: Duration) {
    tokio::time::sleep(time).await;
}

pub(crate) const SECOND: Duration = Duration::from_secs(1);
