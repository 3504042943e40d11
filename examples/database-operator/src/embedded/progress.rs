//! What is ready and what is waited for.

use std::collections::BTreeMap;

use operator_core::meta::{Conditions, ObjectKey};

use crate::{
    api::{Database, Phase},
    observe::DEGRADED,
};

/// The databases of the job, as last seen.
#[derive(Debug)]
pub(super) struct Progress {
    databases: BTreeMap<ObjectKey, Option<Database>>,
}

impl Progress {
    /// Waits for these databases.
    pub(super) fn of(keys: impl IntoIterator<Item = ObjectKey>) -> Self {
        Self {
            databases: keys.into_iter().map(|key| (key, None)).collect(),
        }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.databases.len()
    }

    /// Takes in a database as it is now; one that nobody waits for is left out.
    pub(super) fn saw(&mut self, database: Database) {
        let key = ObjectKey::of(&database);
        if let Some(known) = self.databases.get_mut(&key) {
            *known = Some(database);
        }
    }

    /// Whether every database is ready, and what is said of it is said of its newest spec.
    pub(super) fn done(&self) -> bool {
        self.databases
            .values()
            .all(|database| database.as_ref().is_some_and(is_ready))
    }

    /// Each database that is not ready, with how far it is or what is wrong with it.
    pub(super) fn waiting(&self) -> String {
        let waiting: Vec<_> = self
            .databases
            .iter()
            .filter(|(_, database)| !database.as_ref().is_some_and(is_ready))
            .map(|(key, database)| {
                format!(
                    "{key} ({})",
                    database.as_ref().map_or_else(|| "not seen yet".into(), state)
                )
            })
            .collect();
        waiting.join(", ")
    }

    /// One line for a person.
    pub(super) fn line(&self) -> String {
        let ready = self
            .databases
            .values()
            .flatten()
            .filter(|database| is_ready(database))
            .count();
        format!(
            "  {ready} of {} databases ready; waiting for {}",
            self.len(),
            self.waiting()
        )
    }
}

fn is_ready(database: &Database) -> bool {
    database.status.as_ref().is_some_and(|status| {
        status.phase == Phase::Running && status.observed_generation == database.metadata.generation
    })
}

fn state(database: &Database) -> String {
    let Some(status) = &database.status else {
        return "no status yet".into();
    };
    match status.conditions.find(DEGRADED) {
        Some(condition) if condition.status == "True" => {
            format!("{}: {}", condition.reason, condition.message)
        }
        _ => format!("{}/{} servers", status.ready_replicas, database.spec.replicas),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{DatabaseSpec, DatabaseStatus, Engine};

    fn database(phase: Phase, observed: i64) -> Database {
        let spec = DatabaseSpec {
            engine: Engine::MySql,
            version: "8.4".into(),
            replicas: 3,
            storage: "1Gi".into(),
            config: BTreeMap::default(),
        };
        let mut database = Database::new("db", spec);
        database.metadata.namespace = Some("ns".into());
        database.metadata.generation = Some(2);
        database.status = Some(DatabaseStatus {
            phase,
            ready_replicas: 1,
            observed_generation: Some(observed),
            ..DatabaseStatus::default()
        });
        database
    }

    #[test]
    fn a_job_is_done_when_every_database_runs_its_newest_spec() {
        let mut progress = Progress::of([ObjectKey::namespaced("ns", "db")]);
        assert_eq!(progress.waiting(), "ns/db (not seen yet)");
        progress.saw(database(Phase::Pending, 2));
        assert_eq!(
            progress.line(),
            "  0 of 1 databases ready; waiting for ns/db (1/3 servers)"
        );
        progress.saw(database(Phase::Running, 1));
        assert!(!progress.done());
        progress.saw(database(Phase::Running, 2));
        assert!(progress.done());
        let mut stranger = database(Phase::Pending, 2);
        stranger.metadata.name = Some("other".into());
        progress.saw(stranger);
        assert!(progress.done());
    }
}
