//! Server-side apply and the ownership of fields.
//!
//! Every field of an object has managers: whoever set it last, and every applier whose configuration holds it with the same
//! value. They are written down in `metadata.managedFields`. [`apply`] lays a configuration over an object: it refuses to
//! change what others own unless forced, and removes what the applier set before, sets no more, and nobody else owns.
//! [`track_update`] keeps the books for every other write.
//!
//! # The order of things
//! The server calls both with objects as clients see them, defaults filled in, before its own rules for create and update
//! touch them: what a strategy resets or allocates belongs to nobody. The result of [`apply`] gets its defaults afterwards.
//! When nothing but the times of `managedFields` differs in the end, [`keep_times`] makes the write one that changes nothing.
//!
//! # Guarantees
//! Applying a configuration twice changes nothing. After `apply(a)` and `apply(b)` by one manager the manager owns the fields
//! of `b`. Managers whose configurations share no field can apply in any order.

mod combine;
mod compare;
mod conflict;
mod created;
mod element;
mod fields_v1;
mod index;
mod last_applied;
mod manager_id;
mod managers;
mod owned;
mod ownership;
mod prune;
mod reconcile;
pub mod reflected;
mod request;
pub mod reset;
pub mod scale;
mod set;
mod shape;
mod unchanged;
mod validate;
mod whole;

use serde_json::{Map, Value, json};

pub use element::Element;
pub use manager_id::{ManagerId, Operation};
pub(crate) use managers::stored;
pub use managers::{Entry, Managers};
pub use request::{OneVersion, Request, Versions};
pub use set::{Branch, FieldSet};

use ownership::Failure;
use request::describe_kind;
use shape::Type;
use validate::validate;

use super::refusals::unclassified;
use crate::apiserver::{
    status::StatusError,
    types::{Schema, decode},
};

/// What an apply made of an object.
#[derive(Clone, Debug, PartialEq)]
pub enum Applied {
    /// The object and its `managedFields` stay as they are.
    Unchanged,
    /// The object after the apply, before defaulting.
    Changed(Value),
}

/// Lays a configuration over an object without asking who owns what: what a policy does.
///
/// # Errors
/// The message of the real server, if the configuration does not fit the schema or holds a value that is owned as a whole.
pub fn lay_over(live: &Value, config: &Value, schema: Option<&Schema>) -> Result<Value, String> {
    let kind = Type::root(schema);
    validate(config, kind, false)
        .map_err(|why| format!("failed to convert patch object to typed object: {why}"))?;
    let whole = whole::parts(config, kind);
    if !whole.is_empty() {
        return Err(format!(
            "invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: {}",
            whole.join(", ")
        ));
    }
    validate(live, kind, true)
        .map_err(|why| format!("failed to convert original object to typed object: {why}"))?;
    combine::combine(live, config, kind).map_err(|why| format!("failed to merge patch: {why}"))
}

/// Lays a configuration over an object; `live` is `None` if there is none yet.
///
/// # Errors
/// 400 if the configuration is not one of the request's kind, 409 with a cause for every field that belongs to somebody
/// else, 500 (without a reason, like the real server) if a value does not fit the schema.
pub fn apply(
    live: Option<&Value>,
    config: &Value,
    force: bool,
    request: &Request<'_>,
) -> Result<Applied, StatusError> {
    let nothing = json!({"apiVersion": request.api_version, "kind": request.kind});
    let before = live.unwrap_or(&nothing);
    let mut managers = Managers::of(before)
        .map_err(|why| unclassified(format!("failed to decode managed fields: {why}")))?;
    check_kind(config, request)?;
    if managers.is_empty() && live.is_some() {
        managers = adopt(&empty_object(request), before, request)?;
    }
    if names_managers(config) {
        return Err(StatusError::bad_request("metadata.managedFields must be nil"));
    }
    let (object, managers) = full_apply(before, config, managers, force, request)?;
    if object.is_none() && live.is_some_and(|live| stored(live) == managers.encode().as_ref()) {
        return Ok(Applied::Unchanged);
    }
    let mut object = object.unwrap_or_else(|| before.clone());
    if request.manager == last_applied::MANAGER {
        last_applied::follow(&mut object, config);
    }
    managers.store(&mut object);
    Ok(Applied::Changed(object))
}

