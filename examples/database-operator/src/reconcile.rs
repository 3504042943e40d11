//! The reconciler: brings one database's objects and status to what its spec asks for.

use std::sync::Arc;

use k8s_openapi::api::{
    apps::v1::StatefulSet,
    core::v1::{ConfigMap, Secret, Service},
};
use kube::{Api, ResourceExt, api::PostParams};
use operator_core::{
    controller::Controller,
    meta::{Object, ObjectKey},
    rbac,
    reconcile::{Action, Context, Reconciler, Terminal},
    source::Source,
    toolkit::{Adoption, Child, Note, WriteError},
};

use crate::{
    api::{Database, Phase},
    observe::observe,
    problem::Problem,
    resources::{self, Names},
};

/// Reconciles [`Database`]s.
#[derive(Clone, Copy, Debug, Default)]
pub struct Databases;

/// The controller of databases: wakes for them and for the children that carry the operator's label.
pub fn controller() -> Controller<Databases> {
    Controller::new(Databases)
        .source(ours::<StatefulSet>())
        .source(ours::<Service>())
        .source(ours::<ConfigMap>())
        .source(Source::watched::<Secret>(|secret, _| database_of(secret)).labels(our_label()))
}

/// Children of one kind. The label keeps other people's objects, Secrets above all, out of the cache.
fn ours<C: Child>() -> Source {
    Source::owned::<C>().labels(our_label())
}

fn our_label() -> String {
    format!("{}={}", resources::MANAGED_BY, resources::MANAGER)
}

/// Why a reconcile did not get to its end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A write failed; it is tried again.
    #[error("cannot bring up database {database}")]
    Write {
        /// The namespace and name.
        database: String,
        /// What failed.
        #[source]
        source: WriteError,
    },
    /// The Secret could not be made.
    #[error("cannot create the credentials of database {database}")]
    Credentials {
        /// The namespace and name.
        database: String,
        /// What failed.
        #[source]
        source: kube::Error,
    },
    /// The spec cannot be carried out; the status says so, and nothing is tried again before the spec changes.
    #[error("cannot carry out the spec of database {database}")]
    Impossible {
        /// The namespace and name.
        database: String,
        /// What the spec asks for.
        #[source]
        source: Terminal,
    },
}

// The Secret is created by hand: nothing else tells that it is.
#[rbac(resources("secrets"), verbs("create"))]
impl Reconciler for Databases {
    type Resource = Database;
    type Error = Error;

    async fn reconcile(&self, database: Arc<Database>, cx: &Context<Database>) -> Result<Action, Error> {
        let names = Names::of(&database);
        let seen = cached::<StatefulSet>(cx, &names.stateful_set);
        let outcome = match Problem::of(&database, seen.as_deref()) {
            Some(problem) => Err(problem),
            None => bring_up(&database, cx).await?,
        };
        let (servers, problem) = match outcome {
            Ok(servers) => (Some(servers), None),
            Err(problem) => (seen, Some(problem)),
        };

        let status = observe(&database, servers.as_deref(), problem.as_ref(), cx.now());
        let before = database.status.as_ref().map(|status| status.phase);
        let after = status.phase;
        let written = |source| Error::Write {
            database: cx.key().to_string(),
            source,
        };
        cx.update_status(&*database, &status).await.map_err(written)?;
        if before != Some(after) {
            cx.event(
                &*database,
                transition(after, problem.as_ref(), status.ready_replicas),
            )
            .await;
        }
        match problem {
            None => Ok(Action::await_change()),
            Some(problem) => Err(Error::Impossible {
                database: cx.key().to_string(),
                source: Terminal::new(problem),
            }),
        }
    }

    /// Asks whoever makes backups for a last one. The children go with their owner references; the volumes stay, as a
    /// StatefulSet's volumes do, and so does the password.
    async fn cleanup(&self, database: Arc<Database>, cx: &Context<Database>) -> Result<Action, Error> {
        let text = format!(
            "database {} is being deleted: make a final backup of its volumes {}-{}-*",
            database.name_any(),
            resources::DATA,
            database.name_any()
        );
        cx.event(
            &*database,
            Note::normal("FinalBackupRequested", text).action("Backup"),
        )
        .await;
        Ok(Action::await_change())
    }
}

