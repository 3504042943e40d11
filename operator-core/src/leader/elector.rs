//! The loop around a candidate: reads and writes the Lease, runs the work while it leads.

use std::fmt;
use std::future::Future;
use std::time::Duration;

use k8s_openapi::api::coordination::v1::Lease;
use kube::api::PostParams;
use kube::{Api, Client};

use super::candidate::{Candidate, Decision, Timing};
use super::record::Record;
use super::tenure::Tenure;
use crate::clock::Clock;
use crate::dice::Dice;
use crate::shutdown::Shutdown;

/// How much longer than the retry period a candidate waits at most, so that candidates do not ask in step.
const JITTER: f64 = 0.2;

/// Takes part in the election of a leader.
pub struct Elector {
    leases: Api<Lease>,
    namespace: String,
    name: String,
    identity: String,
    timing: Timing,
    clock: Clock,
    dice: Dice,
    tenure: Tenure,
    on_change: Vec<Box<dyn Fn(bool) + Send + Sync>>,
    on_slow_path: Vec<Box<dyn Fn() + Send + Sync>>,
}

/// How a run of an elector ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End<T> {
    /// The work ended by itself, and the lease was released.
    Finished(T),
    /// The operator was stopped before it led.
    Stopped,
    /// The lease was lost. The work was told to abort and, if it did not end in time, dropped.
    Lost(Option<T>),
}

/// Why an election cannot go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ElectorError {
    /// The operator may not use the Lease: trying again without a change of its rights is in vain.
    #[error("lease {namespace}/{name}: {}", .source.message)]
    Refused {
        /// The namespace of the Lease.
        namespace: String,
        /// The name of the Lease.
        name: String,
        /// The answer of the server.
        source: Box<kube::core::Status>,
    },
}

impl Elector {
    /// A candidate for the Lease of this namespace and name.
    ///
    /// No two candidates may have the same identity; the name of the pod with something random is one.
    pub fn new(
        client: Client,
        namespace: impl Into<String>,
        name: impl Into<String>,
        identity: impl Into<String>,
    ) -> Self {
        let namespace = namespace.into();
        Self {
            leases: Api::namespaced(client, &namespace),
            namespace,
            name: name.into(),
            identity: identity.into(),
            timing: Timing::default(),
            clock: Clock::real(),
            dice: Dice::unseeded(),
            tenure: Tenure::over(Clock::real()),
            on_change: Vec::new(),
            on_slow_path: Vec::new(),
        }
    }

    /// Sets the durations.
    #[must_use]
    pub fn timing(mut self, timing: Timing) -> Self {
        self.timing = timing;
        self
    }

    /// Sets the clock and the source of random choices.
    #[must_use]
    pub fn clock(mut self, clock: Clock, dice: Dice) -> Self {
        self.tenure = Tenure::over(clock.clone());
        self.clock = clock;
        self.dice = dice;
        self
    }

    /// Calls `tell` with true when it begins to lead and with false when it no longer does: for metrics.
    #[must_use]
    pub fn on_change(mut self, tell: impl Fn(bool) + Send + Sync + 'static) -> Self {
        self.on_change.push(Box::new(tell));
        self
    }

    /// Calls `tell` whenever a renewal could not rely on what is known and had to read the Lease first: for metrics.
    #[must_use]
    pub fn on_slow_path(mut self, tell: impl Fn() + Send + Sync + 'static) -> Self {
        self.on_slow_path.push(Box::new(tell));
        self
    }

    /// The name of the Lease.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Tells at any moment whether it leads, and keeps writes back when it does not.
    pub fn tenure(&self) -> Tenure {
        self.tenure.clone()
    }

    /// Waits to lead, then runs `work` for as long as it leads.
    ///
    /// The switch handed to `work` is drained and aborted with `shutdown`; it is aborted when the lease is lost. The
    /// lease is renewed until the work has ended, so that a slow drain does not end it, and is released after.
    ///
    /// # Errors
    /// [`ElectorError::Refused`], if the Lease may not be used. Everything else is retried.
    ///
    /// # Cancel safety
    /// If it is dropped the work is dropped with it, and the lease stays held until it expires.
    ///
    /// It can be called again after the lease was lost.
    pub async fn run<W, F>(&self, shutdown: &Shutdown, work: W) -> Result<End<F::Output>, ElectorError>
    where
        W: FnOnce(Shutdown) -> F,
        F: Future,
    {
        let mut candidate = Candidate::new(&self.identity, self.timing);
        if !self.campaign(&mut candidate, shutdown).await? {
            return Ok(End::Stopped);
        }
        tracing::info!(lease = %self, identity = self.identity, "leading");
        self.tell(true);
        let term = shutdown.child();
        let mut work = std::pin::pin!(work(term.clone()));
        let ended = tokio::select! {
            biased;
            output = &mut work => Some(output),
            () = self.renew(&mut candidate) => None,
        };
        // Whatever happens from here on, nothing is written any more.
        self.tenure.end();
        if let Some(output) = ended {
            self.tell(false);
            self.release(&mut candidate).await;
            return Ok(End::Finished(output));
        }
        tracing::error!(lease = %self, identity = self.identity, "the lease is lost");
        self.tell(false);
        term.abort();
        // Another can lead from here on plus the difference; whatever runs then is dropped.
        let left = self.timing.lease_duration() - self.timing.renew_deadline();
        Ok(End::Lost(self.clock.timeout(left / 2, work).await))
    }