/// Whether [`apply`] would leave the live object as it is, seen without reading more than that needs; both are JSON, that of
/// the live object without `kind` and `apiVersion`. `false` says nothing.
pub fn changes_nothing(live: &[u8], config: &[u8], request: &Request<'_>) -> bool {
    unchanged::changes_nothing(live, config, request)
}

fn full_apply(
    live: &Value,
    config: &Value,
    managers: Managers,
    force: bool,
    request: &Request<'_>,
) -> Result<(Option<Value>, Managers), StatusError> {
    let describe = |what: &str, object: &Value, why: String| {
        unclassified(format!(
            "failed to create typed {what} object ({}): {why}",
            request.describe(object)
        ))
    };
    validate(config, request.root(), false).map_err(|why| describe("patch", config, why))?;
    validate(live, request.root(), true).map_err(|why| describe("live", live, why))?;
    match ownership::after_apply(live, config, managers.clone(), force, request) {
        Ok(done) => Ok(done),
        Err(Failure::Misfit(why)) => Err(unclassified(why)),
        Err(Failure::Conflicts(conflicts)) if request.manager == last_applied::MANAGER => {
            let Some(allowed) = last_applied::fields(live, request) else {
                return Err(conflicts.into_error());
            };
            let conflicts = conflicts.beyond(&allowed);
            if !conflicts.is_empty() {
                return Err(conflicts.into_error());
            }
            ownership::after_apply(live, config, managers, true, request).map_err(|failure| match failure {
                Failure::Misfit(why) => unclassified(why),
                Failure::Conflicts(conflicts) => conflicts.into_error(),
            })
        }
        Err(Failure::Conflicts(conflicts)) => Err(conflicts.into_error()),
    }
}

/// Everything that is there before anybody is known to own it belongs to `before-first-apply`.
fn adopt(empty: &Value, live: &Value, request: &Request<'_>) -> Result<Managers, StatusError> {
    let failed = |why: String| unclassified(format!("failed to create manager for existing fields: {why}"));
    validate(live, request.root(), true).map_err(|why| {
        let described = request.describe(live);
        failed(format!(
            "failed to convert new object ({described}) to smd typed: {why}"
        ))
    })?;
    let writer = ManagerId::updater("before-first-apply", request.api_version, request.subresource);
    let mut managers =
        ownership::after_update(empty, live, Managers::default(), &writer, request).map_err(failed)?;
    managers.cap_updaters();
    Ok(managers)
}

/// Writes into `new` who owns what after a create, an update or a patch other than apply; `old` is `None` for a create.
///
/// A list of `managedFields` that comes with `new` is taken over if it is valid, and forgotten if it asks for a reset. An
/// object whose managers were forgotten stays without them until it is applied.
pub fn track_update(old: Option<&Value>, new: &mut Value, request: &Request<'_>) {
    let managers = managers_to_start_from(old, new, request);
    managers::store(new, None);
    if managers.is_empty() && old.is_some() {
        return;
    }
    let empty;
    let before = match old {
        Some(old) => old,
        None => {
            empty = empty_object(request);
            &empty
        }
    };
    if old.is_none()
        && managers.is_empty()
        && let Some(fields) = created::fields(before, new, request)
    {
        managers::store_first(new, fields, request);
        return;
    }
    let root = request.root();
    if validate(new, root, true).is_err() || validate(before, root, true).is_err() {
        return;
    }
    if let Ok(mut managers) = ownership::after_update(before, new, managers, &request.updater(), request) {
        managers.cap_updaters();
        managers.store(new);
    }
}

