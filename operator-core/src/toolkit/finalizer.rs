//! The finalizer protocol.
//!
//! A finalizer is an entry in `metadata.finalizers` that keeps a deleted object until it is removed. One operator holds
//! one finalizer per object, from before its first work until its cleanup is done:
//!
//! ```text
//!                   add                    delete                 cleanup, remove
//! not held, live --------> held, live ------------> held, deleting -------------> gone (or held by others)
//!      |                    reconcile                                                  nothing to do
//!      +--------------------------- delete ------------------------> nothing to do: no work was done
//! ```
//!
//! What makes it hold at every crash point:
//!
//! - *Added before the first work.* Work starts only on an object whose answer or cached copy shows the finalizer; a
//!   crash after the add finds it there.
//! - *Both writes name the resource version they were decided on.* Finalizers of others are never lost, nothing is
//!   added to an object that began to be deleted, and a repeated write after a lost answer is a conflict. A conflict is
//!   answered by reading the object and deciding again.
//! - *Cleanup starts on what the server has, not on what the cache has.* While the finalizer is there the object cannot
//!   go, so cleanup never runs for an object that is gone, nor against a new one of the same name.
//! - *Removed only after the cleanup.* A crash in between runs the cleanup again: it runs at least once, and must bear
//!   to be run twice.

use std::sync::Arc;

use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};

use super::error::WriteError;
use super::target::{Target, found};
use super::{Step, Toolkit};
use crate::meta::Subject;

/// How often a write is decided anew before the key goes back to the queue.
const ATTEMPTS: usize = 5;

/// What the state of an object asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FinalizerStep {
    /// Add the finalizer; no work was done yet.
    Add,
    /// Do the work: the object is protected.
    Reconcile,
    /// Clean up, then remove the finalizer.
    Cleanup,
    /// Nothing: the object is going, and owes us nothing.
    Nothing,
}

/// The next step for an object that does or does not hold our finalizer, and is or is not being deleted.
pub fn decide(held: bool, deleting: bool) -> FinalizerStep {
    match (held, deleting) {
        (false, false) => FinalizerStep::Add,
        (true, false) => FinalizerStep::Reconcile,
        (true, true) => FinalizerStep::Cleanup,
        (false, true) => FinalizerStep::Nothing,
    }
}

/// What may be done with an object now.
#[derive(Clone, Debug)]
pub enum Claim<K> {
    /// It holds the finalizer: reconcile it.
    Reconcile(Arc<K>),
    /// It is being deleted and the server still has our finalizer: clean up, then
    /// [`release`](Toolkit::release_finalizer).
    Cleanup(Arc<K>),
    /// It is gone, was replaced, or is being deleted without our finalizer: do nothing.
    Nothing,
}

impl Toolkit {
    /// Finds out what may be done with `object`, and adds `finalizer` where that comes first.
    ///
    /// The object in the answer is the newest that is known; it may be newer than `object`.
    ///
    /// # Errors
    /// [`WriteError`], when the server could not be asked or the object changed too often meanwhile. Both are
    /// transient; nothing has to be undone.
    ///
    /// # Cancel safety
    /// If it is dropped the finalizer may or may not have been added; calling it again goes on from there.
    pub async fn claim_finalizer<K: Subject>(
        &self,
        object: Arc<K>,
        finalizer: &str,
    ) -> Result<Claim<K>, WriteError> {
        let target = target_of(object.as_ref())?;
        let uid = object.metadata().uid.clone();
        let mut object = object;
        let mut fresh = false;
        for _ in 0..ATTEMPTS {
            match step_for(object.as_ref(), finalizer) {
                FinalizerStep::Reconcile => return Ok(Claim::Reconcile(object)),
                FinalizerStep::Nothing => return Ok(Claim::Nothing),
                FinalizerStep::Cleanup if fresh => return Ok(Claim::Cleanup(object)),
                FinalizerStep::Cleanup => {}
                FinalizerStep::Add => {
                    let mut finalizers = finalizers_of(object.as_ref());
                    finalizers.push(finalizer.to_owned());
                    match self
                        .patch_finalizers(&target, object.as_ref(), json!(finalizers))
                        .await?
                    {
                        Answer::Patched(patched) => return Ok(Claim::Reconcile(Arc::new(patched))),
                        Answer::Gone => return Ok(Claim::Nothing),
                        Answer::Changed => {}
                    }
                }
            }
            match self.read_same(&target, uid.as_deref()).await? {
                Some(current) => object = current,
                None => return Ok(Claim::Nothing),
            }
            fresh = true;
        }
        Err(WriteError::Contended {
            target: Box::new(target),
            attempts: ATTEMPTS,
        })
    }

