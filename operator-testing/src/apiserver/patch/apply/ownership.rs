//! How a change moves fields from manager to manager.
//!
//! Source: `sigs.k8s.io/structured-merge-diff/v6/merge/update.go`.

use std::{collections::BTreeMap, sync::LazyLock};

use serde_json::Value;

use super::{
    combine::combine,
    compare::{Changes, compare},
    conflict::Conflicts,
    element::same,
    manager_id::ManagerId,
    managers::{Entry, Managers},
    owned::fields_of,
    prune::without,
    reconcile,
    request::Request,
    set::FieldSet,
    shape::Type,
    validate::validate,
};

/// Why fields could not move.
#[derive(Debug)]
pub(super) enum Failure {
    /// Others own what the configuration sets.
    Conflicts(Conflicts),
    /// A value does not fit its type.
    Misfit(String),
}

/// The managers after a write that is not an apply; what the write changed belongs to `writer`.
pub(super) fn after_update(
    old: &Value,
    new: &Value,
    mut managers: Managers,
    writer: &ManagerId,
    request: &Request<'_>,
) -> Result<Managers, String> {
    check_versions(&managers, request)?;
    fit_to_schema(&mut managers, old, request)?;
    let changes = match move_fields(old, new, &mut managers, None, true, request) {
        Ok(changes) => changes,
        Err(Failure::Misfit(why)) => return Err(why),
        Err(Failure::Conflicts(_)) => unreachable!("a forced move has no conflicts"),
    };
    let taken = changes
        .modified
        .union(changes.added)
        .difference_with_all_below(request.reset)
        .difference(&SYSTEM_FIELDS);
    if !taken.is_empty() {
        let earlier = managers
            .get_mut(writer)
            .map(|earlier| std::mem::take(&mut earlier.fields));
        managers.put(Entry {
            id: writer.clone(),
            api_version: request.api_version.to_owned(),
            time: request.time(),
            fields: taken.union(earlier.unwrap_or_default()),
        });
    }
    Ok(managers)
}

/// The object and the managers after an apply; `None` for the object if it stays as it is.
pub(super) fn after_apply(
    live: &Value,
    config: &Value,
    mut managers: Managers,
    force: bool,
    request: &Request<'_>,
) -> Result<(Option<Value>, Managers), Failure> {
    let root = request.root();
    let applier = request.applier();
    check_versions(&managers, request).map_err(Failure::Misfit)?;
    fit_to_schema(&mut managers, live, request).map_err(Failure::Misfit)?;
    let merged = combine(live, config, root)
        .map_err(|why| Failure::Misfit(format!("failed to merge config: {why}")))?;
    let last = managers.get(&applier).cloned();
    let fields = fields_of(config, root).difference_with_all_below(request.reset);
    managers.put(Entry {
        id: applier.clone(),
        api_version: request.api_version.to_owned(),
        time: last.as_ref().and_then(|last| last.time),
        fields,
    });
    let object = match last {
        Some(last) if !last.fields.is_empty() => drop_given_up(merged, &managers, &last, request),
        _ => merged,
    };
    move_fields(live, &object, &mut managers, Some(&applier), force, request)?;
    let unchanged = same(live, &object);
    if let Some(entry) = managers.get_mut(&applier) {
        entry.fields = std::mem::take(&mut entry.fields).difference(&SYSTEM_FIELDS);
        if !unchanged {
            entry.time = request.time();
        }
    }
    managers.drop_empty();
    Ok(((!unchanged).then_some(object), managers))
}

/// Whether the object can be brought into every version that an entry is written in, or the entry be dropped.
fn check_versions(managers: &Managers, request: &Request<'_>) -> Result<(), String> {
    let others = managers.iter().map(|entry| entry.api_version.as_str());
    let refused = others
        .filter(|version| *version != request.api_version)
        .find_map(|version| {
            if version.matches('/').count() > 1 {
                return Some(format!("unexpected GroupVersion string: {version}"));
            }
            request.versions.refusal(version)
        });
    refused.map_or(Ok(()), Err)
}

/// Takes what changed away from everybody but `except`.
fn move_fields(
    old: &Value,
    new: &Value,
    managers: &mut Managers,
    except: Option<&ManagerId>,
    force: bool,
    request: &Request<'_>,
) -> Result<Changes, Failure> {
    let misfit = |why| Failure::Misfit(format!("failed to compare objects: {why}"));
    let mut here = compare(old, new, request.root()).map_err(misfit)?;
    if let Some(reflected) = request.reflected {
        here.modified = here.modified.union(reflected.clone());
    }
    let here = here.without(request.reset);
    // What changed, as seen in the other versions that entries are written in; `None` for a version that is gone.
    let mut elsewhere: BTreeMap<String, Option<Changes>> = BTreeMap::new();
    for entry in managers.iter() {
        if Some(&entry.id) == except
            || entry.api_version == request.api_version
            || elsewhere.contains_key(&entry.api_version)
        {
            continue;
        }
        let version = &entry.api_version;
        let old = request.versions.convert(old, version);
        let new = request.versions.convert(new, version);
        let changes = match (old, new) {
            (Some((old, schema)), Some((new, _))) => {
                let root = Type::root(schema);
                // that the old one fits was found when the entries were fitted to the schema
                validate(&new, root, false)
                    .map_err(|why| Failure::Misfit(format!("failed to convert new object: {why}")))?;
                let changes = compare(&old, &new, root).map_err(misfit)?;
                Some(if request.versions.share_resets() {
                    changes.without(request.reset)
                } else {
                    changes
                })
            }
            _ => None,
        };
        elsewhere.insert(version.clone(), changes);
    }
    let seen_by = |entry: &Entry| match elsewhere.get(&entry.api_version) {
        Some(changes) if entry.api_version != request.api_version => changes.as_ref(),
        _ => Some(&here),
    };
    managers.retain(|entry| Some(&entry.id) == except || seen_by(entry).is_some());

    let mut conflicts = Conflicts::default();
    for entry in managers.iter().filter(|entry| Some(&entry.id) != except) {
        if let Some(changes) = seen_by(entry) {
            let modified = entry.fields.intersection(&changes.modified);
            let added = entry.fields.intersection(&changes.added);
            conflicts.add(&entry.id, modified.union(added));
        }
    }
    if !force && !conflicts.is_empty() {
        return Err(Failure::Conflicts(conflicts));
    }
    for (manager, fields) in conflicts.iter() {
        if let Some(entry) = managers.get_mut(manager) {
            entry.fields = std::mem::take(&mut entry.fields).difference(fields);
        }
    }
    for entry in managers.iter_mut().filter(|entry| Some(&entry.id) != except) {
        if let Some(changes) = seen_by(entry) {
            entry.fields = std::mem::take(&mut entry.fields).difference(&changes.removed);
        }
    }
    managers.drop_empty();
    Ok(here)
}