fn managers_to_start_from(old: Option<&Value>, new: &Value, request: &Request<'_>) -> Managers {
    let stored = |object: Option<&Value>| {
        object.map_or_else(Managers::default, |object| {
            Managers::of(object).unwrap_or_default()
        })
    };
    if !request.subresource.is_empty() {
        return stored(old);
    }
    if managers::is_reset(managers::stored(new)) {
        return Managers::default();
    }
    match Managers::of(new) {
        Ok(sent) if !sent.is_empty() => sent,
        _ => stored(old),
    }
}

/// Puts the times of `old` back into `new` if nothing but the times of `managedFields` differs; whether that is so.
pub fn keep_times(old: &Value, new: &mut Value) -> bool {
    let differs = match (old.as_object(), new.as_object()) {
        (Some(old), Some(new)) => differ_beyond_times(old, new),
        _ => old != new,
    };
    if differs {
        return false;
    }
    managers::store(new, stored(old).cloned());
    true
}

fn differ_beyond_times(old: &Map<String, Value>, new: &Map<String, Value>) -> bool {
    let fields_differ = |old: &Map<String, Value>, new: &Map<String, Value>, except: &str| {
        let besides = |map: &Map<String, Value>| map.len() - usize::from(map.contains_key(except));
        besides(old) != besides(new)
            || old
                .iter()
                .any(|(key, value)| key != except && new.get(key) != Some(value))
    };
    let nothing = Map::new();
    let metadata = |object: &Map<String, Value>| object.get("metadata").and_then(Value::as_object).cloned();
    let (old_metadata, new_metadata) = (metadata(old), metadata(new));
    let (old_metadata, new_metadata) = (
        old_metadata.as_ref().unwrap_or(&nothing),
        new_metadata.as_ref().unwrap_or(&nothing),
    );
    if fields_differ(old, new, "metadata") || fields_differ(old_metadata, new_metadata, "managedFields") {
        return true;
    }
    let entries = |metadata: &Map<String, Value>| {
        let mut entries = metadata
            .get("managedFields")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        for entry in entries.iter_mut().filter_map(Value::as_object_mut) {
            entry.remove("time");
        }
        // with other times the entries may stand in another order, which counts
        entries
    };
    entries(old_metadata) != entries(new_metadata)
}

/// Whether a configuration comes with a list of managers; what is no such list is looked at with the other fields.
fn names_managers(config: &Value) -> bool {
    let list = stored(config).and_then(Value::as_array);
    list.is_some_and(|entries| entries.iter().all(Value::is_object))
}

fn check_kind(config: &Value, request: &Request<'_>) -> Result<(), StatusError> {
    let text = |name: &str| config.get(name).and_then(Value::as_str).unwrap_or("");
    let (api_version, kind) = (text("apiVersion"), text("kind"));
    if (api_version, kind) == (request.api_version, request.kind) {
        return Ok(());
    }
    // a version that cannot be read leaves nothing of the kind either
    let (api_version, kind) = match api_version.matches('/').count() {
        0 | 1 => (api_version, kind),
        _ => ("", ""),
    };
    Err(StatusError::bad_request(format!(
        "invalid object type: {}",
        describe_kind(api_version, kind)
    )))
}

fn empty_object(request: &Request<'_>) -> Value {
    let mut empty = request.schema.map_or_else(|| json!({}), decode::empty);
    if let Value::Object(fields) = &mut empty {
        fields.insert("apiVersion".into(), request.api_version.into());
        fields.insert("kind".into(), request.kind.into());
    }
    empty
}

/// The manager that a write without a `fieldManager` parameter belongs to: the user agent up to its first slash.
pub fn manager_name(user_agent: &str) -> String {
    let name = user_agent.split('/').next().unwrap_or_default();
    let mut printable = String::new();
    for character in name.chars() {
        if character.is_control() {
            continue;
        }
        if printable.len() + character.len_utf8() > 128 {
            break;
        }
        printable.push(character);
    }
    printable
}

#[cfg(test)]
mod tests;
