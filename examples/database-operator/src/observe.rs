//! Works out a database's status from what there is: a pure function.

use jiff::Timestamp;
use k8s_openapi::api::apps::v1::StatefulSet;
use operator_core::meta::{ConditionIntent, Conditions};

use crate::{
    api::{Database, DatabaseStatus, Phase},
    problem::Problem,
    resources,
};

/// The condition type that says whether every server takes connections.
pub(crate) const READY: &str = "Ready";
/// The condition type that says whether the servers are on their way to what the spec asks for.
pub(crate) const PROGRESSING: &str = "Progressing";
/// The condition type that says whether a person is needed.
pub(crate) const DEGRADED: &str = "Degraded";

/// The status of `database`, given its StatefulSet as last seen and what keeps the operator from its work, if anything does.
pub(crate) fn observe(
    database: &Database,
    servers: Option<&StatefulSet>,
    problem: Option<&Problem>,
    now: Timestamp,
) -> DatabaseStatus {
    let previous = database.status.clone().unwrap_or_default();
    let generation = database.metadata.generation;
    let servers = Servers::of(servers);
    let wanted = database.spec.replicas;
    let settled = problem.is_none() && servers.settled_at(wanted);
    let ready = servers.known && servers.ready >= servers.wanted && (problem.is_some() || settled);
    // Servers that were all there for this very spec and are not any more have failed; before that they are coming up.
    let was_up = previous.observed_generation == generation
        && matches!(previous.phase, Phase::Running | Phase::Degraded);
    let lost = problem.is_none() && !ready && was_up && servers.rolled_out(wanted);

    let mut conditions = previous.conditions;
    let mut set = |type_: &str, holds: bool, reason: &str, message: String| {
        let intent = ConditionIntent::new(type_, holds, reason)
            .message(message)
            .observed_generation(generation);
        conditions.set(intent, now);
    };
    let count = format!(
        "{} of {} servers are ready",
        servers.ready,
        servers.wanted.max(wanted)
    );
    set(
        READY,
        ready,
        if ready {
            "AllServersReady"
        } else {
            "ServersNotReady"
        },
        count.clone(),
    );
    match problem {
        Some(_) => set(
            PROGRESSING,
            false,
            "Blocked",
            "the spec cannot be carried out; see Degraded".into(),
        ),
        None if settled || lost => set(
            PROGRESSING,
            false,
            "RolledOut",
            "every server runs as the spec asks".into(),
        ),
        None => set(
            PROGRESSING,
            true,
            "RollingOut",
            format!("{} of {wanted} servers run as the spec asks", servers.updated),
        ),
    }
    match problem {
        Some(problem) => set(DEGRADED, true, problem.reason(), problem.to_string()),
        None if lost => set(DEGRADED, true, "ServersLost", count),
        None => set(DEGRADED, false, "AsExpected", String::new()),
    }

    DatabaseStatus {
        ready,
        phase: match (problem.is_some() || lost, ready) {
            (true, _) => Phase::Degraded,
            (false, true) => Phase::Running,
            (false, false) => Phase::Pending,
        },
        replicas: servers.existing,
        ready_replicas: servers.ready,
        selector: selector(database),
        observed_generation: generation,
        conditions,
    }
}

/// The label selector in the form that the scale subresource wants.
fn selector(database: &Database) -> String {
    let pairs: Vec<_> = resources::selector(database)
        .into_iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    pairs.join(",")
}

/// The numbers of a StatefulSet's status that matter here.
#[derive(Default)]
struct Servers {
    /// Whether the StatefulSet is there and its controller has seen its newest spec.
    known: bool,
    wanted: i32,
    existing: i32,
    ready: i32,
    updated: i32,
    one_revision: bool,
}

