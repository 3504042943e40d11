//! What a simulated controller is: keys in, one reconcile at a time, nothing else.

use std::{cell::OnceCell, sync::Arc, time::Duration};

use jiff::Timestamp;
use serde_json::Value;

use super::{client::Client, kind::Kind, node::Waiting};
use crate::apiserver::{
    status::StatusError,
    store::{Change, ObjectKey, Stored},
};

/// A controller of the simulated cluster.
///
/// # Guarantees
/// A controller is level-based: a reconcile reads the newest state and moves the cluster one step nearer to what it should be,
/// whatever woke it, so keys may be dropped, repeated and reordered without harm. It is synchronous and has no state that it
/// could not do without.
pub(crate) trait Controller: Send {
    /// The name it is chosen by, and the last part of the user name it acts under.
    fn name(&self) -> &'static str;

    /// Adds the keys to begin with, besides those that the objects already there will wake.
    fn start(&mut self, _wake: &mut Vec<ObjectKey>) {}

    /// Adds the keys of Pods that a test steers.
    fn nudged(&mut self, _pods: &Waiting, _cx: &Context<'_>, _wake: &mut Vec<ObjectKey>) {}

    /// Adds the keys that a change concerns.
    ///
    /// It only reads: the change is already old news, so what it finds may be newer.
    fn observe(&mut self, seen: &Seen, cx: &Context<'_>, wake: &mut Vec<ObjectKey>);

    /// Moves one key on.
    fn reconcile(&mut self, key: &ObjectKey, cx: &Context<'_>) -> Result<Next, StatusError>;
}

/// What follows a reconcile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Nothing until something changes.
    Done,
    /// The same key again after so long, or when something changes.
    After(Duration),
}

impl Next {
    /// `After` if there is a time, `Done` if not.
    pub(crate) fn after(wait: Option<Duration>) -> Self {
        wait.map_or(Self::Done, Self::After)
    }
}

/// What a reconcile works with.
pub(crate) struct Context<'a> {
    /// The API, as this controller's user.
    pub(crate) client: &'a Client,
    /// The time of this reconcile.
    pub(crate) now: Timestamp,
}

/// A change of the store as the controllers see it; decoded at most once for all of them.
pub(crate) struct Seen {
    change: Arc<Change>,
    before: OnceCell<Value>,
    after: OnceCell<Value>,
}

impl Seen {
    pub(crate) fn new(change: Arc<Change>) -> Self {
        Self {
            change,
            before: OnceCell::new(),
            after: OnceCell::new(),
        }
    }

    /// Whether the object is of this kind.
    pub(crate) fn is(&self, kind: &Kind) -> bool {
        kind.is(&self.change.resource)
    }

    pub(crate) fn change(&self) -> &Change {
        &self.change
    }

    pub(crate) fn key(&self) -> &ObjectKey {
        &self.change.key
    }

    /// The object before the change.
    pub(crate) fn before(&self) -> Option<&Value> {
        decoded(self.change.before.as_deref(), &self.before)
    }

    /// The object after the change.
    pub(crate) fn after(&self) -> Option<&Value> {
        decoded(self.change.after.as_deref(), &self.after)
    }

    /// Both states that there are.
    pub(crate) fn states(&self) -> impl Iterator<Item = &Value> {
        self.before().into_iter().chain(self.after())
    }
}

fn decoded<'a>(stored: Option<&Stored>, cell: &'a OnceCell<Value>) -> Option<&'a Value> {
    let stored = stored?;
    Some(cell.get_or_init(|| Value::Object(stored.value())))
}
