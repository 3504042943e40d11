use std::sync::Arc;

use super::CachedObject;
use crate::meta::ObjectKey;

/// What happened to one object between two looks at it.
///
/// A subscriber that looks rarely sees several changes joined: the object as it last saw it, and as it is now.
#[derive(Clone, Debug)]
pub struct Change {
    /// The object before; `None` when the subscriber did not know it.
    pub old: Option<Arc<CachedObject>>,
    /// The object now; `None` when it is gone.
    pub new: Option<Arc<CachedObject>>,
    /// Whether it was there when the subscriber began.
    pub initial: bool,
    /// Whether it is one event of a watch: nothing was joined into it, and no list may have hidden a step.
    pub single: bool,
}

impl Change {
    /// The object's key.
    pub fn key(&self) -> &ObjectKey {
        self.latest().key()
    }

    /// The object now, or as it was last when it is gone.
    pub fn latest(&self) -> &Arc<CachedObject> {
        self.new
            .as_ref()
            .or(self.old.as_ref())
            .expect("a change has an object before or after")
    }

    /// Whether the subscriber did not know the object: it is new, or took the name of another.
    pub fn is_created(&self) -> bool {
        match (&self.old, &self.new) {
            (None, Some(_)) => true,
            (Some(old), Some(new)) => old.uid() != new.uid(),
            _ => false,
        }
    }

    /// Whether the object that the subscriber knew is gone, even if another took its name.
    pub fn is_deleted(&self) -> bool {
        match (&self.old, &self.new) {
            (Some(_), None) => true,
            (Some(old), Some(new)) => old.uid() != new.uid(),
            _ => false,
        }
    }

    /// Before and after, when both are the same object.
    pub fn updated(&self) -> Option<(&CachedObject, &CachedObject)> {
        let (old, new) = (self.old.as_deref()?, self.new.as_deref()?);
        (old.uid() == new.uid()).then_some((old, new))
    }
}
