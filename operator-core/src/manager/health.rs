//! Whether the process lives and is ready, with the reasons by name.

use std::collections::BTreeMap;
use std::fmt;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The named reasons of one process. Clones share them.
///
/// # Guarantees
/// It is ready when every reason is; what has not reported yet is not ready.
#[derive(Clone, Default)]
pub struct Health {
    reasons: Arc<Mutex<BTreeMap<String, State>>>,
    probes: Arc<Mutex<Vec<Probe>>>,
}

/// Reasons by name, each with why it is not ready if it is not.
type Probe = Box<dyn Fn() -> Vec<(String, Option<String>)> + Send + Sync>;

#[derive(Clone, Debug)]
enum State {
    Ready,
    Waiting(String),
}

/// One reason, held by the part of the program that knows it.
///
/// A reason that is dropped no longer counts.
#[derive(Debug)]
pub struct Gate {
    health: Health,
    name: String,
}

/// An answer of a health endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Whether all is well.
    pub ok: bool,
    /// One line for each reason, and one for the whole.
    pub body: String,
}

impl Health {
    /// No reasons: ready.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a reason, which is not ready before it is told so. A reason of the same name is replaced.
    pub fn gate(&self, name: impl Into<String>) -> Gate {
        let name = name.into();
        self.lock()
            .insert(name.clone(), State::Waiting("not started".to_owned()));
        Gate {
            health: self.clone(),
            name,
        }
    }

    /// Adds reasons that are found out when somebody asks.
    pub fn probe(&self, probe: impl Fn() -> Vec<(String, Option<String>)> + Send + Sync + 'static) {
        self.probes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(Box::new(probe));
    }

    /// Whether every reason is ready.
    pub fn is_ready(&self) -> bool {
        self.now().values().all(|state| matches!(state, State::Ready))
    }

    /// What `/readyz` answers.
    pub fn readiness(&self) -> Report {
        let mut body = String::new();
        let mut ok = true;
        for (name, state) in self.now() {
            // Writing to a string does not fail.
            let _ = match state {
                State::Ready => writeln!(body, "[+]{name} ok"),
                State::Waiting(why) => {
                    ok = false;
                    writeln!(body, "[-]{name} not ready: {why}")
                }
            };
        }
        body.push_str(if ok {
            "readyz check passed\n"
        } else {
            "readyz check failed\n"
        });
        Report { ok, body }
    }

    fn now(&self) -> BTreeMap<String, State> {
        let mut states = self.lock().clone();
        for probe in self.probes.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            for (name, trouble) in probe() {
                states.insert(name, trouble.map_or(State::Ready, State::Waiting));
            }
        }
        states
    }

    /// What `/healthz` answers: that something answers is all there is to know.
    pub fn liveness(&self) -> Report {
        Report {
            ok: true,
            body: "ok\n".to_owned(),
        }
    }

    fn set(&self, name: &str, state: State) {
        if let Some(known) = self.lock().get_mut(name) {
            *known = state;
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, State>> {
        self.reasons.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Health")
            .field("reasons", &self.now())
            .finish_non_exhaustive()
    }
}

impl Gate {
    /// Reports that this part is ready.
    pub fn ready(&self) {
        self.health.set(&self.name, State::Ready);
    }

    /// Reports that this part is not ready, and why.
    pub fn not_ready(&self, why: impl Into<String>) {
        self.health.set(&self.name, State::Waiting(why.into()));
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.health.lock().remove(&self.name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_ready_when_every_reason_is() {
        let health = Health::new();
        assert!(health.is_ready());
        let databases = health.gate("informer/databases");
        let secrets = health.gate("informer/secrets");
        databases.ready();
        secrets.not_ready("the first list has not ended");
        assert_eq!(
            health.readiness(),
            Report {
                ok: false,
                body: "[+]informer/databases ok\n\
                       [-]informer/secrets not ready: the first list has not ended\n\
                       readyz check failed\n"
                    .into(),
            }
        );
        secrets.ready();
        assert!(health.readiness().ok);
    }

    #[test]
    fn a_probe_is_asked_each_time() {
        let health = Health::new();
        let gate = health.gate("b");
        gate.ready();
        let trouble = Arc::new(Mutex::new(Some("no rights".to_owned())));
        let current = Arc::clone(&trouble);
        health.probe(move || vec![("a".to_owned(), current.lock().unwrap().clone())]);
        assert_eq!(
            health.readiness().body,
            "[-]a not ready: no rights\n[+]b ok\nreadyz check failed\n"
        );
        *trouble.lock().unwrap() = None;
        assert!(health.is_ready());
    }

    #[test]
    fn a_dropped_reason_no_longer_counts() {
        let health = Health::new();
        let gate = health.gate("a");
        assert!(!health.is_ready());
        drop(gate);
        assert!(health.is_ready());
        assert!(health.liveness().ok);
    }
}
