use std::sync::Arc;

use serde::de::DeserializeOwned;

use crate::informer::{CachedObject, Change};

/// Decides whether a change matters.
///
/// Any function over a [`Change`] is a predicate.
pub trait Predicate: Send + Sync + 'static {
    /// Whether the change matters.
    fn admits(&self, change: &Change) -> bool;

    /// Admits what both admit.
    fn and<P: Predicate>(self, other: P) -> And<Self, P>
    where
        Self: Sized,
    {
        And(self, other)
    }

    /// Admits what one of them admits.
    fn or<P: Predicate>(self, other: P) -> Or<Self, P>
    where
        Self: Sized,
    {
        Or(self, other)
    }

    /// Admits what this one does not.
    fn negate(self) -> Not<Self>
    where
        Self: Sized,
    {
        Not(self)
    }
}

impl<F: Fn(&Change) -> bool + Send + Sync + 'static> Predicate for F {
    fn admits(&self, change: &Change) -> bool {
        self(change)
    }
}

/// Admits what both admit.
#[derive(Clone, Copy, Debug)]
pub struct And<A, B>(A, B);

impl<A: Predicate, B: Predicate> Predicate for And<A, B> {
    fn admits(&self, change: &Change) -> bool {
        self.0.admits(change) && self.1.admits(change)
    }
}

/// Admits what one of them admits.
#[derive(Clone, Copy, Debug)]
pub struct Or<A, B>(A, B);

impl<A: Predicate, B: Predicate> Predicate for Or<A, B> {
    fn admits(&self, change: &Change) -> bool {
        self.0.admits(change) || self.1.admits(change)
    }
}

/// Admits what the other does not.
#[derive(Clone, Copy, Debug)]
pub struct Not<P>(P);

impl<P: Predicate> Predicate for Not<P> {
    fn admits(&self, change: &Change) -> bool {
        !self.0.admits(change)
    }
}

/// A predicate over the decoded object before and after; what cannot be decoded is admitted.
///
/// # Example
/// ```
/// use k8s_openapi::api::core::v1::Node;
/// use operator_core::source::{Predicate, typed};
///
/// let cordoned = typed(|old: Option<&Node>, new: Option<&Node>| {
///     let is_cordoned = |node: Option<&Node>| node.and_then(|node| node.spec.as_ref()?.unschedulable);
///     is_cordoned(old) != is_cordoned(new)
/// });
/// ```
pub fn typed<K, F>(test: F) -> impl Predicate
where
    K: DeserializeOwned,
    F: Fn(Option<&K>, Option<&K>) -> bool + Send + Sync + 'static,
{
    move |change: &Change| {
        let decode = |object: &Option<Arc<CachedObject>>| {
            object.as_ref().map(|object| object.decode::<K>()).transpose()
        };
        match (decode(&change.old), decode(&change.new)) {
            (Ok(old), Ok(new)) => test(old.as_ref(), new.as_ref()),
            _ => true,
        }
    }
}
