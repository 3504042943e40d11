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
        /// Why: the kind is not there, rights are missing, the server cannot be reached.
        reason: String,
    },
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
}

impl InformerStatus {
    /// Why it is not ready, or what does not work; `None` when all is well.
    pub fn trouble(&self) -> Option<String> {
        self.watches.iter().find_map(|(namespace, state)| match state {
            WatchState::Current => None,
            WatchState::Listing => Some(format!("{}: the first list is not complete", self.name)),
            WatchState::Failing { reason, .. } if namespace.is_empty() => {
                Some(format!("{}: {reason}", self.name))
            }
            WatchState::Failing { reason, .. } => Some(format!("{} in {namespace}: {reason}", self.name)),
        })
    }
}
