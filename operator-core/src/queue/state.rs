//! The queue without its lock and its clock: every change is a plain function of the state and the time.

use std::hash::{BuildHasher, Hash};
use std::time::Duration;

use hashbrown::{DefaultHashBuilder, HashTable};

use super::delayed::{Delayed, Entry};
use super::levels::{Levels, Place, Priority};
use crate::clock::Instant;

/// Where a key waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Waiting {
    /// Nowhere.
    No,
    /// In the line of its priority, since this time (told only if anyone measures).
    Ready(Option<Instant>),
    /// For the end of its current work, since this time.
    Again(Option<Instant>),
    /// For this time.
    Until(Instant),
}

/// Invariant: a slot whose key neither waits, nor is worked on, nor has failures, is free.
#[derive(Debug)]
struct Slot<K> {
    key: Option<K>,
    /// The hash of the key, so that it is computed once, however long the key stays.
    hash: u64,
    waiting: Waiting,
    /// Since when the key is being worked on.
    processing: Option<Instant>,
    /// Of the pending adds: the highest priority, all marks.
    priority: Priority,
    marks: u16,
    failures: u32,
    /// Changes with every change of place; a place with an older ticket is stale.
    ticket: u64,
}

#[derive(Debug)]
pub(super) struct State<K> {
    /// The slots by their keys. Only ever looked up, never walked: the order of a hash table decides nothing.
    index: HashTable<u32>,
    hasher: DefaultHashBuilder,
    slots: Vec<Slot<K>>,
    free: Vec<u32>,
    ready: Levels,
    delayed: Delayed,
    processing: usize,
    tickets: u64,
}

/// A key that was taken.
#[derive(Debug)]
pub(super) struct Taken<K> {
    pub(super) key: K,
    pub(super) slot: u32,
    pub(super) priority: Priority,
    pub(super) marks: u16,
    pub(super) failures: u32,
    pub(super) ready_since: Option<Instant>,
}

impl<K: Clone + Eq + Hash> State<K> {
    pub(super) fn new() -> Self {
        Self {
            index: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
            slots: Vec::new(),
            free: Vec::new(),
            ready: Levels::default(),
            delayed: Delayed::default(),
            processing: 0,
            tickets: 0,
        }
    }

    pub(super) fn ready(&self) -> usize {
        self.ready.len()
    }

    pub(super) fn delayed(&self) -> usize {
        self.delayed.len()
    }

    pub(super) fn processing(&self) -> usize {
        self.processing
    }

