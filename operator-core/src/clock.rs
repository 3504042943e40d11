//! The only reader of time and the only sleeper.
//!
//! Everything is built on tokio's time, so a test that pauses it pauses the whole operator.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
pub use tokio::time::Instant;

/// Tells the time of day and sleeps, by tokio's clock.
///
/// # Guarantees
/// Time never goes back while a clock lives unless a test [`jump`](Clock::jump)s, and under paused time the same program
/// reads the same times on every run, when the clock was made with [`Clock::starting_at`].
#[derive(Clone, Debug)]
pub struct Clock {
    epoch: Timestamp,
    start: Instant,
    /// How fast it runs: 1 is right.
    rate: f64,
    /// How far the time of day was set forward.
    jumped: Arc<Mutex<SignedDuration>>,
}

impl Clock {
    /// A clock that shows the time of day of this machine.
    pub fn real() -> Self {
        Self::starting_at(Timestamp::now())
    }

    /// A clock that shows `epoch` now.
    pub fn starting_at(epoch: Timestamp) -> Self {
        Self {
            epoch,
            start: Instant::now(),
            rate: 1.0,
            jumped: Arc::default(),
        }
    }

    /// A clock that runs too slow (below 1) or too fast (above 1), as bad ones do: for tests.
    ///
    /// # Panics
    /// When the rate is not above zero.
    #[must_use]
    pub fn running_at(mut self, rate: f64) -> Self {
        assert!(rate > 0.0 && rate.is_finite(), "a clock runs forward");
        self.rate = rate;
        self
    }

    /// Sets the time of day forward or back, as somebody may do on any machine: for tests. Clones jump, too.
    ///
    /// Only [`now`](Clock::now) changes; durations are measured by a clock that nobody sets.
    pub fn jump(&self, by: SignedDuration) {
        let mut jumped = self.jumped.lock().unwrap_or_else(PoisonError::into_inner);
        *jumped = jumped.saturating_add(by);
    }

    /// The time of day, for what people and other processes read.
    pub fn now(&self) -> Timestamp {
        let elapsed = self.instant().saturating_duration_since(self.start);
        let elapsed = SignedDuration::try_from(elapsed).unwrap_or(SignedDuration::MAX);
        let jumped = *self.jumped.lock().unwrap_or_else(PoisonError::into_inner);
        let shown = self.epoch.checked_add(elapsed.saturating_add(jumped));
        shown.unwrap_or(Timestamp::MAX)
    }

    /// The monotonic time, for measuring durations.
    pub fn instant(&self) -> Instant {
        let now = Instant::now();
        if self.is_right() {
            return now;
        }
        self.start + now.saturating_duration_since(self.start).mul_f64(self.rate)
    }

    /// Waits for `duration`.
    pub async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(self.in_truth(duration)).await;
    }

    /// Waits until `deadline`.
    pub async fn sleep_until(&self, deadline: Instant) {
        if self.is_right() {
            return tokio::time::sleep_until(deadline).await;
        }
        let left = deadline.saturating_duration_since(self.instant());
        self.sleep(left).await;
    }

    /// The output of `future`, or `None` when it takes longer than `limit`.
    ///
    /// # Cancel safety
    /// `future` is dropped when the time is over.
    pub async fn timeout<F: Future>(&self, limit: Duration, future: F) -> Option<F::Output> {
        tokio::time::timeout(self.in_truth(limit), future).await.ok()
    }

    fn is_right(&self) -> bool {
        self.rate == 1.0
    }

    /// How long a duration by this clock is by one that is right.
    fn in_truth(&self, duration: Duration) -> Duration {
        if self.is_right() {
            duration
        } else {
            duration.div_f64(self.rate)
        }
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::real()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn time_of_day_follows_paused_time() {
        let clock = Clock::starting_at(Timestamp::UNIX_EPOCH);
        clock.sleep(Duration::from_secs(90)).await;
        assert_eq!(clock.now(), Timestamp::from_second(90).unwrap());
    }

    #[tokio::test(start_paused = true)]
    async fn timeout_gives_up_at_the_limit() {
        let clock = Clock::starting_at(Timestamp::UNIX_EPOCH);
        let answer = clock
            .timeout(Duration::from_secs(1), clock.sleep(Duration::from_secs(2)))
            .await;
        assert_eq!(answer, None);
        assert_eq!(clock.now(), Timestamp::from_second(1).unwrap());
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_clock_measures_less_and_sleeps_longer() {
        let (right, slow) = (Clock::real(), Clock::real().running_at(0.5));
        let (began, slow_began) = (right.instant(), slow.instant());
        slow.sleep(Duration::from_secs(5)).await;
        assert_eq!(right.instant() - began, Duration::from_secs(10));
        assert_eq!(slow.instant() - slow_began, Duration::from_secs(5));
        slow.sleep_until(slow.instant() + Duration::from_secs(1)).await;
        assert_eq!(right.instant() - began, Duration::from_secs(12));
        let late = slow.timeout(Duration::from_secs(1), right.sleep(Duration::from_secs(3)));
        assert_eq!(late.await, None);
        assert_eq!(right.instant() - began, Duration::from_secs(14));
    }

    #[tokio::test(start_paused = true)]
    async fn a_jump_changes_the_time_of_day_alone() {
        let clock = Clock::starting_at(Timestamp::UNIX_EPOCH);
        let (clone, began) = (clock.clone(), clock.instant());
        clock.jump(SignedDuration::from_hours(1));
        assert_eq!(clone.now(), Timestamp::from_second(3600).unwrap());
        clock.jump(SignedDuration::from_hours(-2));
        assert_eq!(clone.now(), Timestamp::from_second(-3600).unwrap());
        assert_eq!(clone.instant(), began);
    }
}
