//! A whole operator: its controllers, its kinds, and the program around them.

use std::fmt;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::Client;
use prometheus_client::registry::Registry;

use crate::Error;
use crate::cli::{Cli, Command, Endpoint, InstallArgs, RunArgs};
use crate::clock::Clock;
use crate::controller::{Controller, Metrics};
use crate::dice::Dice;
use crate::error::chain;
use crate::informer::{Caches, Namespaces};
use crate::leader::Elector;
use crate::manager::{EndpointServer, Endpoints, Health, Manager, Runnable};
use crate::manifest::{
    Installation, Rights, Rule, WebhookService, YamlError, compare, install_definitions, to_yaml,
};
use crate::meta::versions::Versions;
use crate::meta::{Declaration, Described};
use crate::reconcile::Reconciler;
use crate::shutdown::Shutdown;
use crate::webhook::{CertificateKeeper, WebhookServer, Webhooks};

/// How long the API server may take to answer when the operator starts.
const GREETING: Duration = Duration::from_secs(10);

/// An operator: what it reconciles, and the program that does it.
///
/// # Example
/// ```no_run
/// # use std::sync::Arc;
/// # use k8s_openapi::api::core::v1::ConfigMap;
/// # use operator_core::reconcile::{Action, Context, Reconciler};
/// # struct Maps;
/// # impl Reconciler for Maps {
/// #     type Resource = ConfigMap;
/// #     type Error = kube::Error;
/// #     async fn reconcile(&self, _: Arc<ConfigMap>, _: &Context<ConfigMap>) -> Result<Action, kube::Error> {
/// #         Ok(Action::await_change())
/// #     }
/// # }
/// use operator_core::{Operator, controller::Controller};
///
/// #[tokio::main]
/// async fn main() -> Result<(), operator_core::Error> {
///     Operator::new("map-operator").controller(Controller::new(Maps)).main().await
/// }
/// ```
pub struct Operator {
    name: String,
    parts: Vec<Part>,
    declarations: Vec<Declaration>,
    definitions: Vec<CustomResourceDefinition>,
    rules: Vec<Rule>,
    webhooks: Webhooks,
    namespaces: Namespaces,
    clock: Clock,
    dice: Dice,
}

type Part = Box<dyn FnOnce(Manager, &Namespaces) -> Manager + Send>;

