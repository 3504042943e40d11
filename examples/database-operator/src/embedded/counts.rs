//! How much work the operator did.

use std::sync::Arc;

use operator_core::controller::Metrics;
use prometheus_client::{encoding::text::encode, registry::Registry};

/// Counts what the operator does, read from the metrics it would show to Prometheus.
#[derive(Debug)]
pub(super) struct Counts {
    registry: Arc<Registry>,
    metrics: Metrics,
}

impl Counts {
    /// Nothing done yet.
    pub(super) fn new() -> Self {
        let mut registry = Registry::default();
        let metrics = Metrics::new(&mut registry);
        Self {
            registry: Arc::new(registry),
            metrics,
        }
    }

    /// What the operator is to count with.
    pub(super) fn metrics(&self) -> Metrics {
        self.metrics.clone()
    }

    /// Every reconcile so far, whatever came of it.
    pub(super) fn reconciles(&self) -> u64 {
        let mut text = String::new();
        // Writing into a String cannot fail.
        let _ = encode(&mut text, &self.registry);
        text.lines()
            .filter(|line| line.starts_with("controller_runtime_reconcile_total{"))
            .filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok())
            .sum()
    }
}
