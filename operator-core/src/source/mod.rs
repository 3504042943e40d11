//! What wakes a controller: its own objects, what they own, what they refer to, and the world outside.
//!
//! A [`Source`] turns changes into keys: a [`Predicate`] looks at the object before and after and decides whether the
//! change matters; a mapper names the objects that it matters to. Sources only ever add keys to the queue; what
//! changed is not carried along.

mod external;
mod owners;
mod predicate;
mod spec;
mod standard;

pub(crate) use external::Requests;
pub use external::Trigger;
pub use predicate::{And, Not, Or, Predicate, typed};
pub(crate) use spec::{Feed, Origin};
pub use spec::{Relation, Source};
pub use standard::{
    AnnotationsChanged, DeletionChanged, FinalizersChanged, GenerationChanged, LabelsChanged,
    ResourceVersionChanged, SpecChanged,
};
