use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use k8s_openapi::api::core::v1::ObjectReference;
use kube::core::ApiResource;

use super::CachedObject;
use crate::meta::ObjectKey;
use crate::panics::caught;

/// An object that could not be read and was left out.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BadObject {
    /// The informer, as in logs and metrics.
    pub informer: String,
    /// The kind.
    pub kind: ApiResource,
    /// Its namespace and name, as far as they could be read.
    pub key: Option<ObjectKey>,
    /// Its uid, as far as it could be read.
    pub uid: Option<String>,
    /// What is wrong with it.
    pub reason: String,
}

impl BadObject {
    /// What an event about it refers to; `None` when not even its name is known.
    pub fn reference(&self) -> Option<ObjectReference> {
        let key = self.key.as_ref()?;
        Some(reference_to(&self.kind, key, self.uid.as_deref()))
    }
}

/// What an event about an object refers to.
pub(crate) fn reference_to(kind: &ApiResource, key: &ObjectKey, uid: Option<&str>) -> ObjectReference {
    ObjectReference {
        api_version: Some(kind.api_version.clone()),
        kind: Some(kind.kind.clone()),
        namespace: key.namespace().map(str::to_owned),
        name: Some(key.name().to_owned()),
        uid: uid.map(str::to_owned),
        ..ObjectReference::default()
    }
}

/// Is told of each bad object once per version.
pub(super) type Hook = Arc<dyn Fn(&BadObject) + Send + Sync>;

/// The bad objects of one informer: counted, and each version told once, however often somebody tries to read it.
#[derive(Default)]
pub(super) struct BadObjects {
    count: AtomicU64,
    hook: Option<Hook>,
    /// The version of each that was told last.
    told: Mutex<BTreeMap<ObjectKey, (String, u64)>>,
}

impl BadObjects {
    pub(super) fn telling(hook: Option<Hook>) -> Self {
        Self {
            hook,
            ..Self::default()
        }
    }

    pub(super) fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// Reports one; `object` is known when its header could be read.
    pub(super) fn report(
        &self,
        informer: &str,
        kind: &ApiResource,
        object: Option<&CachedObject>,
        reason: &dyn fmt::Display,
    ) {
        if object.is_some_and(|object| !self.is_news(object)) {
            return;
        }
        self.count.fetch_add(1, Ordering::Relaxed);
        let bad = BadObject {
            informer: informer.to_owned(),
            kind: kind.clone(),
            key: object.map(|object| object.key().clone()),
            uid: object.map(|object| object.uid().to_owned()),
            reason: reason.to_string(),
        };
        let key = bad.key.as_ref().map_or("(no name)", ObjectKey::as_str);
        tracing::warn!(watch = %informer, object = key, error = %bad.reason, "an object cannot be read and is left out");
        if let Some(hook) = &self.hook
            && let Err(panic) = caught(|| hook(&bad))
        {
            tracing::error!(watch = %informer, object = key, panic, "what is told of bad objects panicked");
        }
    }

    /// Forgets an object that is gone.
    pub(super) fn forget(&self, key: &ObjectKey) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if !told.is_empty() {
            told.remove(key);
        }
    }

    fn is_news(&self, object: &CachedObject) -> bool {
        let version = (object.uid().to_owned(), object.revision());
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.insert(object.key().clone(), version.clone()) != Some(version)
    }
}
