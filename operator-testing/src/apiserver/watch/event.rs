//! One change as a watcher sees it.
//!
//! Source: `k8s.io/apiserver/pkg/storage/cacher/cache_watcher.go`.

use super::{
    super::{
        encode::write_object,
        status::StatusError,
        store::{Change, Revision, Stored},
        types::ResourceType,
    },
    WatchPlan,
    lens::Lens,
};

/// What an event tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EventType {
    Added,
    Modified,
    Deleted,
}

impl EventType {
    fn as_str(self) -> &'static str {
        match self {
            Self::Added => "ADDED",
            Self::Modified => "MODIFIED",
            Self::Deleted => "DELETED",
        }
    }
}

/// What a change means to a watcher: an object that begins to match is added, one that ceases to is deleted.
pub(crate) fn seen<'a>(plan: &WatchPlan, change: &'a Change) -> Option<(EventType, &'a Stored)> {
    if let Some(namespace) = &plan.namespace
        && change.key.namespace() != namespace
    {
        return None;
    }
    let matching = |state: &'a Option<std::sync::Arc<Stored>>| {
        state.as_deref().filter(|object| plan.selector.matches(object))
    };
    match (matching(&change.before), matching(&change.after)) {
        (None, Some(after)) => Some((EventType::Added, after)),
        (Some(_), Some(after)) => Some((EventType::Modified, after)),
        (Some(before), None) => Some((EventType::Deleted, before)),
        (None, None) => None,
    }
}

/// Writes an event; the object carries the revision of the event.
pub(crate) fn write_event(
    out: &mut Vec<u8>,
    resource: &ResourceType,
    kind: EventType,
    object: &Stored,
    revision: Revision,
    lens: Option<&mut Lens>,
) {
    out.extend_from_slice(b"{\"type\":\"");
    out.extend_from_slice(kind.as_str().as_bytes());
    out.extend_from_slice(b"\",\"object\":");
    match lens {
        None => write_object(out, resource, object, Some(revision)),
        Some(lens) => {
            let mut plain = Vec::new();
            write_object(&mut plain, resource, object, Some(revision));
            lens.write(out, resource, plain);
        }
    }
    out.extend_from_slice(b"}\n");
}

/// Writes a bookmark.
pub(crate) fn write_bookmark(
    out: &mut Vec<u8>,
    resource: &ResourceType,
    revision: Revision,
    initial_events_end: bool,
    lens: Option<&mut Lens>,
) {
    let mut object = resource.nothing();
    object["kind"] = (*resource.kind).into();
    object["apiVersion"] = resource.api_version().into();
    object["metadata"]["resourceVersion"] = revision.to_string().into();
    if initial_events_end {
        object["metadata"]["annotations"]["k8s.io/initial-events-end"] = "true".into();
    }
    let object = object.to_string();
    out.extend_from_slice(b"{\"type\":\"BOOKMARK\",\"object\":");
    match lens {
        None => out.extend_from_slice(object.as_bytes()),
        Some(lens) => lens.write(out, resource, object.into_bytes()),
    }
    out.extend_from_slice(b"}\n");
}

/// Writes an error, which ends a watch.
pub(crate) fn write_error(out: &mut Vec<u8>, error: &StatusError) {
    let event = serde_json::json!({"type": "ERROR", "object": error.body()});
    out.extend_from_slice(event.to_string().as_bytes());
    out.push(b'\n');
}
