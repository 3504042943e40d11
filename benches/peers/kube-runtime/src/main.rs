//! kube-runtime's side of the comparison: `bench-kube-runtime startup|churn|burn|idle ADDRESS OBJECTS [SECONDS]`.

use std::convert::Infallible;
use std::future;
use std::process::ExitCode;
use std::sync::Arc;

use futures::StreamExt;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::runtime::{controller::Action, watcher};
use kube::{Api, Client, Config};
use operator_benches::{Meter, Outcome, Tally, Work, say};

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &[String]) -> Outcome {
    let [work, address, objects, ..] = arguments else {
        return Err("usage: bench-kube-runtime startup|churn|burn|idle ADDRESS OBJECTS [SECONDS]".into());
    };
    let work = Work::parse(work, arguments.get(3).map(String::as_str))?;
    let client = Client::try_from(Config::new(address.parse()?))?;
    let meter = Meter::start()?;
    let tally = Arc::new(Tally::new(work, objects.parse()?));
    let watched = watcher::Config::default().fields("metadata.namespace=default");
    let reconcile = |object: Arc<ConfigMap>, tally: Arc<Tally>| async move {
        tally.reconcile(&object);
        Ok::<_, Infallible>(Action::await_change())
    };
    let controller = kube::runtime::Controller::new(Api::<ConfigMap>::all(client), watched).run(
        reconcile,
        |_, _, _| Action::await_change(),
        Arc::clone(&tally),
    );
    let running = tokio::spawn(controller.for_each(|_| future::ready(())));
    say(&tally.follow(&meter).await?)?;
    running.abort();
    Ok(())
}
