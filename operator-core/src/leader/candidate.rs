//! One candidate's view of the election: what it saw, when, and what follows. No input and no output.

use std::time::Duration;

use jiff::Timestamp;

use super::record::Record;
use crate::clock::Instant;

/// The three durations of an election.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    lease_duration: Duration,
    renew_deadline: Duration,
    retry_period: Duration,
}

/// Why three durations make no election.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TimingError {
    /// A leader would still lead when another may begin.
    #[error("the lease must last longer than the renewal deadline")]
    LeaseTooShort,
    /// A leader would give up before it tried twice.
    #[error("the renewal deadline must be at least 1.2 times the retry period")]
    DeadlineTooShort,
    /// The Lease counts whole seconds, and the candidates would ask without pause.
    #[error("the lease must last at least a second, and the retry period must not be zero")]
    TooFast,
}

impl Timing {
    /// Checks that the durations fit together.
    ///
    /// # Errors
    /// [`TimingError`], naming what does not fit.
    pub fn new(
        lease_duration: Duration,
        renew_deadline: Duration,
        retry_period: Duration,
    ) -> Result<Self, TimingError> {
        if lease_duration < Duration::from_secs(1) || retry_period.is_zero() {
            return Err(TimingError::TooFast);
        }
        // The Lease holds whole seconds: that is what the others wait for.
        if Duration::from_secs(lease_duration.as_secs()) <= renew_deadline {
            return Err(TimingError::LeaseTooShort);
        }
        if renew_deadline < retry_period.mul_f64(1.2) {
            return Err(TimingError::DeadlineTooShort);
        }
        Ok(Self {
            lease_duration,
            renew_deadline,
            retry_period,
        })
    }

    /// How long others wait after a renewal before they take over.
    pub fn lease_duration(&self) -> Duration {
        self.lease_duration
    }

    /// How long after the beginning of its last successful renewal a leader leads.
    pub fn renew_deadline(&self) -> Duration {
        self.renew_deadline
    }

    /// How long a candidate waits between two attempts.
    pub fn retry_period(&self) -> Duration {
        self.retry_period
    }
}

impl Default for Timing {
    /// 15 s, 10 s and 2 s, as the Kubernetes controllers have it.
    fn default() -> Self {
        Self {
            lease_duration: Duration::from_secs(15),
            renew_deadline: Duration::from_secs(10),
            retry_period: Duration::from_secs(2),
        }
    }
}

/// What a candidate does next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Read the record: nothing is known yet.
    Look,
    /// Write this record, on the condition of its resource version.
    Write(Record),
    /// Someone else holds it, at least until then.
    Wait(Instant),
}

/// A candidate, as a pure state machine.
///
/// Whoever drives it reads the record and reports it with [`observe`](Candidate::observe), asks for the
/// [`decision`](Candidate::decision), and reports a successful write with [`wrote`](Candidate::wrote).
#[derive(Clone, Debug)]
pub struct Candidate {
    identity: String,
    timing: Timing,
    seen: Option<(Record, Instant)>,
    led_until: Option<Instant>,
}

impl Candidate {
    /// A candidate that has seen nothing. No two candidates may have the same identity.
    pub fn new(identity: impl Into<String>, timing: Timing) -> Self {
        Self {
            identity: identity.into(),
            timing,
            seen: None,
            led_until: None,
        }
    }

    /// The candidate's identity.
    pub fn identity(&self) -> &str {
        &self.identity
    }

    /// Whether the candidate leads at this moment.
    pub fn leads(&self, now: Instant) -> bool {
        self.led_until.is_some_and(|until| now < until)
    }

    /// When its leadership ends unless it renews; `None` if it does not lead.
    pub fn leads_until(&self) -> Option<Instant> {
        self.led_until
    }

    /// The holder of the record as it was seen last.
    pub fn holder(&self) -> Option<&str> {
        self.seen
            .as_ref()
            .map(|(record, _)| record.holder.as_str())
            .filter(|holder| !holder.is_empty())
    }

    /// Takes note of the record as it is on the server; no Lease is a record without version.
    pub fn observe(&mut self, record: Record, now: Instant) {
        let known = self.seen.as_ref().is_some_and(|(known, _)| *known == record);
        // Only a change restarts the wait: how long the record has stood still is all that counts.
        if !known {
            if record.holder != self.identity {
                self.led_until = None;
            }
            self.seen = Some((record, now));
        }
    }

