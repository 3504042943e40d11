//! A cluster with the operator in it, under paused time.

use std::{fmt::Debug, path::Path, time::Duration};

use database_operator::{
    api::{Database, DatabaseSpec, DatabaseStatus, Engine},
    operator,
};
use k8s_openapi::api::events::v1::Event;
use kube::{
    Api, Client, Resource,
    api::{Patch, PatchParams, PostParams},
};
use operator_core::{cli::InstallArgs, clock::Clock, dice::Dice, manifest, shutdown::Shutdown};
use operator_testing::{
    apiserver::{ApiServer, AuditEntry, Identity, request::User},
    cluster::{Cluster, ClusterBuilder},
};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::task::JoinHandle;

/// The namespace of every test: one that a fresh cluster has.
pub(crate) const NAMESPACE: &str = "default";
/// Where the operator would run.
const OPERATORS: &str = "operators";
/// The operator's name: of its service account, and of its client.
const AGENT: &str = "database-operator";
/// Longer than anything the operator or the simulated cluster waits for between two steps.
const QUIET: Duration = Duration::from_secs(60);

/// A cluster with the operator in it.
pub(crate) struct World {
    pub(crate) cluster: Cluster,
    pub(crate) client: Client,
    pub(crate) shutdown: Shutdown,
    pub(crate) running: JoinHandle<Result<(), operator_core::Error>>,
}

impl World {
    /// A cluster whose Pods are ready at once, and the operator.
    pub(crate) async fn start() -> Self {
        Self::around(Cluster::builder().server(ApiServer::builder().seed(1))).await
    }

    /// A cluster of one's own choice, and the operator.
    pub(crate) async fn around(cluster: ClusterBuilder) -> Self {
        let cluster = cluster.start();
        let client = cluster.client();
        let clock = Clock::starting_at(cluster.server().clock().now());
        let operator = operator().clock(clock.clone(), Dice::seeded(1));
        operator.install(&client).await.expect("the CRD is accepted");
        grant(&client, &clock).await;
        let identity = Identity {
            user: Some(User::service_account(OPERATORS, AGENT)),
            agent: AGENT.into(),
            ..Identity::default()
        };
        let shutdown = Shutdown::new();
        let running = tokio::spawn(operator.run_with(cluster.server().client_as(identity), shutdown.clone()));
        Self {
            cluster,
            client,
            shutdown,
            running,
        }
    }

    /// Waits until nothing is written any more.
    ///
    /// # Panics
    /// If it never comes to rest; the requests of the last minutes are printed.
    pub(crate) async fn settle(&self) {
        let server = self.cluster.server();
        for _ in 0..60 {
            let before = server.revision();
            tokio::time::sleep(QUIET).await;
            if server.revision() == before {
                return;
            }
        }
        let log = server.audit_log();
        let tail: Vec<_> = log.iter().rev().take(40).collect();
        panic!("the cluster does not come to rest; its last requests, the newest first:\n{tail:#?}");
    }

    /// The requests that the operator made and that may have changed something.
    pub(crate) fn writes(&self) -> Vec<AuditEntry> {
        let log = self.cluster.server().audit_log();
        let reads = ["get", "list", "watch"];
        log.into_iter()
            .filter(|entry| entry.agent == AGENT && !reads.contains(&&*entry.verb))
            .collect()
    }

    pub(crate) fn api<K>(&self) -> Api<K>
    where
        K: Resource<Scope = k8s_openapi::NamespaceResourceScope, DynamicType = ()>,
    {
        Api::namespaced(self.client.clone(), NAMESPACE)
    }

    pub(crate) async fn create(&self, name: &str, spec: DatabaseSpec) -> Database {
        let made = self
            .api()
            .create(&PostParams::default(), &Database::new(name, spec))
            .await;
        made.expect("the database is accepted")
    }

    pub(crate) async fn edit(&self, name: &str, spec: Value) {
        let patch = Patch::Merge(serde_json::json!({ "spec": spec }));
        self.api::<Database>()
            .patch(name, &PatchParams::default(), &patch)
            .await
            .expect("the edit is accepted");
    }

    pub(crate) async fn get<K>(&self, name: &str) -> K
    where
        K: Resource<Scope = k8s_openapi::NamespaceResourceScope, DynamicType = ()>
            + Clone
            + Debug
            + DeserializeOwned,
    {
        let kind = K::kind(&()).into_owned();
        self.api::<K>()
            .get(name)
            .await
            .unwrap_or_else(|error| panic!("{kind} {name}: {error}"))
    }

    pub(crate) async fn find<K>(&self, name: &str) -> Option<K>
    where
        K: Resource<Scope = k8s_openapi::NamespaceResourceScope, DynamicType = ()>
            + Clone
            + Debug
            + DeserializeOwned,
    {
        self.api::<K>().get_opt(name).await.expect("the server answers")
    }

    pub(crate) async fn status(&self, name: &str) -> DatabaseStatus {
        self.get::<Database>(name)
            .await
            .status
            .unwrap_or_else(|| panic!("database {name} has no status"))
    }

    /// The reasons of the events about an object, in the order they were made.
    pub(crate) async fn events(&self, name: &str) -> Vec<String> {
        let events = self
            .api::<Event>()
            .list(&Default::default())
            .await
            .expect("events can be listed");
        let mut about: Vec<_> = events
            .items
            .into_iter()
            .filter(|event| {
                event
                    .regarding
                    .as_ref()
                    .is_some_and(|object| object.name.as_deref() == Some(name))
            })
            .collect();
        about.sort_by_key(|event| event.event_time.clone().map(|time| time.0));
        about.into_iter().filter_map(|event| event.reason).collect()
    }
}

/// Gives the operator's service account the rights that its manifests ask for, and no others.
async fn grant(client: &Client, clock: &Clock) {
    let namespace = format!("apiVersion: v1\nkind: Namespace\nmetadata:\n  name: {OPERATORS}\n---\n");
    let arguments = InstallArgs {
        operator_namespace: OPERATORS.into(),
        namespaces: Vec::new(),
        image: None,
        replicas: 1,
        port: 8080,
    };
    let rights = operator()
        .installation(&arguments)
        .rights_yaml()
        .expect("rights can be written");
    let documents = manifest::parse(Path::new("rights"), &(namespace + &rights)).expect("rights can be read");
    manifest::apply(client, &documents, NAMESPACE, "tests", clock)
        .await
        .expect("rights are accepted");
}

/// Three PostgreSQL servers.
pub(crate) fn postgres() -> DatabaseSpec {
    DatabaseSpec {
        engine: Engine::PostgreSql,
        version: "16.3".into(),
        replicas: 3,
        storage: "10Gi".into(),
        config: [("max_connections".to_owned(), "200".to_owned())].into(),
    }
}
