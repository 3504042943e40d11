//! The server's only source of randomness.

use rand::{Rng as _, RngExt as _, SeedableRng as _, rngs::StdRng};

/// What generated names end with: no vowels and no look-alikes, so that no words come out.
///
/// Source: `k8s.io/apimachinery/pkg/util/rand/rand.go`.
const SUFFIX: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";

/// Makes uids and generated names; the same seed makes the same ones in the same order.
///
/// A request that has to begin anew, because a webhook had to be asked, rolls the same again: [`Dice::replay`].
#[derive(Debug)]
pub(crate) struct Dice {
    random: StdRng,
    /// What was rolled since the last [`Dice::replay`], and what is still to come out again.
    rolls: Vec<Roll>,
    next: usize,
}

/// What came out of one roll.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Roll {
    Uid(u128),
    Suffix([u8; 5]),
    Number(u64),
}

impl Dice {
    /// Dice that roll as `seed` says.
    pub(crate) fn seeded(seed: u64) -> Self {
        Self {
            random: StdRng::seed_from_u64(seed),
            rolls: Vec::new(),
            next: 0,
        }
    }

    /// Lets earlier rolls come out again, in their order, before there are new ones.
    pub(crate) fn replay(&mut self, rolls: &[Roll]) {
        self.rolls.clear();
        self.rolls.extend_from_slice(rolls);
        self.next = 0;
    }

    /// What was rolled since the last replay, and what came out again.
    pub(crate) fn rolls(&self) -> &[Roll] {
        &self.rolls
    }

    /// A version 4 UUID.
    pub(crate) fn uid(&mut self) -> String {
        let again = self.again(|roll| matches!(roll, Roll::Uid(_)));
        let Some(Roll::Uid(number)) = again else {
            let mut bytes = [0u8; 16];
            self.random.fill_bytes(&mut bytes);
            bytes[6] = (bytes[6] & 0x0f) | 0x40;
            bytes[8] = (bytes[8] & 0x3f) | 0x80;
            let number = u128::from_be_bytes(bytes);
            self.keep(Roll::Uid(number));
            return uuid(number);
        };
        uuid(number)
    }

    /// A name from `generateName`: the base, cut to 58 characters, and five random ones.
    pub(crate) fn name(&mut self, base: &str) -> String {
        let again = self.again(|roll| matches!(roll, Roll::Suffix(_)));
        let suffix = if let Some(Roll::Suffix(suffix)) = again {
            suffix
        } else {
            let suffix = std::array::from_fn(|_| SUFFIX[self.random.random_range(0..SUFFIX.len())]);
            self.keep(Roll::Suffix(suffix));
            suffix
        };
        let mut name: String = base.chars().take(58).collect();
        name.extend(suffix.map(char::from));
        name
    }

    /// A number in `range`.
    pub(crate) fn number(&mut self, range: std::ops::Range<u64>) -> u64 {
        let again = self.again(|roll| matches!(roll, Roll::Number(number) if range.contains(number)));
        if let Some(Roll::Number(number)) = again {
            return number;
        }
        let number = self.random.random_range(range);
        self.keep(Roll::Number(number));
        number
    }

    /// The next roll that is to come out again; none if another is asked for, because the request went another way.
    fn again(&mut self, fits: impl Fn(&Roll) -> bool) -> Option<Roll> {
        let roll = self.rolls.get(self.next).filter(|roll| fits(roll)).copied()?;
        self.next += 1;
        Some(roll)
    }

    fn keep(&mut self, roll: Roll) {
        self.rolls.truncate(self.next);
        self.rolls.push(roll);
        self.next += 1;
    }
}

/// The usual form, written digit by digit: every object has one.
fn uuid(number: u128) -> String {
    let mut text = String::with_capacity(36);
    for digit in 0..32_u32 {
        if matches!(digit, 8 | 12 | 16 | 20) {
            text.push('-');
        }
        let value = (number >> (124 - 4 * digit)) & 0xf;
        #[allow(clippy::cast_possible_truncation)]
        text.extend(char::from_digit(value as u32, 16));
    }
    text
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
    fn uids_have_the_usual_form() {
        let number = 0x0123_4567_89ab_4def_8123_0000_0000_00ff;
        assert_eq!(super::uuid(number), "01234567-89ab-4def-8123-0000000000ff");
    }

    #[test]
    fn uids_are_version_4() {
        let uid = Dice::seeded(1).uid();
        assert_eq!(uid.len(), 36);
        assert_eq!(uid.as_bytes()[14], b'4');
        assert!(matches!(uid.as_bytes()[19], b'8' | b'9' | b'a' | b'b'));
    }

    #[test]
    fn a_replay_rolls_the_same_and_then_goes_on() {
        let mut dice = Dice::seeded(3);
        let first = (dice.uid(), dice.name("a-"));
        let rolls = dice.rolls().to_vec();
        let other = dice.uid();
        dice.replay(&rolls);
        assert_eq!((dice.uid(), dice.name("a-")), first);
        let fresh = dice.uid();
        assert!(fresh != other && fresh != first.0);
        dice.replay(&rolls);
        assert_ne!(
            dice.name("a-"),
            first.1,
            "another roll was expected here, so this one is new"
        );
    }

    #[test]
    fn long_bases_are_cut() {
        assert_eq!(Dice::seeded(1).name(&"x".repeat(80)).len(), 63);
    }
}