    /// Forgets what was seen: the next decision is to look. Leadership lasts as long as it lasts.
    pub fn doubt(&mut self) {
        self.seen = None;
    }

    /// Takes note that `record` was written by a request that began at `began`.
    pub fn wrote(&mut self, record: Record, began: Instant, now: Instant) {
        self.led_until = Some(began + self.timing.renew_deadline);
        self.seen = Some((record, now));
    }

    /// Ends leadership and says what to write so that another need not wait; `None` if it is not the holder.
    pub fn release(&mut self, wall: Timestamp) -> Option<Record> {
        self.led_until = None;
        let (record, _) = self.seen.take()?;
        (record.holder == self.identity).then(|| Record {
            holder: String::new(),
            // The API server refuses a lease of no duration.
            duration_seconds: 1,
            renewed: Some(wall),
            ..record
        })
    }

    /// What to do at this moment.
    pub fn decision(&self, now: Instant, wall: Timestamp) -> Decision {
        let Some((record, since)) = &self.seen else {
            return Decision::Look;
        };
        let own = record.holder == self.identity;
        if !own && !record.holder.is_empty() {
            let seconds = u64::try_from(record.duration_seconds).unwrap_or_default();
            let expires = *since + Duration::from_secs(seconds);
            if now < expires {
                return Decision::Wait(expires);
            }
        }
        let duration = self.timing.lease_duration.as_secs();
        Decision::Write(Record {
            holder: self.identity.clone(),
            duration_seconds: i32::try_from(duration).unwrap_or(i32::MAX),
            acquired: if own { record.acquired } else { Some(wall) },
            renewed: Some(wall),
            transitions: match (own, record.resource_version.is_some()) {
                (false, true) => record.transitions.saturating_add(1),
                _ => record.transitions,
            },
            resource_version: record.resource_version.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECOND: Duration = Duration::from_secs(1);
    const WALL: Timestamp = Timestamp::UNIX_EPOCH;

    fn held_by(holder: &str, version: &str) -> Record {
        Record {
            holder: holder.into(),
            duration_seconds: 15,
            transitions: 4,
            resource_version: Some(version.into()),
            ..Record::default()
        }
    }

    #[test]
    fn durations_that_do_not_fit_are_refused() {
        let timing = |lease, deadline, retry| Timing::new(SECOND * lease, SECOND * deadline, SECOND * retry);
        assert_eq!(timing(15, 10, 2), Ok(Timing::default()));
        assert_eq!(timing(10, 10, 2), Err(TimingError::LeaseTooShort));
        assert_eq!(timing(15, 2, 2), Err(TimingError::DeadlineTooShort));
        assert_eq!(timing(15, 10, 0), Err(TimingError::TooFast));
        let fraction = Timing::new(
            Duration::from_millis(10_900),
            Duration::from_millis(10_500),
            SECOND,
        );
        assert_eq!(fraction, Err(TimingError::LeaseTooShort));
    }

    #[test]
    fn a_missing_lease_is_created_and_a_free_one_taken() {
        let now = Instant::now();
        let mut candidate = Candidate::new("a", Timing::default());
        assert_eq!(candidate.decision(now, WALL), Decision::Look);
        candidate.observe(Record::default(), now);
        let Decision::Write(record) = candidate.decision(now, WALL) else {
            panic!("it is free")
        };
        assert_eq!((record.transitions, record.resource_version), (0, None));
        candidate.observe(held_by("", "3"), now);
        let Decision::Write(record) = candidate.decision(now, WALL) else {
            panic!("it is free")
        };
        assert_eq!(
            (record.transitions, record.resource_version.as_deref()),
            (5, Some("3"))
        );
    }

    #[test]
    fn a_held_lease_is_taken_when_it_stood_still_for_its_duration() {
        let now = Instant::now();
        let mut candidate = Candidate::new("a", Timing::default());
        candidate.observe(held_by("b", "3"), now);
        assert_eq!(candidate.decision(now, WALL), Decision::Wait(now + 15 * SECOND));
        // Renewed: the wait starts again.
        candidate.observe(held_by("b", "4"), now + 14 * SECOND);
        assert_eq!(
            candidate.decision(now + 15 * SECOND, WALL),
            Decision::Wait(now + 29 * SECOND)
        );
        candidate.observe(held_by("b", "4"), now + 20 * SECOND);
        assert!(matches!(
            candidate.decision(now + 29 * SECOND, WALL),
            Decision::Write(_)
        ));
    }

    #[test]
    fn leadership_counts_from_the_beginning_of_the_renewal() {
        let now = Instant::now();
        let mut candidate = Candidate::new("a", Timing::default());
        candidate.wrote(held_by("a", "3"), now, now + 5 * SECOND);
        assert!(candidate.leads(now + 9 * SECOND));
        assert!(!candidate.leads(now + 10 * SECOND));
        // Its own record is renewed at any time, and keeps its history.
        let Decision::Write(record) = candidate.decision(now + 11 * SECOND, WALL) else {
            panic!("it is ours")
        };
        assert_eq!(record.transitions, 4);
    }

    #[test]
    fn leadership_ends_when_another_is_seen() {
        let now = Instant::now();
        let mut candidate = Candidate::new("a", Timing::default());
        candidate.wrote(held_by("a", "3"), now, now);
        candidate.observe(held_by("b", "4"), now);
        assert!(!candidate.leads(now));
    }

    #[test]
    fn only_a_holder_releases() {
        let now = Instant::now();
        let mut candidate = Candidate::new("a", Timing::default());
        candidate.wrote(held_by("a", "3"), now, now);
        let record = candidate.release(WALL).unwrap();
        assert_eq!((record.holder.as_str(), record.duration_seconds), ("", 1));
        assert!(!candidate.leads(now));
        candidate.observe(held_by("b", "4"), now);
        assert_eq!(candidate.release(WALL), None);
    }

    /// A request under way in the simulation.
    enum Call {
        Look,
        Write(Record),
    }

    struct Node {
        candidate: Candidate,
        /// Local time is `offset + true time * rate`.
        offset: Duration,
        rate: f64,
        call: Option<(Call, Instant)>,
    }

    impl Node {
        fn local(&self, base: Instant, time: Duration) -> Instant {
            base + self.offset + time.mul_f64(self.rate)
        }
    }

    proptest! {
        /// Two candidates on one Lease, with delays, lost answers, failed calls, pauses, and clocks that disagree and
        /// run at different speeds: never do both lead, whatever the order.
        #[test]
        fn two_never_lead_at_once(
            offsets in (0..1_000_000_u64, 0..1_000_000_u64),
            rates in (0.85..1.15_f64, 0.85..1.15_f64),
            steps in proptest::collection::vec((0..2_usize, 0..8_u8, 0..4_000_u64), 1..400),
        ) {
            let base = Instant::now();
            let node = |name: &str, offset, rate| Node {
                candidate: Candidate::new(name, Timing::default()),
                offset: Duration::from_millis(offset),
                rate,
                call: None,
            };
            let mut nodes = [node("a", offsets.0, rates.0), node("b", offsets.1, rates.1)];
            let mut server: Option<Record> = None;
            let mut version = 0;
            let mut time = Duration::ZERO;
            let mut terms = 0;
            for (who, fate, pause) in steps {
                time += Duration::from_millis(pause);
                let node = &mut nodes[who];
                let now = node.local(base, time);
                match node.call.take() {
                    None => {
                        // The request begins now and reaches the server at this node's next turn.
                        match node.candidate.decision(now, WALL) {
                            Decision::Write(record) => node.call = Some((Call::Write(record), now)),
                            // As the loop does it: look again rather than trust the view.
                            Decision::Look | Decision::Wait(_) => node.call = Some((Call::Look, now)),
                        }
                    }
                    Some((Call::Look, _)) => {
                        if fate > 0 {
                            node.candidate.observe(server.clone().unwrap_or_default(), now);
                        }
                    }
                    Some((Call::Write(mut record), began)) => {
                        let current = server.as_ref().and_then(|record| record.resource_version.clone());
                        let swapped = fate > 0 && record.resource_version == current;
                        if swapped {
                            version += 1;
                            record.resource_version = Some(format!("{version}"));
                            server = Some(record.clone());
                        }
                        // Fate 1 loses the answer of a write that was made.
                        if swapped && fate > 1 {
                            terms += usize::from(!node.candidate.leads(now));
                            node.candidate.wrote(record, began, now);
                        } else {
                            node.candidate.doubt();
                        }
                    }
                }
                let leading = nodes.iter().filter(|node| node.candidate.leads(node.local(base, time))).count();
                prop_assert!(leading <= 1, "both lead at {time:?} after {terms} terms");
            }
        }
    }
}