impl Operator {
    /// An operator of nothing yet. The name is that of its field manager, its Lease and its manifests.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            parts: Vec::new(),
            declarations: Vec::new(),
            definitions: Vec::new(),
            rules: Vec::new(),
            webhooks: Webhooks::new(),
            namespaces: Namespaces::All,
            clock: Clock::real(),
            dice: Dice::unseeded(),
        }
    }

    /// Adds a controller. The definition of its kind, if it has one, belongs to the operator from now on.
    #[must_use]
    pub fn controller<R, Origin>(mut self, controller: Controller<R>) -> Self
    where
        R: Reconciler,
        R::Resource: Described<Origin>,
    {
        self.declarations.push(controller.declaration());
        if let Some(definition) = <R::Resource as Described<Origin>>::definition() {
            self = self.definition(definition);
        }
        self.parts.push(Box::new(|manager, namespaces| {
            manager.controller(controller.confined_to(namespaces))
        }));
        self
    }

    /// Adds a server or a task of your own.
    #[must_use]
    pub fn runnable(mut self, runnable: impl Runnable) -> Self {
        self.parts.push(Box::new(|manager, _| manager.runnable(runnable)));
        self
    }

    /// Adds a definition that no controller brings.
    #[must_use]
    pub fn definition(mut self, definition: CustomResourceDefinition) -> Self {
        if !self
            .definitions
            .iter()
            .any(|known| known.metadata.name == definition.metadata.name)
        {
            self.definitions.push(definition);
        }
        self
    }

    /// Serves a kind in several versions: with the definition of all of them instead of one that a controller brings, and,
    /// if fields differ between them, with a webhook that converts.
    #[must_use]
    pub fn versions(mut self, versions: Versions) -> Self {
        let definition = versions.crd();
        self.definitions
            .retain(|known| known.metadata.name != definition.metadata.name);
        self.definitions.push(definition);
        if versions.needs_webhook() {
            self.webhooks = self.webhooks.versions(versions);
        }
        self
    }

    /// Answers questions of the API server. The manifests contain what makes it ask, and the rights to keep certificates.
    #[must_use]
    pub fn webhooks(mut self, webhooks: Webhooks) -> Self {
        self.webhooks = self.webhooks.and(webhooks);
        self
    }

    /// Adds a right that does not follow from what the controllers declare.
    #[must_use]
    pub fn rule(mut self, rule: Rule) -> Self {
        self.rules.push(rule);
        self
    }

    /// Works in these namespaces only. The command line's `--namespace` overrides it.
    #[must_use]
    pub fn namespaces(mut self, namespaces: Namespaces) -> Self {
        self.namespaces = namespaces;
        self
    }

    /// Sets the clock and the source of chance.
    #[must_use]
    pub fn clock(mut self, clock: Clock, dice: Dice) -> Self {
        self.clock = clock;
        self.dice = dice;
        self
    }

    /// The operator's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The definitions of the operator's kinds.
    pub fn definitions(&self) -> &[CustomResourceDefinition] {
        &self.definitions
    }

    /// What the controllers read and write.
    pub fn declarations(&self) -> &[Declaration] {
        &self.declarations
    }

    /// The rights that the operator needs where it works.
    pub fn rights(&self) -> Rights {
        let mut rights = Rights::of(&self.declarations);
        for rule in &self.rules {
            rights.add(rule);
        }
        rights
    }

    /// What the operator's manifests are made from.
    pub fn installation(&self, args: &InstallArgs) -> Installation {
        Installation {
            name: self.name.clone(),
            namespace: args.operator_namespace.clone(),
            watches: args.namespaces.clone(),
            image: args
                .image
                .clone()
                .unwrap_or_else(|| format!("{}:latest", self.name)),
            replicas: args.replicas,
            port: args.port,
            rights: self.rights(),
            definitions: self.installed_definitions(&args.operator_namespace),
            webhooks: self.webhook_service(&args.operator_namespace),
        }
    }

    /// The definitions as they are installed for an operator in `namespace`, which converts those whose versions differ.
    pub fn installed_definitions(&self, namespace: &str) -> Vec<CustomResourceDefinition> {
        match self.webhook_service(namespace) {
            Some(webhooks) => webhooks.converting(self.definitions.clone()),
            None => self.definitions.clone(),
        }
    }

    /// Where the API server asks an operator in `namespace`; `None` if it asks nothing.
    pub fn webhook_service(&self, namespace: &str) -> Option<WebhookService> {
        (!self.webhooks.is_empty()).then(|| WebhookService {
            name: self.name.clone(),
            namespace: namespace.to_owned(),
            hooks: self.webhooks.hooks().to_vec(),
        })
    }

    /// The server of the operator's webhooks, listening on `address`, with the certificate of a Service in `namespace`;
    /// `None` if there are none. From now on it has them, and the operator does not.
    ///
    /// # Errors
    /// As [`WebhookServer::bind`].
    pub async fn webhook_server(
        &mut self,
        client: &Client,
        address: SocketAddr,
        namespace: &str,
    ) -> Result<Option<WebhookServer>, Error> {
        let Some(service) = self.webhook_service(namespace) else {
            return Ok(None);
        };
        let keeper = CertificateKeeper::of_service(client.clone(), namespace, &self.name, self.clock.clone());
        let keeper = service
            .trusted()
            .into_iter()
            .fold(keeper, CertificateKeeper::trusted_by);
        let webhooks = std::mem::take(&mut self.webhooks);
        WebhookServer::bind(address, webhooks, keeper).await.map(Some)
    }

    /// Installs or updates the definitions of the operator's kinds, and waits until the server serves them. Those that the
    /// operator converts name a Service in the client's namespace.
    ///
    /// # Errors
    /// As [`install_definitions`].
    pub async fn install(&self, client: &Client) -> Result<(), Error> {
        let definitions = self.installed_definitions(client.default_namespace());
        install_definitions(client, &definitions, &self.name, &self.clock).await
    }

    /// The program: reads the command line and the environment, does what they ask for, and ends the process with 0, or
    /// with 1 and one line on standard error. A command line that cannot be read ends it with 2.
    ///
    /// # Errors
    /// None in practice: the process ends first. The type lets `main` return it.
    pub async fn main(self) -> Result<(), Error> {
        let command = Cli::parse().into_command();
        let name = self.name.clone();
        if let Err(error) = self.execute(command).await {
            // Returned from `main` it would be printed as a data structure.
            let _ = writeln!(std::io::stderr(), "{name}: {}", chain(&error));
            std::process::exit(1);
        }
        Ok(())
    }

    /// Does what one command asks for; manifests go to standard output.
    ///
    /// # Errors
    /// [`Error`], with what it could not do.
    pub async fn execute(self, command: Command) -> Result<(), Error> {
        match command {
            Command::Run(args) => self.run(args).await,
            Command::Crd(args) => match &args.check {
                None => print_yaml(to_yaml(self.installed_definitions(&args.operator_namespace))),
                Some(previous) => check(previous, &self.installed_definitions(&args.operator_namespace)),
            },
            Command::Rbac(args) => print_yaml(self.installation(&args).rights_yaml()),
            Command::Manifests(args) => print_yaml(self.installation(&args).yaml()),
        }
    }

    /// Runs on `client` until `shutdown` drains, without endpoints and without election: for tests, and for programs
    /// that embed the operator.
    ///
    /// # Errors
    /// That of the first part that failed.
    ///
    /// # Cancel safety
    /// If it is dropped everything ends at once, as in a crash.
    pub async fn run_with(self, client: Client, shutdown: Shutdown) -> Result<(), Error> {
        self.into_manager(client).run(shutdown).await
    }

    /// The manager of this operator, for what is not covered here.
    pub fn into_manager(self, client: Client) -> Manager {
        let manager = Manager::new(client)
            .name(self.name)
            .clock(self.clock)
            .dice(self.dice);
        self.parts
            .into_iter()
            .fold(manager, |manager, part| part(manager, &self.namespaces))
    }

    /// Runs against the cluster of the service account or of the kubeconfig until a signal ends it.
    ///
    /// # Errors
    /// [`Error`]: no cluster, a port that is taken, a lost lease, or the first part that failed.
    pub async fn run(mut self, args: RunArgs) -> Result<(), Error> {
        args.log.install()?;
        if !args.namespaces.is_empty() {
            self.namespaces = args.namespaces.iter().cloned().collect();
        }
        let timing = args.timing()?;
        let health = Health::new();
        let mut registry = Registry::default();
        let metrics = Metrics::new(&mut registry);
        // A port that is taken is found out before the cluster is asked.
        let server = match args.metrics_address {
            Endpoint::Off => None,
            Endpoint::At(address) => {
                let endpoints = Endpoints::new(health.clone(), Arc::new(registry));
                Some(EndpointServer::bind(address, endpoints).await?)
            }
        };
        let client = connect(&self.clock, &metrics).await?;
        if args.install_crds {
            self.install(&client).await?;
        }
        let webhooks = match args.webhook_address {
            Endpoint::Off => None,
            Endpoint::At(address) => {
                self.webhook_server(&client, address, client.default_namespace())
                    .await?
            }
        };
        let shutdown = Shutdown::on_signal();
        let name = self.name.clone();
        let (clock, dice) = (self.clock.clone(), self.dice.clone());
        let caches = Caches::builder()
            .clock(clock.clone())
            .dice(dice.split())
            .build(client.clone());
        let mut manager = self
            .into_manager(client.clone())
            .caches(caches)
            .metrics(metrics)
            .health(health)
            .on_lease_loss(args.on_lease_loss.into())
            .grace_period(Duration::from_secs(args.grace_period));
        if let Some(server) = server {
            manager = manager.runnable(server);
        }
        if let Some(webhooks) = webhooks {
            manager = manager.runnable(webhooks);
        }
        if args.leader_elect {
            let namespace = args
                .leader_election_namespace
                .unwrap_or_else(|| client.default_namespace().to_owned());
            let elector = Elector::new(client, namespace, name.clone(), identity(&name, &dice))
                .timing(timing)
                .clock(clock, dice.split());
            manager = manager.elector(elector);
        }
        tracing::info!(operator = name, sdk = env!("CARGO_PKG_VERSION"), "starting");
        manager.run(shutdown).await?;
        tracing::info!(operator = name, "stopped");
        Ok(())
    }
}

