//! The only source of randomness; what chooses at random is handed one.

use std::sync::{Arc, Mutex, PoisonError};

use rand::rngs::StdRng;
use rand::{Rng, RngExt, SeedableRng};

/// A shared source of random choices.
///
/// # Guarantees
/// Two dice made from the same seed give the same throws in the same order; clones share one sequence.
#[derive(Clone, Debug)]
pub struct Dice {
    rng: Arc<Mutex<StdRng>>,
}

impl Dice {
    /// Dice whose throws follow from `seed`.
    pub fn seeded(seed: u64) -> Self {
        Self {
            rng: Arc::new(Mutex::new(StdRng::seed_from_u64(seed))),
        }
    }

    /// Dice that nobody can foresee: a cryptographic generator seeded by the operating system.
    ///
    /// # Panics
    /// If the operating system has no randomness to give, which happens only on a broken machine.
    pub fn unseeded() -> Self {
        Self {
            rng: Arc::new(Mutex::new(rand::make_rng())),
        }
    }

    /// A number at least 0 and below 1.
    pub fn unit(&self) -> f64 {
        self.with(RngExt::random::<f64>)
    }

    /// A number below `end`, each as likely as the others.
    ///
    /// # Panics
    /// If `end` is 0.
    pub fn below(&self, end: usize) -> usize {
        assert!(end > 0, "there is no number below 0");
        self.with(|rng| rng.random_range(0..end))
    }

    /// Any number.
    pub fn number(&self) -> u64 {
        self.with(Rng::next_u64)
    }

    /// Dice of its own for one part of a program, so that the throws of the others do not change its own.
    pub fn split(&self) -> Self {
        Self::seeded(self.number())
    }

    fn with<T>(&self, throw: impl FnOnce(&mut StdRng) -> T) -> T {
        throw(&mut self.rng.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Default for Dice {
    fn default() -> Self {
        Self::unseeded()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_seed_gives_same_throws() {
        let (a, b) = (Dice::seeded(7), Dice::seeded(7));
        let throws = |dice: &Dice| (0..20).map(|_| dice.number()).collect::<Vec<_>>();
        assert_eq!(throws(&a), throws(&b));
        assert_ne!(throws(&a), throws(&Dice::seeded(8)));
    }

    #[test]
    fn throws_stay_in_range() {
        let dice = Dice::seeded(1);
        assert!((0..1000).map(|_| dice.below(7)).all(|x| x < 7));
        assert!((0..1000).map(|_| dice.unit()).all(|x| (0.0..1.0).contains(&x)));
    }
}