    pub(super) fn depths(&self) -> impl Iterator<Item = (Priority, usize)> + '_ {
        self.ready.depths()
    }

    /// Since when each key that is being worked on has been.
    pub(super) fn processing_since(&self) -> impl Iterator<Item = Instant> + '_ {
        self.slots.iter().filter_map(|slot| slot.processing)
    }

    /// Adds `key` now. True when it found a place in a line, so that somebody can take it.
    pub(super) fn add(&mut self, key: K, priority: Priority, marks: u16, now: Option<Instant>) -> bool {
        let slot = self.slot_of(key);
        self.add_slot(slot, priority, marks, now)
    }

    /// Adds `key` when `at` comes, unless it waits already for something sooner. True when it is now the first of all
    /// delayed ones.
    pub(super) fn add_at(&mut self, key: K, at: Instant, priority: Priority, marks: u16) -> bool {
        let slot = self.slot_of(key);
        self.add_slot_at(slot, at, priority, marks)
    }

    fn add_slot(&mut self, slot: u32, priority: Priority, marks: u16, now: Option<Instant>) -> bool {
        let ticket = self.next_ticket();
        let this = &mut self.slots[slot as usize];
        let before = this.merge(priority, marks);
        match this.waiting {
            Waiting::Ready(_) => {
                if this.priority > before {
                    this.ticket = ticket;
                    let place = Place { slot, ticket };
                    let priority = this.priority;
                    self.ready.leave(before);
                    self.ready.push(priority, place);
                }
                return false;
            }
            Waiting::Again(_) => return false,
            Waiting::No | Waiting::Until(_) => {}
        }
        let was_delayed = matches!(this.waiting, Waiting::Until(_));
        this.ticket = ticket;
        let found = this.enter(slot, now, &mut self.ready);
        if was_delayed {
            let slots = &self.slots;
            self.delayed
                .leave(|entry| is_current(slots, entry.slot, entry.ticket));
        }
        found
    }

    fn add_slot_at(&mut self, slot: u32, at: Instant, priority: Priority, marks: u16) -> bool {
        let ticket = self.next_ticket();
        let this = &mut self.slots[slot as usize];
        let waiting = this.waiting;
        match waiting {
            Waiting::Ready(_) | Waiting::Again(_) => {
                // It comes sooner than asked for; it need not come sooner than it does.
                this.marks |= marks;
                return false;
            }
            Waiting::Until(sooner) if sooner <= at => {
                this.merge(priority, marks);
                return false;
            }
            Waiting::No | Waiting::Until(_) => {}
        }
        this.merge(priority, marks);
        this.waiting = Waiting::Until(at);
        this.ticket = ticket;
        let slots = &self.slots;
        let current = |entry: Entry| is_current(slots, entry.slot, entry.ticket);
        if matches!(waiting, Waiting::Until(_)) {
            self.delayed.leave(current);
        }
        let first = self.delayed.next(current).is_none_or(|next| at < next);
        self.delayed.push(Entry { at, ticket, slot });
        first
    }

    /// Moves what is due at `now` into the lines; the answer is how many keys found a place there.
    pub(super) fn advance(&mut self, now: Instant) -> usize {
        let mut found = 0;
        loop {
            let slots = &self.slots;
            let due = self
                .delayed
                .pop_due(now, |entry| is_current(slots, entry.slot, entry.ticket));
            let Some(entry) = due else { return found };
            let ticket = self.next_ticket();
            let this = &mut self.slots[entry.slot as usize];
            this.ticket = ticket;
            found += usize::from(this.enter(entry.slot, Some(entry.at), &mut self.ready));
        }
    }

    /// When the next delayed key is due.
    pub(super) fn next_due(&mut self) -> Option<Instant> {
        let slots = &self.slots;
        self.delayed
            .next(|entry| is_current(slots, entry.slot, entry.ticket))
    }

    /// Takes the next key.
    pub(super) fn take(&mut self, now: Instant) -> Option<Taken<K>> {
        let slots = &self.slots;
        let place = self
            .ready
            .pop(|place| is_current(slots, place.slot, place.ticket))?;
        let this = &mut self.slots[place.slot as usize];
        let ready_since = match this.waiting {
            Waiting::Ready(since) => since,
            _ => None,
        };
        let taken = Taken {
            key: this.key.clone()?,
            slot: place.slot,
            priority: this.priority,
            marks: std::mem::take(&mut this.marks),
            failures: this.failures,
            ready_since,
        };
        this.waiting = Waiting::No;
        this.priority = Priority(i32::MIN);
        this.processing = Some(now);
        self.processing += 1;
        Some(taken)
    }

    /// Counts a failure of a key that is being worked on; the answer is how many there are in a row.
    pub(super) fn fail(&mut self, slot: u32) -> u32 {
        let this = &mut self.slots[slot as usize];
        this.failures = this.failures.saturating_add(1);
        this.failures
    }

    /// Forgets the failures of a key that is being worked on.
    pub(super) fn forget(&mut self, slot: u32) {
        self.slots[slot as usize].failures = 0;
    }

    /// Adds a key that is being worked on again.
    pub(super) fn again_at(&mut self, slot: u32, at: Instant, priority: Priority, marks: u16) -> bool {
        self.add_slot_at(slot, at, priority, marks)
    }

    /// Ends the work on a key. The answer is since when it was worked on, and whether it found a place in a line.
    pub(super) fn done(&mut self, slot: u32) -> (Option<Instant>, bool) {
        let this = &mut self.slots[slot as usize];
        let since = this.processing.take();
        if since.is_some() {
            self.processing -= 1;
        }
        let found = match this.waiting {
            Waiting::Again(added) => this.enter(slot, added, &mut self.ready),
            Waiting::No if this.failures == 0 => {
                self.release(slot);
                false
            }
            _ => false,
        };
        (since, found)
    }

    /// Forgets the failures of a key, wherever it is.
    pub(super) fn forget_key(&mut self, key: &K) {
        let hash = self.hasher.hash_one(key);
        if let Some(slot) = self.find(hash, key) {
            let this = &mut self.slots[slot as usize];
            this.failures = 0;
            if this.waiting == Waiting::No && this.processing.is_none() {
                self.release(slot);
            }
        }
    }

    /// Counts a failure of a key, wherever it is, and adds it when the wait is over that `delay` gives for the number of its
    /// failures in a row. The answer is that wait, and whether the key is now the first of all delayed ones.
    pub(super) fn fail_key(
        &mut self,
        key: K,
        now: Instant,
        priority: Priority,
        delay: impl FnOnce(u32) -> Duration,
    ) -> (Duration, bool) {
        let slot = self.slot_of(key);
        let delay = delay(self.fail(slot));
        (delay, self.add_slot_at(slot, now + delay, priority, 0))
    }

    fn find(&self, hash: u64, key: &K) -> Option<u32> {
        let is_it = |slot: &u32| self.slots[*slot as usize].key.as_ref() == Some(key);
        self.index.find(hash, is_it).copied()
    }

    fn slot_of(&mut self, key: K) -> u32 {
        let hash = self.hasher.hash_one(&key);
        if let Some(slot) = self.find(hash, &key) {
            return slot;
        }
        let new = Slot {
            key: Some(key),
            hash,
            waiting: Waiting::No,
            processing: None,
            priority: Priority(i32::MIN),
            marks: 0,
            failures: 0,
            ticket: 0,
        };
        let slot = if let Some(slot) = self.free.pop() {
            self.slots[slot as usize] = new;
            slot
        } else {
            self.slots.push(new);
            u32::try_from(self.slots.len() - 1).expect("a queue holds fewer than 2^32 keys")
        };
        let slots = &self.slots;
        self.index
            .insert_unique(hash, slot, |slot| slots[*slot as usize].hash);
        slot
    }

    fn release(&mut self, slot: u32) {
        let this = &mut self.slots[slot as usize];
        if this.key.take().is_some() {
            if let Ok(entry) = self.index.find_entry(this.hash, |known| *known == slot) {
                entry.remove();
            }
            self.free.push(slot);
        }
    }

    fn next_ticket(&mut self) -> u64 {
        self.tickets += 1;
        self.tickets
    }
}

impl<K> Slot<K> {
    /// Joins a further add into the pending ones; the answer is the priority before.
    fn merge(&mut self, priority: Priority, marks: u16) -> Priority {
        self.marks |= marks;
        let before = self.priority;
        self.priority = before.max(priority);
        before
    }

    /// Goes into the line of its priority, or waits for the end of the current work.
    fn enter(&mut self, slot: u32, since: Option<Instant>, ready: &mut Levels) -> bool {
        if self.processing.is_some() {
            self.waiting = Waiting::Again(since);
            return false;
        }
        self.waiting = Waiting::Ready(since);
        let place = Place {
            slot,
            ticket: self.ticket,
        };
        ready.push(self.priority, place);
        true
    }
}

fn is_current<K>(slots: &[Slot<K>], slot: u32, ticket: u64) -> bool {
    slots[slot as usize].ticket == ticket
}
