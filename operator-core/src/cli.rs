//! The command line that every operator binary gets: `run`, `crd`, `rbac`, `manifests`.
//!
//! Every flag of `run` can be set by an environment variable, too; a flag wins. A binary with a command line of its own
//! takes [`Command`] in as a subcommand and hands it to [`Operator::execute`](crate::Operator::execute).

use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use tracing::Subscriber;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::util::SubscriberInitExt;

use crate::Error;
use crate::leader::Timing;
use crate::manager::LeaseLoss;

/// Where operators run unless it is said.
const OPERATOR_NAMESPACE: &str = "operators";

/// The whole command line.
#[derive(Clone, Debug, Parser)]
#[command(about = "A Kubernetes operator", args_conflicts_with_subcommands = true)]
pub struct Cli {
    /// What to do; without it the operator runs.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// How to run.
    #[command(flatten)]
    pub run: RunArgs,
}

impl Cli {
    /// What to do.
    pub fn into_command(self) -> Command {
        self.command.unwrap_or(Command::Run(self.run))
    }
}

/// What an operator can be asked to do.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Run against the cluster of the service account or of the kubeconfig.
    Run(RunArgs),
    /// Print the custom resource definitions as YAML, or compare them with those of the previous release.
    Crd(CrdArgs),
    /// Print the service account, roles and bindings as YAML.
    Rbac(InstallArgs),
    /// Print everything that installs the operator as YAML: definitions, rights, Deployment.
    Manifests(InstallArgs),
}

/// What is done with the definitions.
#[derive(Clone, Debug, Args)]
pub struct CrdArgs {
    /// Compare with the YAML of the previous release instead: every change that breaks stored objects or clients is
    /// listed with what to do, and the exit code is 1 if there is one. A file or a folder.
    #[arg(long, value_name = "FILE")]
    pub check: Option<PathBuf>,
    /// The namespace that the operator runs in; definitions that it converts between versions name it.
    #[arg(long, default_value = OPERATOR_NAMESPACE)]
    pub operator_namespace: String,
}

impl Default for CrdArgs {
    fn default() -> Self {
        Self {
            check: None,
            operator_namespace: OPERATOR_NAMESPACE.to_owned(),
        }
    }
}

/// How an operator runs.
#[derive(Clone, Debug, Args)]
pub struct RunArgs {
    /// Work in this namespace only; can be repeated, or hold several with commas. All namespaces by default.
    #[arg(
        long = "namespace",
        short = 'n',
        env = "WATCH_NAMESPACE",
        value_delimiter = ','
    )]
    pub namespaces: Vec<String>,
    /// Where to serve /healthz, /readyz and /metrics; `off` for nowhere.
    #[arg(long, env = "METRICS_ADDRESS", default_value = "0.0.0.0:8080")]
    pub metrics_address: Endpoint,
    /// Where to answer the API server's questions, if the operator has webhooks; `off` for nowhere.
    #[arg(long, env = "WEBHOOK_ADDRESS", default_value = "0.0.0.0:9443")]
    pub webhook_address: Endpoint,
    /// Work only while this replica is the leader.
    #[arg(long, env = "LEADER_ELECT")]
    pub leader_elect: bool,
    /// The namespace of the Lease; that of the pod by default.
    #[arg(long, env = "POD_NAMESPACE")]
    pub leader_election_namespace: Option<String>,
    /// How many seconds others wait after a renewal before they take the lead.
    #[arg(long, env = "LEASE_DURATION", default_value_t = 15)]
    pub lease_duration: u64,
    /// After how many seconds without a renewal a leader gives up.
    #[arg(long, env = "RENEW_DEADLINE", default_value_t = 10)]
    pub renew_deadline: u64,
    /// How many seconds pass between two attempts.
    #[arg(long, env = "RETRY_PERIOD", default_value_t = 2)]
    pub retry_period: u64,
    /// What a lost lease ends: the process, or only what the leader does.
    #[arg(long, env = "ON_LEASE_LOSS", value_enum, default_value_t = OnLeaseLoss::EndProcess)]
    pub on_lease_loss: OnLeaseLoss,
    /// Install or update the custom resource definitions first.
    #[arg(long, env = "INSTALL_CRDS")]
    pub install_crds: bool,
    /// How many seconds running reconciles have to finish when the operator is told to stop.
    #[arg(long, env = "GRACE_PERIOD", default_value_t = 30)]
    pub grace_period: u64,
    /// How to log.
    #[command(flatten)]
    pub log: LogArgs,
}

impl RunArgs {
    /// The durations of the election.
    ///
    /// # Errors
    /// [`Error::Configuration`], if they do not fit together.
    pub fn timing(&self) -> Result<Timing, Error> {
        let seconds = Duration::from_secs;
        Timing::new(
            seconds(self.lease_duration),
            seconds(self.renew_deadline),
            seconds(self.retry_period),
        )
        .map_err(|error| Error::Configuration(error.to_string()))
    }
}

/// What a lost lease ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OnLeaseLoss {
    /// The process.
    EndProcess,
    /// What only the leader does; the replica stands for election again.
    StandAgain,
}

impl From<OnLeaseLoss> for LeaseLoss {
    fn from(loss: OnLeaseLoss) -> Self {
        match loss {
            OnLeaseLoss::EndProcess => Self::EndProcess,
            OnLeaseLoss::StandAgain => Self::StandAgain,
        }
    }
}

