//! Exponential back-off with jitter; the source of chance is a parameter.

use std::time::Duration;

use crate::dice::Dice;

/// How long to wait before the next attempt: longer each time, up to a limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Backoff {
    base: Duration,
    factor: f64,
    max: Duration,
    jitter: f64,
}

impl Backoff {
    /// Waits `base` after the first failure and twice as long after each further one, up to `max`.
    pub fn exponential(base: Duration, max: Duration) -> Self {
        Self {
            base: base.min(max),
            factor: 2.0,
            max,
            jitter: 0.0,
        }
    }

    /// What a controller uses for the keys it retries: 5 ms to 1000 s.
    pub fn for_keys() -> Self {
        Self::exponential(Duration::from_millis(5), Duration::from_secs(1000))
    }

    /// What an informer uses for its watch: 0.8 s to 30 s, half of it by chance.
    pub fn for_watches() -> Self {
        Self::exponential(Duration::from_millis(800), Duration::from_secs(30)).jitter(0.5)
    }

    /// Multiplies by `factor` instead of two; at least 1.
    #[must_use]
    pub fn factor(mut self, factor: f64) -> Self {
        self.factor = if factor.is_finite() { factor.max(1.0) } else { 1.0 };
        self
    }

    /// Takes up to this share (0 to 1) off or onto each delay by chance, so that those who failed together do not
    /// come back together.
    #[must_use]
    pub fn jitter(mut self, share: f64) -> Self {
        self.jitter = if share.is_finite() {
            share.clamp(0.0, 1.0)
        } else {
            0.0
        };
        self
    }

    /// The delay after `failures` failures in a row, without chance.
    pub fn plain(&self, failures: u32) -> Duration {
        if failures <= 1 {
            return self.base;
        }
        if self.base.is_zero() {
            return Duration::ZERO;
        }
        let exponent = i32::try_from(failures - 1).unwrap_or(i32::MAX);
        let seconds = self.base.as_secs_f64() * self.factor.powi(exponent);
        if seconds < self.max.as_secs_f64() {
            Duration::from_secs_f64(seconds)
        } else {
            self.max
        }
    }

    /// The delay after `failures` failures in a row.
    pub fn delay(&self, failures: u32, dice: &Dice) -> Duration {
        let plain = self.plain(failures);
        if self.jitter == 0.0 {
            return plain;
        }
        plain.mul_f64(1.0 + self.jitter * (2.0 * dice.unit() - 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_up_to_the_limit() {
        let backoff = Backoff::for_keys();
        let millis = |failures| backoff.plain(failures).as_millis();
        assert_eq!([millis(1), millis(2), millis(3), millis(11)], [5, 10, 20, 5120]);
        assert_eq!(backoff.plain(40), Duration::from_secs(1000));
        assert_eq!(backoff.plain(u32::MAX), Duration::from_secs(1000));
    }

    #[test]
    fn jitter_stays_within_its_share_and_follows_the_dice() {
        let backoff = Backoff::exponential(Duration::from_secs(1), Duration::from_secs(60)).jitter(0.2);
        let delays = |seed| {
            let dice = Dice::seeded(seed);
            (0..100).map(|_| backoff.delay(3, &dice)).collect::<Vec<_>>()
        };
        let (low, high) = (Duration::from_millis(3200), Duration::from_millis(4800));
        assert!(delays(1).iter().all(|delay| (low..=high).contains(delay)));
        assert_eq!(delays(1), delays(1));
        assert_ne!(delays(1), delays(2));
    }

    #[test]
    fn odd_settings_are_tamed() {
        let backoff = Backoff::exponential(Duration::ZERO, Duration::ZERO)
            .factor(f64::NAN)
            .jitter(7.0);
        assert_eq!(backoff.delay(9, &Dice::seeded(1)), Duration::ZERO);
        let backoff = Backoff::exponential(Duration::from_secs(9), Duration::from_secs(3));
        assert_eq!(backoff.plain(1), Duration::from_secs(3));
    }
}
