//! The rules in force.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;

use super::{Call, Fault, FaultyService, Rule};
use crate::apiserver::{ApiServer, Identity};

/// The rules between clients and a server.
///
/// A clone holds the same rules.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    rules: Arc<Mutex<Rules>>,
}

#[derive(Debug, Default)]
struct Rules {
    next: u64,
    installed: BTreeMap<u64, Installed>,
    calls: Vec<Call>,
}

#[derive(Debug)]
struct Installed {
    rule: Rule,
    seen: usize,
    hits: watch::Sender<usize>,
}

impl Faults {
    /// No rules yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// A client of the server, as the administrator, whose calls these rules are about.
    ///
    /// # Panics
    /// Outside of a tokio runtime, which the client needs.
    pub fn client(&self, server: &ApiServer) -> kube::Client {
        self.client_as(server, Identity::default())
    }

    /// The same with an identity of its own.
    ///
    /// # Panics
    /// Outside of a tokio runtime, which the client needs.
    pub fn client_as(&self, server: &ApiServer, identity: Identity) -> kube::Client {
        let namespace = identity.default_namespace.clone();
        kube::Client::new(
            FaultyService::new(server.service(identity), self.clone()),
            namespace,
        )
    }

    /// Puts a rule in force until its guard is dropped. Where several concern a call, the oldest counts.
    #[must_use = "the rule holds while the guard lives"]
    pub fn install(&self, rule: Rule) -> Guard {
        let mut rules = self.lock();
        let number = rules.next;
        rules.next += 1;
        let hits = watch::Sender::new(0);
        let receiver = hits.subscribe();
        let installed = Installed { rule, seen: 0, hits };
        rules.installed.insert(number, installed);
        Guard {
            faults: self.clone(),
            number,
            hits: receiver,
        }
    }

    /// The calls made so far, whatever became of them.
    pub fn calls(&self) -> Vec<Call> {
        self.lock().calls.clone()
    }

    /// What is to become of a call.
    pub(super) fn verdict(&self, call: Call) -> Option<Fault> {
        let mut rules = self.lock();
        let mut verdict = None;
        for installed in rules.installed.values_mut() {
            if !installed.rule.concerns(&call) {
                continue;
            }
            let number = installed.seen;
            installed.seen += 1;
            let end = installed.rule.skip.saturating_add(installed.rule.times);
            if verdict.is_none() && (installed.rule.skip..end).contains(&number) {
                installed.hits.send_modify(|hits| *hits += 1);
                verdict = Some(installed.rule.fault.clone());
            }
        }
        rules.calls.push(call);
        verdict
    }

    fn lock(&self) -> MutexGuard<'_, Rules> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Keeps a rule in force; dropping it takes the rule away.
#[derive(Debug)]
pub struct Guard {
    faults: Faults,
    number: u64,
    hits: watch::Receiver<usize>,
}

impl Guard {
    /// How many calls went wrong by this rule.
    pub fn hits(&self) -> usize {
        *self.hits.borrow()
    }

    /// Waits until a call has gone wrong by this rule.
    ///
    /// # Cancel safety
    /// Nothing is lost when the future is dropped.
    pub async fn hit(&self) {
        let mut hits = self.hits.clone();
        // the sender lives as long as the rule, and the rule as long as this guard
        let _ = hits.wait_for(|hits| *hits > 0).await;
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.faults.lock().installed.remove(&self.number);
    }
}
