//! Where in its life a Pod is: a pure function of its behavior and its age.

use std::time::Duration;

use super::behavior::PodBehavior;

/// A stage in the life of a Pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Bound, containers being made.
    Starting,
    /// Its image cannot be pulled.
    Pulling,
    /// Running, not ready.
    Running,
    /// Running and ready.
    Ready,
    /// Waiting for the next restart after so many crashes.
    Crashed { times: u32 },
    /// Over, with success.
    Succeeded,
    /// Over, with this exit code.
    Failed { exit_code: i32 },
}

/// A crash loop shows so many restarts and then stays as it is, so that a cluster with one comes to rest.
const SHOWN_RESTARTS: u32 = 5;
/// Even a Pod that fails at once takes some time: its controller replaces it, and time would never go on.
const SHORTEST_FAILURE: Duration = Duration::from_secs(1);
const FIRST_BACK_OFF: Duration = Duration::from_secs(10);

/// The stage at an age (since the Pod was bound or last restarted), and when the next one comes.
pub(super) fn stage(behavior: PodBehavior, ends: bool, age: Duration) -> (Stage, Option<Duration>) {
    let until = |at: Duration| Some(at.saturating_sub(age));
    match behavior {
        PodBehavior::Ready { after, .. } if age < after => (Stage::Starting, until(after)),
        PodBehavior::Ready { after, runs_for } if ends => {
            let end = after.saturating_add(runs_for);
            if age < end {
                (Stage::Ready, until(end))
            } else {
                (Stage::Succeeded, None)
            }
        }
        PodBehavior::Ready { .. } => (Stage::Ready, None),
        PodBehavior::NeverReady => (Stage::Running, None),
        PodBehavior::ImagePullFails => (Stage::Pulling, None),
        PodBehavior::CrashLoops => {
            let mut next = FIRST_BACK_OFF;
            let mut back_off = FIRST_BACK_OFF;
            let mut times = 1;
            while times < SHOWN_RESTARTS && age >= next {
                back_off *= 2;
                next += back_off;
                times += 1;
            }
            let wait = if times < SHOWN_RESTARTS { until(next) } else { None };
            (Stage::Crashed { times }, wait)
        }
        PodBehavior::Fails { after, .. } if age < after.max(SHORTEST_FAILURE) => {
            (Stage::Ready, until(after.max(SHORTEST_FAILURE)))
        }
        PodBehavior::Fails { exit_code, .. } => (Stage::Failed { exit_code }, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_follow_behavior_and_age() {
        let second = Duration::from_secs;
        let ready = PodBehavior::Ready {
            after: second(5),
            runs_for: second(3),
        };
        let cases = [
            (ready, false, 0, Stage::Starting, Some(5)),
            (ready, false, 5, Stage::Ready, None),
            (ready, true, 6, Stage::Ready, Some(2)),
            (ready, true, 8, Stage::Succeeded, None),
            (PodBehavior::INSTANT, false, 0, Stage::Ready, None),
            (PodBehavior::INSTANT, true, 0, Stage::Succeeded, None),
            (PodBehavior::NeverReady, false, 99, Stage::Running, None),
            (PodBehavior::ImagePullFails, false, 99, Stage::Pulling, None),
            (
                PodBehavior::CrashLoops,
                false,
                0,
                Stage::Crashed { times: 1 },
                Some(10),
            ),
            (
                PodBehavior::CrashLoops,
                false,
                10,
                Stage::Crashed { times: 2 },
                Some(20),
            ),
            (
                PodBehavior::CrashLoops,
                false,
                30,
                Stage::Crashed { times: 3 },
                Some(40),
            ),
            (
                PodBehavior::CrashLoops,
                false,
                100_000,
                Stage::Crashed { times: 5 },
                None,
            ),
        ];
        for (behavior, ends, age, expected, wait) in cases {
            assert_eq!(
                stage(behavior, ends, second(age)),
                (expected, wait.map(second)),
                "{behavior:?} {ends} {age}"
            );
        }
    }
}
