//! Assertions over time.

use std::{ops::AsyncFnMut, time::Duration};

use jiff::{SignedDuration, Timestamp};

use super::Harness;
use crate::apiserver::{AuditEntry, store::Revision};

/// How long nobody may write before a cluster counts as settled: longer than the usual back-offs and requeues.
const QUIET: Duration = Duration::from_secs(60);

/// How many writes and failed requests a failed assertion shows.
const SHOWN_REQUESTS: usize = 40;

/// Writes of these are the noise of a cluster at rest.
const NOISE: [&str; 2] = ["leases", "events"];

impl Harness {
    /// Waits until `check` gives something, and returns it. It is looked at now and after every write.
    ///
    /// # Panics
    /// If `within` goes by first, with what happened meanwhile.
    pub async fn eventually<T>(
        &self,
        what: &str,
        within: Duration,
        mut check: impl AsyncFnMut() -> Option<T>,
    ) -> T {
        let begin = self.server().revision();
        let deadline = self.after(within);
        loop {
            let seen = self.server().revision();
            if let Some(found) = check().await {
                return found;
            }
            if !self.written_before(deadline, seen).await {
                // time itself may have made it true
                if let Some(found) = check().await {
                    return found;
                }
                self.fail(&format!("not within {within:?}: {what}"), begin);
            }
        }
    }

    /// Sees to it that `check` gives nothing for so long. It is looked at now, after every write, and at the end.
    ///
    /// # Panics
    /// As soon as it gives something, with what happened until then.
    pub async fn never<T>(&self, what: &str, during: Duration, mut check: impl AsyncFnMut() -> Option<T>) {
        let begin = self.server().revision();
        let deadline = self.after(during);
        loop {
            let seen = self.server().revision();
            if check().await.is_some() {
                self.fail(&format!("should not be: {what}"), begin);
            }
            if !self.written_before(deadline, seen).await {
                if check().await.is_some() {
                    self.fail(&format!("should not be: {what}"), begin);
                }
                return;
            }
        }
    }

    /// Waits until nobody has written anything for a minute, leases and events aside.
    ///
    /// # Panics
    /// If that has not happened `within` so long: somebody writes again and again.
    pub async fn settles(&self, within: Duration) {
        let begin = self.server().revision();
        let deadline = self.after(within.saturating_add(QUIET));
        let mut seen = begin;
        let mut quiet = self.after(QUIET);
        loop {
            if !self.written_before(quiet, seen).await {
                return;
            }
            let journal = self.journal_since(seen);
            seen = self.server().revision();
            let busy = journal
                .entries()
                .iter()
                .any(|entry| !NOISE.contains(&&*entry.resource.plural));
            if busy {
                quiet = self.after(QUIET);
            }
            if self.server().clock().now() >= deadline {
                self.fail(&format!("does not settle within {within:?}"), begin);
            }
        }
    }

    fn after(&self, wait: Duration) -> Timestamp {
        let wait = SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX);
        let now = self.server().clock().now();
        now.checked_add(wait).unwrap_or(Timestamp::MAX)
    }

    /// Waits for a write after `seen`; false if the deadline comes first.
    async fn written_before(&self, deadline: Timestamp, seen: Revision) -> bool {
        tokio::select! {
            biased;
            _ = self.feed().changed(seen) => self.server().clock().now() < deadline,
            () = self.server().clock().sleep_until(deadline) => false,
        }
    }

    fn fail(&self, what: &str, since: Revision) -> ! {
        let journal = self.journal_since(since);
        let log = self.server().audit_log();
        let telling: Vec<&AuditEntry> = log
            .iter()
            .filter(|entry| entry.code >= 400 || !matches!(&*entry.verb, "get" | "list" | "watch"))
            .collect();
        let first = telling.len().saturating_sub(SHOWN_REQUESTS);
        let requests: String = telling[first..]
            .iter()
            .map(|entry| {
                format!(
                    "  {} {} {}{} {}/{} -> {}\n",
                    entry.user,
                    entry.verb,
                    entry.resource,
                    if entry.subresource.is_empty() {
                        String::new()
                    } else {
                        format!("/{}", entry.subresource)
                    },
                    entry.namespace,
                    entry.name,
                    entry.code
                )
            })
            .collect();
        panic!("{what}\n\nwhat was written meanwhile:\n{journal}\nthe last writes and failures:\n{requests}");
    }
}
