use std::collections::VecDeque;

/// How urgent a key is; higher goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Priority(pub i32);

impl Priority {
    /// What a controller gives to the objects it finds at its start and to periodic rounds.
    pub const LOW: Self = Self(-100);
    /// What a controller gives to changes.
    pub const NORMAL: Self = Self(0);
    /// What goes before changes.
    pub const HIGH: Self = Self(100);
}

impl Default for Priority {
    fn default() -> Self {
        Self::NORMAL
    }
}

/// How often in a row a waiting priority is passed over for higher ones before it has its turn.
pub const PATIENCE: u32 = 8;

/// The place of a key in a level: its slot, and the ticket that tells whether the place is still its own.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) slot: u32,
    pub(super) ticket: u64,
}

/// The keys that are ready, by priority.
///
/// Invariant: `waiting` of a level is the number of places in its line that are not stale.
#[derive(Debug, Default)]
pub(super) struct Levels {
    /// Highest priority first; there are few.
    levels: Vec<Level>,
    waiting: usize,
}

#[derive(Debug)]
struct Level {
    priority: Priority,
    line: VecDeque<Place>,
    waiting: usize,
    passed_over: u32,
}

impl Levels {
    pub(super) fn len(&self) -> usize {
        self.waiting
    }

    /// Number of keys that wait in each priority, highest first.
    pub(super) fn depths(&self) -> impl Iterator<Item = (Priority, usize)> + '_ {
        self.levels.iter().map(|level| (level.priority, level.waiting))
    }

    pub(super) fn push(&mut self, priority: Priority, place: Place) {
        let level = self.level(priority);
        level.line.push_back(place);
        level.waiting += 1;
        self.waiting += 1;
    }

    /// Tells that one place in the line of `priority` went stale.
    pub(super) fn leave(&mut self, priority: Priority) {
        self.level(priority).waiting -= 1;
        self.waiting -= 1;
    }

    /// Takes the next place that `is_current`.
    pub(super) fn pop(&mut self, is_current: impl Fn(Place) -> bool) -> Option<Place> {
        if self.waiting == 0 {
            return None;
        }
        let turn = self.turn()?;
        for lower in &mut self.levels[turn + 1..] {
            if lower.waiting > 0 {
                lower.passed_over += 1;
            }
        }
        let level = &mut self.levels[turn];
        level.passed_over = 0;
        level.waiting -= 1;
        self.waiting -= 1;
        while let Some(place) = level.line.pop_front() {
            if is_current(place) {
                return Some(place);
            }
        }
        None
    }

    /// The level whose turn it is: the most patient one that has waited long enough, or else the highest.
    fn turn(&self) -> Option<usize> {
        let mut turn = None;
        let mut patience = PATIENCE;
        for (index, level) in self.levels.iter().enumerate() {
            if level.waiting == 0 {
                continue;
            }
            if turn.is_none() {
                turn = Some(index);
            } else if level.passed_over >= patience {
                turn = Some(index);
                patience = level.passed_over + 1;
            }
        }
        turn
    }

    fn level(&mut self, priority: Priority) -> &mut Level {
        let index = match self.levels.iter().position(|level| level.priority <= priority) {
            Some(index) if self.levels[index].priority == priority => index,
            found => {
                let index = found.unwrap_or(self.levels.len());
                let level = Level {
                    priority,
                    line: VecDeque::new(),
                    waiting: 0,
                    passed_over: 0,
                };
                self.levels.insert(index, level);
                index
            }
        };
        &mut self.levels[index]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(slot: u32) -> Place {
        Place { slot, ticket: 0 }
    }

    #[test]
    fn higher_first_and_in_order_within_a_priority() {
        let mut levels = Levels::default();
        levels.push(Priority::LOW, place(1));
        levels.push(Priority::HIGH, place(2));
        levels.push(Priority::NORMAL, place(3));
        levels.push(Priority::HIGH, place(4));
        let taken: Vec<_> = std::iter::from_fn(|| levels.pop(|_| true))
            .map(|place| place.slot)
            .collect();
        assert_eq!(taken, [2, 4, 3, 1]);
    }

    #[test]
    fn nobody_is_passed_over_more_often_than_patience_allows() {
        let mut levels = Levels::default();
        levels.push(Priority::LOW, place(1_000));
        levels.push(Priority::NORMAL, place(2_000));
        let mut taken = Vec::new();
        for slot in 0..40 {
            levels.push(Priority::HIGH, place(slot));
            taken.push(levels.pop(|_| true).unwrap().slot);
        }
        let turn_of = |slot| taken.iter().position(|taken| *taken == slot).unwrap();
        let patience = PATIENCE as usize;
        assert!(
            turn_of(1_000) <= patience + 1 && turn_of(2_000) <= patience + 1,
            "{taken:?}"
        );
    }

    #[test]
    fn stale_places_are_skipped() {
        let mut levels = Levels::default();
        levels.push(Priority::NORMAL, place(1));
        levels.leave(Priority::NORMAL);
        levels.push(Priority::HIGH, place(2));
        levels.push(Priority::NORMAL, place(3));
        assert_eq!(levels.len(), 2);
        let taken: Vec<_> = std::iter::from_fn(|| levels.pop(|place| place.slot != 1))
            .map(|place| place.slot)
            .collect();
        assert_eq!(taken, [2, 3]);
    }
}
