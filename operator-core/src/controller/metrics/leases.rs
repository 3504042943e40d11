//! What elections tell.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LeaseLabels {
    name: String,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Leases {
    leading: Family<LeaseLabels, Gauge>,
    slow: Family<LeaseLabels, Counter>,
}

/// What one election tells.
#[derive(Clone, Debug)]
pub(crate) struct LeaseMetrics {
    /// 1 while this replica leads.
    pub(crate) leading: Gauge,
    /// How often a renewal had to read the Lease first.
    pub(crate) slow: Counter,
}

impl Leases {
    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register(
            "leader_election_master_status",
            "Whether this replica leads: 1 if it does",
            self.leading.clone(),
        );
        registry.register(
            "leader_election_slowpath",
            "Total number of renewals of a lease that had to read it first",
            self.slow.clone(),
        );
    }

    pub(super) fn of(&self, name: &str) -> LeaseMetrics {
        let labels = LeaseLabels {
            name: name.to_owned(),
        };
        LeaseMetrics {
            leading: self.leading.get_or_create_owned(&labels),
            slow: self.slow.get_or_create_owned(&labels),
        }
    }
}
