use std::time::Duration;

use crate::clock::Instant;

/// Lets a burst through, then a steady rate.
#[derive(Clone, Copy, Debug)]
pub struct TokenBucket {
    every: Duration,
    burst: u32,
    /// When the bucket will have been filled to the brim; in the past when it is full.
    full_at: Option<Instant>,
}

impl TokenBucket {
    /// Lets `burst` through at once and then `per_second`.
    ///
    /// # Panics
    /// When `per_second` is not above zero, or `burst` is zero.
    pub fn new(per_second: f64, burst: u32) -> Self {
        assert!(
            per_second > 0.0 && burst > 0,
            "a token bucket lets something through"
        );
        Self {
            every: Duration::from_secs_f64(1.0 / per_second),
            burst,
            full_at: None,
        }
    }

    /// What a controller lets its retries pass: ten a second after a burst of a hundred.
    pub fn for_retries() -> Self {
        Self::new(10.0, 100)
    }

    /// Takes one token; the answer is how long to wait until it is there.
    pub fn take(&mut self, now: Instant) -> Duration {
        let full_at = self.full_at.map_or(now, |full_at| full_at.max(now)) + self.every;
        self.full_at = Some(full_at);
        (full_at - now).saturating_sub(self.every * self.burst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_then_the_rate() {
        let mut bucket = TokenBucket::new(10.0, 3);
        let now = Instant::now();
        let waits: Vec<_> = (0..5).map(|_| bucket.take(now).as_millis()).collect();
        assert_eq!(waits, [0, 0, 0, 100, 200]);
        assert_eq!(bucket.take(now + Duration::from_millis(300)).as_millis(), 0);
        let later = now + Duration::from_secs(60);
        let waits: Vec<_> = (0..4).map(|_| bucket.take(later).as_millis()).collect();
        assert_eq!(waits, [0, 0, 0, 100]);
    }
}