    /// Tries until it leads; false if the operator is stopped before.
    async fn campaign(&self, candidate: &mut Candidate, shutdown: &Shutdown) -> Result<bool, ElectorError> {
        let mut told = None;
        loop {
            let attempt = tokio::select! {
                biased;
                () = shutdown.draining() => None,
                attempt = self.attempt(candidate) => Some(attempt),
            };
            match attempt {
                None => {
                    // The attempt may have been made.
                    if candidate.holder() == Some(&self.identity) {
                        self.release(candidate).await;
                    }
                    return Ok(false);
                }
                Some(Err(kube::Error::Api(status))) if status.is_forbidden() || status.is_invalid() => {
                    return Err(ElectorError::Refused {
                        namespace: self.namespace.clone(),
                        name: self.name.clone(),
                        source: status,
                    });
                }
                Some(Err(error)) => tracing::warn!(lease = %self, %error, "the election was not reached"),
                Some(Ok(())) => {}
            }
            if candidate.leads(self.clock.instant()) {
                return Ok(true);
            }
            if told.as_deref() != candidate.holder() {
                told = candidate.holder().map(str::to_owned);
                if let Some(holder) = &told {
                    tracing::info!(lease = %self, holder, "waiting for the lease");
                }
            }
            let wait = self
                .timing
                .retry_period()
                .mul_f64(1.0 + JITTER * self.dice.unit());
            tokio::select! {
                biased;
                () = shutdown.draining() => {}
                () = self.clock.sleep(wait) => {}
            }
        }
    }

    /// Renews until leadership has ended.
    async fn renew(&self, candidate: &mut Candidate) {
        loop {
            self.clock.sleep(self.timing.retry_period()).await;
            let Some(until) = candidate.leads_until() else {
                return;
            };
            let left = until.saturating_duration_since(self.clock.instant());
            if left.is_zero() {
                // The process stood still, and another may have taken over: what it wrote is not for us to overwrite.
                return;
            }
            match self.clock.timeout(left, self.attempt(candidate)).await {
                Some(Ok(())) => {}
                Some(Err(error)) => tracing::warn!(lease = %self, %error, "the lease was not renewed"),
                None => return,
            }
            if !candidate.leads(self.clock.instant()) {
                return;
            }
        }
    }

    /// One attempt to hold the lease: looks if it must, writes if it may.
    async fn attempt(&self, candidate: &mut Candidate) -> kube::Result<()> {
        // A leader knows the version it wrote; everyone else looks first.
        if !candidate.leads(self.clock.instant()) || candidate.holder().is_none() {
            self.look(candidate).await?;
        }
        if self.write(candidate).await? {
            return Ok(());
        }
        // The version was stale: the lease was written by someone else, or by an own write whose answer was lost.
        for tell in &self.on_slow_path {
            tell();
        }
        self.look(candidate).await?;
        self.write(candidate).await.map(|_| ())
    }

    async fn look(&self, candidate: &mut Candidate) -> kube::Result<()> {
        let lease = self.call(self.leases.get_opt(&self.name)).await?;
        candidate.observe(
            lease.as_ref().map(Record::of).unwrap_or_default(),
            self.clock.instant(),
        );
        self.tenure.lasts_until(candidate.leads_until());
        Ok(())
    }

    /// Writes what the candidate decides; false if someone else wrote first.
    async fn write(&self, candidate: &mut Candidate) -> kube::Result<bool> {
        let began = self.clock.instant();
        let Decision::Write(record) = candidate.decision(began, self.clock.now()) else {
            return Ok(true);
        };
        match self.put(&record).await {
            Ok(lease) => {
                candidate.wrote(Record::of(&lease), began, self.clock.instant());
                self.tenure.lasts_until(candidate.leads_until());
                Ok(true)
            }
            Err(kube::Error::Api(status))
                if status.is_conflict() || status.is_already_exists() || status.is_not_found() =>
            {
                candidate.doubt();
                Ok(false)
            }
            Err(error) => {
                candidate.doubt();
                Err(error)
            }
        }
    }

    async fn put(&self, record: &Record) -> kube::Result<Lease> {
        let lease = record.to_lease(&self.namespace, &self.name);
        let params = PostParams::default();
        if record.resource_version.is_none() {
            self.call(self.leases.create(&params, &lease)).await
        } else {
            self.call(self.leases.replace(&self.name, &params, &lease)).await
        }
    }

    async fn release(&self, candidate: &mut Candidate) {
        let Some(record) = candidate.release(self.clock.now()) else {
            return;
        };
        match self.put(&record).await {
            Ok(_) => tracing::info!(lease = %self, "the lease is released"),
            Err(error) => {
                tracing::warn!(lease = %self, %error, "the lease was not released and expires by itself");
            }
        }
    }

    /// A call that hangs must leave time for another.
    async fn call<T>(&self, call: impl Future<Output = kube::Result<T>>) -> kube::Result<T> {
        let limit: Duration = self.timing.renew_deadline() / 2;
        self.clock.timeout(limit, call).await.unwrap_or_else(|| {
            Err(kube::Error::Service(
                format!("no answer within {} s", limit.as_secs_f32()).into(),
            ))
        })
    }

    fn tell(&self, leads: bool) {
        for tell in &self.on_change {
            tell(leads);
        }
    }
}

impl fmt::Display for Elector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

impl fmt::Debug for Elector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Elector")
            .field("lease", &format_args!("{self}"))
            .field("identity", &self.identity)
            .field("timing", &self.timing)
            .finish_non_exhaustive()
    }
}
