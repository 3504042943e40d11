//! Server-side apply of one object on behalf of its owner.

use std::sync::Arc;

use kube::api::{Patch, PatchParams};
use serde_json::Value;

use super::error::WriteError;
use super::intent::{Fingerprint, apply_body};
use super::record::{Need, Record, Seen, Writer, decide};
use super::target::Target;
use super::{Step, Toolkit};
use crate::meta::{Scoped, Subject, check_namespaces, controller_of, reference_of};

/// What an apply did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// No request was made: the server is known to have what was meant.
    Skipped,
    /// The server was asked and had nothing to change.
    Unchanged,
    /// The server created or changed the object, or nobody can tell whether it did.
    Written,
    /// The object is not there any more; only writes to an existing object answer this.
    Gone,
}

/// An applied object as it is on the server.
#[derive(Clone, Debug)]
pub struct Applied<K> {
    /// The object; for a skipped apply the cached one.
    pub object: Arc<K>,
    /// What was done.
    pub change: Change,
}

/// What to do with an object of the wanted name that no owner controls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Adoption {
    /// Take it over: after the apply it belongs to the owner.
    #[default]
    Adopt,
    /// Leave it alone and report [`WriteError::NotOurs`].
    Refuse,
}

impl Toolkit {
    /// Applies `child` as something that `owner` controls.
    ///
    /// The child gets the owner's namespace unless it names one, and an owner reference with `controller` and
    /// `blockOwnerDeletion`. Only the fields that are set are sent; the operator owns exactly those, takes them from
    /// whoever has them, and gives up those that it sent before and leaves out now.
    ///
    /// `cached` is the object as an informer has it. With it no request is made when the last apply had the same
    /// intent and nothing but the status changed since. Without it the server is asked once whose the object is.
    ///
    /// # Errors
    /// [`WriteError`]; [`is_transient`](WriteError::is_transient) tells whether the same intent can succeed later.
    ///
    /// # Cancel safety
    /// If it is dropped the apply may or may not have been made; doing it again is harmless.
    pub async fn apply<O, K>(
        &self,
        owner: &O,
        child: &K,
        cached: Option<Arc<K>>,
    ) -> Result<Applied<K>, WriteError>
    where
        O: Subject,
        K: Scoped,
    {
        self.apply_with(owner, child, cached, Adoption::Adopt).await
    }

    /// Like [`apply`](Toolkit::apply), and says what happens to an object that is there without an owner.
    ///
    /// With [`Adoption::Refuse`] and nothing in the cache, the server is asked each time.
    ///
    /// # Errors
    /// As for [`apply`](Toolkit::apply), and [`WriteError::NotOurs`].
    pub async fn apply_with<O, K>(
        &self,
        owner: &O,
        child: &K,
        cached: Option<Arc<K>>,
        adoption: Adoption,
    ) -> Result<Applied<K>, WriteError>
    where
        O: Subject,
        K: Scoped,
    {
        let (target, body, writer) = child_body(owner, child)?;
        let known = self.shared.records.get(&writer, &record_key(&target)).is_some();
        let cached = match cached {
            // Whose it is must be known once: an apply by the same manager would take it from its controller.
            None if !known || adoption == Adoption::Refuse => target
                .get_subject::<K>(self.client())
                .await
                .map_err(|error| WriteError::request("read", &target, error))?
                .map(Arc::new),
            cached => cached,
        };
        if let Some(live) = &cached {
            check_ownership(&target, live.as_ref(), &writer.uid, adoption)?;
        }
        self.apply_body(&writer, &target, &body, cached).await
    }

    /// Applies `object`, which nobody owns, or whose owner references are its own affair.
    ///
    /// # Errors
    /// As for [`apply`](Toolkit::apply).
    pub async fn apply_unowned<K: Scoped>(
        &self,
        object: &K,
        cached: Option<Arc<K>>,
    ) -> Result<Applied<K>, WriteError> {
        let namespace = object.metadata().namespace.as_deref();
        let (target, body) = body_of(object, namespace, None)?;
        self.apply_body(&Writer::default(), &target, &body, cached).await
    }

