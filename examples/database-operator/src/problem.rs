//! What the spec may ask for that the operator cannot do.

use k8s_openapi::api::{apps::v1::StatefulSet, core::v1::PersistentVolumeClaim};
use kube::ResourceExt;

use crate::{
    api::Database,
    resources::{Names, selector},
};

/// A spec that cannot be carried out until a person changes it. Its message is what the person reads.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum Problem {
    /// The names of the Pods would not fit into a label.
    #[error(
        "the name {name:?} is too long: the names of its Pods must fit into a label, so a database's name may have at \
         most {} characters; create it again under a shorter name",
        Names::LONGEST
    )]
    NameTooLong {
        /// The name.
        name: String,
    },
    /// The engine was changed.
    #[error(
        "the engine cannot be changed from {from} to {to}: the data on disk belongs to {from}; set it back, or create \
         another Database and move the data"
    )]
    EngineChanged {
        /// What runs.
        from: String,
        /// What the spec asks for.
        to: String,
    },
    /// The size of the volumes was changed.
    #[error(
        "the storage cannot be changed from {from} to {to}: a StatefulSet's volume claims are immutable; set it back, \
         or create another Database and move the data"
    )]
    StorageChanged {
        /// What the servers have.
        from: String,
        /// What the spec asks for.
        to: String,
    },
    /// An object of a name the operator needs belongs to somebody else, or the API server refused what the spec leads to.
    #[error("{message}")]
    Refused {
        /// One word for the condition.
        reason: &'static str,
        /// The refusal, with the object's name.
        message: String,
    },
}

impl Problem {
    /// One CamelCase word for the condition's `reason`.
    pub(crate) fn reason(&self) -> &'static str {
        match self {
            Self::NameTooLong { .. } => "NameTooLong",
            Self::EngineChanged { .. } => "EngineImmutable",
            Self::StorageChanged { .. } => "StorageImmutable",
            Self::Refused { reason, .. } => reason,
        }
    }

    /// What is wrong with the spec of `database`, given the servers that run.
    pub(crate) fn of(database: &Database, servers: Option<&StatefulSet>) -> Option<Self> {
        if database.name_any().len() > Names::LONGEST {
            return Some(Self::NameTooLong {
                name: database.name_any(),
            });
        }
        let spec = servers?.spec.as_ref()?;
        let running = spec
            .selector
            .match_labels
            .as_ref()
            .and_then(|labels| labels.get(ENGINE_LABEL));
        let wanted = selector(database).remove(ENGINE_LABEL);
        if let (Some(from), Some(to)) = (running, wanted)
            && *from != to
        {
            return Some(Self::EngineChanged {
                from: from.clone(),
                to,
            });
        }
        let from = spec
            .volume_claim_templates
            .as_ref()?
            .first()
            .and_then(requested)?;
        let to = &database.spec.storage;
        // The API server writes a quantity in its canonical form: 1024Gi comes back as 1Ti.
        (gibibytes(&from) != gibibytes(to)).then(|| Self::StorageChanged { from, to: to.clone() })
    }
}

const ENGINE_LABEL: &str = "app.kubernetes.io/name";

fn requested(claim: &PersistentVolumeClaim) -> Option<String> {
    let requests = claim.spec.as_ref()?.resources.as_ref()?.requests.as_ref()?;
    requests.get("storage").map(|quantity| quantity.0.clone())
}

fn gibibytes(quantity: &str) -> Option<u64> {
    let (digits, factor) = [("Gi", 1), ("Ti", 1 << 10), ("Pi", 1 << 20), ("Ei", 1 << 30)]
        .into_iter()
        .find_map(|(suffix, factor)| Some((quantity.strip_suffix(suffix)?, factor)))?;
    digits.parse::<u64>().ok()?.checked_mul(factor)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        api::{DatabaseSpec, Engine},
        resources::stateful_set,
    };

    fn database(name: &str, engine: Engine, storage: &str) -> Database {
        let version = "1.0".into();
        Database::new(
            name,
            DatabaseSpec {
                engine,
                version,
                replicas: 3,
                storage: storage.into(),
                config: Default::default(),
            },
        )
    }

    #[test]
    fn what_cannot_change_is_found_by_comparing_with_what_runs() {
        let before = stateful_set(&database("db", Engine::MySql, "1024Gi"));
        let reason = |after: &Database| Problem::of(after, Some(&before)).map(|problem| problem.reason());
        assert_eq!(reason(&database("db", Engine::MySql, "1024Gi")), None);
        assert_eq!(
            reason(&database("db", Engine::MongoDb, "1024Gi")),
            Some("EngineImmutable")
        );
        assert_eq!(
            reason(&database("db", Engine::MySql, "5Gi")),
            Some("StorageImmutable")
        );
        assert_eq!(Problem::of(&database("db", Engine::MySql, "5Gi"), None), None);
    }

    #[test]
    fn quantities_are_compared_by_size() {
        assert_eq!(gibibytes("1024Gi"), gibibytes("1Ti"));
        assert_ne!(gibibytes("1Gi"), gibibytes("1Ti"));
    }

    #[test]
    fn a_name_must_leave_room_for_the_pods() {
        let long = database(&"a".repeat(Names::LONGEST + 1), Engine::MySql, "1Gi");
        assert_eq!(
            Problem::of(&long, None).map(|problem| problem.reason()),
            Some("NameTooLong")
        );
        assert_eq!(
            Problem::of(&database(&"a".repeat(Names::LONGEST), Engine::MySql, "1Gi"), None),
            None
        );
    }
}