/// Removes what the applier set last time, does not set now, and nobody else owns.
fn drop_given_up(merged: Value, managers: &Managers, last: &Entry, request: &Request<'_>) -> Value {
    let Some((converted, kind)) = in_version(&merged, &last.api_version, request) else {
        return merged;
    };
    let named = |set: &FieldSet| set.with_named_fields(kind);
    let last_fields = named(&last.fields);
    let before = named(&fields_of(&converted, kind));
    let mut pruned = without(&converted, &last_fields, kind);

    // Whatever somebody owns comes back, seen in the version of its owner.
    let mut owned: BTreeMap<&str, FieldSet> = BTreeMap::new();
    for entry in managers.iter() {
        let set = owned.entry(&entry.api_version).or_default();
        *set = std::mem::take(set).union(entry.fields.clone());
    }
    if let Some(owned) = owned.remove(&*last.api_version) {
        let after = named(&fields_of(&pruned, kind));
        let gone = before.clone().difference(&after.union(named(&owned)));
        pruned = without(&converted, &gone, kind);
    }
    for (version, owned) in owned {
        // The pruned object has to be compared in the version of the owner and brought back to this one.
        let (Some((whole, kind)), Some((left, _))) = (
            in_version(&converted, version, request),
            in_version(&pruned, version, request),
        ) else {
            continue;
        };
        let named = |set: &FieldSet| set.with_named_fields(kind);
        let kept = named(&fields_of(&left, kind)).union(named(&owned));
        let gone = named(&fields_of(&whole, kind)).difference(&kept);
        let left = without(&whole, &gone, kind);
        if let Some((back, _)) = in_version_from(&left, &last.api_version, request) {
            pruned = back;
        }
    }

    // And whatever the applier did not own last time was not its to give up.
    let after = named(&fields_of(&pruned, kind));
    let gone = before.difference(&after).intersection(&last_fields);
    let pruned = without(&converted, &gone, kind);
    match in_version_from(&pruned, request.api_version, request) {
        Some((object, _)) => object,
        None => pruned,
    }
}

/// An object of the request's version in another one.
fn in_version<'a>(object: &Value, version: &str, request: &Request<'a>) -> Option<(Value, Type<'a>)> {
    if version == request.api_version {
        return Some((object.clone(), request.root()));
    }
    let (object, schema) = request.versions.convert(object, version)?;
    Some((object, Type::root(schema)))
}

/// An object of any version in another one.
fn in_version_from<'a>(object: &Value, version: &str, request: &Request<'a>) -> Option<(Value, Type<'a>)> {
    let from = object.get("apiVersion").and_then(Value::as_str);
    if from.is_none_or(|from| from == version) {
        let kind = if version == request.api_version {
            request.root()
        } else {
            Type::root(request.versions.convert(object, version)?.1)
        };
        return Some((object.clone(), kind));
    }
    let (object, schema) = request.versions.convert(object, version)?;
    Some((object, Type::root(schema)))
}

/// Fits the entries to a schema that has changed since they were written, and drops those of versions that are gone.
///
/// # Errors
/// The object does not fit the schema of a version that an entry is written in.
fn fit_to_schema(managers: &mut Managers, live: &Value, request: &Request<'_>) -> Result<(), String> {
    let mut outdated = Vec::new();
    for entry in managers.iter_mut() {
        let kind = if entry.api_version == request.api_version {
            request.root()
        } else if let Some((object, schema)) = request.versions.convert(live, &entry.api_version) {
            let root = Type::root(schema);
            validate(&object, root, false)?;
            root
        } else {
            outdated.push(entry.id.clone());
            continue;
        };
        if let Some(fitted) = reconcile::fit(&entry.fields, kind) {
            entry.fields = fitted;
        }
    }
    managers.retain(|entry| !outdated.contains(&entry.id));
    Ok(())
}

/// Fields that belong to the server, whoever sends them.
pub(super) static SYSTEM_FIELDS: LazyLock<FieldSet> = LazyLock::new(|| {
    FieldSet::of_fields(&[
        &["apiVersion"],
        &["kind"],
        &["metadata"],
        &["metadata", "name"],
        &["metadata", "namespace"],
        &["metadata", "creationTimestamp"],
        &["metadata", "selfLink"],
        &["metadata", "uid"],
        &["metadata", "clusterName"],
        &["metadata", "generation"],
        &["metadata", "managedFields"],
        &["metadata", "resourceVersion"],
    ])
});
