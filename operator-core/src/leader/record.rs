//! The election record, as the Lease holds it.

use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{MicroTime, ObjectMeta};

/// Who holds the lease, and since when.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// The holder; empty when nobody holds it.
    pub holder: String,
    /// How many seconds a renewal lasts.
    pub duration_seconds: i32,
    /// When the holder took it, by the holder's clock: for people.
    pub acquired: Option<Timestamp>,
    /// When the holder renewed it last, by the holder's clock: for people.
    pub renewed: Option<Timestamp>,
    /// How often it changed hands.
    pub transitions: i32,
    /// The version of the Lease that this was read from; `None` if there is no Lease yet.
    pub resource_version: Option<String>,
}

impl Record {
    /// Reads the record of a Lease.
    pub fn of(lease: &Lease) -> Self {
        let spec = lease.spec.clone().unwrap_or_default();
        Self {
            holder: spec.holder_identity.unwrap_or_default(),
            duration_seconds: spec.lease_duration_seconds.unwrap_or_default(),
            acquired: spec.acquire_time.map(|time| time.0),
            renewed: spec.renew_time.map(|time| time.0),
            transitions: spec.lease_transitions.unwrap_or_default(),
            resource_version: lease.metadata.resource_version.clone(),
        }
    }

    /// The Lease to write, with the version that it replaces.
    pub fn to_lease(&self, namespace: &str, name: &str) -> Lease {
        Lease {
            metadata: ObjectMeta {
                name: Some(name.to_owned()),
                namespace: Some(namespace.to_owned()),
                resource_version: self.resource_version.clone(),
                ..ObjectMeta::default()
            },
            spec: Some(LeaseSpec {
                holder_identity: Some(self.holder.clone()),
                lease_duration_seconds: Some(self.duration_seconds),
                acquire_time: self.acquired.map(MicroTime),
                renew_time: self.renewed.map(MicroTime),
                lease_transitions: Some(self.transitions),
                ..LeaseSpec::default()
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_survives_the_lease() {
        let record = Record {
            holder: "pod-1".into(),
            duration_seconds: 15,
            acquired: Some(Timestamp::from_second(10).unwrap()),
            renewed: Some(Timestamp::from_microsecond(20_000_001).unwrap()),
            transitions: 3,
            resource_version: Some("7".into()),
        };
        let wire = serde_json::to_value(record.to_lease("ns", "op")).unwrap();
        assert_eq!(wire["spec"]["renewTime"], "1970-01-01T00:00:20.000001Z");
        let lease: Lease = serde_json::from_value(wire).unwrap();
        assert_eq!(Record::of(&lease), record);
    }

    #[test]
    fn an_empty_lease_is_held_by_nobody() {
        assert_eq!(Record::of(&Lease::default()), Record::default());
    }
}
