//! Creating objects.
//!
//! Source: `k8s.io/apiserver/pkg/endpoints/handlers/create.go`, `k8s.io/apiserver/pkg/registry/generic/registry/store.go`.

use serde_json::Value;

use super::{
    super::{
        admission,
        call::{Call, Halt},
        meta::{self, Object, metadata_mut},
        response::Response,
        state::State,
        status::{About, StatusError},
        store::{ObjectKey, Stored},
    },
    answer, body, custom_body, decode, managers,
    options::WriteOptions,
    owners::{self, When},
    patched, strategy,
};

/// How often a name is generated anew when the generated one is taken.
const ATTEMPTS: usize = 8;

/// What a dry run of a replacement shows as it came: a real server takes it away when it stores the object.
const SHOWN_IN_REHEARSAL: [&str; 2] = ["resourceVersion", "selfLink"];

/// `POST` to a collection.
pub(super) fn create(state: &mut State, call: &mut Call<'_>) -> Result<Response, Halt> {
    body::format(call)?;
    let options = WriteOptions::of(call.request, "CreateOptions", false)?;
    let mut object = decode::object(call, options.field_validation)?;
    settle_namespace(call, &mut object)?;
    meta::wipe_system_fields(&mut object);
    owners::deduplicate(call, &mut object, When::Decoded);
    let revision = meta::text(&object, "resourceVersion");
    let versioned = !matches!(revision, "" | "0");
    managers::track(call, None, &mut object, &options)?;
    let source = if versioned {
        Source::Versioned
    } else {
        Source::Plain
    };
    store_new(state, call, object, &options, source)
}

/// Where a new object comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// A body that says nothing about versions.
    Plain,
    /// A body with a resource version, which a new object cannot have.
    Versioned,
    /// A write to an object that is not there: a dry run shows the version that it came with.
    Upsert,
}

/// Takes an object that does not exist yet through admission and validation into the store.
pub(super) fn store_new(
    state: &mut State,
    call: &mut Call<'_>,
    mut object: Object,
    options: &WriteOptions,
    source: Source,
) -> Result<Response, Halt> {
    if call
        .resource
        .custom
        .as_ref()
        .is_some_and(|custom| custom.terminating)
    {
        let about = call.about_name(meta::text(&object, "name"));
        let why = "create not allowed while custom resource definition is terminating";
        return Err(StatusError::forbidden(about, why).into());
    }
    admission::mutate(state, call, Some(&mut object), None)?;
    let given: Vec<_> = SHOWN_IN_REHEARSAL
        .iter()
        .filter(|_| source == Source::Upsert && options.dry_run)
        .filter_map(|field| Some((*field, meta::member(&object, field)?.clone())))
        .collect();
    let generated = name(state, call, &mut object);
    strategy::prepare_create(state, call, &mut object)?;
    owners::deduplicate(call, &mut object, When::Admitted);
    custom_body::check_type(call, &object, None)?;
    strategy::validate_create(call, &mut object)?;
    if source == Source::Versioned {
        let message = "resourceVersion should not be set on objects to be created";
        return Err(StatusError::new(500, "", message).into());
    }
    strategy::admit(state, call, strategy::Part::Main, &mut object, None)?;
    admission::validate(state, call, Some(&object), None)?;
    strategy::settle_created(call, &mut object);
    for (field, value) in given {
        metadata_mut(&mut object).insert(field.into(), value);
    }
    let storage = call.storage();
    for attempt in 0.. {
        let name = meta::text(&object, "name").to_owned();
        let key = ObjectKey::new(&call.target.namespace, &name);
        let Some(existing) = state.store.get(&storage, &key) else {
            return finish(state, call, &key, object, options);
        };
        if !generated {
            return Err(already_exists(call.about_name(&name), existing).into());
        }
        if attempt >= ATTEMPTS {
            return Err(names_exhausted(call.about_name(&name)).into());
        }
        let base = meta::text(&object, "generateName").to_owned();
        metadata_mut(&mut object).insert("name".into(), state.dice.name(&base).into());
    }
    unreachable!("the loop above ends by returning")
}

/// Gives a new object its uid, its time and, if it has none, a name; says whether the name was made up.
fn name(state: &mut State, call: &Call<'_>, object: &mut Object) -> bool {
    let uid = state.dice.uid();
    meta::set_system_fields(object, &uid, &call.now, call.resource.rules.generation);
    let base = meta::text(object, "generateName").to_owned();
    let generated = meta::text(object, "name").is_empty() && !base.is_empty();
    if generated {
        metadata_mut(object).insert("name".into(), state.dice.name(&base).into());
    }
    generated
}

fn finish(
    state: &mut State,
    call: &mut Call<'_>,
    key: &ObjectKey,
    mut object: Object,
    options: &WriteOptions,
) -> Result<Response, Halt> {
    settle_applied(call, &mut object);
    call.resource.forget_empty_lists(&mut object);
    if options.dry_run {
        return Ok(answer::object(call, 201, object));
    }
    let stored = call.write(state, key, &object)?;
    Ok(answer::stored(call, 201, &stored))
}

/// Brings a custom resource that was applied into the form that it comes back in. If it is stored in another one, the next write
/// stores it anew.
pub(super) fn settle_applied(call: &mut Call<'_>, object: &mut Object) {
    if call.unread.is_some() {
        let applied = object.clone();
        let mut value = Value::Object(std::mem::take(object));
        call.resource.settle_applied(&mut value);
        *object = meta::into_object(value);
        call.unsettled |= patched::stores_as_applied(call) && *object != applied;
    }
}

fn already_exists(about: About<'_>, existing: &Stored) -> StatusError {
    let mut error = StatusError::already_exists(about);
    if existing.deleting {
        error.message = format!("object is being deleted: {}", error.message);
    }
    error
}

fn names_exhausted(about: About<'_>) -> StatusError {
    let mut error = StatusError::already_exists(about);
    error.message += ", the server was not able to generate a unique name for the object";
    if let Some(Value::Object(details)) = &mut error.details {
        details.insert("retryAfterSeconds".into(), 1.into());
    }
    error
}

/// Makes the namespace of an object that of its path.
pub(super) fn settle_namespace(call: &Call<'_>, object: &mut Object) -> Result<(), StatusError> {
    let namespace = meta::text(object, "namespace").to_owned();
    let metadata = metadata_mut(object);
    if !call.resource.namespaced {
        metadata.remove("namespace");
    } else if namespace.is_empty() {
        metadata.insert("namespace".into(), call.target.namespace.as_str().into());
    } else if namespace != call.target.namespace {
        return Err(StatusError::bad_request(
            "the namespace of the provided object does not match the namespace sent on the request",
        ));
    }
    Ok(())
}
