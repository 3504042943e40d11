//! Deleting objects, one or many.
//!
//! Source: `k8s.io/apiserver/pkg/endpoints/handlers/delete.go`, `k8s.io/apiserver/pkg/registry/rest/delete.go`.

use std::sync::Arc;

use serde_json::json;

use super::{
    super::{
        admission,
        call::{Call, Halt},
        lifecycle::{self, DeleteOptions, Deleted},
        meta,
        parameters::number,
        response::Response,
        selector::Written,
        state::State,
        status::{About, StatusError},
        store::{ObjectKey, Stored},
    },
    answer, delete_options, list,
};

/// `DELETE` of an object.
pub(super) fn delete(state: &mut State, call: &mut Call<'_>) -> Result<Response, Halt> {
    let options = delete_options::read(call)?;
    warn_of_orphans(call, &options);
    let key = call.key();
    let stored = state
        .store
        .get(&call.storage(), &key)
        .cloned()
        .ok_or_else(|| call.not_found())?;
    let stored = call.shown(stored)?;
    delete_stored(state, call, &stored, &options)
}

/// What the client is told that deletes a Job and does not say what becomes of its Pods.
const PRESERVED: &str = "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove \
    them or set propagationPolicy=Orphan to suppress this warning";

fn warn_of_orphans(call: &mut Call<'_>, options: &DeleteOptions) {
    let job = &*call.resource.group == "batch" && &*call.resource.kind == "Job";
    if job && options.propagation.is_none() && options.orphan_dependents.is_none() {
        call.warnings.push(PRESERVED.to_owned());
    }
}

/// What became of an object that was to be deleted.
pub(super) enum Outcome {
    /// It is gone; this was its last state.
    Gone(meta::Object),
    /// It stays until its finalizers are done.
    Pending(Arc<Stored>),
    /// It would stay, had this not been a dry run.
    WouldPend(meta::Object),
}

fn delete_stored(
    state: &mut State,
    call: &mut Call<'_>,
    stored: &Arc<Stored>,
    options: &DeleteOptions,
) -> Result<Response, Halt> {
    let outcome = remove(state, call, stored, options)?;
    // who waits for dependents in the old way is told that the object is not gone yet
    let pending = if options.orphan_dependents == Some(false) {
        202
    } else {
        200
    };
    Ok(match outcome {
        Outcome::Pending(stored) => answer::stored(call, pending, &stored),
        Outcome::WouldPend(object) => answer::object(call, pending, object),
        Outcome::Gone(object) if call.resource.rules.delete_returns_object => {
            answer::object(call, 200, object)
        }
        Outcome::Gone(_) => {
            let mut details =
                json!({"name": stored.key.name(), "kind": &*call.resource.plural, "uid": &*stored.uid});
            if !call.resource.group.is_empty() {
                details["group"] = (*call.resource.group).into();
            }
            let status = json!({
                "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details,
            });
            answer::finish(call, Response::value(200, &status))
        }
    })
}

fn remove(
    state: &mut State,
    call: &mut Call<'_>,
    stored: &Arc<Stored>,
    options: &DeleteOptions,
) -> Result<Outcome, Halt> {
    let old = call.object(stored);
    check_preconditions(call, stored, options)?;
    admission::mutate(state, call, None, Some(&old))?;
    admission::validate(state, call, None, Some(&old))?;
    end(state, call, stored, &old, options)
}

/// Ends an object that nobody objects to losing.
pub(super) fn end(
    state: &mut State,
    call: &Call<'_>,
    stored: &Arc<Stored>,
    old: &meta::Object,
    options: &DeleteOptions,
) -> Result<Outcome, Halt> {
    let object = match lifecycle::delete(&call.resource, old, options, &call.now) {
        Deleted::Kept(object) => object,
        Deleted::Gone(object) => {
            let mut object = object;
            if !options.dry_run {
                // what may take its time to stop is marked first, even if it takes none
                if call.resource.rules.graceful_deletion && object != *old {
                    call.write(state, &stored.key, &object)?;
                }
                // the last state of an object carries the revision of its end
                let end = state.remove(&call.storage(), &stored.key).revision;
                meta::metadata_mut(&mut object).insert("resourceVersion".into(), end.to_string().into());
            }
            return Ok(Outcome::Gone(object));
        }
    };
    if object == *old {
        return Ok(Outcome::Pending(Arc::clone(stored)));
    }
    if options.dry_run {
        return Ok(Outcome::WouldPend(object));
    }
    Ok(Outcome::Pending(call.write(state, &stored.key, &object)?))
}

pub(super) fn check_preconditions(
    call: &Call<'_>,
    stored: &Stored,
    options: &DeleteOptions,
) -> Result<(), StatusError> {
    let about = About {
        kind: &call.resource.kind,
        group: &call.resource.group,
        name: stored.key.name(),
    };
    if let Some(uid) = &options.precondition_uid
        && **uid != *stored.uid
    {
        return Err(StatusError::conflict(
            about,
            format!(
                "the UID in the precondition ({uid}) does not match the UID in record ({}). \
                 The object might have been deleted and then recreated",
                stored.uid
            ),
        ));
    }
    if let Some(revision) = &options.precondition_revision
        && *revision != stored.revision.to_string()
    {
        return Err(StatusError::conflict(
            about,
            format!(
                "the ResourceVersion in the precondition ({revision}) does not match the ResourceVersion in record ({}). \
                 The object might have been modified",
                stored.revision
            ),
        ));
    }
    Ok(())
}

/// `DELETE` of a collection.
pub(super) fn delete_collection(state: &mut State, call: &mut Call<'_>) -> Result<Response, Halt> {
    let query = &call.request.query;
    let limit = number(query, "limit")?.unwrap_or(0);
    let selector = Written::parse(query.text("labelSelector"), query.text("fieldSelector"))?;
    let selector = selector.of(&call.resource)?;
    let options = delete_options::read(call)?;
    warn_of_orphans(call, &options);
    let namespace = (!call.target.namespace.is_empty()).then_some(call.target.namespace.as_str());
    let revision = state.store.revision();
    let all = state.store.list(&call.storage(), namespace, None).cloned();
    let mut found = call.shown_list(all.collect())?;
    found.retain(|object| selector.matches(object));
    if let Ok(limit @ 1..) = usize::try_from(limit) {
        found.truncate(limit);
    }
    ask_before(state, call, &found, &options)?;
    for stored in &found {
        let key: &ObjectKey = &stored.key;
        if state.store.get(&call.storage(), key).is_some() {
            remove(state, call, stored, &options)?;
        }
    }
    let body = list::encode(call, &found, revision, None, None);
    Ok(answer::finish(call, Response::json(200, body)))
}

/// Finds out which webhooks have to be asked about any of the objects before the first is deleted.
fn ask_before(
    state: &mut State,
    call: &mut Call<'_>,
    found: &[Arc<Stored>],
    options: &DeleteOptions,
) -> Result<(), Halt> {
    let (warnings, annotations) = (call.warnings.len(), call.annotations.len());
    let rehearsal = DeleteOptions {
        dry_run: true,
        ..options.clone()
    };
    let mut open = Vec::new();
    for stored in found {
        // whatever else there is to say is said when it comes to that
        if let Err(Halt::Ask(questions)) = remove(state, call, stored, &rehearsal) {
            open.extend(questions);
        }
    }
    call.warnings.truncate(warnings);
    call.annotations.truncate(annotations);
    if open.is_empty() {
        Ok(())
    } else {
        Err(Halt::Ask(open))
    }
}