    /// Removes `finalizer`; to be called when the cleanup is done, or when the operator gives the object up.
    ///
    /// It is no error if the object is gone, was replaced, or does not hold the finalizer.
    ///
    /// # Errors
    /// As for [`claim_finalizer`](Toolkit::claim_finalizer).
    ///
    /// # Cancel safety
    /// If it is dropped the finalizer may or may not have been removed; calling it again goes on from there.
    pub async fn release_finalizer<K: Subject>(
        &self,
        object: Arc<K>,
        finalizer: &str,
    ) -> Result<(), WriteError> {
        let target = target_of(object.as_ref())?;
        let uid = object.metadata().uid.clone();
        let mut object = object;
        for _ in 0..ATTEMPTS {
            let mut finalizers = finalizers_of(object.as_ref());
            let held = finalizers.len();
            finalizers.retain(|other| other != finalizer);
            if finalizers.len() == held {
                self.forget(&target);
                return Ok(());
            }
            let finalizers = if finalizers.is_empty() {
                Value::Null
            } else {
                json!(finalizers)
            };
            match self
                .patch_finalizers(&target, object.as_ref(), finalizers)
                .await?
            {
                Answer::Patched(_) | Answer::Gone => {
                    self.forget(&target);
                    return Ok(());
                }
                Answer::Changed => {}
            }
            match self.read_same(&target, uid.as_deref()).await? {
                Some(current) => object = current,
                None => return Ok(()),
            }
        }
        Err(WriteError::Contended {
            target: Box::new(target),
            attempts: ATTEMPTS,
        })
    }

    /// Writes the whole list, on the condition that the object is still the one that was looked at.
    async fn patch_finalizers<K: Subject>(
        &self,
        target: &Target,
        object: &K,
        finalizers: Value,
    ) -> Result<Answer<K>, WriteError> {
        let mut metadata = json!({"finalizers": finalizers});
        if let Some(version) = &object.metadata().resource_version {
            metadata["resourceVersion"] = version.as_str().into();
        }
        let patch = Patch::Merge(json!({"metadata": metadata}));
        let params = PatchParams {
            field_manager: Some(self.field_manager().to_owned()),
            ..PatchParams::default()
        };
        match found(target.patch_subject::<K>(self.client(), &params, &patch).await) {
            Ok(Some(patched)) => {
                let meta = patched.metadata();
                self.wrote(
                    target,
                    meta.uid.as_deref().unwrap_or_default(),
                    meta.resource_version.as_deref().unwrap_or_default(),
                    || Step::From(object.metadata().resource_version.clone().unwrap_or_default()),
                );
                Ok(Answer::Patched(patched))
            }
            Ok(None) => Ok(Answer::Gone),
            Err(kube::Error::Api(status)) if status.is_conflict() => Ok(Answer::Changed),
            // A deletion that came in between forbids new finalizers before anything else is compared.
            Err(kube::Error::Api(status)) if status.is_invalid() && is_about_finalizers(&status) => {
                Ok(Answer::Changed)
            }
            Err(error) => Err(WriteError::request("change the finalizers of", target, error)),
        }
    }

    /// Reads the object; `None` if it is gone or another has its name.
    async fn read_same<K: Subject>(
        &self,
        target: &Target,
        uid: Option<&str>,
    ) -> Result<Option<Arc<K>>, WriteError> {
        let current: Option<K> = target
            .get_subject(self.client())
            .await
            .map_err(|error| WriteError::request("read", target, error))?;
        Ok(current
            .filter(|current| current.metadata().uid.as_deref() == uid)
            .map(Arc::new))
    }
}

enum Answer<K> {
    Patched(K),
    Changed,
    Gone,
}

fn step_for<K: Subject>(object: &K, finalizer: &str) -> FinalizerStep {
    let meta = object.metadata();
    let held = meta.finalizers.iter().flatten().any(|held| held == finalizer);
    decide(held, meta.deletion_timestamp.is_some())
}

fn finalizers_of<K: Subject>(object: &K) -> Vec<String> {
    object.metadata().finalizers.clone().unwrap_or_default()
}

fn target_of<K: Subject>(object: &K) -> Result<Target, WriteError> {
    Target::of(object).ok_or_else(|| WriteError::NoName {
        kind: object.resource().kind.clone(),
    })
}

fn is_about_finalizers(status: &kube::core::Status) -> bool {
    let causes = status.details.iter().flat_map(|details| &details.causes);
    let mut fields = causes.map(|cause| cause.field.as_str()).peekable();
    fields.peek().is_some() && fields.all(|field| field.starts_with("metadata.finalizers"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_has_one_step() {
        assert_eq!(decide(false, false), FinalizerStep::Add);
        assert_eq!(decide(true, false), FinalizerStep::Reconcile);
        assert_eq!(decide(true, true), FinalizerStep::Cleanup);
        assert_eq!(decide(false, true), FinalizerStep::Nothing);
    }
}
