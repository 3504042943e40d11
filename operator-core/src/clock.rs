//! The only reader of time and the only sleeper.
//!
//! Everything is built on tokio's time, so a test that pauses it pauses the whole operator.

use std::future::Future;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
pub use tokio::time::Instant;

/// Tells the time of day and sleeps, by tokio's clock.
///
/// # Guarantees
/// Time never goes back while a clock lives, and under paused time the same program reads the same times on every
/// run, when the clock was made with [`Clock::starting_at`].
#[derive(Clone, Debug)]
pub struct Clock {
    epoch: Timestamp,
    start: Instant,
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
        }
    }

    /// The time of day, for what people and other processes read.
    pub fn now(&self) -> Timestamp {
        let elapsed = SignedDuration::try_from(self.start.elapsed()).unwrap_or(SignedDuration::MAX);
        self.epoch.checked_add(elapsed).unwrap_or(Timestamp::MAX)
    }

    /// The monotonic time, for measuring durations.
    pub fn instant(&self) -> Instant {
        Instant::now()
    }

    /// Waits for `duration`.
    pub async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }

    /// Waits until `deadline`.
    pub async fn sleep_until(&self, deadline: Instant) {
        tokio::time::sleep_until(deadline).await;
    }

    /// The output of `future`, or `None` when it takes longer than `limit`.
    ///
    /// # Cancel safety
    /// `future` is dropped when the time is over.
    pub async fn timeout<F: Future>(&self, limit: Duration, future: F) -> Option<F::Output> {
        tokio::time::timeout(limit, future).await.ok()
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
}
