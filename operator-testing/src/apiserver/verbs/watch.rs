//! Beginning a watch.
//!
//! Source: `k8s.io/apiserver/pkg/storage/cacher/cacher.go`, `k8s.io/apimachinery/pkg/apis/meta/internalversion/validation`.

use std::{sync::Arc, time::Duration};

use super::{
    super::{
        call::{Call, Halt},
        parameters::number,
        response::{Body, Response},
        selector::Written,
        state::State,
        status::{FieldError, StatusError},
        watch::WatchPlan,
    },
    answer, options,
};

/// How long a watch lasts that does not say so: between half an hour and an hour.
const DEFAULT_SECONDS: std::ops::Range<u64> = 1800..3600;

/// `GET` of a collection with `watch`.
pub(super) fn watch(state: &mut State, call: &mut Call<'_>) -> Result<Response, Halt> {
    let query = &call.request.query;
    let fields = if call.target.name.is_empty() {
        query.text("fieldSelector").to_owned()
    } else {
        format!("metadata.name={}", call.target.name)
    };
    let seconds = number(query, "timeoutSeconds")?;
    let selector = Written::parse(query.text("labelSelector"), &fields)?;
    let initial_asked = query
        .get("sendInitialEvents")
        .map(|_| query.flag("sendInitialEvents"));
    validate(call, initial_asked)?;
    let selector = selector.of(&call.resource)?;
    let version = query.text("resourceVersion");
    let revision = options::revision(version)?;
    let seconds = match seconds {
        Some(seconds) if seconds > 0 => u64::try_from(seconds).unwrap_or(DEFAULT_SECONDS.end),
        _ => state.dice.number(DEFAULT_SECONDS),
    };
    let wants_initial = initial_asked.unwrap_or(revision == 0);
    let namespace = (!call.target.namespace.is_empty()).then(|| call.target.namespace.clone());
    let storage = call.storage();
    let head = call.view.unwrap_or_else(|| state.store.revision());
    let mut initial = Vec::new();
    let since = if wants_initial {
        initial = match call.view {
            None => state
                .store
                .list(&storage, namespace.as_deref(), None)
                .cloned()
                .collect(),
            Some(view) => state
                .store
                .list_at(&storage, namespace.as_deref(), None, view)
                .map_err(|error| StatusError::expired(error.to_string()))?,
        };
        initial = call.shown_list(initial)?;
        initial.retain(|object| selector.matches(object));
        head
    } else if revision == 0 {
        head
    } else {
        revision
    };
    let plan = WatchPlan {
        resource: Arc::clone(&call.resource),
        storage: storage.clone(),
        namespace,
        selector,
        initial,
        since,
        bookmarks: query.flag("allowWatchBookmarks"),
        initial_events_end: initial_asked == Some(true) && query.flag("allowWatchBookmarks"),
        timeout: Duration::from_secs(seconds),
        head: state.store.head_of(&storage),
        lens: None,
        converter: call.converter(),
    };
    let mut response = Response::json(200, Vec::new());
    response.body = Body::Watch(Box::new(plan));
    Ok(answer::finish(call, response))
}

fn unsupported(matching: &str, errors: &mut Vec<FieldError>) {
    if !matches!(matching, "" | "NotOlderThan") {
        errors.push(FieldError::not_supported(
            "resourceVersionMatch",
            &matching.into(),
            &["NotOlderThan"],
        ));
    }
}

/// Checks the parameters that must fit one another.
fn validate(call: &Call<'_>, initial: Option<bool>) -> Result<(), StatusError> {
    let query = &call.request.query;
    let matching = query.text("resourceVersionMatch");
    let mut errors = Vec::new();
    match initial {
        None if !matching.is_empty() => {
            errors.push(FieldError::forbidden(
                "resourceVersionMatch",
                "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided",
            ));
            unsupported(matching, &mut errors);
        }
        Some(_) if matching != "NotOlderThan" => {
            errors.push(FieldError::forbidden(
                "resourceVersionMatch",
                "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
            ));
            unsupported(matching, &mut errors);
        }
        _ => {}
    }
    if !query.text("continue").is_empty() && initial.is_some() {
        errors.push(FieldError::forbidden(
            "resourceVersionMatch",
            "resourceVersionMatch is forbidden when continue is provided",
        ));
    }
    options::invalid_options("ListOptions", &errors)
}
