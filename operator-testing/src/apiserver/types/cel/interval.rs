//! Sizes and costs that are only known to lie between two bounds.

/// From the least to the most. Sums and products stop at the largest number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Interval {
    pub(super) least: u64,
    pub(super) most: u64,
}

impl Interval {
    pub(super) const ZERO: Self = Self::exactly(0);
    pub(super) const ONE: Self = Self::exactly(1);
    pub(super) const UNKNOWN: Self = Self::new(0, u64::MAX);
    /// What every other is united with to give itself.
    pub(super) const NOTHING: Self = Self::new(u64::MAX, 0);

    pub(super) const fn new(least: u64, most: u64) -> Self {
        Self { least, most }
    }

    pub(super) const fn exactly(count: u64) -> Self {
        Self::new(count, count)
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Self::new(
            self.least.saturating_add(other.least),
            self.most.saturating_add(other.most),
        )
    }

    pub(super) fn times(self, other: Self) -> Self {
        Self::new(
            self.least.saturating_mul(other.least),
            self.most.saturating_mul(other.most),
        )
    }

    /// Multiplied by a factor, rounded up.
    pub(super) fn scaled(self, factor: f64) -> Self {
        Self::new(scale(self.least, factor), scale(self.most, factor))
    }

    /// Around both.
    pub(super) fn around(self, other: Self) -> Self {
        Self::new(self.least.min(other.least), self.most.max(other.most))
    }
}

/// The casts are meant: numbers beyond 2^53 are rounded where the real server rounds them, and the last is below 2^64.
#[allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss
)]
fn scale(count: u64, factor: f64) -> u64 {
    let product = (count as f64 * factor).ceil();
    if product >= u64::MAX as f64 {
        u64::MAX
    } else {
        product as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_do_not_overflow() {
        let unknown = Interval::UNKNOWN;
        assert_eq!(unknown.plus(Interval::ONE), Interval::new(1, u64::MAX));
        assert_eq!(unknown.times(Interval::exactly(3)), unknown);
        assert_eq!(unknown.scaled(2.0), unknown);
        assert_eq!(Interval::exactly(15).scaled(0.1), Interval::exactly(2));
        assert_eq!(Interval::NOTHING.around(Interval::ONE), Interval::ONE);
    }
}
