//! What a status type can be asked for, whatever it calls its fields. Derived by `Status`.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;

/// A status with conditions.
pub trait HasConditions {
    /// The conditions.
    fn conditions(&self) -> &[Condition];

    /// The conditions, to be changed with [`Conditions`](super::Conditions).
    fn conditions_mut(&mut self) -> &mut Vec<Condition>;
}

/// A status that says which generation of the spec it is about.
pub trait HasObservedGeneration {
    /// The generation, if there was one yet.
    fn observed_generation(&self) -> Option<i64>;

    /// Writes the generation as it is. Call [`observe`](Self::observe) instead, which never goes back.
    fn put_observed_generation(&mut self, generation: i64);

    /// Records that `generation` was observed; an older one changes nothing.
    fn observe(&mut self, generation: Option<i64>) {
        if let Some(generation) = generation
            && self.observed_generation().is_none_or(|known| known < generation)
        {
            self.put_observed_generation(generation);
        }
    }
}
