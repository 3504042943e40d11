use std::fmt;

use jiff::Timestamp;

/// How one watch of an informer is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WatchState {
    /// The first list is not complete yet.
    Listing,
    /// The store holds what the server has, and changes come in.
    Current,
    /// It does not work at the moment and is tried again; what the store holds may be old.
    Failing {
        /// Since when.
        since: Timestamp,
        /// How often in a row.
        failures: u32,
        /// What kind of trouble it is.
        cause: Cause,
        /// Why, in the server's own words where there are any.
        reason: String,
    },
}

/// Why a watch does not work, as far as a program can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Cause {
    /// The server does not know the kind: its definition is not installed.
    KindMissing,
    /// The operator may not list or watch the kind there.
    Forbidden,
    /// The server does not know who asks.
    Unauthorized,
    /// The server forgot the revision more than once in a row.
    Expired,
    /// The server refused for another reason.
    Refused,
    /// There was no answer, or none that can be read.
    Unreachable,
    /// The server ends the watch as soon as it has begun, again and again.
    EndsAtOnce,
    /// The watch itself panicked, which is a mistake in this crate.
    Panicked,
}

impl Cause {
    /// One word for programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::KindMissing => "KindMissing",
            Self::Forbidden => "Forbidden",
            Self::Unauthorized => "Unauthorized",
            Self::Expired => "Expired",
            Self::Refused => "Refused",
            Self::Unreachable => "Unreachable",
            Self::EndsAtOnce => "EndsAtOnce",
            Self::Panicked => "Panicked",
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How an informer is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InformerStatus {
    /// What it looks at, as in logs and metrics.
    pub name: String,
    /// Whether the first list of each of its watches is complete.
    pub ready: bool,
    /// Each of its watches, by namespace; the empty one stands for all namespaces.
    pub watches: Vec<(String, WatchState)>,
    /// Number of objects in the store.
    pub objects: usize,
    /// Number of objects that could not be read since the start.
    pub bad_objects: u64,
    /// How often an index or a transform panicked since the start.
    pub panics: u64,
}

impl InformerStatus {
    /// Why it is not ready, or what does not work, with its name; `None` when all is well.
    pub fn trouble(&self) -> Option<String> {
        self.reason().map(|reason| format!("{}: {reason}", self.name))
    }

    /// Why it is not ready, or what does not work; `None` when all is well.
    pub fn reason(&self) -> Option<String> {
        self.watches.iter().find_map(|(namespace, state)| {
            let reason = match state {
                WatchState::Current => return None,
                WatchState::Listing => "the first list is not complete".to_owned(),
                WatchState::Failing { cause, reason, .. } => format!("{cause}: {reason}"),
            };
            Some(if namespace.is_empty() {
                reason
            } else {
                format!("in {namespace}: {reason}")
            })
        })
    }
}
