//! What Prometheus is told, under the names that controller-runtime gave it, so that existing dashboards work.

mod informers;
mod leases;
mod queues;
mod requests;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use kube::Client;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::{Family, MetricConstructor};
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use self::informers::Informers;
pub(crate) use self::leases::LeaseMetrics;
use self::leases::Leases;
pub(in crate::controller) use self::queues::QueueCounters;
use self::queues::{QueueLabels, Queues, queue_labels};
use self::requests::Requests;
use super::outcome::Outcome;
use crate::informer::Caches;
use crate::queue::QueueStats;

/// The metrics of all controllers of a process; clones count together.
#[derive(Clone, Debug)]
pub struct Metrics {
    families: Families,
    requests: Requests,
    leases: Leases,
    caches: Arc<Mutex<Option<Caches>>>,
    /// Whether there is a registry to see them in.
    visible: bool,
}

#[derive(Clone, Debug)]
struct Families {
    reconciles: Family<ResultLabels, Counter>,
    errors: Family<ControllerLabels, Counter>,
    terminal_errors: Family<ControllerLabels, Counter>,
    panics: Family<ControllerLabels, Counter>,
    source_panics: Family<PartLabels, Counter>,
    timeouts: Family<ControllerLabels, Counter>,
    seconds: Family<ControllerLabels, Histogram, Buckets>,
    max_concurrent: Family<ControllerLabels, Gauge>,
    active: Family<ControllerLabels, Gauge>,
    held_back: Family<ControllerLabels, Counter>,
    consistency: Family<ReadLabels, Histogram, WaitBuckets>,
    adds: Family<QueueLabels, Counter>,
    retries: Family<QueueLabels, Counter>,
    waited: Family<QueueLabels, Histogram, QueueBuckets>,
    worked: Family<QueueLabels, Histogram, QueueBuckets>,
    queues: Queues,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ControllerLabels {
    controller: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ResultLabels {
    controller: String,
    result: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PartLabels {
    controller: String,
    part: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReadLabels {
    operation: &'static str,
    result: &'static str,
}

impl ReadLabels {
    fn of(result: &'static str) -> Self {
        Self {
            operation: "list",
            result,
        }
    }
}

#[derive(Clone, Debug)]
struct WaitBuckets;

impl MetricConstructor<Histogram> for WaitBuckets {
    fn new_metric(&self) -> Histogram {
        Histogram::new([
            0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 6.0, 8.0, 10.0,
        ])
    }
}

#[derive(Clone, Debug)]
struct Buckets;

impl MetricConstructor<Histogram> for Buckets {
    fn new_metric(&self) -> Histogram {
        Histogram::new([
            0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9,
            1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 15.0, 20.0,
            25.0, 30.0, 40.0, 50.0, 60.0,
        ])
    }
}

#[derive(Clone, Debug)]
struct QueueBuckets;

impl MetricConstructor<Histogram> for QueueBuckets {
    fn new_metric(&self) -> Histogram {
        // 10 ns to 1000 s.
        Histogram::new((-8..=3).map(|exponent| 10f64.powi(exponent)))
    }
}

impl Metrics {
    /// Metrics that show up in `registry`, beside what else is there.
    pub fn new(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        metrics.families.register(registry);
        registry.register_collector(Box::new(Informers {
            caches: Arc::clone(&metrics.caches),
        }));
        metrics.requests.register(registry);
        metrics.leases.register(registry);
        Self {
            visible: true,
            ..metrics
        }
    }

    /// A client that counts what goes through it, as `rest_client_*`, under `host`: the API server as the operator
    /// reaches it.
    ///
    /// A [`Manager`](crate::manager::Manager) does this for the client it was given, unless it was done before; it
    /// cannot know the host, which then stays empty.
    #[must_use]
    pub fn count_requests(&self, client: &Client, host: &str) -> Client {
        self.requests.counting(client, host)
    }

    /// As [`count_requests`](Metrics::count_requests), where nobody else did and somebody looks.
    pub(crate) fn count_unless_counted(&self, client: Client) -> Client {
        if self.visible && !self.requests.are_counted() {
            self.count_requests(&client, "")
        } else {
            client
        }
    }

    /// What the election on the lease `name` tells.
    pub(crate) fn of_lease(&self, name: &str) -> LeaseMetrics {
        self.leases.of(name)
    }

    /// Lets what informers do be seen, too.
    pub(crate) fn watch_caches(&self, caches: &Caches) {
        *self.caches.lock().unwrap_or_else(PoisonError::into_inner) = Some(caches.clone());
    }

    pub(in crate::controller) fn of_controller(&self, controller: &str) -> ControllerMetrics {
        let families = &self.families;
        let labels = ControllerLabels {
            controller: controller.to_owned(),
        };
        // Asking for each family once makes it show up as zero before anything happens.
        for result in ["success", "error", "requeue", "requeue_after"] {
            families.reconciles.get_or_create_owned(&ResultLabels {
                controller: controller.to_owned(),
                result,
            });
        }
        ControllerMetrics {
            reconciles: families.reconciles.clone(),
            errors: families.errors.get_or_create_owned(&labels),
            terminal_errors: families.terminal_errors.get_or_create_owned(&labels),
            panics: families.panics.get_or_create_owned(&labels),
            timeouts: families.timeouts.get_or_create_owned(&labels),
            seconds: families.seconds.get_or_create_owned(&labels),
            max_concurrent: families.max_concurrent.get_or_create_owned(&labels),
            active: families.active.get_or_create_owned(&labels),
            held_back: families.held_back.get_or_create_owned(&labels),
            caught_up: families
                .consistency
                .get_or_create_owned(&ReadLabels::of("success")),
            gave_up: families
                .consistency
                .get_or_create_owned(&ReadLabels::of("timeout")),
            controller: controller.to_owned(),
        }
    }

    pub(in crate::controller) fn of_sources(&self, controller: &str) -> SourcePanics {
        let part = |part| {
            let controller = controller.to_owned();
            let labels = PartLabels { controller, part };
            self.families.source_panics.get_or_create_owned(&labels)
        };
        SourcePanics {
            predicate: part("predicate"),
            mapper: part("mapper"),
            timer: part("timer"),
        }
    }

    pub(in crate::controller) fn of_queue(&self, controller: &str) -> QueueCounters {
        let labels = queue_labels(controller);
        QueueCounters {
            adds: self.families.adds.get_or_create_owned(&labels),
            retries: self.families.retries.get_or_create_owned(&labels),
            waited: self.families.waited.get_or_create_owned(&labels),
            worked: self.families.worked.get_or_create_owned(&labels),
        }
    }

    /// Lets the depth of a queue be seen.
    pub(in crate::controller) fn watch_queue(
        &self,
        controller: &str,
        stats: impl Fn() -> QueueStats + Send + Sync + 'static,
    ) {
        self.families.queues.watch(controller, stats);
    }
}

impl Default for Metrics {
    /// Metrics that nobody sees.
    fn default() -> Self {
        Self {
            families: Families::new(),
            requests: Requests::new(),
            leases: Leases::default(),
            caches: Arc::default(),
            visible: false,
        }
    }
}

impl Families {
    fn new() -> Self {
        Self {
            reconciles: Family::default(),
            errors: Family::default(),
            terminal_errors: Family::default(),
            panics: Family::default(),
            source_panics: Family::default(),
            timeouts: Family::default(),
            seconds: Family::new_with_constructor(Buckets),
            max_concurrent: Family::default(),
            active: Family::default(),
            held_back: Family::default(),
            consistency: Family::new_with_constructor(WaitBuckets),
            adds: Family::default(),
            retries: Family::default(),
            waited: Family::new_with_constructor(QueueBuckets),
            worked: Family::new_with_constructor(QueueBuckets),
            queues: Queues::default(),
        }
    }

    fn register(&self, registry: &mut Registry) {
        let controller = "controller_runtime_reconcile";
        registry.register(
            controller,
            "Total number of reconciliations per controller",
            self.reconciles.clone(),
        );
        registry.register(
            format!("{controller}_errors"),
            "Total number of reconciliation errors per controller",
            self.errors.clone(),
        );
        registry.register(
            "controller_runtime_terminal_reconcile_errors",
            "Total number of terminal reconciliation errors per controller",
            self.terminal_errors.clone(),
        );
        registry.register(
            format!("{controller}_panics"),
            "Total number of reconciliation panics per controller",
            self.panics.clone(),
        );
        registry.register(
            "controller_runtime_source_panics",
            "Total number of panics of predicates, mappers and timers per controller",
            self.source_panics.clone(),
        );
        registry.register(
            format!("{controller}_timeouts"),
            "Total number of reconciliation timeouts per controller",
            self.timeouts.clone(),
        );
        registry.register(
            format!("{controller}_time_seconds"),
            "Length of time per reconciliation per controller",
            self.seconds.clone(),
        );
        registry.register(
            "controller_runtime_max_concurrent_reconciles",
            "Maximum number of concurrent reconciles per controller",
            self.max_concurrent.clone(),
        );
        registry.register(
            "controller_runtime_active_workers",
            "Number of currently used workers per controller",
            self.active.clone(),
        );
        registry.register(
            format!("{controller}_held_back"),
            "Total number of reconciliations put off until the caches showed the controller's own writes",
            self.held_back.clone(),
        );
        registry.register(
            "controller_runtime_client_consistency_wait_duration_seconds",
            "Length of time waiting for the cache to observe writes before serving reads",
            self.consistency.clone(),
        );
        registry.register(
            "workqueue_adds",
            "Total number of adds handled by workqueue",
            self.adds.clone(),
        );
        registry.register(
            "workqueue_retries",
            "Total number of retries handled by workqueue",
            self.retries.clone(),
        );
        registry.register(
            "workqueue_queue_duration_seconds",
            "How long in seconds an item stays in workqueue before being requested",
            self.waited.clone(),
        );
        registry.register(
            "workqueue_work_duration_seconds",
            "How long in seconds processing an item from workqueue takes",
            self.worked.clone(),
        );
        registry.register_collector(Box::new(self.queues.clone()));
    }
}

/// What one controller counts.
#[derive(Debug)]
pub(in crate::controller) struct ControllerMetrics {
    controller: String,
    reconciles: Family<ResultLabels, Counter>,
    errors: Counter,
    terminal_errors: Counter,
    pub(in crate::controller) panics: Counter,
    timeouts: Counter,
    seconds: Histogram,
    pub(in crate::controller) max_concurrent: Gauge,
    pub(in crate::controller) active: Gauge,
    pub(in crate::controller) held_back: Counter,
    /// How long reads waited for own writes to be seen: until they were, and until the wait was given up.
    pub(in crate::controller) caught_up: Histogram,
    pub(in crate::controller) gave_up: Histogram,
}

impl ControllerMetrics {
    pub(in crate::controller) fn count(&self, outcome: Outcome, took: Duration) {
        self.seconds.observe(took.as_secs_f64());
        let labels = ResultLabels {
            controller: self.controller.clone(),
            result: outcome.result(),
        };
        self.reconciles.get_or_create(&labels).inc();
        if outcome.is_error() {
            self.errors.inc();
        }
        match outcome {
            Outcome::Failed(crate::reconcile::ErrorClass::Terminal) => self.terminal_errors.inc(),
            Outcome::Panicked => self.panics.inc(),
            Outcome::TimedOut => self.timeouts.inc(),
            Outcome::Done(_) | Outcome::Failed(_) => 0,
        };
    }
}

/// What the sources of one controller count.
#[derive(Debug)]
pub(in crate::controller) struct SourcePanics {
    pub(in crate::controller) predicate: Counter,
    pub(in crate::controller) mapper: Counter,
    pub(in crate::controller) timer: Counter,
}