impl fmt::Debug for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let controllers: Vec<_> = self
            .declarations
            .iter()
            .map(|declaration| &declaration.controller)
            .collect();
        f.debug_struct("Operator")
            .field("name", &self.name)
            .field("controllers", &controllers)
            .finish_non_exhaustive()
    }
}

/// A client of the cluster that the environment names, after one answer from it. What goes through it is counted.
async fn connect(clock: &Clock, metrics: &Metrics) -> Result<Client, Error> {
    let config = kube::Config::infer()
        .await
        .map_err(|error| Error::Configuration(format!("no cluster to run against: {}", chain(&error))))?;
    let url = config.cluster_url.clone();
    let unreachable =
        |why: String| Error::Configuration(format!("cannot reach the Kubernetes API at {url}: {why}"));
    let client = Client::try_from(config).map_err(|error| unreachable(chain(&error)))?;
    let host = url.authority().map_or("", |authority| authority.as_str());
    let client = metrics.count_requests(&client, host);
    match clock.timeout(GREETING, client.apiserver_version()).await {
        Some(Ok(version)) => {
            tracing::info!(%url, version = version.git_version, "connected");
            Ok(client)
        }
        Some(Err(error)) => Err(unreachable(chain(&error))),
        None => Err(unreachable(format!("no answer within {} s", GREETING.as_secs()))),
    }
}

/// The name of this replica in the election, which no other process has.
fn identity(name: &str, dice: &Dice) -> String {
    let host = std::env::var("POD_NAME").or_else(|_| std::env::var("HOSTNAME"));
    format!(
        "{}_{:016x}",
        host.unwrap_or_else(|_| name.to_owned()),
        dice.number()
    )
}

/// Compares the definitions with those of the previous release, and prints what became of each.
fn check(previous: &Path, definitions: &[CustomResourceDefinition]) -> Result<(), Error> {
    let comparison = compare(previous, definitions).map_err(|error| Error::Configuration(chain(&error)))?;
    print(&comparison.to_string())?;
    match comparison.breaks() {
        0 => Ok(()),
        breaks => Err(Error::Incompatible {
            previous: previous.to_owned(),
            breaks,
        }),
    }
}

fn print_yaml(yaml: Result<String, YamlError>) -> Result<(), Error> {
    let yaml = yaml.map_err(|error| Error::Configuration(error.to_string()))?;
    print(&yaml)
}

fn print(text: &str) -> Result<(), Error> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .map_err(|source| Error::Io {
            what: "cannot write to standard output".to_owned(),
            source,
        })
}
