//! Events, which are served under two groups and stored once.
//!
//! Source: `k8s.io/kubernetes/pkg/apis/events/v1/conversion.go`.

use std::sync::Arc;

use super::{meta::Object, store::ResourceKey, types::ResourceType};

/// The names of members in the core group, where they are stored, and in `events.k8s.io`.
const MEMBERS: [(&str, &str); 7] = [
    ("involvedObject", "regarding"),
    ("message", "note"),
    ("source", "deprecatedSource"),
    ("firstTimestamp", "deprecatedFirstTimestamp"),
    ("lastTimestamp", "deprecatedLastTimestamp"),
    ("count", "deprecatedCount"),
    ("reportingComponent", "reportingController"),
];

/// Members, by both names, that the core group writes even if they are empty, and `events.k8s.io` only if they are not.
const WRITTEN_WHEN_EMPTY: [(&str, &str); 2] = [
    ("reportingComponent", "reportingController"),
    ("reportingInstance", "reportingInstance"),
];

/// Whether a resource is stored in the form of another one.
pub(crate) fn is_twin(resource: &ResourceType) -> bool {
    &*resource.group == "events.k8s.io" && &*resource.plural == "events"
}

/// Where the objects of a resource are stored.
pub(crate) fn storage(resource: &ResourceType) -> ResourceKey {
    let group = if is_twin(resource) {
        Arc::from("")
    } else {
        Arc::clone(&resource.group)
    };
    ResourceKey {
        group,
        plural: Arc::clone(&resource.plural),
    }
}

/// Brings a stored object into the form of the resource.
pub(crate) fn show(resource: &ResourceType, object: &mut Object) {
    if is_twin(resource) {
        rename(object, MEMBERS.into_iter());
        for (_, member) in WRITTEN_WHEN_EMPTY {
            if object.get(member).is_some_and(|value| *value == "") {
                object.remove(member);
            }
        }
    }
}

/// Brings an object of the resource into the form in which it is stored.
pub(crate) fn hide(resource: &ResourceType, object: &mut Object) {
    if is_twin(resource) {
        rename(object, MEMBERS.into_iter().map(|(core, twin)| (twin, core)));
        for (member, _) in WRITTEN_WHEN_EMPTY {
            object.entry(member).or_insert_with(|| "".into());
        }
    }
}

/// The stored name of a member that a field selector of the resource names.
pub(crate) fn stored_member<'a>(resource: &ResourceType, member: &'a str) -> &'a str {
    MEMBERS
        .iter()
        .find(|(_, twin)| is_twin(resource) && *twin == member)
        .map_or(member, |(core, _)| core)
}

fn rename(object: &mut Object, names: impl Iterator<Item = (&'static str, &'static str)>) {
    for (from, to) in names {
        if let Some(value) = object.remove(from) {
            object.insert(to.to_owned(), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::apiserver::types::TypeTable;

    #[test]
    fn events_are_stored_in_the_form_of_the_core_group() {
        let types = TypeTable::new().snapshot();
        let events = types
            .resource("events.k8s.io", "v1", "events")
            .expect("a built-in kind");
        let event = json!({"regarding": {"name": "a"}, "note": "hi", "reason": "Started"});
        let mut object = event.as_object().expect("an object").clone();
        hide(events, &mut object);
        assert_eq!(object["involvedObject"]["name"], "a");
        assert_eq!(object["message"], "hi");
        assert_eq!(object["reportingComponent"], "");
        show(events, &mut object);
        assert_eq!(serde_json::Value::Object(object), event);
        assert_eq!(storage(events), ResourceKey::new("", "events"));
        assert_eq!(stored_member(events, "regarding"), "involvedObject");
    }
}
