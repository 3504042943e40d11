use std::time::Duration;

use crate::queue::Finish;
use crate::reconcile::{Action, ErrorClass, Reason};

/// How a reconcile ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Done(Action),
    Failed(ErrorClass),
    Panicked,
    TimedOut,
}

impl Outcome {
    /// What becomes of the key, and why it comes back if it does.
    pub(super) fn finish(self) -> (Finish, Option<Reason>) {
        match self {
            Self::Done(Action::AwaitChange) | Self::Failed(ErrorClass::Terminal) => (Finish::Forget, None),
            Self::Done(Action::RequeueAfter(delay)) => (Finish::After(delay), Some(Reason::Requeued)),
            Self::Done(Action::Requeue) => (Finish::Retry, Some(Reason::Requeued)),
            Self::Failed(ErrorClass::RetryAfter(delay)) => (Finish::RetryAfter(delay), Some(Reason::Retried)),
            Self::Failed(ErrorClass::Retryable) | Self::Panicked | Self::TimedOut => {
                (Finish::Retry, Some(Reason::Retried))
            }
        }
    }

    /// The value of the metric's label `result`.
    pub(super) fn result(self) -> &'static str {
        match self {
            Self::Done(Action::AwaitChange) => "success",
            Self::Done(Action::RequeueAfter(_)) => "requeue_after",
            Self::Done(Action::Requeue) => "requeue",
            Self::Failed(_) | Self::Panicked | Self::TimedOut => "error",
        }
    }

    pub(super) fn is_error(self) -> bool {
        !matches!(self, Self::Done(_))
    }
}

/// Spreads what would come together over a share of `period`: the part that `unit` (0 to 1) picks.
pub(super) fn spread(period: Duration, unit: f64) -> Duration {
    period.mul_f64(0.1 * unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_ending_has_its_way_back() {
        let second = Duration::from_secs(1);
        let ways = [
            (Outcome::Done(Action::await_change()), Finish::Forget, None),
            (
                Outcome::Done(Action::requeue_after(second)),
                Finish::After(second),
                Some(Reason::Requeued),
            ),
            (
                Outcome::Done(Action::requeue()),
                Finish::Retry,
                Some(Reason::Requeued),
            ),
            (Outcome::Failed(ErrorClass::Terminal), Finish::Forget, None),
            (
                Outcome::Failed(ErrorClass::Retryable),
                Finish::Retry,
                Some(Reason::Retried),
            ),
            (
                Outcome::Failed(ErrorClass::RetryAfter(second)),
                Finish::RetryAfter(second),
                Some(Reason::Retried),
            ),
            (Outcome::Panicked, Finish::Retry, Some(Reason::Retried)),
            (Outcome::TimedOut, Finish::Retry, Some(Reason::Retried)),
        ];
        for (outcome, finish, reason) in ways {
            assert_eq!(outcome.finish(), (finish, reason), "{outcome:?}");
        }
    }
}