/// Applies every object of the database. The inner error is one that only another spec can mend.
async fn bring_up(
    database: &Database,
    cx: &Context<Database>,
) -> Result<Result<Arc<StatefulSet>, Problem>, Error> {
    let applied = async {
        // The ConfigMap first: it is what an impossible setting fails on, before anything that runs is touched.
        apply(database, &resources::config_map(database), cx).await?;
        apply(database, &resources::service(database), cx).await?;
        Ok(())
    };
    if let Err(error) = applied.await {
        return refused(error, cx).map(Err);
    }
    create_credentials(database, cx).await?;
    match apply(database, &resources::stateful_set(database), cx).await {
        Ok(set) => Ok(Ok(set)),
        Err(error) => refused(error, cx).map(Err),
    }
}

/// Applies one child, unless an object of that name belongs to somebody else.
async fn apply<C: Child>(
    database: &Database,
    child: &C,
    cx: &Context<Database>,
) -> Result<Arc<C>, WriteError> {
    let seen = cached::<C>(cx, &child.name_any());
    Ok(cx
        .toolkit()
        .apply_with(database, child, seen, Adoption::Refuse)
        .await?
        .object)
}

/// A child as the cache has it.
fn cached<C: Object>(cx: &Context<Database>, name: &str) -> Option<Arc<C>> {
    cx.stale_cache::<C>()
        .named(cx.namespace().unwrap_or_default(), name)
}

/// Tells refusals that only another spec (or a person) can mend from failures that a retry can.
fn refused(error: WriteError, cx: &Context<Database>) -> Result<Problem, Error> {
    let reason = match &error {
        WriteError::NotOurs { .. } | WriteError::Controlled { .. } => "NameTaken",
        error if error.is_invalid() => "Invalid",
        _ => {
            return Err(Error::Write {
                database: cx.key().to_string(),
                source: error,
            });
        }
    };
    Ok(Problem::Refused {
        reason,
        message: error.to_string(),
    })
}

/// Creates the Secret with a new password unless there is one: the password of a database is chosen once.
///
/// Nobody owns it: like the volumes, whose data it opens, it outlives the database.
async fn create_credentials(database: &Database, cx: &Context<Database>) -> Result<(), Error> {
    let failed = |source| Error::Credentials {
        database: cx.key().to_string(),
        source,
    };
    if cached::<Secret>(cx, &Names::of(database).secret).is_some() {
        return Ok(());
    }
    let api: Api<Secret> = Api::namespaced(cx.client().clone(), cx.namespace().unwrap_or_default());
    let secret = resources::secret(database, password(cx));
    let params = PostParams {
        field_manager: Some(cx.field_manager().into()),
        ..PostParams::default()
    };
    match api.create(&params, &secret).await {
        Ok(_) if database.status.as_ref().is_some_and(|status| status.replicas > 0) => {
            let text = "the Secret with the password was gone and a new one was made; the servers still have the old \
                        password, so change it in the database";
            cx.event(database, Note::warning("CredentialsReplaced", text))
                .await;
            Ok(())
        }
        Ok(_) => Ok(()),
        Err(kube::Error::Api(status)) if status.is_already_exists() => Ok(()),
        Err(error) => Err(failed(error)),
    }
}

/// The database that a Secret belongs to, by its labels.
fn database_of(secret: &Secret) -> Vec<ObjectKey> {
    let instance = secret.labels().get(resources::INSTANCE);
    let key = instance.map(|instance| ObjectKey::new(secret.metadata.namespace.as_deref(), instance));
    key.into_iter().collect()
}

/// Letters and digits without those that people mix up; 24 of them hold over 130 bits.
fn password(cx: &Context<Database>) -> String {
    const ALPHABET: &[u8] = b"abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    (0..24)
        .map(|_| char::from(ALPHABET[cx.dice().below(ALPHABET.len())]))
        .collect()
}

fn transition(phase: Phase, problem: Option<&Problem>, ready: i32) -> Note {
    match (phase, problem) {
        (_, Some(problem)) => Note::warning(problem.reason(), problem.to_string()),
        (Phase::Pending, None) => {
            Note::normal("RollingOut", "bringing the servers to what the spec asks for")
        }
        (Phase::Running, None) => Note::normal("Running", format!("all {ready} servers are ready")),
        (Phase::Degraded, None) => Note::warning("ServersLost", format!("only {ready} servers are ready")),
    }
}
