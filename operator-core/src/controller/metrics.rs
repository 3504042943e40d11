//! What Prometheus is told, under the names that controller-runtime gave it, so that existing dashboards work.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::{Family, MetricConstructor};
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use super::outcome::Outcome;
use crate::informer::Caches;
use crate::queue::{QueueMetrics, QueueStats};

/// The metrics of all controllers of a process; clones count together.
#[derive(Clone, Debug)]
pub struct Metrics {
    families: Families,
    caches: Arc<Mutex<Option<Caches>>>,
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
struct QueueLabels {
    name: String,
    controller: String,
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
        registry.register_collector(Box::new(CacheCollector {
            caches: Arc::clone(&metrics.caches),
        }));
        metrics
    }

    /// Lets what informers do be seen, too.
    pub(crate) fn watch_caches(&self, caches: &Caches) {
        *self.caches.lock().unwrap_or_else(PoisonError::into_inner) = Some(caches.clone());
    }

    pub(super) fn of_controller(&self, controller: &str) -> ControllerMetrics {
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
            controller: controller.to_owned(),
        }
    }

    pub(super) fn of_sources(&self, controller: &str) -> SourcePanics {
        let part = |part| {
            let controller = controller.to_owned();
            let labels = PartLabels { controller, part };
            self.families.source_panics.get_or_create_owned(&labels)
        };
        SourcePanics {
            predicate: part("predicate"),
            mapper: part("mapper"),
        }
    }

    pub(super) fn of_queue(&self, controller: &str) -> QueueCounters {
        let labels = queue_labels(controller);
        QueueCounters {
            adds: self.families.adds.get_or_create_owned(&labels),
            retries: self.families.retries.get_or_create_owned(&labels),
            waited: self.families.waited.get_or_create_owned(&labels),
            worked: self.families.worked.get_or_create_owned(&labels),
        }
    }

    /// Lets the depth of a queue be seen.
    pub(super) fn watch_queue(
        &self,
        controller: &str,
        stats: impl Fn() -> QueueStats + Send + Sync + 'static,
    ) {
        let mut queues = self
            .families
            .queues
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        queues.push((controller.to_owned(), Arc::new(stats)));
    }
}

