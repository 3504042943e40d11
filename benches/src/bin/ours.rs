//! Our side of the comparison: `ours startup|churn|burn|idle ADDRESS OBJECTS [SECONDS]`, or `ours queue KEYS`.

use std::convert::Infallible;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use k8s_openapi::api::core::v1::ConfigMap;
use kube::{Client, Config};
use operator_benches::{Meter, Outcome, Tally, Work, process_time, say};
use operator_core::backoff::Backoff;
use operator_core::controller::Controller;
use operator_core::manager::Manager;
use operator_core::meta::ObjectKey;
use operator_core::queue::{Finish, Priority, WorkQueue};
use operator_core::reconcile::{Action, Context, Reconciler};
use operator_core::shutdown::Shutdown;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match *arguments {
        ["queue", keys] => measure_queue(keys),
        [work, address, objects, ..] => run(work, address, objects, arguments.get(3).copied()).await,
        _ => Err("usage: ours startup|churn|burn|idle ADDRESS OBJECTS [SECONDS]".into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

struct Reconcile(Arc<Tally>);

impl Reconciler for Reconcile {
    type Resource = ConfigMap;
    type Error = Infallible;

    async fn reconcile(&self, object: Arc<ConfigMap>, _: &Context<ConfigMap>) -> Result<Action, Infallible> {
        self.0.reconcile(&object);
        Ok(Action::await_change())
    }
}

async fn run(work: &str, address: &str, objects: &str, seconds: Option<&str>) -> Outcome {
    let client = Client::try_from(Config::new(address.parse()?))?;
    let meter = Meter::start()?;
    let tally = Arc::new(Tally::new(Work::parse(work, seconds)?, objects.parse()?));
    let controller = Controller::new(Reconcile(Arc::clone(&tally))).fields("metadata.namespace=default");
    let shutdown = Shutdown::new();
    let running = tokio::spawn(Manager::new(client).controller(controller).run(shutdown.clone()));
    say(&tally.follow(&meter).await?)?;
    shutdown.drain();
    running.await??;
    Ok(())
}

/// How often each operation of the queue is measured; the least counts.
const ROUNDS: usize = 20;

/// Prints what a key costs in CPU time: added, taken and done.
fn measure_queue(keys: &str) -> Outcome {
    let keys: Vec<ObjectKey> = (0..keys.parse()?)
        .map(|number: usize| ObjectKey::namespaced("default", &format!("object-{number:05}")))
        .collect();
    let plain = least(&keys, |queue| {
        keys.iter().for_each(|key| queue.add(key.clone()));
    });
    let priorities = least(&keys, |queue| {
        for (number, key) in keys.iter().enumerate() {
            let priority = [Priority::LOW, Priority::NORMAL, Priority::HIGH][number % 3];
            queue.add_with(key.clone(), priority, 0);
        }
    });
    let limited = least(&keys, |queue| {
        for key in &keys {
            queue.add_rate_limited(key.clone());
        }
        // the wait costs no CPU time
        std::thread::sleep(Duration::from_millis(2));
    });
    say(&format!(
        "plain_ns={plain} limited_ns={limited} priorities_ns={priorities} priority_limited_ns={limited}"
    ))
}

/// The least CPU time in nanoseconds that a key takes.
fn least(keys: &[ObjectKey], add: impl Fn(&WorkQueue<ObjectKey>)) -> f64 {
    let round = || {
        let queue: WorkQueue<ObjectKey> = WorkQueue::<ObjectKey>::builder()
            .backoff(Backoff::exponential(
                Duration::from_millis(1),
                Duration::from_secs(1000),
            ))
            .bucket(None)
            .build();
        let before = process_time();
        add(&queue);
        let mut taken = 0;
        while let Some(work) = queue.try_get() {
            work.finish(Finish::Forget, 0);
            taken += 1;
        }
        let spent = process_time() - before;
        assert_eq!(taken, keys.len(), "every key is taken once");
        spent.as_nanos() as f64 / keys.len() as f64
    };
    (0..ROUNDS).map(|_| round()).fold(f64::INFINITY, f64::min)
}
