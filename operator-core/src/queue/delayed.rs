use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::clock::Instant;

/// Keys that wait for their time, earliest first.
///
/// Entries are never taken out of the middle. One whose key has since found another place is stale: its ticket is not
/// the key's ticket any more. When most are stale, they are swept.
#[derive(Debug, Default)]
pub(super) struct Delayed {
    heap: BinaryHeap<Reverse<Entry>>,
    live: usize,
}

/// Ordered by time, then by ticket, which is the order of the adds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry {
    pub(super) at: Instant,
    pub(super) ticket: u64,
    pub(super) slot: u32,
}

impl Delayed {
    pub(super) fn len(&self) -> usize {
        self.live
    }

    pub(super) fn push(&mut self, entry: Entry) {
        self.live += 1;
        self.heap.push(Reverse(entry));
    }

    /// Tells that one entry went stale; sweeps when it is worth it.
    pub(super) fn leave(&mut self, is_current: impl Fn(Entry) -> bool) {
        self.live -= 1;
        if self.heap.len() > 64 && self.heap.len() / 4 > self.live {
            self.heap.retain(|Reverse(entry)| is_current(*entry));
        }
    }

    /// Takes the earliest entry that is due at `now`.
    pub(super) fn pop_due(&mut self, now: Instant, is_current: impl Fn(Entry) -> bool) -> Option<Entry> {
        if self.next(&is_current)? > now {
            return None;
        }
        self.live -= 1;
        self.heap.pop().map(|Reverse(entry)| entry)
    }

    /// When the earliest entry is due.
    pub(super) fn next(&mut self, is_current: impl Fn(Entry) -> bool) -> Option<Instant> {
        while let Some(Reverse(entry)) = self.heap.peek() {
            if is_current(*entry) {
                return Some(entry.at);
            }
            self.heap.pop();
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn stale_entries_are_skipped_and_swept() {
        let now = Instant::now();
        let mut delayed = Delayed::default();
        for ticket in 0..1_000 {
            delayed.push(Entry {
                at: now + Duration::from_millis(ticket),
                ticket,
                slot: 0,
            });
            if ticket > 0 {
                delayed.leave(|entry| entry.ticket == ticket);
            }
            assert!(
                delayed.heap.len() <= 65,
                "{} entries for one key",
                delayed.heap.len()
            );
        }
        let current = |entry: Entry| entry.ticket == 999;
        assert_eq!(
            (delayed.len(), delayed.next(current)),
            (1, Some(now + Duration::from_millis(999)))
        );
        assert_eq!(delayed.pop_due(now, current), None);
        let due = delayed.pop_due(now + Duration::from_secs(1), current);
        assert_eq!(due.map(|entry| entry.ticket), Some(999));
        assert_eq!(delayed.len(), 0);
    }
}
