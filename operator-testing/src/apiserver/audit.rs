//! Who asked for what, and what came of it.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Mutex, PoisonError},
};

use super::store::Revision;

/// One request and its outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// Who asked.
    pub user: String,
    /// The client's user agent.
    pub agent: String,
    /// What was asked for; a lower-case HTTP method for paths that are no resources.
    pub verb: String,
    /// The API group; empty for the core group.
    pub group: String,
    /// The plural name of the resource; empty for paths that are no resources.
    pub resource: String,
    /// The subresource; empty if none.
    pub subresource: String,
    /// The namespace; empty across namespaces and for the cluster.
    pub namespace: String,
    /// The name; empty for collections.
    pub name: String,
    /// The path.
    pub path: String,
    /// The HTTP status code of the answer.
    pub code: u16,
    /// The newest revision when the answer was made.
    pub revision: Revision,
    /// What policies and webhooks had to say of the request.
    pub annotations: BTreeMap<String, String>,
}

/// The requests that a server has answered, the newest last.
#[derive(Debug)]
pub(crate) struct AuditLog {
    entries: Mutex<VecDeque<AuditEntry>>,
    limit: usize,
}

impl AuditLog {
    /// A log that keeps the newest `limit` entries.
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            entries: Mutex::new(VecDeque::new()),
            limit,
        }
    }

    /// Adds an entry, which is not made if none is kept.
    pub(crate) fn push(&self, entry: impl FnOnce() -> AuditEntry) {
        if self.limit == 0 {
            return;
        }
        let entry = entry();
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() == self.limit {
            entries.pop_front();
        }
        entries.push_back(entry);
    }

    pub(crate) fn entries(&self) -> Vec<AuditEntry> {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.iter().cloned().collect()
    }

    pub(crate) fn clear(&self) {
        self.entries
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }
}
