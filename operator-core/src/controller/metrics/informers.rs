//! What informers tell when somebody asks.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;

use crate::informer::{Caches, InformerStatus, WatchState};

/// Looks at the informers when somebody asks.
#[derive(Debug)]
pub(super) struct Informers {
    pub(super) caches: Arc<Mutex<Option<Caches>>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct InformerLabels {
    watch: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct WatchLabels {
    watch: String,
    namespace: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StateLabels {
    watch: String,
    namespace: String,
    state: &'static str,
}

/// Informers of one kind with different namespaces have one name: they are counted together.
#[derive(Default)]
struct Families {
    objects: Family<InformerLabels, Gauge>,
    waiting: Family<InformerLabels, Gauge>,
    bad: Family<InformerLabels, Gauge>,
    panics: Family<InformerLabels, Counter>,
    failures: Family<WatchLabels, Gauge>,
    states: Family<StateLabels, Gauge>,
}

impl Families {
    fn count(&self, status: &InformerStatus) {
        let labels = InformerLabels {
            watch: status.name.clone(),
        };
        let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        self.objects
            .get_or_create(&labels)
            .inc_by(number(status.objects as u64));
        self.waiting
            .get_or_create(&labels)
            .inc_by(i64::from(!status.ready));
        self.bad.get_or_create(&labels).inc_by(number(status.bad_objects));
        self.panics.get_or_create(&labels).inc_by(status.panics);
        for (namespace, state) in &status.watches {
            let (failures, state) = match state {
                WatchState::Listing => (0, "Listing"),
                WatchState::Failing { failures, cause, .. } => (i64::from(*failures), cause.as_str()),
                _ => (0, "Current"),
            };
            let (watch, namespace) = (status.name.clone(), namespace.clone());
            let labels = StateLabels {
                watch: watch.clone(),
                namespace: namespace.clone(),
                state,
            };
            self.states.get_or_create(&labels).inc();
            let labels = WatchLabels { watch, namespace };
            self.failures.get_or_create(&labels).inc_by(failures);
        }
    }

    fn ready(&self, watches: impl Iterator<Item = String>) -> Family<InformerLabels, Gauge> {
        let ready: Family<InformerLabels, Gauge> = Family::default();
        for watch in watches {
            let labels = InformerLabels { watch };
            let waiting = self.waiting.get_or_create(&labels).get();
            ready.get_or_create(&labels).set(i64::from(waiting == 0));
        }
        ready
    }
}

impl Collector for Informers {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let caches = self.caches.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let status: Vec<_> = caches.iter().flat_map(Caches::status).collect();
        let families = Families::default();
        for status in &status {
            families.count(status);
        }
        let ready = families.ready(status.into_iter().map(|status| status.name));
        let mut tell = |name: &str, help: &str, family: &dyn Encode| {
            let descriptor = encoder.encode_descriptor(name, help, None, family.kind())?;
            family.write(descriptor)
        };
        tell(
            "informer_objects",
            "Number of objects in the cache",
            &families.objects,
        )?;
        tell("informer_ready", "Whether the first list is complete", &ready)?;
        tell(
            "informer_bad_objects",
            "Number of objects that could not be read since the start",
            &families.bad,
        )?;
        tell(
            "informer_panics",
            "Total number of panics of indexes and transforms",
            &families.panics,
        )?;
        tell(
            "informer_watch_failures",
            "How often in a row the watch has failed",
            &families.failures,
        )?;
        tell(
            "informer_watch_state",
            "What the watch does: Listing, Current, or why it does not work",
            &families.states,
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