impl Servers {
    fn of(set: Option<&StatefulSet>) -> Self {
        let Some(set) = set else { return Self::default() };
        let wanted = set.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1);
        let Some(status) = &set.status else {
            return Self {
                wanted,
                ..Self::default()
            };
        };
        Self {
            known: status.observed_generation >= set.metadata.generation,
            wanted,
            existing: status.replicas,
            ready: status.ready_replicas.unwrap_or(0),
            updated: status.updated_replicas.unwrap_or(0),
            one_revision: status.current_revision == status.update_revision,
        }
    }

    /// Whether as many servers exist as are wanted, all of the newest template.
    fn rolled_out(&self, wanted: i32) -> bool {
        self.known && self.wanted == wanted && self.existing == wanted && self.one_revision
    }

    fn settled_at(&self, wanted: i32) -> bool {
        self.rolled_out(wanted) && self.ready == wanted
    }
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::apps::v1::{StatefulSetSpec, StatefulSetStatus};

    use super::*;
    use crate::api::{DatabaseSpec, Engine};

    fn database(previous: Option<(Phase, i64)>) -> Database {
        let spec = DatabaseSpec {
            engine: Engine::MySql,
            version: "8.4".into(),
            replicas: 3,
            storage: "1Gi".into(),
            config: Default::default(),
        };
        let mut database = Database::new("db", spec);
        database.metadata.generation = Some(2);
        database.status = previous.map(|(phase, generation)| DatabaseStatus {
            phase,
            observed_generation: Some(generation),
            ..DatabaseStatus::default()
        });
        database
    }

    fn servers(existing: i32, ready: i32, one_revision: bool) -> StatefulSet {
        let mut set = StatefulSet {
            spec: Some(StatefulSetSpec {
                replicas: Some(3),
                ..StatefulSetSpec::default()
            }),
            status: Some(StatefulSetStatus {
                replicas: existing,
                ready_replicas: Some(ready),
                updated_replicas: Some(if one_revision { existing } else { 1 }),
                observed_generation: Some(1),
                current_revision: Some("a".into()),
                update_revision: Some(if one_revision { "a" } else { "b" }.into()),
                ..StatefulSetStatus::default()
            }),
            ..StatefulSet::default()
        };
        set.metadata.generation = Some(1);
        set
    }

    fn phase(
        previous: Option<(Phase, i64)>,
        set: Option<&StatefulSet>,
        problem: Option<&Problem>,
    ) -> (Phase, bool) {
        let status = observe(&database(previous), set, problem, Timestamp::UNIX_EPOCH);
        assert_eq!(status.conditions.is_true(READY), status.ready);
        assert_eq!(
            status.conditions.is_true(DEGRADED),
            status.phase == Phase::Degraded
        );
        (status.phase, status.ready)
    }

    #[test]
    fn a_database_runs_when_every_server_is_ready_with_the_newest_template() {
        assert_eq!(phase(None, None, None), (Phase::Pending, false));
        assert_eq!(
            phase(None, Some(&servers(2, 2, true)), None),
            (Phase::Pending, false)
        );
        assert_eq!(
            phase(None, Some(&servers(3, 2, true)), None),
            (Phase::Pending, false)
        );
        assert_eq!(
            phase(None, Some(&servers(3, 3, false)), None),
            (Phase::Pending, false)
        );
        assert_eq!(
            phase(None, Some(&servers(3, 3, true)), None),
            (Phase::Running, true)
        );
    }

    #[test]
    fn servers_that_were_up_and_are_not_any_more_degrade_it() {
        let up = Some((Phase::Running, 2));
        assert_eq!(
            phase(up, Some(&servers(3, 2, true)), None),
            (Phase::Degraded, false)
        );
        assert_eq!(
            phase(Some((Phase::Degraded, 2)), Some(&servers(3, 2, true)), None),
            (Phase::Degraded, false)
        );
        assert_eq!(
            phase(Some((Phase::Degraded, 2)), Some(&servers(3, 3, true)), None),
            (Phase::Running, true)
        );
        // A new generation starts a new rollout.
        assert_eq!(
            phase(Some((Phase::Running, 1)), Some(&servers(3, 2, true)), None),
            (Phase::Pending, false)
        );
    }

    #[test]
    fn an_impossible_spec_degrades_it_and_leaves_the_servers_ready() {
        let problem = Problem::StorageChanged {
            from: "1Gi".into(),
            to: "2Gi".into(),
        };
        assert_eq!(
            phase(None, Some(&servers(3, 3, true)), Some(&problem)),
            (Phase::Degraded, true)
        );
        assert_eq!(phase(None, None, Some(&problem)), (Phase::Degraded, false));
    }
}