    async fn apply_body<K: Subject>(
        &self,
        writer: &Writer,
        target: &Target,
        body: &Value,
        cached: Option<Arc<K>>,
    ) -> Result<Applied<K>, WriteError> {
        let intent = Fingerprint::of(body);
        let key = record_key(target);
        let record = self.shared.records.get(writer, &key);
        let seen = cached.as_deref().and_then(seen);
        if let Some(cached) = &cached {
            let current = match decide(record.as_ref(), seen, intent) {
                Need::Nothing => true,
                Need::Write => false,
                Need::Compare => {
                    let made = record.as_ref().and_then(|record| record.result);
                    made.is_some() && made == Fingerprint::of_live(cached.as_ref())
                }
            };
            if current {
                return Ok(Applied {
                    object: Arc::clone(cached),
                    change: Change::Skipped,
                });
            }
        }
        let params = PatchParams::apply(self.field_manager()).force();
        let object: K = match target
            .patch_subject(self.client(), &params, &Patch::Apply(body))
            .await
        {
            Ok(object) => object,
            Err(error) => {
                // The answer may be lost and the write made: what was known before is known no longer.
                self.shared.records.forget(writer, &key);
                return Err(refused(target, error));
            }
        };
        let meta = object.metadata();
        let uid = meta.uid.clone().unwrap_or_default();
        let resource_version = meta.resource_version.clone().unwrap_or_default();
        let known = [
            seen.map(|seen| seen.resource_version),
            record.as_ref().map(|r| r.resource_version.as_str()),
        ];
        let change = if known.contains(&Some(resource_version.as_str())) {
            Change::Unchanged
        } else {
            self.wrote(target, &uid, &resource_version, || Step::Intent {
                body: Arc::new(body.clone()),
                sole: meta
                    .managed_fields
                    .as_ref()
                    .is_some_and(|managers| managers.len() == 1),
            });
            Change::Written
        };
        let result = Fingerprint::of_live(&object);
        self.shared.records.put(
            writer,
            &key,
            Record {
                intent,
                uid,
                resource_version,
                result,
            },
        );
        Ok(Applied {
            object: Arc::new(object),
            change,
        })
    }
}

/// Where a child goes, what is sent for it, and whom it is written for.
pub(super) fn child_body<O, K>(owner: &O, child: &K) -> Result<(Target, Value, Writer), WriteError>
where
    O: Subject,
    K: Scoped,
{
    let reference = reference_of(owner)?;
    let owner_namespace = owner.metadata().namespace.as_deref();
    let own_namespace = child.metadata().namespace.as_deref();
    let namespace = match K::NAMESPACED {
        Some(false) => None,
        _ => own_namespace.or(owner_namespace),
    };
    let name = child.metadata().name.as_deref().unwrap_or_default();
    let what = format!("{} {name}", child.resource().kind);
    check_namespaces(&reference, owner_namespace, &what, namespace)?;
    let (target, body) = body_of(child, namespace, Some(&reference))?;
    Ok((target, body, writer_of(owner, reference.uid)))
}

fn body_of<K: Subject>(
    object: &K,
    namespace: Option<&str>,
    owner: Option<&k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference>,
) -> Result<(Target, Value), WriteError> {
    let resource = object.resource().into_owned();
    let name = object.metadata().name.clone().filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| WriteError::NoName {
        kind: resource.kind.clone(),
    })?;
    let target = Target::new(resource, namespace.map(str::to_owned), name);
    let body = apply_body(
        object,
        &target.resource().api_version,
        &target.resource().kind,
        namespace,
        owner,
    )
    .map_err(|source| WriteError::Serialize {
        target: Box::new(target.clone()),
        source,
    })?;
    Ok((target, body))
}

/// Refuses what another controller has, before the server does so in words that name neither.
fn check_ownership<K: Subject>(
    target: &Target,
    live: &K,
    owner_uid: &str,
    adoption: Adoption,
) -> Result<(), WriteError> {
    match controller_of(live.metadata()) {
        Some(reference) if reference.uid == owner_uid => Ok(()),
        Some(reference) => Err(WriteError::Controlled {
            target: Box::new(target.clone()),
            controller: format!("{} {} (uid {})", reference.kind, reference.name, reference.uid),
        }),
        None if adoption == Adoption::Refuse => Err(WriteError::NotOurs {
            target: Box::new(target.clone()),
        }),
        None => Ok(()),
    }
}

/// Gives the server's refusal of a second controller its name.
fn refused(target: &Target, error: kube::Error) -> WriteError {
    const SECOND_CONTROLLER: &str = "Only one reference can have Controller set to true";
    match &error {
        kube::Error::Api(status) if status.is_invalid() && status.message.contains(SECOND_CONTROLLER) => {
            WriteError::Controlled {
                target: Box::new(target.clone()),
                controller: "another object".to_owned(),
            }
        }
        _ => WriteError::request("apply", target, error),
    }
}

pub(super) fn writer_of<O: Subject>(owner: &O, uid: String) -> Writer {
    let key = Target::of(owner).as_ref().map(record_key).unwrap_or_default();
    Writer { key, uid }
}

pub(super) fn record_key(target: &Target) -> String {
    let resource = target.resource();
    let namespace = target.namespace().unwrap_or_default();
    format!(
        "{}/{}/{namespace}/{}",
        resource.group,
        resource.kind,
        target.name()
    )
}

pub(super) fn seen<K: Subject>(live: &K) -> Option<Seen<'_>> {
    let meta = live.metadata();
    Some(Seen {
        uid: meta.uid.as_deref()?,
        resource_version: meta.resource_version.as_deref()?,
    })
}
