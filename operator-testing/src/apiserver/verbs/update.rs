//! Replacing objects, and what every change of an existing object goes through.
//!
//! Source: `k8s.io/apiserver/pkg/endpoints/handlers/update.go`, `k8s.io/apiserver/pkg/registry/generic/registry/store.go`.

use serde_json::Value;

use super::{
    super::{
        admission,
        call::{Call, Halt},
        meta::{self, Object, metadata_mut},
        parameters::unsigned,
        patch::apply,
        response::Response,
        state::State,
        status::{About, FieldError, StatusError},
        store::Stored,
    },
    answer,
    create::{self, Source},
    custom_body, decode, managers,
    options::WriteOptions,
    owners::{self, When},
    strategy::{self, Part},
};

const MODIFIED: &str =
    "the object has been modified; please apply your changes to the latest version and try again";

/// `PUT` of an object or of one of its subresources.
pub(super) fn update(state: &mut State, call: &mut Call<'_>) -> Result<Response, Halt> {
    check_named(call)?;
    let options = WriteOptions::of(call.request, "UpdateOptions", false)?;
    let mut object = decode::object(call, options.field_validation)?;
    check_name(call, &object)?;
    create::settle_namespace(call, &mut object)?;
    owners::deduplicate(call, &mut object, When::Decoded);
    let Some(stored) = state.store.get(&call.storage(), &call.key()).cloned() else {
        if creates_missing(call) {
            same_uid(call, "", meta::text(&object, "uid"), &options)?;
            wanted_revision(&object)?;
            managers::track(call, None, &mut object, &options)?;
            return create::store_new(state, call, object, &options, Source::Upsert);
        }
        return Err(call.not_found().into());
    };
    let stored = call.shown(stored)?;
    same_uid(call, &stored.uid, meta::text(&object, "uid"), &options)?;
    let old = call.object(&stored);
    let part = Part::of(&call.target.subresource);
    let old = Value::Object(old);
    managers::track(call, Some(&old), &mut object, &options)?;
    change(state, call, &stored, &old, object, part, &options)
}

/// Takes the new state of an existing object through admission, the check of its revision and validation into the store.
pub(super) fn change(
    state: &mut State,
    call: &mut Call<'_>,
    stored: &Stored,
    old: &Value,
    mut object: Object,
    part: Part,
    options: &WriteOptions,
) -> Result<Response, Halt> {
    let old_object = meta::object_of(old);
    let self_link = metadata_mut(&mut object).remove("selfLink");
    admission::mutate(state, call, Some(&mut object), Some(old_object))?;
    check_revision(call, stored, &object)?;
    custom_body::check_type(call, &object, Some(old))?;
    strategy::prepare_update(state, call, part, &mut object, old)?;
    owners::deduplicate(call, &mut object, When::Admitted);
    strategy::validate_update(call, part, &mut object, old)?;
    strategy::admit(state, call, part, &mut object, Some(old))?;
    admission::validate(state, call, Some(&object), Some(old_object))?;
    metadata_mut(&mut object).insert("resourceVersion".into(), stored.revision.to_string().into());
    call.resource.forget_empty_lists(&mut object);
    let mut value = Value::Object(object);
    let shows_link = options.dry_run && self_link.is_some();
    // what reading takes away is a change like any other, so the times are those of the write
    let is_read_so = call.unread.as_ref().is_none_or(Object::is_empty);
    let is_same = if is_read_so {
        apply::keep_times(old, &mut value)
    } else {
        value == *old
    };
    let is_stored_so =
        stored.unsettled == call.unsettled && !(call.unsettled && call.resource.custom.is_some());
    if is_same && is_stored_so && !shows_link {
        return Ok(answer::stored(call, 200, stored));
    }
    let mut object = meta::into_object(value);
    if !options.dry_run && is_finished(call, &object) {
        // nobody reads it again
        metadata_mut(&mut object).extend(call.unread.take().unwrap_or_default());
        state.remove(&call.storage(), &stored.key);
        return Ok(answer::object(call, 200, object));
    }
    create::settle_applied(call, &mut object);
    if options.dry_run {
        // only what is stored loses it
        if let Some(link) = self_link {
            metadata_mut(&mut object).insert("selfLink".into(), link);
        }
        return Ok(answer::object(call, 200, object));
    }
    let stored = call.write(state, &stored.key, &object)?;
    Ok(answer::stored(call, 200, &stored))
}