/// How an operator logs.
#[derive(Clone, Debug, Args)]
pub struct LogArgs {
    /// The form of a log line.
    #[arg(long, env = "LOG_FORMAT", value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
    /// What to log: a level, or directives such as `info,kube=debug`.
    #[arg(
        long = "log",
        env = "RUST_LOG",
        default_value = "info,kube_client::client::builder=off"
    )]
    pub filter: String,
}

/// The form of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

impl LogArgs {
    /// Sends the program's log to standard error, unless it goes somewhere already.
    ///
    /// # Errors
    /// [`Error::Configuration`], if the filter cannot be read.
    pub fn install(&self) -> Result<(), Error> {
        let log = self.subscriber(std::io::stderr)?;
        // A program that has set up its log already keeps it.
        let _ = log.try_init();
        Ok(())
    }

    /// What writes the log to `writer` in this form: for programs that set up more than that, and for tests.
    ///
    /// # Errors
    /// [`Error::Configuration`], if the filter cannot be read.
    pub fn subscriber<W>(&self, writer: W) -> Result<Box<dyn Subscriber + Send + Sync>, Error>
    where
        W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
    {
        let filter = EnvFilter::try_new(&self.filter)
            .map_err(|error| Error::Configuration(format!("--log {}: {error}", self.filter)))?;
        let log = tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_writer(writer);
        Ok(match self.log_format {
            LogFormat::Text => Box::new(log.with_ansi(false).finish()),
            LogFormat::Json => Box::new(log.json().flatten_event(true).finish()),
        })
    }
}

/// What manifests are made for.
#[derive(Clone, Debug, Args)]
pub struct InstallArgs {
    /// The namespace that the operator runs in.
    #[arg(long, default_value = OPERATOR_NAMESPACE)]
    pub operator_namespace: String,
    /// Work in this namespace only; can be repeated, or hold several with commas. All namespaces by default.
    #[arg(long = "namespace", short = 'n', value_delimiter = ',')]
    pub namespaces: Vec<String>,
    /// The image; NAME:latest by default.
    #[arg(long)]
    pub image: Option<String>,
    /// How many replicas run.
    #[arg(long, default_value_t = 1)]
    pub replicas: i32,
    /// The port of /healthz, /readyz and /metrics.
    #[arg(long, default_value_t = 8080)]
    pub port: u16,
}

/// An address to serve on, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// Serve nothing.
    Off,
    /// Serve here.
    At(SocketAddr),
}

impl FromStr for Endpoint {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.is_empty() || text == "off" || text == "0" {
            return Ok(Self::Off);
        }
        // A port alone, as `:8080`, means all addresses.
        let full = if text.starts_with(':') {
            format!("0.0.0.0{text}")
        } else {
            text.to_owned()
        };
        full.parse()
            .map(Self::At)
            .map_err(|_| "not an address such as 127.0.0.1:8080, nor `off`".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn parse(arguments: &[&str]) -> Command {
        let all = std::iter::once("operator").chain(arguments.iter().copied());
        Cli::try_parse_from(all).unwrap().into_command()
    }

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn without_a_command_it_runs() {
        let Command::Run(run) = parse(&["-n", "a,b", "--leader-elect", "--metrics-address", "off"]) else {
            panic!("it does not run");
        };
        assert_eq!(run.namespaces, ["a", "b"]);
        assert!(run.leader_elect);
        assert_eq!(run.metrics_address, Endpoint::Off);
        assert_eq!(run.timing().unwrap(), Timing::default());
        assert_eq!(run.on_lease_loss, OnLeaseLoss::EndProcess);
        assert!(matches!(parse(&["run", "--log-format", "json"]), Command::Run(_)));
    }

    #[test]
    fn durations_that_do_not_fit_are_refused() {
        let Command::Run(run) = parse(&["run", "--lease-duration", "5"]) else {
            panic!("it does not run")
        };
        assert_eq!(
            run.timing().unwrap_err().to_string(),
            "the lease must last longer than the renewal deadline"
        );
    }

    #[test]
    fn an_endpoint_is_an_address_or_off() {
        assert_eq!(":80".parse(), Ok(Endpoint::At(([0, 0, 0, 0], 80).into())));
        assert_eq!(
            "127.0.0.1:80".parse(),
            Ok(Endpoint::At(([127, 0, 0, 1], 80).into()))
        );
        assert_eq!("0".parse(), Ok(Endpoint::Off));
        assert!("eighty".parse::<Endpoint>().is_err());
    }

    #[test]
    fn definitions_are_printed_or_checked() {
        assert!(matches!(
            parse(&["crd"]),
            Command::Crd(CrdArgs { check: None, .. })
        ));
        let Command::Crd(args) = parse(&["crd", "--check", "crds.yaml"]) else {
            panic!("no definitions");
        };
        assert_eq!(args.check, Some("crds.yaml".into()));
    }

    #[test]
    fn manifests_have_their_own_flags() {
        let Command::Manifests(args) = parse(&["manifests", "--image", "op:1", "--replicas", "2"]) else {
            panic!("no manifests");
        };
        assert_eq!(
            (args.image.as_deref(), args.replicas, args.port),
            (Some("op:1"), 2, 8080)
        );
    }
}
