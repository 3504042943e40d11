//! Conditions as `meta/v1.Condition` defines them.
//!
//! The rules every reader of conditions relies on: one entry per type, the transition time moves only when the status
//! changes, and a condition never claims to have observed an older generation than it did before.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};

/// The three answers a condition can give.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ConditionStatus {
    /// The condition holds.
    True,
    /// The condition does not hold.
    False,
    /// Nobody knows yet.
    Unknown,
}

impl ConditionStatus {
    /// The status as it is written on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::True => "True",
            Self::False => "False",
            Self::Unknown => "Unknown",
        }
    }
}

impl From<bool> for ConditionStatus {
    fn from(holds: bool) -> Self {
        if holds { Self::True } else { Self::False }
    }
}

/// What an operator wants to say with one condition; the time of the transition is worked out when it is set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConditionIntent {
    /// The type, in CamelCase: `Ready`, `Degraded`.
    pub type_: String,
    /// The answer.
    pub status: ConditionStatus,
    /// Why, as one CamelCase word for programs.
    pub reason: String,
    /// Why, as a sentence for people.
    pub message: String,
    /// The `metadata.generation` the answer was worked out from.
    pub observed_generation: Option<i64>,
}

impl ConditionIntent {
    /// A condition with its status and reason, and no message.
    pub fn new(
        type_: impl Into<String>,
        status: impl Into<ConditionStatus>,
        reason: impl Into<String>,
    ) -> Self {
        Self {
            type_: type_.into(),
            status: status.into(),
            reason: reason.into(),
            message: String::new(),
            observed_generation: None,
        }
    }

    /// Adds the sentence for people.
    #[must_use]
    pub fn message(mut self, message: impl Into<String>) -> Self {
        self.message = message.into();
        self
    }

    /// Adds the generation the answer was worked out from.
    #[must_use]
    pub fn observed_generation(mut self, generation: Option<i64>) -> Self {
        self.observed_generation = generation;
        self
    }
}

/// What can be asked of, and done to, a list of conditions.
pub trait Conditions {
    /// The condition of this type.
    fn find(&self, type_: &str) -> Option<&Condition>;

    /// Whether the condition of this type is there and `True`.
    fn is_true(&self, type_: &str) -> bool {
        self.find(type_)
            .is_some_and(|condition| condition.status == "True")
    }

    /// Sets one condition and says whether anything changed.
    ///
    /// # Guarantees
    /// - There is one condition per type, and the order of the others stays.
    /// - `lastTransitionTime` becomes `now` only if the status changed or the condition is new.
    /// - `observedGeneration` never goes back.
    fn set(&mut self, intent: ConditionIntent, now: Timestamp) -> bool;

    /// Takes the condition of this type away and says whether there was one.
    fn unset(&mut self, type_: &str) -> bool;
}

impl Conditions for Vec<Condition> {
    fn find(&self, type_: &str) -> Option<&Condition> {
        self.iter().find(|condition| condition.type_ == type_)
    }

    fn set(&mut self, intent: ConditionIntent, now: Timestamp) -> bool {
        let Some(known) = self.iter_mut().find(|condition| condition.type_ == intent.type_) else {
            self.push(Condition {
                last_transition_time: Time(whole_seconds(now)),
                message: intent.message,
                observed_generation: intent.observed_generation,
                reason: intent.reason,
                status: intent.status.as_str().to_owned(),
                type_: intent.type_,
            });
            return true;
        };
        let before = known.clone();
        if known.status != intent.status.as_str() {
            known.last_transition_time = Time(whole_seconds(now));
            known.status = intent.status.as_str().to_owned();
        }
        known.reason = intent.reason;
        known.message = intent.message;
        known.observed_generation = known.observed_generation.max(intent.observed_generation);
        *known != before
    }

    fn unset(&mut self, type_: &str) -> bool {
        let before = self.len();
        self.retain(|condition| condition.type_ != type_);
        self.len() != before
    }
}

/// The API's times have whole seconds; a fraction would come back from the server as a change.
fn whole_seconds(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_new_condition_takes_the_time_without_fraction() {
        let mut conditions = Vec::new();
        let now = Timestamp::from_millisecond(1_999).unwrap();
        assert!(conditions.set(ConditionIntent::new("Ready", true, "Done"), now));
        assert_eq!(conditions[0].last_transition_time.0, at(1));
        assert!(conditions.is_true("Ready"));
        assert!(!conditions.is_true("Degraded"));
    }

    #[test]
    fn a_message_changes_without_a_transition() {
        let mut conditions = Vec::new();
        conditions.set(
            ConditionIntent::new("Ready", false, "Waiting").message("1 of 3"),
            at(10),
        );
        assert!(conditions.set(
            ConditionIntent::new("Ready", false, "Waiting").message("2 of 3"),
            at(20)
        ));
        assert_eq!(conditions[0].last_transition_time.0, at(10));
        assert!(!conditions.set(
            ConditionIntent::new("Ready", false, "Waiting").message("2 of 3"),
            at(30)
        ));
    }

    #[test]
    fn unset_tells_whether_there_was_one() {
        let mut conditions = Vec::new();
        conditions.set(
            ConditionIntent::new("Ready", ConditionStatus::Unknown, "New"),
            at(1),
        );
        assert!(conditions.unset("Ready"));
        assert!(!conditions.unset("Ready"));
    }

    proptest! {
        /// Whatever is set in whatever order: one entry a type, transitions only with the status, generations grow.
        #[test]
        fn the_rules_hold_for_every_history(
            steps in proptest::collection::vec((0..3_u8, 0..3_u8, 0..4_i64), 1..40)
        ) {
            let mut conditions: Vec<Condition> = Vec::new();
            for (time, (type_, status, generation)) in steps.into_iter().enumerate() {
                let type_ = format!("Type{type_}");
                let status = [ConditionStatus::True, ConditionStatus::False, ConditionStatus::Unknown][usize::from(status)];
                let before = conditions.find(&type_).cloned();
                let now = at(i64::try_from(time).unwrap());
                conditions.set(
                    ConditionIntent::new(&type_, status, "Step").observed_generation(Some(generation)),
                    now,
                );
                let after = conditions.find(&type_).unwrap();
                prop_assert_eq!(conditions.iter().filter(|c| c.type_ == type_).count(), 1);
                prop_assert_eq!(after.status.as_str(), status.as_str());
                match before {
                    Some(before) => {
                        prop_assert!(after.observed_generation >= before.observed_generation);
                        let moved = after.last_transition_time != before.last_transition_time;
                        prop_assert_eq!(moved, after.status != before.status);
                    }
                    None => prop_assert_eq!(after.last_transition_time.0, now),
                }
            }
        }
    }
}