/// 400 for a write that names no object.
pub(super) fn check_named(call: &Call<'_>) -> Result<(), StatusError> {
    if call.target.name.is_empty() {
        return Err(StatusError::bad_request("name must be provided"));
    }
    Ok(())
}

/// Whether a replacement makes the object if there is none; of some kinds even one of the status does.
pub(super) fn creates_missing(call: &Call<'_>) -> bool {
    call.resource.rules.create_on_update && matches!(&*call.target.subresource, "" | "status")
}

/// Whether nothing holds a deleted object back any longer.
fn is_finished(call: &Call<'_>, object: &Object) -> bool {
    let grace = meta::member(object, "deletionGracePeriodSeconds").and_then(Value::as_i64);
    let held_by_spec = call.resource.group.is_empty()
        && &*call.resource.kind == "Namespace"
        && object
            .get("spec")
            .and_then(|spec| spec.get("finalizers"))
            .and_then(Value::as_array)
            .is_some_and(|finalizers| !finalizers.is_empty());
    meta::is_deleting(object)
        && meta::finalizers(object).is_empty()
        && grace.unwrap_or(0) == 0
        && !held_by_spec
}

/// The name in the body must be that of the path.
pub(super) fn check_name(call: &Call<'_>, object: &Object) -> Result<(), StatusError> {
    let name = meta::text(object, "name");
    let wanted = &call.target.name;
    if name.is_empty() {
        return Err(StatusError::bad_request(format!(
            "the name of the object ({wanted} based on URL) was undeterminable: name must be provided"
        )));
    }
    same_name(name, wanted)
}

/// 400 if the name of an object is not the one asked for.
pub(super) fn same_name(name: &str, wanted: &str) -> Result<(), StatusError> {
    if name == wanted {
        return Ok(());
    }
    Err(StatusError::bad_request(format!(
        "the name of the object ({name}) does not match the name on the URL ({wanted})"
    )))
}

/// 409 if a body names another uid than the stored object has.
pub(super) fn same_uid(
    call: &Call<'_>,
    uid: &str,
    wanted: &str,
    options: &WriteOptions,
) -> Result<(), StatusError> {
    if wanted.is_empty() || wanted == uid {
        return Ok(());
    }
    Err(StatusError::conflict(
        call.about(),
        format!(
            "StorageError: invalid object, Code: 4, Key: {}, ResourceVersion: 0, AdditionalErrorMsg: \
             Precondition failed: UID in precondition: {wanted}, UID in object meta: {uid}",
            storage_path(call, options.dry_run)
        ),
    ))
}

/// The revision that an object was read at; 0 if it does not say.
fn wanted_revision(object: &Object) -> Result<u64, StatusError> {
    match meta::text(object, "resourceVersion") {
        "" => Ok(0),
        text => unsigned(text).map_err(|why| StatusError::new(500, "", why)),
    }
}

/// 409 if the object was read at another revision than the stored one.
fn check_revision(call: &Call<'_>, stored: &Stored, object: &Object) -> Result<(), StatusError> {
    let revision = wanted_revision(object)?;
    if revision == 0 {
        if call.resource.rules.unconditional_update {
            return Ok(());
        }
        let about = About {
            kind: &call.resource.plural,
            ..call.about()
        };
        return Err(StatusError::invalid(
            about,
            &[FieldError::invalid(
                "metadata.resourceVersion",
                &0.into(),
                "must be specified for an update",
            )],
        ));
    }
    if revision != stored.revision {
        return Err(StatusError::conflict(call.about(), MODIFIED));
    }
    Ok(())
}

/// The place of an object in a real server's storage, which some messages show: with its root unless nothing is to be stored.
fn storage_path(call: &Call<'_>, dry_run: bool) -> String {
    let group = match (&*call.resource.group, call.resource.custom.is_some()) {
        (group, true) => format!("{group}/"),
        _ => String::new(),
    };
    format!(
        "{}/{group}{}/{}",
        if dry_run { "" } else { "/registry" },
        directory(call),
        call.key().as_str()
    )
}

/// Where a real server's storage keeps a resource.
fn directory<'a>(call: &'a Call<'_>) -> &'a str {
    match (&*call.resource.group, &*call.resource.plural) {
        ("", "services") => "services/specs",
        ("", "endpoints") => "services/endpoints",
        ("", "nodes") => "minions",
        ("", "replicationcontrollers") => "controllers",
        ("networking.k8s.io", "ingresses") => "ingress",
        (_, plural) => plural,
    }
}
