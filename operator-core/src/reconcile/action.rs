use std::time::Duration;

/// When a key that was reconciled without an error wants to be reconciled again.
///
/// A change of the object, or of anything the controller owns or watches for it, always does so, whatever is asked for
/// here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Action {
    /// Only when something changes.
    AwaitChange,
    /// After this time, or earlier when something changes.
    RequeueAfter(Duration),
    /// Soon, with the key's own back-off, which grows each time.
    Requeue,
}

impl Action {
    /// Reconcile again only when something changes.
    pub const fn await_change() -> Self {
        Self::AwaitChange
    }

    /// Reconcile again after `duration`, or earlier when something changes.
    pub const fn requeue_after(duration: Duration) -> Self {
        Self::RequeueAfter(duration)
    }

    /// Reconcile again soon, with the key's own back-off, which grows each time.
    pub const fn requeue() -> Self {
        Self::Requeue
    }

    /// The action of whichever of the two comes first.
    pub fn sooner(self, other: Self) -> Self {
        match (self, other) {
            (Self::Requeue, _) | (_, Self::Requeue) => Self::Requeue,
            (Self::RequeueAfter(a), Self::RequeueAfter(b)) => Self::RequeueAfter(a.min(b)),
            (Self::AwaitChange, action) | (action, Self::AwaitChange) => action,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sooner_action_wins() {
        let (short, long) = (Duration::from_secs(1), Duration::from_secs(2));
        let after = Action::requeue_after;
        assert_eq!(after(long).sooner(after(short)), after(short));
        assert_eq!(Action::await_change().sooner(after(long)), after(long));
        assert_eq!(after(long).sooner(Action::await_change()), after(long));
        assert_eq!(after(short).sooner(Action::requeue()), Action::requeue());
        assert_eq!(
            Action::await_change().sooner(Action::await_change()),
            Action::await_change()
        );
    }
}
