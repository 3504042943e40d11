//! What work queues tell: their counters, and their depth when somebody asks.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;

use crate::queue::{QueueMetrics, QueueStats};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct QueueLabels {
    name: String,
    controller: String,
}

pub(super) fn queue_labels(controller: &str) -> QueueLabels {
    QueueLabels {
        name: controller.to_owned(),
        controller: controller.to_owned(),
    }
}

/// What one queue counts.
#[derive(Debug)]
pub(in crate::controller) struct QueueCounters {
    pub(super) adds: Counter,
    pub(super) retries: Counter,
    pub(super) waited: Histogram,
    pub(super) worked: Histogram,
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
pub(super) struct Queues(Arc<Mutex<Vec<(String, Stats)>>>);

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

impl Queues {
    pub(super) fn watch(&self, controller: &str, stats: impl Fn() -> QueueStats + Send + Sync + 'static) {
        let mut queues = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        queues.push((controller.to_owned(), Arc::new(stats)));
    }
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
