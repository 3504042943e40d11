//! The server's only reader of time.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

/// Tells the time of day by tokio's clock, so that paused time pauses the server too.
///
/// # Guarantees
/// Time never goes back, and under paused time the same program reads the same times on every run.
#[derive(Clone, Debug)]
pub struct Clock {
    epoch: Timestamp,
    start: Instant,
}

impl Clock {
    /// A clock that shows `epoch` now.
    pub fn starting_at(epoch: Timestamp) -> Self {
        Self {
            epoch,
            start: Instant::now(),
        }
    }

    /// A clock that shows the real time of day, for servers that talk to the outside world.
    pub fn real() -> Self {
        Self::starting_at(Timestamp::now())
    }

    /// The time of day.
    pub fn now(&self) -> Timestamp {
        let elapsed = SignedDuration::try_from(self.start.elapsed()).unwrap_or(SignedDuration::MAX);
        self.epoch.checked_add(elapsed).unwrap_or(Timestamp::MAX)
    }

    /// Sleeps until that time of day.
    ///
    /// # Cancel safety
    /// Nothing is lost when the future is dropped.
    pub async fn sleep_until(&self, at: Timestamp) {
        let left = Duration::try_from(at.duration_since(self.now())).unwrap_or_default();
        tokio::time::sleep(left).await;
    }
}

/// A time as objects show it: whole seconds in UTC.
pub(crate) fn shown(time: Timestamp) -> String {
    // the display of a time without a fraction is this form, and far quicker than a format that has to be read first
    let fraction = i64::from(time.subsec_nanosecond() < 0);
    let whole = Timestamp::from_second(time.as_second() - fraction);
    whole.unwrap_or(time).to_string()
}

/// Sleeps for so long by tokio's clock.
///
/// # Cancel safety
/// Nothing is lost when the future is dropped.
pub async fn sleep(wait: Duration) {
    tokio::time::sleep(wait).await;
}

/// Waits for `future`, but no longer than `limit` by tokio's clock; `None` if it took longer.
///
/// # Cancel safety
/// That of `future`.
pub async fn timeout<F: Future>(limit: Duration, future: F) -> Option<F::Output> {
    tokio::time::timeout(limit, future).await.ok()
}
