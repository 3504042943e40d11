//! A long run: memory has to stay flat while watches end, break and expire all the time.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use k8s_openapi::api::core::v1::ConfigMap;
use operator_benches::{Outcome, objects, process_time, resident_megabytes, say};
use operator_core::controller::Controller;
use operator_core::manager::Manager;
use operator_core::reconcile::{Action, Context, Reconciler};
use operator_core::shutdown::Shutdown;
use operator_testing::apiserver::{ApiServer, Identity};
use operator_testing::fault::{Fault, Faults, Rule, WatchFault};

use crate::server::{self, MAPS};

const OBJECTS: usize = 5_000;

/// Writes a second.
const RATE: u64 = 1_000;

/// After how many events the server ends a watch.
const WATCH_LENGTH: usize = 100;

/// How often memory is printed.
const STEP: Duration = Duration::from_secs(30);

struct Count(Arc<AtomicUsize>);

impl Reconciler for Count {
    type Resource = ConfigMap;
    type Error = Infallible;

    async fn reconcile(&self, _: Arc<ConfigMap>, _: &Context<ConfigMap>) -> Result<Action, Infallible> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(Action::await_change())
    }
}

/// Runs for so many minutes; one watch in two hundred breaks and another one expires, the others end in order.
///
/// # Errors
/// If the operator ends.
pub(crate) async fn soak(minutes: u64) -> Outcome {
    let server = ApiServer::builder().real_time().audit_limit(0).build();
    let client = server.service(Identity::default());
    for number in 0..OBJECTS {
        let body = objects::config_map(number).to_string();
        server::call(&client, "POST", MAPS, "application/json", body).await?;
    }
    let faults = Faults::new();
    let broken = faults.install(one_in(200, 50, WatchFault::Breaks));
    let expired = faults.install(one_in(200, 150, WatchFault::Expires));
    let ended = faults.install(watch_rule(WatchFault::Ends));

    let reconciled = Arc::new(AtomicUsize::new(0));
    let controller = Controller::new(Count(Arc::clone(&reconciled))).fields("metadata.namespace=default");
    let shutdown = Shutdown::new();
    let manager = Manager::new(faults.client(&server)).controller(controller);
    let running = tokio::spawn(manager.run(shutdown.clone()));
    say("| minutes | memory, MiB | reconciles | watches ended | broken | expired | CPU, s |")?;
    say("|---|---|---|---|---|---|---|")?;
    let steps = minutes * 60 / STEP.as_secs();
    for step in 1..=steps {
        server::churn(&client, OBJECTS, STEP.as_secs(), RATE).await?;
        say(&format!(
            "| {:.1} | {:.1} | {} | {} | {} | {} | {:.0} |",
            (STEP * u32::try_from(step)?).as_secs_f64() / 60.0,
            resident_megabytes()?,
            reconciled.load(Ordering::Relaxed),
            ended.hits(),
            broken.hits(),
            expired.hits(),
            process_time().as_secs_f64(),
        ))?;
    }
    shutdown.drain();
    running.await??;
    Ok(())
}

fn watch_rule(fault: WatchFault) -> Rule {
    Rule::new(Fault::Watch {
        after: WATCH_LENGTH,
        fault,
    })
}

/// The same fault for one watch in `period`, beginning with number `first`.
fn one_in(period: usize, first: usize, fault: WatchFault) -> Rule {
    let seen = AtomicUsize::new(0);
    watch_rule(fault).when(move |_| seen.fetch_add(1, Ordering::Relaxed) % period == first)
}
