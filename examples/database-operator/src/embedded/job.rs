//! The main job: an API server, the CRD, the manifests, the operator, and what happens.

use std::{io::Write, net::SocketAddr, path::PathBuf, time::Duration};

use futures::{FutureExt, Stream, StreamExt};
use kube::Client;
use operator_core::{
    Operator,
    clock::{Clock, Instant},
    manifest,
    meta::ObjectKey,
    shutdown::Shutdown,
};
use operator_testing::{
    apiserver::{ApiServer, Identity, request::User},
    cluster::{Cluster, PodBehavior},
};
use tokio::task::{JoinError, JoinHandle};

use super::{
    counts::Counts,
    error::Error,
    progress::Progress,
    screen::Screen,
    served::Served,
    sightings::{Sighting, sightings},
    table::Printer,
};
use crate::resources::MANAGER;

/// What the main job is asked to do.
#[derive(Clone, Debug)]
pub struct Job {
    /// The files or folders with the objects to apply.
    pub manifests: PathBuf,
    /// How long a Pod takes to become ready.
    pub pod_ready_delay: Duration,
    /// How long everything may take.
    pub timeout: Duration,
    /// Where to serve the API server to others, and where to write the kubeconfig; nowhere when `None`.
    pub serve: Option<(SocketAddr, PathBuf)>,
}

/// What the main job did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// How many databases are ready.
    pub databases: usize,
    /// How long it took until the last one was.
    pub took: Duration,
    /// How many reconciles that took.
    pub reconciles: u64,
    /// How many requests the operator made, watches included.
    pub api_calls: usize,
}

/// How often the line of progress is refreshed while nothing happens.
const REFRESH: Duration = Duration::from_millis(500);

/// Runs the job until every database is ready, or, when it serves, until `shutdown` drains.
///
/// # Errors
/// [`Error`], in words for the person who typed the command.
pub async fn run<W: Write>(
    job: &Job,
    operator: Operator,
    shutdown: &Shutdown,
    screen: &mut Screen<W>,
) -> Result<Summary, Error> {
    let clock = Clock::real();
    let start = clock.instant();
    let documents = manifest::load(&job.manifests)?;
    let cluster = Cluster::builder()
        .server(ApiServer::builder().real_time())
        .pods(PodBehavior::ready_after(job.pod_ready_delay))
        .start();
    let server = cluster.server();
    let served = match &job.serve {
        Some((address, kubeconfig)) => Some(Served::start(server, *address, kubeconfig).await?),
        None => None,
    };
    let admin = cluster.client();
    screen.line(&format!("API server: up after {}", elapsed(&clock, start)))?;

    let mut progress = install(job, &operator, &documents, &admin, screen, &clock).await?;
    let counts = Counts::new();
    let mut seen = Box::pin(sightings(&admin, &clock));
    let scope = shutdown.child();
    let mut running = start_operator(operator, server, &counts, &scope);

    let mut show = Show::new(screen);
    let waiting = show.until_ready(&mut seen, &mut progress, &clock);
    let ready = tokio::select! {
        biased;
        () = shutdown.draining() => Err(Unready::Interrupted),
        result = &mut running => {
            ended(result)?;
            Err(Unready::Interrupted)
        }
        ready = clock.timeout(job.timeout, waiting) => ready.ok_or(Unready::TimedOut),
    };
    show.screen.progress("")?;
    // What came in together with the last change is part of the picture.
    while let Some(Some(sighting)) = seen.next().now_or_never() {
        show.show(&sighting)?;
    }
    match ready {
        Ok(result) => result?,
        Err(Unready::TimedOut) => {
            return Err(Error::TimedOut {
                seconds: job.timeout.as_secs(),
                waiting: progress.waiting(),
            });
        }
        Err(Unready::Interrupted) => return Err(Error::Interrupted(progress.waiting())),
    }
    let summary = Summary {
        databases: progress.len(),
        took: clock.instant() - start,
        reconciles: counts.reconciles(),
        api_calls: calls_of_the_operator(server),
    };
    show.screen.line(&summary.to_string())?;

    if let Some(served) = &served {
        for line in served.invitation() {
            show.screen.line(&line)?;
        }
        tokio::select! {
            biased;
            () = shutdown.draining() => {}
            result = &mut running => return ended(result).map(|()| summary),
            result = show.forever(&mut seen) => result?,
        }
    }
    scope.drain();
    ended(running.await)?;
    Ok(summary)
}

