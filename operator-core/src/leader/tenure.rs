use std::sync::{Arc, Mutex, PoisonError};

use http::{Method, Request};
use kube::Client;
use kube::client::Body;
use tower::service_fn;

use crate::clock::{Clock, Instant};

/// Whether a candidate leads at this moment. Clones look at the same.
///
/// A process can stand still at any point for any time: stopped by somebody, swapped out, moved to another machine. When
/// it goes on, the lease may have expired and another may lead, and no task of the process knows it yet. What writes
/// through a [`fenced`](Tenure::fence) client looks at the clock before each write.
///
/// # Guarantees
/// No write is begun after the last renewal is [`renew_deadline`](super::Timing::renew_deadline) old, by the clock of
/// this machine. A write that is under way by then may still arrive.
#[derive(Clone, Debug)]
pub struct Tenure {
    until: Arc<Mutex<Option<Instant>>>,
    clock: Clock,
}

impl Tenure {
    /// One that has not begun.
    pub(super) fn over(clock: Clock) -> Self {
        Self {
            until: Arc::default(),
            clock,
        }
    }

    /// Whether the candidate leads now.
    pub fn leads(&self) -> bool {
        let until = *self.until.lock().unwrap_or_else(PoisonError::into_inner);
        until.is_some_and(|until| self.clock.instant() < until)
    }

    /// A client that reads at any time, and refuses to write unless the candidate leads.
    #[must_use]
    pub fn fence(&self, client: &Client) -> Client {
        let (inner, tenure) = (client.clone(), self.clone());
        let fenced = service_fn(move |request: Request<Body>| {
            let (inner, tenure) = (inner.clone(), tenure.clone());
            async move {
                let writes = request.method() != Method::GET && request.method() != Method::HEAD;
                if writes && !tenure.leads() {
                    return Err(kube::Error::Service(Box::new(NotLeading)));
                }
                inner.send(request).await
            }
        });
        Client::new(fenced, client.default_namespace())
    }

    pub(super) fn lasts_until(&self, until: Option<Instant>) {
        *self.until.lock().unwrap_or_else(PoisonError::into_inner) = until;
    }

    pub(super) fn end(&self) {
        self.lasts_until(None);
    }
}

/// Why a fenced client did not send a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this replica does not lead any more; the write was not made")]
pub struct NotLeading;
