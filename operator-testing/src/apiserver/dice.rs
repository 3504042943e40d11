//! The server's only source of randomness.

use rand::{Rng as _, RngExt as _, SeedableRng as _, rngs::StdRng};

/// What generated names end with: no vowels and no look-alikes, so that no words come out.
///
/// Source: `k8s.io/apimachinery/pkg/util/rand/rand.go`.
const SUFFIX: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";

/// Makes uids and generated names; the same seed makes the same ones in the same order.
#[derive(Debug)]
pub(crate) struct Dice(StdRng);

impl Dice {
    /// Dice that roll as `seed` says.
    pub(crate) fn seeded(seed: u64) -> Self {
        Self(StdRng::seed_from_u64(seed))
    }

    /// A version 4 UUID.
    pub(crate) fn uid(&mut self) -> String {
        let mut bytes = [0u8; 16];
        self.0.fill_bytes(&mut bytes);
        bytes[6] = (bytes[6] & 0x0f) | 0x40;
        bytes[8] = (bytes[8] & 0x3f) | 0x80;
        let number = u128::from_be_bytes(bytes);
        format!(
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            number >> 96,
            (number >> 80) & 0xffff,
            (number >> 64) & 0xffff,
            (number >> 48) & 0xffff,
            number & 0xffff_ffff_ffff,
        )
    }

    /// A name from `generateName`: the base, cut to 58 characters, and five random ones.
    pub(crate) fn name(&mut self, base: &str) -> String {
        let mut name: String = base.chars().take(58).collect();
        for _ in 0..5 {
            name.push(char::from(SUFFIX[self.0.random_range(0..SUFFIX.len())]));
        }
        name
    }

    /// A number in `range`.
    pub(crate) fn number(&mut self, range: std::ops::Range<u64>) -> u64 {
        self.0.random_range(range)
    }
}

#[cfg(test)]
mod tests {
    use super::Dice;

    #[test]
    fn the_same_seed_rolls_the_same() {
        let (mut one, mut other) = (Dice::seeded(7), Dice::seeded(7));
        assert_eq!(one.uid(), other.uid());
        assert_eq!(one.name("a-"), other.name("a-"));
    }

    #[test]
    fn uids_are_version_4() {
        let uid = Dice::seeded(1).uid();
        assert_eq!(uid.len(), 36);
        assert_eq!(uid.as_bytes()[14], b'4');
        assert!(matches!(uid.as_bytes()[19], b'8' | b'9' | b'a' | b'b'));
    }

    #[test]
    fn long_bases_are_cut() {
        assert_eq!(Dice::seeded(1).name(&"x".repeat(80)).len(), 63);
    }
}