/// Why not every database is ready.
enum Unready {
    TimedOut,
    Interrupted,
}

type Running = JoinHandle<Result<(), operator_core::Error>>;

/// Installs the definitions and the manifests; the answer is which databases are to become ready.
async fn install<W: Write>(
    job: &Job,
    operator: &Operator,
    documents: &[manifest::Document],
    admin: &Client,
    screen: &mut Screen<W>,
    clock: &Clock,
) -> Result<Progress, Error> {
    operator.install(admin).await?;
    for definition in operator.definitions() {
        let name = definition.metadata.name.as_deref().unwrap_or_default();
        screen.line(&format!("CRD: {name} established"))?;
    }
    let applied = manifest::apply(admin, documents, "default", "kubectl", clock).await?;
    let mut databases = Vec::new();
    for installed in &applied {
        let target = &installed.target;
        screen.line(&format!("applied: {target}"))?;
        if target.resource().kind == "Database" {
            let namespace = target.namespace().unwrap_or_default();
            databases.push(ObjectKey::namespaced(namespace, target.name()));
        }
    }
    if databases.is_empty() {
        return Err(Error::NoDatabase(job.manifests.clone()));
    }
    Ok(Progress::of(databases))
}

fn start_operator(operator: Operator, server: &ApiServer, counts: &Counts, scope: &Shutdown) -> Running {
    let identity = Identity {
        user: Some(User::admin()),
        agent: MANAGER.into(),
        ..Identity::default()
    };
    let manager = operator
        .into_manager(server.client_as(identity))
        .metrics(counts.metrics());
    tokio::spawn(manager.run(scope.clone()))
}

/// How the operator ended; a panic goes on here.
fn ended(result: Result<Result<(), operator_core::Error>, JoinError>) -> Result<(), Error> {
    match result {
        Ok(result) => result.map_err(Error::from),
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

fn calls_of_the_operator(server: &ApiServer) -> usize {
    let log = server.audit_log();
    log.iter()
        .filter(|entry| entry.agent.starts_with(MANAGER))
        .count()
}

impl std::fmt::Display for Summary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            databases,
            took,
            reconciles,
            api_calls,
        } = self;
        write!(
            f,
            "all {databases} databases ready after {:.2} s: {reconciles} reconciles, {api_calls} API calls",
            took.as_secs_f64()
        )
    }
}

fn elapsed(clock: &Clock, start: Instant) -> String {
    format!("{:.1} ms", (clock.instant() - start).as_secs_f64() * 1000.0)
}

/// Prints what is seen.
struct Show<'a, W> {
    screen: &'a mut Screen<W>,
    printer: Printer,
}

impl<'a, W: Write> Show<'a, W> {
    fn new(screen: &'a mut Screen<W>) -> Self {
        Self {
            screen,
            printer: Printer::default(),
        }
    }

    async fn until_ready(
        &mut self,
        seen: &mut (impl Stream<Item = Sighting> + Unpin),
        progress: &mut Progress,
        clock: &Clock,
    ) -> Result<(), Error> {
        while !progress.done() {
            match clock.timeout(REFRESH, seen.next()).await {
                Some(Some(sighting)) => {
                    self.show(&sighting)?;
                    if let Sighting::Database(database) = sighting {
                        progress.saw(*database);
                    }
                }
                Some(None) => break,
                None => self.screen.progress(&progress.line())?,
            }
        }
        Ok(())
    }

    async fn forever(&mut self, seen: &mut (impl Stream<Item = Sighting> + Unpin)) -> Result<(), Error> {
        while let Some(sighting) = seen.next().await {
            self.show(&sighting)?;
        }
        Ok(())
    }

    fn show(&mut self, sighting: &Sighting) -> Result<(), Error> {
        match sighting {
            Sighting::Table(table) => {
                for line in self.printer.lines(table) {
                    self.screen.line(&line)?;
                }
            }
            Sighting::Event(event) => {
                let about = event.regarding.clone().unwrap_or_default();
                self.screen.line(&format!(
                    "  {} {} {}/{}: {}",
                    event.type_.as_deref().unwrap_or("Normal"),
                    event.reason.as_deref().unwrap_or_default(),
                    about.kind.unwrap_or_default().to_lowercase(),
                    about.name.unwrap_or_default(),
                    event.note.as_deref().unwrap_or_default(),
                ))?;
            }
            Sighting::Database(_) => {}
        }
        Ok(())
    }
}
