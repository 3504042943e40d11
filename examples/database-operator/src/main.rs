//! The command line: the main job on the embedded API server, or the operator on a cluster.

use std::{io::Write as _, net::SocketAddr, path::PathBuf, process::ExitCode, time::Duration};

use clap::Parser;
use database_operator::{
    embedded::{self, Job, Screen},
    operator,
};
use operator_core::{chain, cli::Command, shutdown::Shutdown};

/// Manages databases.
///
/// Without a subcommand: starts an embedded API server, installs the CRD, applies the manifests, runs the operator and
/// shows what happens until every database is ready. No cluster is needed.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
struct Options {
    /// A manifest, or a folder of manifests, to apply instead of the example's own.
    #[arg(default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/manifests"))]
    manifests: PathBuf,
    /// Keep serving on loopback when everything is ready, for kubectl.
    #[arg(long, value_name = "ADDRESS:PORT", num_args = 0..=1, default_missing_value = "127.0.0.1:8001")]
    serve: Option<SocketAddr>,
    /// Where to write the kubeconfig when serving.
    #[arg(long, default_value_os_t = std::env::temp_dir().join("database-operator.kubeconfig"))]
    kubeconfig: PathBuf,
    /// How many milliseconds a simulated Pod takes to become ready.
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 300)]
    pod_ready_delay: u64,
    /// How many seconds everything may take.
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    timeout: u64,
    #[command(subcommand)]
    command: Option<Command>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::parse();
    let outcome = match options.command {
        Some(command) => operator().execute(command).await.map_err(|error| chain(&error)),
        None => job(options).await.map_err(|error| chain(&error)),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            // Nothing is left to do when standard error is closed.
            let _ = writeln!(std::io::stderr(), "database-operator: {message}");
            ExitCode::FAILURE
        }
    }
}

async fn job(options: Options) -> Result<(), embedded::Error> {
    let job = Job {
        manifests: options.manifests,
        pod_ready_delay: Duration::from_millis(options.pod_ready_delay),
        timeout: Duration::from_secs(options.timeout),
        serve: options.serve.map(|address| (address, options.kubeconfig)),
    };
    let shutdown = Shutdown::on_signal();
    embedded::run(&job, operator(), &shutdown, &mut Screen::stdout()).await?;
    Ok(())
}