impl Default for Metrics {
    /// Metrics that nobody sees.
    fn default() -> Self {
        Self {
            families: Families::new(),
            caches: Arc::default(),
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
            "Total number of panics of predicates and mappers per controller",
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
pub(super) struct ControllerMetrics {
    controller: String,
    reconciles: Family<ResultLabels, Counter>,
    errors: Counter,
    terminal_errors: Counter,
    pub(super) panics: Counter,
    timeouts: Counter,
    seconds: Histogram,
    pub(super) max_concurrent: Gauge,
    pub(super) active: Gauge,
    pub(super) held_back: Counter,
}

impl ControllerMetrics {
    pub(super) fn count(&self, outcome: Outcome, took: Duration) {
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
pub(super) struct SourcePanics {
    pub(super) predicate: Counter,
    pub(super) mapper: Counter,
}

/// What one queue counts.
#[derive(Debug)]
pub(super) struct QueueCounters {
    adds: Counter,
    retries: Counter,
    waited: Histogram,
    worked: Histogram,
}

impl QueueMetrics for QueueCounters {
    fn added(&self) {
        self.adds.inc();
    }

    fn taken(&self, waited: Duration) {
        self.waited.observe(waited.as_secs_f64());
    }

    fn done(&self, worked: Duration) {
        self.worked.observe(worked.as_secs_f64());
    }

    fn retried(&self) {
        self.retries.inc();
    }
}

type Stats = Arc<dyn Fn() -> QueueStats + Send + Sync>;

/// Looks at the queues when somebody asks.
#[derive(Clone, Default)]
struct Queues(Arc<Mutex<Vec<(String, Stats)>>>);

impl fmt::Debug for Queues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Queues")
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DepthLabels {
    name: String,
    controller: String,
    priority: i64,
}

impl Collector for Queues {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let queues: Vec<_> = {
            let queues = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            queues
                .iter()
                .map(|(controller, stats)| (controller.clone(), stats()))
                .collect()
        };
        let depth: Family<DepthLabels, Gauge> = Family::default();
        for (controller, stats) in &queues {
            let at = |priority| {
                depth.get_or_create_owned(&DepthLabels {
                    name: controller.clone(),
                    controller: controller.clone(),
                    priority,
                })
            };
            at(0).set(0);
            for (priority, waiting) in &stats.depths {
                at(priority.0.into()).set(i64::try_from(*waiting).unwrap_or(i64::MAX));
            }
        }
        let descriptor = encoder.encode_descriptor(
            "workqueue_depth",
            "Current depth of workqueue",
            None,
            depth.metric_type(),
        )?;
        depth.encode(descriptor)?;
        type Row = (&'static str, &'static str, fn(&QueueStats) -> Duration);
        let seconds: [Row; 2] = [
            (
                "workqueue_unfinished_work_seconds",
                "How many seconds of work has been done that is in progress and has not been observed by \
                 work_duration",
                |stats| stats.unfinished,
            ),
            (
                "workqueue_longest_running_processor_seconds",
                "How many seconds has the longest running processor for workqueue been running",
                |stats| stats.longest,
            ),
        ];
        for (name, help, value) in seconds {
            let family: Family<QueueLabels, FloatGauge> = Family::default();
            for (controller, stats) in &queues {
                family
                    .get_or_create(&queue_labels(controller))
                    .set(value(stats).as_secs_f64());
            }
            let descriptor = encoder.encode_descriptor(name, help, None, family.metric_type())?;
            family.encode(descriptor)?;
        }
        Ok(())
    }
}

type FloatGauge = Gauge<f64, std::sync::atomic::AtomicU64>;

fn queue_labels(controller: &str) -> QueueLabels {
    QueueLabels {
        name: controller.to_owned(),
        controller: controller.to_owned(),
    }
}

/// Looks at the informers when somebody asks.
#[derive(Debug)]
struct CacheCollector {
    caches: Arc<Mutex<Option<Caches>>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct WatchLabels {
    watch: String,
    namespace: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct InformerLabels {
    watch: String,
}

impl Collector for CacheCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let failing: Family<WatchLabels, Gauge> = Family::default();
        let objects: Family<InformerLabels, Gauge> = Family::default();
        let bad: Family<InformerLabels, Gauge> = Family::default();
        let ready: Family<InformerLabels, Gauge> = Family::default();
        let caches = self.caches.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for status in caches.iter().flat_map(Caches::status) {
            for (namespace, state) in &status.watches {
                let failures = match state {
                    crate::informer::WatchState::Failing { failures, .. } => i64::from(*failures),
                    _ => 0,
                };
                let labels = WatchLabels {
                    watch: status.name.clone(),
                    namespace: namespace.clone(),
                };
                failing.get_or_create(&labels).set(failures);
            }
            let labels = InformerLabels {
                watch: status.name.clone(),
            };
            let count = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
            objects.get_or_create(&labels).set(count(status.objects as u64));
            bad.get_or_create(&labels).set(count(status.bad_objects));
            ready.get_or_create(&labels).set(i64::from(status.ready));
        }
        let mut gauge = |name: &str, help: &str, family: &dyn Encode| {
            let descriptor = encoder.encode_descriptor(name, help, None, family.kind())?;
            family.write(descriptor)
        };
        gauge("informer_objects", "Number of objects in the cache", &objects)?;
        gauge("informer_ready", "Whether the first list is complete", &ready)?;
        gauge(
            "informer_bad_objects",
            "Number of objects that could not be read since the start",
            &bad,
        )?;
        gauge(
            "informer_watch_failures",
            "How often in a row the watch has failed",
            &failing,
        )
    }
}

/// A family of any labels.
trait Encode {
    fn kind(&self) -> prometheus_client::metrics::MetricType;
    fn write(&self, encoder: prometheus_client::encoding::MetricEncoder<'_>) -> fmt::Result;
}

impl<M: EncodeMetric> Encode for M {
    fn kind(&self) -> prometheus_client::metrics::MetricType {
        self.metric_type()
    }

    fn write(&self, encoder: prometheus_client::encoding::MetricEncoder<'_>) -> fmt::Result {
        self.encode(encoder)
    }
}
