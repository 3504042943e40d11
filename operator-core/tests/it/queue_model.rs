//! The work queue against a model that does everything the slow and obvious way.

use std::collections::BTreeMap;
use std::time::Duration;

use operator_core::backoff::Backoff;
use operator_core::queue::{Finish, PATIENCE, Priority, Work, WorkQueue};
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Step {
    Add {
        key: u8,
        priority: i32,
        mark: u16,
    },
    AddAfter {
        key: u8,
        delay: u64,
        priority: i32,
        mark: u16,
    },
    RateLimited {
        key: u8,
    },
    Forget {
        key: u8,
    },
    Take,
    Finish {
        which: usize,
        finish: Finish,
    },
    Drop {
        which: usize,
    },
    Wait {
        millis: u64,
    },
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Waiting {
    No,
    /// In line since the n-th change.
    Ready(u64),
    Again,
    Until {
        at: u64,
        order: u64,
    },
}

#[derive(Clone, Debug)]
struct Entry {
    waiting: Waiting,
    working: bool,
    priority: i32,
    marks: u16,
    failures: u32,
}

const NO_PRIORITY: i32 = i32::MIN;

impl Default for Entry {
    fn default() -> Self {
        Self {
            waiting: Waiting::No,
            working: false,
            priority: NO_PRIORITY,
            marks: 0,
            failures: 0,
        }
    }
}

#[derive(Default)]
struct Model {
    now: u64,
    order: u64,
    keys: BTreeMap<u8, Entry>,
    passed_over: BTreeMap<i32, u32>,
}

impl Model {
    fn add(&mut self, key: u8, priority: i32, mark: u16) {
        self.order += 1;
        let order = self.order;
        let entry = self.keys.entry(key).or_default();
        entry.marks |= mark;
        let raised = priority > entry.priority;
        entry.priority = entry.priority.max(priority);
        match entry.waiting {
            Waiting::Ready(_) if raised => entry.waiting = Waiting::Ready(order),
            Waiting::Ready(_) | Waiting::Again => {}
            _ if entry.working => entry.waiting = Waiting::Again,
            _ => entry.waiting = Waiting::Ready(order),
        }
    }

    fn add_at(&mut self, key: u8, at: u64, priority: i32, mark: u16) {
        self.order += 1;
        let order = self.order;
        let entry = self.keys.entry(key).or_default();
        entry.marks |= mark;
        match entry.waiting {
            Waiting::Ready(_) | Waiting::Again => return,
            Waiting::Until { at: sooner, .. } if sooner <= at => {}
            _ => entry.waiting = Waiting::Until { at, order },
        }
        entry.priority = entry.priority.max(priority);
    }

    fn fail(&mut self, key: u8) -> u64 {
        let entry = self.keys.entry(key).or_default();
        entry.failures += 1;
        5 << (entry.failures - 1).min(20)
    }

    fn advance(&mut self) {
        loop {
            let due = self
                .keys
                .iter()
                .filter_map(|(key, entry)| match entry.waiting {
                    Waiting::Until { at, order } if at <= self.now => Some((at, order, *key)),
                    _ => None,
                })
                .min();
            let Some((_, _, key)) = due else { return };
            self.order += 1;
            let entry = self.keys.get_mut(&key).unwrap();
            entry.waiting = if entry.working {
                Waiting::Again
            } else {
                Waiting::Ready(self.order)
            };
        }
    }

    fn take(&mut self) -> Option<(u8, i32, u16, u32)> {
        self.advance();
        let mut lines: BTreeMap<i32, Vec<(u64, u8)>> = BTreeMap::new();
        for (key, entry) in &self.keys {
            if let Waiting::Ready(order) = entry.waiting {
                lines.entry(entry.priority).or_default().push((order, *key));
            }
        }
        let passed = |priority: i32| self.passed_over.get(&priority).copied().unwrap_or(0);
        let highest = *lines.keys().next_back()?;
        let patient = lines
            .keys()
            .rev()
            .skip(1)
            .filter(|priority| passed(**priority) >= PATIENCE)
            .max_by_key(|priority| (passed(**priority), **priority));
        let turn = patient.copied().unwrap_or(highest);
        for lower in lines.keys().filter(|priority| **priority < turn) {
            *self.passed_over.entry(*lower).or_default() += 1;
        }
        self.passed_over.insert(turn, 0);
        let (_, key) = *lines[&turn].iter().min()?;
        let entry = self.keys.get_mut(&key)?;
        entry.waiting = Waiting::No;
        entry.working = true;
        entry.priority = NO_PRIORITY;
        Some((key, turn, std::mem::take(&mut entry.marks), entry.failures + 1))
    }

    fn done(&mut self, key: u8) {
        self.order += 1;
        let entry = self.keys.get_mut(&key).unwrap();
        entry.working = false;
        if entry.waiting == Waiting::Again {
            entry.waiting = Waiting::Ready(self.order);
        }
    }

    fn finish(&mut self, key: u8, priority: i32, finish: Finish) {
        let millis = |delay: Duration| u64::try_from(delay.as_millis()).unwrap();
        let delay = match finish {
            Finish::Forget => {
                self.keys.get_mut(&key).unwrap().failures = 0;
                None
            }
            Finish::After(delay) => {
                self.keys.get_mut(&key).unwrap().failures = 0;
                Some(millis(delay))
            }
            Finish::Retry => Some(self.fail(key)),
            Finish::RetryAfter(delay) => {
                self.fail(key);
                Some(millis(delay))
            }
            Finish::Postpone(delay) => Some(millis(delay)),
        };
        if let Some(delay) = delay {
            self.add_at(key, self.now + delay, priority, 0);
        }
        self.done(key);
    }
}

fn step() -> impl Strategy<Value = Step> {
    let key = 0..6u8;
    let priority = prop_oneof![Just(-100), Just(0), Just(100)];
    let mark = (0..4u32).prop_map(|bit| 1u16 << bit);
    let delay = (1..50u64).prop_map(Duration::from_millis);
    let finish = prop_oneof![
        Just(Finish::Forget),
        delay.clone().prop_map(Finish::After),
        Just(Finish::Retry),
        delay.clone().prop_map(Finish::RetryAfter),
        delay.prop_map(Finish::Postpone),
    ];
    prop_oneof![
        4 => (key.clone(), priority.clone(), mark.clone())
            .prop_map(|(key, priority, mark)| Step::Add { key, priority, mark }),
        2 => (key.clone(), 1..60u64, priority, mark)
            .prop_map(|(key, delay, priority, mark)| Step::AddAfter { key, delay, priority, mark }),
        1 => key.clone().prop_map(|key| Step::RateLimited { key }),
        1 => key.prop_map(|key| Step::Forget { key }),
        4 => Just(Step::Take),
        3 => (0..6usize, finish).prop_map(|(which, finish)| Step::Finish { which, finish }),
        1 => (0..6usize).prop_map(|which| Step::Drop { which }),
        2 => (1..40u64).prop_map(|millis| Step::Wait { millis }),
    ]
}

async fn agrees(steps: Vec<Step>) {
    let queue: WorkQueue<u8> = WorkQueue::<u8>::builder()
        .backoff(Backoff::exponential(
            Duration::from_millis(5),
            Duration::from_secs(1000),
        ))
        .bucket(None)
        .build();
    let mut model = Model::default();
    let mut working: Vec<Work<u8>> = Vec::new();
    for step in steps {
        match step {
            Step::Add { key, priority, mark } => {
                queue.add_with(key, Priority(priority), mark);
                model.add(key, priority, mark);
            }
            Step::AddAfter {
                key,
                delay,
                priority,
                mark,
            } => {
                queue.add_after(key, Duration::from_millis(delay), Priority(priority), mark);
                model.add_at(key, model.now + delay, priority, mark);
            }
            Step::RateLimited { key } => {
                let delay = queue.add_rate_limited(key);
                let expected = model.fail(key);
                model.add_at(key, model.now + expected, 0, 0);
                assert_eq!(delay, Duration::from_millis(expected));
            }
            Step::Forget { key } => {
                queue.forget(&key);
                model.keys.entry(key).or_default().failures = 0;
            }
            Step::Take => {
                let expected = model.take();
                let taken = queue.try_get();
                let got = taken
                    .as_ref()
                    .map(|work| (*work.key(), work.priority().0, work.marks(), work.attempt()));
                assert_eq!(got, expected);
                working.extend(taken);
            }
            Step::Finish { which, finish } if !working.is_empty() => {
                let work = working.remove(which % working.len());
                model.finish(*work.key(), work.priority().0, finish);
                work.finish(finish, 0);
            }
            Step::Drop { which } if !working.is_empty() => {
                let work = working.remove(which % working.len());
                model.done(*work.key());
            }
            Step::Finish { .. } | Step::Drop { .. } => {}
            Step::Wait { millis } => {
                tokio::time::advance(Duration::from_millis(millis)).await;
                model.now += millis;
            }
        }
        let stats = queue.stats();
        let count =
            |test: fn(&Waiting) -> bool| model.keys.values().filter(|entry| test(&entry.waiting)).count();
        assert_eq!(
            stats.depth(),
            count(|waiting| matches!(waiting, Waiting::Ready(_)))
        );
        assert_eq!(
            stats.delayed,
            count(|waiting| matches!(waiting, Waiting::Until { .. }))
        );
        assert_eq!(stats.processing, working.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_queue_does_what_the_model_does(steps in prop::collection::vec(step(), 1..120)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(agrees(steps));
    }
}
