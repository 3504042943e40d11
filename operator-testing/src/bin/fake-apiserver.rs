//! An embedded API server on loopback, for kubectl and for clients in any language.

use std::{io::Write as _, net::SocketAddr, path::PathBuf, process::ExitCode, time::Duration};

use clap::Parser;
use operator_testing::{
    apiserver::{ApiServer, WebhookAddress},
    cluster::{Cluster, Controllers, PodBehavior},
};
use tokio::signal::unix::{SignalKind, signal};

/// Serves an embedded Kubernetes API server until it is stopped.
#[derive(Debug, Parser)]
#[command(version)]
struct Options {
    /// The address to listen on; port 0 picks a free one.
    #[arg(long, default_value = "127.0.0.1:8001")]
    listen: SocketAddr,
    /// Where to write a kubeconfig for the server.
    #[arg(long)]
    kubeconfig: Option<PathBuf>,
    /// A file of bearer tokens (lines of `token,user,uid,"group1,group2"`): turns authentication and RBAC on.
    #[arg(long)]
    token_auth_file: Option<PathBuf>,
    /// Which simulated controllers run, as kube-controller-manager is told: `*` for all, `NAME` adds one, `-NAME` takes one
    /// away, an empty value for none. `kube-scheduler` and `kubelet` can be named too.
    #[arg(long, default_value = "*", allow_hyphen_values = true)]
    controllers: Controllers,
    /// How many seconds after it was bound a Pod is ready.
    #[arg(long, default_value_t = 0.0, value_name = "SECONDS")]
    pod_ready_after: f64,
    /// How many seconds after it was ready a Pod succeeds that is not restarted always.
    #[arg(long, default_value_t = 0.0, value_name = "SECONDS")]
    pod_runs_for: f64,
    /// Where the webhooks of a Service really are: `NAMESPACE/NAME=ADDRESS:PORT`; may be given several times.
    #[arg(long, value_name = "SERVICE=ADDRESS", value_parser = webhook_service)]
    webhook_service: Vec<(WebhookAddress, SocketAddr)>,
    /// What uids and generated names follow from.
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

/// Reads `NAMESPACE/NAME=ADDRESS:PORT`.
fn webhook_service(text: &str) -> Result<(WebhookAddress, SocketAddr), String> {
    let form = || "expected NAMESPACE/NAME=ADDRESS:PORT".to_owned();
    let (service, address) = text.split_once('=').ok_or_else(form)?;
    let (namespace, name) = service.split_once('/').ok_or_else(form)?;
    let address = address.parse().map_err(|error| format!("{address}: {error}"))?;
    Ok((WebhookAddress::service(namespace, name), address))
}

#[tokio::main]
async fn main() -> ExitCode {
    match serve(Options::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            // nothing is left to do if standard error is closed
            let _ = writeln!(std::io::stderr(), "fake-apiserver: {message}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(options: Options) -> Result<(), String> {
    let mut terminate =
        signal(SignalKind::terminate()).map_err(|error| format!("cannot wait for signals: {error}"))?;
    let mut builder = ApiServer::builder().seed(options.seed).real_time();
    if let Some(path) = &options.token_auth_file {
        let file = std::fs::read_to_string(path)
            .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        builder = builder.token_file(&file).map_err(|error| error.to_string())?;
    }
    let seconds = |option: &str, value: f64| {
        Duration::try_from_secs_f64(value).map_err(|error| format!("{option}: {error}"))
    };
    let pods = PodBehavior::Ready {
        after: seconds("--pod-ready-after", options.pod_ready_after)?,
        runs_for: seconds("--pod-runs-for", options.pod_runs_for)?,
    };
    let cluster = Cluster::builder()
        .server(builder)
        .controllers(options.controllers)
        .pods(pods)
        .start();
    for (at, to) in options.webhook_service {
        cluster.server().lead_webhooks(at, to);
    }
    let listener = cluster
        .server()
        .listen(options.listen)
        .await
        .map_err(|error| format!("cannot listen on {}: {error}", options.listen))?;
    if let Some(path) = &options.kubeconfig {
        std::fs::write(path, listener.kubeconfig())
            .map_err(|error| format!("cannot write {}: {error}", path.display()))?;
    }
    let _ = writeln!(std::io::stdout(), "serving on {}", listener.url());
    tokio::select! {
        biased;
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
    Ok(())
}
